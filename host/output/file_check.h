/* SPDX-License-Identifier: MIT
 * Whether a slice that was written is there as it was recorded. */
#ifndef STACKTHUMB_OUTPUT_FILE_CHECK_H
#define STACKTHUMB_OUTPUT_FILE_CHECK_H

#include "base/error.h"
#include "output/slice_records.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The file of slice z in the level folder open as folder_fd (-1: there is none) is a regular file of the
 * recorded length; with `hashed` also of the recorded contents. STATUS_INPUT when it is not, or cannot be
 * read: one line that names it below `folder`, and says why. STATUS_FAILED when memory is refused,
 * STATUS_INTERRUPTED when *cancel (which may be NULL) becomes true before all is read. */
enum status file_check_slice(int folder_fd, const char *folder, uint32_t z, const struct slice_record *record,
                             bool hashed, const atomic_bool *cancel, struct error *error);

/* The same as a yes or no; no also when it cannot be told. */
bool file_check_is_there(int folder_fd, uint32_t z, const struct slice_record *record, bool hashed,
                         const atomic_bool *cancel);

#endif
