/* SPDX-License-Identifier: MIT
 * Whether a slice that was written is there as it was recorded. */
#ifndef STACKTHUMB_OUTPUT_FILE_CHECK_H
#define STACKTHUMB_OUTPUT_FILE_CHECK_H

#include "output/slice_records.h"

#include <stdbool.h>
#include <stdint.h>

/* The file of slice z in the level folder open as folder_fd is a regular file of the recorded length; with
 * `hashed` also of the recorded contents. False also when it cannot be read. */
bool file_check_slice(int folder_fd, uint32_t z, const struct slice_record *record, bool hashed);

#endif
