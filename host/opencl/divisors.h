/* SPDX-License-Identifier: MIT
 * How the sums of each slice of each level are divided, from which slices are present. */
#ifndef STACKTHUMB_OPENCL_DIVISORS_H
#define STACKTHUMB_OPENCL_DIVISORS_H

#include "downsample/plan.h"
#include "volume/pyramid.h"

#include <stdint.h>

/* As kernels/voxel.cl has it. */
struct divisor {
    uint64_t count;
    int32_t shift;
    float reciprocal;
};

/* The four divisors of a slice: whole boxes, last column, last row, both. */
enum { DIVISORS_PER_SLICE = 4 };

/* Fills the divisors of one slice of `level` whose boxes hold `present_slices` slices that are present. */
void divisors_fill(struct divisor divisors[DIVISORS_PER_SLICE], struct extent extent, unsigned level,
                   uint32_t present_slices);

#endif
