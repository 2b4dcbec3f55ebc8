/* SPDX-License-Identifier: MIT
 * Thumbnails that cannot be made again are not given up unasked: those made with slices of the source that
 * are gone since, cannot be read any more, or are left out. Which they were made with is known from what is
 * recorded, and from what a journal tells of the pyramid before: a run that was to replace them may have been
 * interrupted. */
#ifndef STACKTHUMB_OUTPUT_LOSS_GUARD_H
#define STACKTHUMB_OUTPUT_LOSS_GUARD_H

#include "output/manifest_compare.h"

#include <stdbool.h>
#include <stdint.h>

/* Sets made_at[z] of the nz slices of the source, as they are now, that thumbnails were made with: to the
 * slice in whose places they are, or were when the manifest was written. It, its records and was[z], of the
 * slices that it tells of, tell that. The others are SLICE_NONE. */
void loss_guard_note(const struct manifest *manifest, const uint32_t *was,
                     const struct manifest_difference *difference, uint32_t nz, uint32_t *made_at);

/* STATUS_OUTPUT when there are thumbnails in the request's folder, open as folder_fd, that were made with
 * slices which, by the difference, are gone. */
enum status loss_guard_check(const struct manifest *manifest, const uint32_t *was, int folder_fd,
                             const struct output_request *request,
                             const struct manifest_difference *difference, struct error *error);

/* The folder has files, whatever in them, of any level's slice that slice z of the source, which may be
 * SLICE_NONE, belongs to. */
bool loss_guard_has_files(int folder_fd, uint32_t z);

/* The error for thumbnails in `folder` made with nslices that are gone, `name` the first: STATUS_OUTPUT. */
enum status loss_guard_refuse(const char *folder, uint32_t nslices, const char *name, struct error *error);

#endif
