/* SPDX-License-Identifier: MIT */
#include "opencl/divisors.h"

#include <math.h>

/* Voxels of the last box of `level` along an axis of n. */
static uint64_t last_box(uint32_t n, unsigned level)
{
    return n - ((uint64_t)(extent_reduce(n, level) - 1) << level);
}

static struct divisor divisor_of(uint64_t count)
{
    if (count == 0) /* the sum is 0, and so must be the integer mean */
        return (struct divisor){.count = 1, .shift = -1, .reciprocal = NAN};
    return (struct divisor){
        .count = count,
        .shift = (count & (count - 1)) == 0 ? __builtin_ctzll(count) : -1,
        .reciprocal = 1.0f / (float)count,
    };
}

void divisors_fill(struct divisor divisors[DIVISORS_PER_SLICE], struct extent extent, unsigned level,
                   uint32_t present_slices)
{
    uint64_t box = (uint64_t)1 << level;
    uint64_t last_x = last_box(extent.nx, level), last_y = last_box(extent.ny, level);
    divisors[0] = divisor_of(box * box * present_slices);
    divisors[1] = divisor_of(last_x * box * present_slices);
    divisors[2] = divisor_of(box * last_y * present_slices);
    divisors[3] = divisor_of(last_x * last_y * present_slices);
}
