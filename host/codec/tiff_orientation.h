/* SPDX-License-Identifier: MIT
 * Where the pixels of a file come to lie in the slice. The tag Orientation says at which side of the picture
 * the first row of the file lies, and then at which its first column (TIFF 6.0, section 8): "right-top" means
 * that the file's first row is the picture's right column, from the top down. */
#ifndef STACKTHUMB_CODEC_TIFF_ORIENTATION_H
#define STACKTHUMB_CODEC_TIFF_ORIENTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether rows of the file are columns of the slice: its extents, too, change places. */
bool tiff_orientation_transposes(uint16_t orientation);

/* Rows that can be made where they belong, for only their order may change. */
bool tiff_orientation_keeps_rows(uint16_t orientation);

/* How many rows of nx voxels are best placed at once. */
uint32_t tiff_orientation_rows(uint16_t orientation, uint32_t nx, size_t voxel_bytes);

/* Bytes of the rows that are placed at once, where tiff_orientation_keeps_rows does not hold, and of one of
 * them; 0 where it does. */
uint64_t tiff_orientation_scratch_bytes(uint16_t orientation, uint32_t nx, size_t voxel_bytes);
uint64_t tiff_orientation_stride_bytes(uint32_t nx, size_t voxel_bytes);

struct tiff_placement {
    uint16_t orientation;
    uint32_t file_nx, file_ny; /* extent of the image in the file */
    size_t voxel_bytes;        /* 1, 2 or 4 */
    unsigned char *voxels;     /* of the slice, borrowed */
};

/* Where row y of the file goes, `x` voxels behind its beginning, when rows stay rows. */
void *tiff_placement_row(const struct tiff_placement *placement, uint32_t x, uint32_t y);

/* Puts nrows rows of n voxels, each stride_bytes behind the one before, to where they belong; they are what
 * the file has from column x and row y. */
void tiff_placement_put(const struct tiff_placement *placement, const void *rows, size_t stride_bytes,
                        uint32_t x, uint32_t y, uint32_t n, uint32_t nrows);

#endif
