/* SPDX-License-Identifier: MIT
 * Whether an output folder holds what its manifest says, by lengths and hashes, and no other images: without
 * the slices that it came from.
 */
#ifndef STACKTHUMB_OUTPUT_HASH_CHECK_H
#define STACKTHUMB_OUTPUT_HASH_CHECK_H

#include "base/error.h"

#include <stdatomic.h>
#include <stdint.h>

struct hash_check {
    unsigned nlevels;
    uint64_t nslices, n_bytes; /* that were looked at */
    uint64_t nwrong;           /* slices that are not there, or not as they were written */
    uint64_t nextra;           /* images and levels that the pyramid does not have: see extra_files.h */
};

/* Takes one line about a slice that is wrong, or one too many: "out/1/000017.tif: is not there". */
typedef void (*hash_check_teller)(const void *context, const char *line);

/* Reads every slice that the manifest of `folder` tells of, and tells of each that is not as it was written,
 * or cannot be read; then of each image and level that the pyramid does not have. STATUS_INPUT when there is
 * no manifest, or it or a folder cannot be read; STATUS_FAILED when the pyramid is not complete, or memory is
 * refused; STATUS_INTERRUPTED when `cancel` (may be NULL) was set. Slices that are wrong, or too many, are no
 * error of this function. */
enum status hash_check_run(const char *folder, const atomic_bool *cancel, hash_check_teller tell,
                           const void *context, struct hash_check *check, struct error *error);

#endif
