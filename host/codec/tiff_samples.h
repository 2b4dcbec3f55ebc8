/* SPDX-License-Identifier: MIT
 * Rows of samples, as a chunk of a TIFF holds them, become rows of voxels: bits and bytes are put in order,
 * packed samples unpacked, floats of other widths made f32; then what tiff_pixels.h says is taken of them.
 * All of it row by row, so that what lies between the steps stays in the caches. */
#ifndef STACKTHUMB_CODEC_TIFF_SAMPLES_H
#define STACKTHUMB_CODEC_TIFF_SAMPLES_H

#include "base/error.h"
#include "codec/sample_loops.h"
#include "codec/tiff_pixels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tiff_samples {
    const struct tiff_pixels *pixels; /* borrowed */
    const struct sample_loops *loops;
    uint32_t nx;                     /* pixels in a row of a chunk */
    bool swapped;                    /* the bytes of a sample are not in the host's order */
    bool reversed;                   /* the bits of every byte are (FillOrder 2) */
    bool differences;                /* packed samples are differences from the pixel before */
    size_t ordered_bytes, row_bytes; /* of a plane's part of the scratch: the samples in order; all */
    unsigned char *scratch;          /* owned */
};

/* Bytes of a row of nx pixels in a chunk (of one plane, where they are separate); UINT64_MAX when that does
 * not fit. */
uint64_t tiff_samples_row_bytes(const struct tiff_pixels *pixels, uint32_t nx);

/* Bytes that tiff_samples_init takes for them. */
uint64_t tiff_samples_scratch_bytes(const struct tiff_pixels *pixels, uint32_t nx);

/* From `pixels` and nx; the flags are false until the caller sets them. STATUS_FAILED when memory is refused.
 */
enum status tiff_samples_init(struct tiff_samples *samples, const struct tiff_pixels *pixels, uint32_t nx,
                              struct error *error);
void tiff_samples_end(struct tiff_samples *samples);

/* Makes n <= nx voxels of a row; planes[0 .. tiff_pixels_nplanes-1] are its samples, aligned or not. `voxels`
 * is aligned, and may be planes[0] where tiff_samples_fit_in_place. */
void tiff_samples_convert(const struct tiff_samples *samples, const unsigned char *const *planes, uint32_t n,
                          void *voxels);

/* Whether a row takes the same bytes as samples and as voxels, in the same order. */
bool tiff_samples_fit_in_place(const struct tiff_pixels *pixels);

#endif
