/* SPDX-License-Identifier: MIT
 * Thumbnails that cannot be made again are not given up unasked: those made with slices of the source that
 * are gone since, cannot be read any more, or are left out. Their files count, and not whether a journal
 * still tells of them: a run that was to replace them may have been interrupted. */
#ifndef STACKTHUMB_OUTPUT_LOSS_GUARD_H
#define STACKTHUMB_OUTPUT_LOSS_GUARD_H

#include "output/manifest_compare.h"

#include <stdbool.h>
#include <stdint.h>

/* STATUS_OUTPUT when there are thumbnails in the request's folder, open as folder_fd, that were made with
 * slices which the manifest there tells of and the difference says are gone. */
enum status loss_guard_check(const struct manifest *manifest, int folder_fd,
                             const struct output_request *request,
                             const struct manifest_difference *difference, struct error *error);

/* Sets made_with[z], z from first_slice to nz - 1, when there are thumbnails that were made with slice z. */
void loss_guard_note(const struct manifest *manifest, int folder_fd, uint32_t first_slice, uint32_t nz,
                     bool *made_with);

/* The error for thumbnails in `folder` made with nslices that are gone, `name` the first: STATUS_OUTPUT. */
enum status loss_guard_refuse(const char *folder, uint32_t nslices, const char *name, struct error *error);

#endif
