/* SPDX-License-Identifier: MIT
 * The loops over arrays of samples that take most of the time of reading odd layouts. They are compiled once
 * for each instruction set that is worth it; every table gives the same results, bit by bit. Nothing needs to
 * be aligned but what `to` points to, to its own type. */
#ifndef STACKTHUMB_CODEC_SAMPLE_LOOPS_H
#define STACKTHUMB_CODEC_SAMPLE_LOOPS_H

#include <stddef.h>
#include <stdint.h>

struct sample_loops {
    const char *name; /* "AVX2" */

    /* The bits of every byte, the last one first. `to` may be `from`. */
    void (*reverse_bits)(const unsigned char *from, size_t n_bytes, unsigned char *to);

    /* The bytes of n samples of 2, 4 or 8 bytes, the last one first; `to` need not be aligned either, and may
     * be `from`. */
    void (*swap_bytes)(const void *from, size_t n, size_t sample_bytes, void *to);

    /* The bits of n voxels of 1, 2 or 4 bytes that `mask` has are turned over. `to` may be `from`. With 0 it
     * is a copy, and of a few KB a faster one than memcpy, which takes string instructions for so many. */
    void (*flip)(const void *from, size_t n, size_t voxel_bytes, uint32_t mask, void *to);

    /* n samples of 1-7, or 9-15, bits, packed behind each other, the most significant bit first (TIFF 6.0,
     * section 8): to uint8_t, or uint16_t. No byte behind the last sample's is read. */
    void (*unpack)(const unsigned char *from, size_t n, unsigned bits, void *to);

    /* IEEE 754 binary16, exactly, NaNs with their bits; and binary64, rounded to nearest, ties to even. */
    void (*floats_of_halves)(const void *from, size_t n, float *to);
    void (*floats_of_doubles)(const void *from, size_t n, float *to);

    /* n voxels of 1, 2 or 4 bytes, the last one first; `to` does not overlap them. */
    void (*mirror)(const void *from, size_t n, size_t voxel_bytes, void *to);

    /* The luma (luma.h) of n pixels, `step` samples from each other, of which r, g and b are the first ones
     * of each colour. `to` overlaps none of them. */
    void (*luma_8)(const uint8_t *r, const uint8_t *g, const uint8_t *b, size_t step, size_t n, uint8_t *to);
    void (*luma_16)(const uint16_t *r, const uint16_t *g, const uint16_t *b, size_t step, size_t n,
                    uint16_t *to);
};

/* The tables that this processor can run, the fastest first; NULL behind the last one. */
const struct sample_loops *sample_loops_usable(unsigned index);

/* The fastest. */
static inline const struct sample_loops *sample_loops_best(void)
{
    return sample_loops_usable(0);
}

#endif
