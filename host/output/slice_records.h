/* SPDX-License-Identifier: MIT
 * What is known of the slices of a pyramid: those that are complete, under their names and on the disk. */
#ifndef STACKTHUMB_OUTPUT_SLICE_RECORDS_H
#define STACKTHUMB_OUTPUT_SLICE_RECORDS_H

#include "base/error.h"
#include "output/file_hash.h"
#include "volume/pyramid.h"

#include <stdint.h>

struct slice_record {
    uint64_t n_bytes; /* of its file; 0: it is not there */
    struct file_hash hash;
};

#define SLICE_NONE UINT32_MAX /* in place of a z */

/* slices[level][z], for levels 1 .. nlevels and z < nz[level]. */
struct slice_records {
    unsigned nlevels;
    uint32_t nz[LEVELS_MAX + 1];
    struct slice_record *slices[LEVELS_MAX + 1];
};

/* None is there yet. On failure nothing is to be ended. */
enum status slice_records_init(struct slice_records *records, const struct pyramid *pyramid,
                               struct error *error);
void slice_records_end(struct slice_records *records);

/* Bytes that they hold. */
uint64_t slice_records_bytes(const struct pyramid *pyramid);

#endif
