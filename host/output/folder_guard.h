/* SPDX-License-Identifier: MIT
 * What keeps a run from writing where it must not: into or above its own input, or over what is not a pyramid
 * of this program. Nothing here changes anything on the disk. All errors are STATUS_OUTPUT. */
#ifndef STACKTHUMB_OUTPUT_FOLDER_GUARD_H
#define STACKTHUMB_OUTPUT_FOLDER_GUARD_H

#include "base/error.h"
#include "output/earlier.h"
#include "output/output.h"

/* The request's folder, open as folder_fd, may be written into: it is neither source->folder nor above it,
 * and its level folders are folders and none is source->folder. No slice in them is one of the source,
 * whatever it is called and seen through (input_set.h), and beside a pyramid whose manifest can be used none
 * that it does not tell of has a name that the new one's are to have. Unless request->force, it holds
 * nothing, or a manifest that can be used, and whatever else beside that. */
enum status folder_guard_check(int folder_fd, const struct output_request *request,
                               const struct earlier *earlier, struct error *error);

/* It and its level folders are writable. */
enum status folder_guard_check_writable(int folder_fd, const char *folder, struct error *error);

/* `folder` does not exist, and may be created. */
enum status folder_guard_check_absent(const char *folder, struct error *error);

#endif
