/* SPDX-License-Identifier: MIT
 * Files that a user names for results. */
#ifndef STACKTHUMB_CLI_RESULT_FILE_H
#define STACKTHUMB_CLI_RESULT_FILE_H

#include "base/error.h"

/* Looks whether `path` could be written, before there is anything to write; it is not touched. STATUS_OUTPUT
 * when not. */
enum status result_file_check(const char *path, struct error *error);

/* STATUS_OUTPUT: `path` cannot be written, by errnum. */
enum status result_file_failure(struct error *error, int errnum, const char *path);

#endif
