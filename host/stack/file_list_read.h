/* SPDX-License-Identifier: MIT
 * The bytes of a list of files, wherever they come from. */
#ifndef STACKTHUMB_STACK_FILE_LIST_READ_H
#define STACKTHUMB_STACK_FILE_LIST_READ_H

#include "base/bytes.h"
#include "base/error.h"

#include <stdatomic.h>

/* Replaces the contents of `bytes` by all of the file `path`, or of standard input where `path` is NULL; also
 * of a pipe, a FIFO or a terminal, whose writer may take its time. `shown` is what it is called in messages,
 * printable. STATUS_INPUT: it cannot be read, is a folder, or has more than FILE_LIST_BYTES_MAX bytes.
 * STATUS_INTERRUPTED soon after `cancel` (or NULL) is set. */
enum status file_list_read(struct bytes *bytes, const char *path, const char *shown,
                           const atomic_bool *cancel, struct error *error);

#endif
