/* SPDX-License-Identifier: MIT
 * The errors of writing, worded in one place. */
#ifndef STACKTHUMB_OUTPUT_OUTPUT_FAILURE_H
#define STACKTHUMB_OUTPUT_OUTPUT_FAILURE_H

#include "base/error.h"

/* STATUS_OUTPUT, or for want of memory STATUS_FAILED, for a failed system call on folder/name (on `folder`
 * itself when `name` is NULL): what is wrong by errnum, and what to do about it. */
enum status output_failure(struct error *error, int errnum, const char *folder, const char *name);

#endif
