/* SPDX-License-Identifier: MIT */
#include "codec/tiff_unpack.h"

#include "codec/vector.h"

#include <endian.h>
#include <string.h>

void tiff_reverse_bits(const unsigned char *from, size_t n_bytes, unsigned char *to)
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

void tiff_swap_bytes(const void *from, size_t n, size_t sample_bytes, void *to)
{
    if (sample_bytes == 2)
        swap_uint16_t(from, n, to);
    else if (sample_bytes == 4)
        swap_uint32_t(from, n, to);
    else
        swap_uint64_t(from, n, to);
}

static inline uint64_t load_big_endian(const unsigned char *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return be64toh(word);
}

/* Sample i, bit by bit: for the last few of a row. */
static unsigned unpack_one(const unsigned char *from, size_t i, unsigned bits)
{
    unsigned value = 0;
    for (size_t bit = i * bits; bit < (i + 1) * bits; bit++)
        value = value << 1 | ((unsigned)from[bit / 8] >> (7 - bit % 8) & 1);
    return value;
}

/* Depths of which a byte has several whole samples. The loops stand as the compiler likes them. */
#define UNPACK_PARTS(BITS)                                                                                   \
    static void unpack_##BITS(const unsigned char *restrict from, size_t n, uint8_t *restrict to)            \
    {                                                                                                        \
        enum { N = 8 / BITS, MASK = (1 << BITS) - 1 };                                                       \
        for (size_t i = 0; i < n / N; i++)                                                                   \
            for (int k = 0; k < N; k++)                                                                      \
                to[N * i + (size_t)k] = (uint8_t)(from[i] >> (8 - BITS - BITS * k) & MASK);                  \
        for (size_t i = n / N * N; i < n; i++)                                                               \
            to[i] = (uint8_t)unpack_one(from, i, BITS);                                                      \
    }
UNPACK_PARTS(1)
UNPACK_PARTS(2)
UNPACK_PARTS(4)

/* Eight samples at a time, which are `bits` bytes; eight bytes are loaded from where they begin, so the last
 * ones of a row are left to unpack_one. */
static void unpack_bytes(const unsigned char *from, size_t n, unsigned bits, uint8_t *to)
{
    const uint64_t mask = (1u << bits) - 1;
    size_t i = 0, n_bytes = (n * bits + 7) / 8;
    for (size_t at = 0; i + 8 <= n && at + 8 <= n_bytes; i += 8, at += bits) {
        uint64_t word = load_big_endian(from + at);
        for (unsigned k = 0; k < 8; k++)
            to[i + k] = (uint8_t)(word >> (64 - (k + 1) * bits) & mask);
    }
    for (; i < n; i++)
        to[i] = (uint8_t)unpack_one(from, i, bits);
}

void tiff_unpack_bytes(const unsigned char *from, size_t n, unsigned bits, uint8_t *to)
{
    switch (bits) {
    case 1:
        unpack_1(from, n, to);
        break;
    case 2:
        unpack_2(from, n, to);
        break;
    case 4:
        unpack_4(from, n, to);
        break;
    default:
        unpack_bytes(from, n, bits, to);
        break;
    }
}

/* The depth of many cameras, two samples in three bytes. */
VECTOR_INLINE void unpack_12_bits(const unsigned char *restrict from, size_t n, uint16_t *restrict to)
{
    for (size_t i = 0; i < n / 2; i++) {
        unsigned first = from[3 * i], both = from[3 * i + 1], last = from[3 * i + 2];
        to[2 * i] = (uint16_t)(first << 4 | both >> 4);
        to[2 * i + 1] = (uint16_t)((both & 15) << 8 | last);
    }
    if (n % 2 != 0)
        to[n - 1] = (uint16_t)unpack_one(from, n - 1, 12);
}

static void unpack_12(const unsigned char *from, size_t n, uint16_t *to)
{
    unpack_12_bits(from, n, to);
}

VECTOR_AVX2 static void unpack_12_avx2(const unsigned char *from, size_t n, uint16_t *to)
{
    unpack_12_bits(from, n, to);
}

/* As unpack_bytes, but the first four of eight samples lie in the eight bytes from their beginning, the
 * others in those from the byte in which they begin, four bits later where `bits` is odd. With `bits` known
 * to the compiler, all shifts are. */
VECTOR_INLINE void unpack_shorts(const unsigned char *from, size_t n, unsigned bits, uint16_t *to)
{
    const uint64_t mask = (1u << bits) - 1;
    size_t i = 0, n_bytes = (n * bits + 7) / 8;
    for (size_t at = 0; i + 8 <= n && at + bits / 2 + 8 <= n_bytes; i += 8, at += bits) {
        uint64_t first = load_big_endian(from + at);
        uint64_t last = load_big_endian(from + at + bits / 2) << (4 * bits) % 8;
        for (unsigned k = 0; k < 4; k++) {
            to[i + k] = (uint16_t)(first >> (64 - (k + 1) * bits) & mask);
            to[i + 4 + k] = (uint16_t)(last >> (64 - (k + 1) * bits) & mask);
        }
    }
    for (; i < n; i++)
        to[i] = (uint16_t)unpack_one(from, i, bits);
}

void tiff_unpack_shorts(const unsigned char *from, size_t n, unsigned bits, uint16_t *to)
{
    switch (bits) {
    case 10:
        unpack_shorts(from, n, 10, to);
        break;
    case 12:
        (vector_avx2() ? unpack_12_avx2 : unpack_12)(from, n, to);
        break;
    case 14:
        unpack_shorts(from, n, 14, to);
        break;
    default:
        unpack_shorts(from, n, bits, to);
        break;
    }
}

void tiff_add_up_unpacked(void *samples, size_t n, unsigned step, unsigned bits)
{
    const unsigned mask = (1u << bits) - 1;
    uint8_t *bytes = samples;
    uint16_t *shorts = samples;
    for (size_t i = step; i < n; i++)
        if (bits <= 8)
            bytes[i] = (uint8_t)((bytes[i] + bytes[i - step]) & mask);
        else
            shorts[i] = (uint16_t)((shorts[i] + shorts[i - step]) & mask);
}

/* The bits of a half at their places in a float make 2^-112 times its value, for other halves than infinity
 * and NaN: these keep their bits and get the float's exponent for such. Multiplying by a power of two is
 * exact. */
void tiff_floats_of_halves(const uint16_t *from, size_t n, float *to)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t half = from[i], bits = (half & 0x7fff) << 13;
        float value;
        memcpy(&value, &bits, sizeof value);
        value *= 0x1p112f;
        memcpy(&bits, &value, sizeof bits);
        if ((half & 0x7c00) == 0x7c00)
            bits = 0x7f800000 | (half & 0x03ff) << 13;
        bits |= (half & 0x8000) << 16;
        memcpy(to + i, &bits, sizeof bits);
    }
}

void tiff_floats_of_doubles(const double *from, size_t n, float *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (float)from[i];
}
