/* SPDX-License-Identifier: MIT
 * What a BMP file says before its voxels: Windows BITMAPINFOHEADER (40 bytes, and its longer successors of
 * 52, 56, 108 and 124) and OS/2 (12, and 16 to 64) headers, as Microsoft's "Bitmap Storage" and the OS/2 2.0
 * PM reference describe them. */
#ifndef STACKTHUMB_CODEC_BMP_IMAGE_H
#define STACKTHUMB_CODEC_BMP_IMAGE_H

#include "base/error.h"
#include "codec/byte_source.h"
#include "volume/spacing.h"

#include <stdbool.h>
#include <stdint.h>

enum { BMP_COLOURS_MAX = 256 };

struct bmp_image {
    uint32_t nx, ny;
    bool bottom_up;                     /* the last row of the slice is the first of the file */
    unsigned bits;                      /* of a voxel: 1, 4, 8; 24, 32 */
    uint64_t voxels_at, row_bytes;      /* offset of the first row of the file; from row to row */
    unsigned ncolours;                  /* of the palette, at most 1 << bits; 0 where there is none */
    uint8_t grey[BMP_COLOURS_MAX];      /* what each of them becomes */
    bool colour;                        /* an entry of the palette is not grey */
    bool identity;                      /* 256 colours, of which each becomes its own number */
    unsigned red_at, green_at, blue_at; /* where in a voxel of 24 or 32 bits: 0 .. 3 */
    struct spacing spacing;
};

/* Fills `image`; `gray` allows a palette in colour, which becomes its luma. STATUS_INPUT, naming the feature,
 * when it cannot be a slice, and when the source ends before the last voxel. */
enum status bmp_image_read(const struct byte_source *source, bool gray, struct bmp_image *image,
                           struct error *error);

#endif
