/* SPDX-License-Identifier: MIT
 * What keeps a run from writing where it must not: into or above its own input, or over what is not a pyramid
 * of this program. Nothing here changes anything on the disk. All errors are STATUS_OUTPUT. */
#ifndef STACKTHUMB_OUTPUT_FOLDER_GUARD_H
#define STACKTHUMB_OUTPUT_FOLDER_GUARD_H

#include "base/error.h"
#include "output/output.h"

#include <stdbool.h>

/* The folder open as folder_fd (`folder` to its opener) may be written into: it is neither source->folder nor
 * above it, its level folders are folders and none is source->folder, and, unless `force`, it
 * holds nothing, or a manifest of this program and level folders of slices. No slice in its level folders is
 * one of the source, whatever it is called and seen through (input_set.h). */
enum status folder_guard_check(int folder_fd, const char *folder, const struct output_source *source,
                               bool force, struct error *error);

/* It and its level folders are writable. */
enum status folder_guard_check_writable(int folder_fd, const char *folder, struct error *error);

/* `folder` does not exist, and may be created. */
enum status folder_guard_check_absent(const char *folder, struct error *error);

#endif
