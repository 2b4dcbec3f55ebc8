/* SPDX-License-Identifier: MIT
 * Arrays of samples: their bits and bytes put in order, packed ones unpacked, floats made f32. */
#ifndef STACKTHUMB_CODEC_TIFF_UNPACK_H
#define STACKTHUMB_CODEC_TIFF_UNPACK_H

#include <stddef.h>
#include <stdint.h>

/* The bits of every byte, the last one first. `to` may be `from`. */
void tiff_reverse_bits(const unsigned char *from, size_t n_bytes, unsigned char *to);

/* The bytes of n samples of 2, 4 or 8 bytes, the last one first. Neither needs to be aligned; `to` may be
 * `from`. */
void tiff_swap_bytes(const void *from, size_t n, size_t sample_bytes, void *to);

/* n samples of 1-7, or 9-15, bits, packed behind each other, the most significant bit first (TIFF 6.0,
 * section 8). No byte behind the last sample's is read. */
void tiff_unpack_bytes(const unsigned char *from, size_t n, unsigned bits, uint8_t *to);
void tiff_unpack_shorts(const unsigned char *from, size_t n, unsigned bits, uint16_t *to);

/* Differences from the sample `step` before become samples of `bits` bits, of uint8_t up to 8 bits, else
 * uint16_t; sums wrap. */
void tiff_add_up_unpacked(void *samples, size_t n, unsigned step, unsigned bits);

/* IEEE 754 binary16, exactly; and binary64, rounded to nearest, ties to even. */
void tiff_floats_of_halves(const uint16_t *from, size_t n, float *to);
void tiff_floats_of_doubles(const double *from, size_t n, float *to);

#endif
