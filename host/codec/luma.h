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

/* The same of 8-bit and of 16-bit values, in words that hold no more than twice as many bits, for loops that
 * the compiler makes vectors of: nearly the luma, by factors that are parts of a power of two, is less than 1
 * from it; what is left to the thousandths, of which no more than the lowest bits are needed to know it, says
 * on which side. */
static inline uint8_t luma_8(uint8_t r, uint8_t g, uint8_t b)
{
    uint16_t near = (uint16_t)(77 * r + 150 * g + 29 * b + 128) >> 8;
    int16_t rest = (int16_t)(uint16_t)(299 * r + 587 * g + 114 * b - 1000 * near), odd = near & 1;
    return (uint8_t)(near + (rest > (int16_t)(500 - odd)) - (rest < (int16_t)(odd - 500)));
}

static inline uint16_t luma_16(uint16_t r, uint16_t g, uint16_t b)
{
    uint32_t near = (19595u * r + 38470u * g + 7471u * b + 32768u) >> 16;
    int32_t rest = (int32_t)(299u * r + 587u * g + 114u * b - 1000u * near), odd = near & 1;
    return (uint16_t)(near + (rest > 500 - odd) - (rest < odd - 500));
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
