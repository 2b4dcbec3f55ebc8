/* SPDX-License-Identifier: MIT
 * Plain C that the compiler turns into vectors, and in the included files a few shuffles of bytes that it
 * does not find. Compiled once per instruction set, with VECTORS_TABLE and VECTORS_NAME naming the table that
 * comes out. */
#include "codec/sample_loops.h"

#include "codec/luma.h"

#include <endian.h>
#include <string.h>

extern const struct sample_loops VECTORS_TABLE;

#include "codec/sample_loops_luma.inc"
#include "codec/sample_loops_unpack.inc"

static void reverse_bits(const unsigned char *from, size_t n_bytes, unsigned char *to)
{
    for (size_t i = 0; i < n_bytes; i++) {
        unsigned byte = from[i];
        byte = (byte & 0x0f) << 4 | byte >> 4;
        byte = (byte & 0x33) << 2 | (byte >> 2 & 0x33);
        to[i] = (unsigned char)((byte & 0x55) << 1 | (byte >> 1 & 0x55));
    }
}

#define SWAP_BYTES(T, SWAP)                                                                                  \
    static void swap_##T(const unsigned char *from, size_t n, unsigned char *to)                             \
    {                                                                                                        \
        for (size_t i = 0; i < n; i++) {                                                                     \
            T word;                                                                                          \
            memcpy(&word, from + i * sizeof word, sizeof word);                                              \
            word = SWAP(word);                                                                               \
            memcpy(to + i * sizeof word, &word, sizeof word);                                                \
        }                                                                                                    \
    }
SWAP_BYTES(uint16_t, __builtin_bswap16)
SWAP_BYTES(uint32_t, __builtin_bswap32)
SWAP_BYTES(uint64_t, __builtin_bswap64)

static void swap_bytes(const void *from, size_t n, size_t sample_bytes, void *to)
{
    if (sample_bytes == 2)
        swap_uint16_t(from, n, to);
    else if (sample_bytes == 4)
        swap_uint32_t(from, n, to);
    else
        swap_uint64_t(from, n, to);
}

#define FLIP(T)                                                                                              \
    static void flip_##T(const unsigned char *restrict from, size_t n, uint32_t mask, T *restrict to)        \
    {                                                                                                        \
        for (size_t i = 0; i < n; i++) {                                                                     \
            T voxel;                                                                                         \
            memcpy(&voxel, from + i * sizeof voxel, sizeof voxel);                                           \
            to[i] = (T)(voxel ^ mask);                                                                       \
        }                                                                                                    \
    }                                                                                                        \
    static void flip_##T##_there(T *voxels, size_t n, uint32_t mask)                                         \
    {                                                                                                        \
        for (size_t i = 0; i < n; i++)                                                                       \
            voxels[i] = (T)(voxels[i] ^ mask);                                                               \
    }
FLIP(uint8_t)
FLIP(uint16_t)
FLIP(uint32_t)

#define FLIP_CASE(T)                                                                                         \
    case sizeof(T):                                                                                          \
        if (from == to)                                                                                      \
            flip_##T##_there(to, n, mask);                                                                   \
        else                                                                                                 \
            flip_##T(from, n, mask, to);                                                                     \
        break

static void flip(const void *from, size_t n, size_t voxel_bytes, uint32_t mask, void *to)
{
    switch (voxel_bytes) {
        FLIP_CASE(uint8_t);
        FLIP_CASE(uint16_t);
        FLIP_CASE(uint32_t);
    default:
        break;
    }
}

/* The bits of a half at their places in a float need another exponent: 127 - 15 more, and twice that for
 * infinity and NaN. Of those below 2^-14, which have no leading one, a leading one of 2^-14 is made and then
 * subtracted. (To multiply them by 2^112 would do, too, but processors take long over such small floats.) */
static void floats_of_halves(const void *restrict from, size_t n, float *restrict to)
{
    enum { EXPONENT = 1 << 23 };
    const unsigned char *halves = from;
    for (size_t i = 0; i < n; i++) {
        uint16_t half;
        memcpy(&half, halves + i * sizeof half, sizeof half);
        uint32_t placed = (half & 0x7fffu) << 13, exponent = half & 0x7c00u, small = placed + 113u * EXPONENT,
                 large = placed + (exponent == 0x7c00 ? 224u * EXPONENT : 112u * EXPONENT);
        float value;
        memcpy(&value, &small, sizeof value);
        value -= 0x1p-14f;
        memcpy(&small, &value, sizeof small);
        uint32_t bits = (exponent == 0 ? small : large) | (half & 0x8000u) << 16;
        memcpy(to + i, &bits, sizeof bits);
    }
}

static void floats_of_doubles(const void *restrict from, size_t n, float *restrict to)
{
    const unsigned char *doubles = from;
    for (size_t i = 0; i < n; i++) {
        double value;
        memcpy(&value, doubles + i * sizeof value, sizeof value);
        to[i] = (float)value;
    }
}

#define MIRROR(T)                                                                                            \
    static void mirror_##T(const T *restrict from, size_t n, T *restrict to)                                 \
    {                                                                                                        \
        for (size_t i = 0; i < n; i++)                                                                       \
            to[i] = from[n - 1 - i];                                                                         \
    }
MIRROR(uint8_t)
MIRROR(uint16_t)
MIRROR(uint32_t)

static void mirror(const void *from, size_t n, size_t voxel_bytes, void *to)
{
    if (voxel_bytes == 1)
        mirror_uint8_t(from, n, to);
    else if (voxel_bytes == 2)
        mirror_uint16_t(from, n, to);
    else
        mirror_uint32_t(from, n, to);
}

const struct sample_loops VECTORS_TABLE = {
    .name = VECTORS_NAME,
    .reverse_bits = reverse_bits,
    .swap_bytes = swap_bytes,
    .flip = flip,
    .unpack = unpack,
    .floats_of_halves = floats_of_halves,
    .floats_of_doubles = floats_of_doubles,
    .mirror = mirror,
    .luma_8 = luma_8_row,
    .luma_16 = luma_16_row,
};
