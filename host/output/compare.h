/* SPDX-License-Identifier: MIT
 * An output that writes nothing: it compares every voxel that it is given with level folders that are there
 * already, bit by bit. A difference is a finding, not an error: the run goes on, and the result tells. */
#ifndef STACKTHUMB_OUTPUT_COMPARE_H
#define STACKTHUMB_OUTPUT_COMPARE_H

#include "base/error.h"
#include "output/output.h"
#include "volume/pyramid.h"

#include <stdbool.h>
#include <stdint.h>

enum { COMPARE_FIRST_MAX = 5 };

enum difference_kind {
    DIFFERENCE_VOXEL, /* a voxel has other bits than expected */
    DIFFERENCE_SLICE, /* a slice is not there, cannot be read, or is of another extent or type */
    DIFFERENCE_EXTRA, /* an image or a level that the pyramid does not have */
};

struct difference {
    enum difference_kind kind;
    unsigned level; /* where, as far as the kind tells: an extra level has no z, a slice no y and x */
    uint32_t z, y, x;
    char expected[VOXEL_TEXT],
        found[VOXEL_TEXT]; /* voxel values as text, f32 with their bits; DIFFERENCE_VOXEL only */
    char message[768];     /* one line: "FILE: what is wrong" */
};

struct compare_result {
    uint64_t nslices; /* slices that were compared, or should have been */
    uint64_t nvoxels; /* voxels that were compared */
    uint64_t nvoxels_different;
    uint64_t nslices_different; /* slices with such a voxel, and slices of DIFFERENCE_SLICE */
    uint64_t nextra;
    struct difference first[COMPARE_FIRST_MAX]; /* the first ones met */
    unsigned nfirst;
};

/* Compares with `folder` (borrowed until close), whose manifest is not looked at. STATUS_INPUT when it is no
 * folder that can be opened. */
enum status compare_open(struct output **output, const char *folder, const struct pyramid *pyramid,
                         struct error *error);

/* The most bytes that it holds: a file of level 1, and the voxels of `nstarted` slices, of which some rows
 * have come and others not; their buffers are used in turn and may all grow to level 1. */
uint64_t compare_memory_bytes(const struct pyramid *pyramid, uint64_t nstarted);

/* What was found: whole after finish, which looks for extra slices and levels. Read it on the thread of
 * finish, or after that has ended, and before close. */
const struct compare_result *compare_result(const struct output *output);

/* No difference of any kind. */
bool compare_clean(const struct compare_result *result);

#endif
