/* SPDX-License-Identifier: MIT
 * A slab is the 2^nlevels slices of the source that no slice of any level shares with others: its files. */
#ifndef STACKTHUMB_OUTPUT_SLAB_FILES_H
#define STACKTHUMB_OUTPUT_SLAB_FILES_H

#include "output/slice_records.h"

#include <stdint.h>

/* The folders of the levels, open; -1 where there is none. */
struct level_fds {
    int fds[LEVELS_MAX + 1];
};

/* Those of levels 1 to nlevels below the folder open as folder_fd. */
void level_fds_open(struct level_fds *levels, int folder_fd, unsigned nlevels);
void level_fds_close(const struct level_fds *levels, unsigned nlevels);

/* Slices *first to *end - 1 of a level come from the slab of slices z0 to z1 - 1 of the source. */
void slab_at_level(const struct slice_records *records, uint32_t z0, uint64_t z1, unsigned level,
                   uint32_t *first, uint32_t *end);

#endif
