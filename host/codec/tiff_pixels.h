/* SPDX-License-Identifier: MIT
 * What the samples of a TIFF mean, and what voxels they become. A sample is one number of the file; a pixel
 * has one, or several: colours, alpha. A voxel is one number.
 *
 *   grey           the values as they are stored, in the next wider type: 1-8 bits u8, 9-16 bits u16, 32 bits
 *                  u32; signed 8, 16 and 32 bits; floats of 16, 32 and 64 bits f32, rounded to nearest even
 *                  (what is beyond f32 becomes infinite)
 *   inverted grey  (MinIsWhite, unsigned) 2^bits - 1 less the value
 *   palette        the colour that the value stands for: grey where all colours are grey, else its luma; u8
 *                  where all values of the palette have 8 bits (see tiff_pixels.c), else u16
 *   RGB            its luma (luma.h) in the type that grey of so many bits would have
 *
 * Alpha is dropped; colours that are multiplied by it (associated alpha) are taken as they are stored. */
#ifndef STACKTHUMB_CODEC_TIFF_PIXELS_H
#define STACKTHUMB_CODEC_TIFF_PIXELS_H

#include "base/error.h"
#include "codec/tiff_handle.h"
#include "volume/voxel_type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tiff_meaning { TIFF_GREY, TIFF_GREY_INVERTED, TIFF_PALETTE, TIFF_RGB };

struct tiff_pixels {
    enum tiff_meaning meaning;
    enum voxel_type type; /* of the voxels */
    uint16_t bits;        /* of a sample: 1-16, 32, or 64 (floats) */
    bool is_float, is_signed;
    uint16_t nsamples; /* of a pixel in the file, alpha among them */
    bool separate;     /* each sample of all pixels has chunks of its own (planar) */
    bool has_alpha;    /* or other samples that are dropped */
    bool ycbcr;        /* JPEG's YCbCr, which its decoder turns into RGB */
    bool rasters; /* other YCbCr, of which libtiff makes RGBA with 8 bits; nsamples and so on are of that */
    uint16_t orientation; /* ORIENTATION_* */
    uint16_t palette[256];
};

/* Fills `pixels`; STATUS_INPUT, naming the feature, when they cannot be a slice. Colour is taken if `gray`.
 */
enum status tiff_pixels_describe(const struct tiff_handle *handle, bool gray, struct tiff_pixels *pixels,
                                 struct error *error);

/* How many planes decoding takes: 3 for RGB in planes, else 1. */
unsigned tiff_pixels_nplanes(const struct tiff_pixels *pixels);

/* Samples of a pixel that lie next to each other in a chunk. */
unsigned tiff_pixels_step(const struct tiff_pixels *pixels);

/* Whether each voxel is the sample that is stored. */
bool tiff_pixels_are_voxels(const struct tiff_pixels *pixels);

/* For people, what is unusual about them: ", 12-bit, white is 0, orientation right-top"; "" where nothing is.
 */
void tiff_pixels_layout(const struct tiff_pixels *pixels, char *text, size_t n_bytes);

#endif
