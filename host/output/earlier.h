/* SPDX-License-Identifier: MIT
 * The pyramid that a folder holds already, as its manifest tells: what of its files are ours. */
#ifndef STACKTHUMB_OUTPUT_EARLIER_H
#define STACKTHUMB_OUTPUT_EARLIER_H

#include "output/manifest.h"

struct earlier {
    bool has_manifest;
    struct error damage;      /* why that cannot be used; STATUS_OK when it can */
    struct manifest manifest; /* when it can */
};

/* Reads the manifest of the folder open as folder_fd, if there is one. STATUS_OUTPUT when there is one, as
 * far as can be told, that cannot be read, STATUS_FAILED when memory is refused.
 * The caller calls earlier_end after STATUS_OK. */
enum status earlier_find(struct earlier *earlier, int folder_fd, const char *folder, struct error *error);

/* The manifest is there and can be used. */
bool earlier_is_known(const struct earlier *earlier);

/* Slices of a level that the manifest tells of; UINT64_MAX, as far as folders go, where none can be used:
 * then all that have names of slices are taken for slices of a pyramid. */
uint64_t earlier_slices(const struct earlier *earlier, unsigned level);

void earlier_end(struct earlier *earlier);

#endif
