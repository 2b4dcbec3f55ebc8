/* SPDX-License-Identifier: MIT
 * A slice as strips that are compressed one by one. How it is cut depends on its extent and type alone, and
 * so do the bytes of its file, whoever makes them in whatever order:
 *
 *   what comes before the strips (of a length that is known beforehand), first strip, second strip, ... */
#ifndef STACKTHUMB_CODEC_TIFF_STRIPS_H
#define STACKTHUMB_CODEC_TIFF_STRIPS_H

#include "base/bytes.h"
#include "base/error.h"
#include "codec/encoding.h"
#include "volume/spacing.h"
#include "volume/voxel_type.h"

#include <stdbool.h>
#include <stdint.h>

struct tiff_strips {
    enum encoding encoding;
    enum voxel_type type;
    uint32_t nx, ny; /* of the slice */
    uint32_t nrows;  /* of a strip; the last one may have fewer */
    uint32_t nstrips;
    uint64_t row_bytes;
    uint64_t strip_bytes;   /* of the voxels of nrows rows */
    uint64_t encoded_bytes; /* the most that they become */
    bool big;               /* a BigTIFF: its bytes may not fit 32-bit offsets */
};

/* ENCODING_NONE: one strip of all rows. */
struct tiff_strips tiff_strips_of(uint32_t nx, uint32_t ny, enum voxel_type type, enum encoding encoding);

/* Replaces the contents of `head` by what comes before the strips, of which strip i has n_bytes[i] bytes in
 * the file. Its length does not depend on these. */
enum status tiff_strips_head(const struct tiff_strips *strips, struct spacing spacing,
                             const uint64_t *n_bytes, struct bytes *head, struct error *error);

#endif
