/* SPDX-License-Identifier: MIT
 * Files that appear under their name only when they are complete. */
#ifndef STACKTHUMB_OUTPUT_ATOMIC_FILE_H
#define STACKTHUMB_OUTPUT_ATOMIC_FILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Writes n_bytes to a new file under name's partial name in the folder open as folder_fd, and renames it to
 * `name`, in place of whatever file has that name. On failure the partial file is removed, what `name` was
 * before is left as it was, and the status is STATUS_OUTPUT. With `durable` it survives a power failure from
 * here on; otherwise that is left to the system, which writes back when it sees fit. `folder` is for
 * messages.
 */
enum status atomic_file_write(int folder_fd, const char *folder, const char *name, const void *data,
                              size_t n_bytes, bool durable, struct error *error);

#endif
