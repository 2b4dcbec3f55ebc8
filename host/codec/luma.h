/* SPDX-License-Identifier: MIT
 * What a colour becomes where --gray asks for it: the luma of ITU-R BT.601, as its digital part defines it
 * (section 2.5.1: E'Y = 0.299 E'R + 0.587 E'G + 0.114 E'B), of the values as they are stored. The three
 * factors are exact thousandths, and their sum is 1: grey stays what it is.
 *
 *   luma = (299 R + 587 G + 114 B) / 1000, exact, then one rounding: to nearest, ties to even */
#ifndef STACKTHUMB_CODEC_LUMA_H
#define STACKTHUMB_CODEC_LUMA_H

#include <stdint.h>

/* Of one colour; every value is at most 65535. */
static inline uint32_t luma(uint32_t r, uint32_t g, uint32_t b)
{
    uint32_t sum = 299 * r + 587 * g + 114 * b, floor = sum / 1000, rest = sum - floor * 1000;
    return floor + (rest + (floor & 1) > 500);
}

/* The same of 32-bit values, and of signed ones. */
static inline int64_t luma_wide(int64_t r, int64_t g, int64_t b)
{
    int64_t sum = 299 * r + 587 * g + 114 * b, floor = sum / 1000 - (sum % 1000 < 0);
    return floor + (sum - floor * 1000 + (floor & 1) > 500);
}

/* Of floats: the sum in double, in the order of the formula, and then one rounding to float. */
static inline float luma_float(float r, float g, float b)
{
    return (float)((299.0 * (double)r + 587.0 * (double)g + 114.0 * (double)b) / 1000.0);
}

#endif
