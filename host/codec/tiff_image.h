/* SPDX-License-Identifier: MIT
 * The image of an open TIFF: what it is, whether it can be a slice, and how its voxels lie in the file. TIFF
 * stores an image in strips (runs of whole rows) or tiles; both are called chunks here. */
#ifndef STACKTHUMB_CODEC_TIFF_IMAGE_H
#define STACKTHUMB_CODEC_TIFF_IMAGE_H

#include "base/error.h"
#include "codec/tiff_handle.h"
#include "volume/voxel_type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest slice that is read, and what libtiff may allocate for a file's tables. */
#define TIFF_SLICE_BYTES_MAX (UINT64_C(4) << 30)
#define TIFF_TABLE_BYTES_MAX (UINT64_C(64) << 20)

struct tiff_image {
    uint32_t nx, ny;
    enum voxel_type type;
    uint16_t compression; /* COMPRESSION_* */
    uint16_t predictor;   /* PREDICTOR_*; 1 where there is none */
    bool tiled;
    uint32_t chunk_nx, chunk_ny; /* a strip has nx * chunk_ny voxels, and the last one fewer rows */
    uint32_t nchunks;
    uint64_t chunk_bytes; /* of a full chunk, decoded */
    uint64_t row_bytes;   /* of the image */
    uint64_t slice_bytes;
};

/* Where the chunks lie, as tiff_image_check_chunks found. */
struct tiff_chunks {
    bool in_order;        /* one right behind the other, each of exactly its decoded length */
    uint64_t first_bytes; /* offset of the first */
    uint64_t end_bytes;   /* no chunk reaches further */
};

/* Fills `image`; STATUS_INPUT, naming the feature, when it cannot be a slice. */
enum status tiff_image_describe(const struct tiff_handle *handle, struct tiff_image *image,
                                struct error *error);

/* STATUS_INPUT when a chunk is missing, too short or lies beyond the end of the source. */
enum status tiff_image_check_chunks(const struct tiff_handle *handle, const struct tiff_image *image,
                                    struct tiff_chunks *chunks, struct error *error);

/* Decoded bytes of chunk `index`; strips only differ in the last one. */
uint64_t tiff_image_chunk_bytes(const struct tiff_image *image, uint32_t index);

/* Bytes that decoding takes besides the file's and the voxels': the decoder's, those of a tile that is not as
 * wide as the image, and libtiff's tables. */
uint64_t tiff_image_decode_bytes(const struct tiff_image *image);

/* For people: "deflate, tiles 256x256, big-endian". */
void tiff_image_layout(const struct tiff_handle *handle, const struct tiff_image *image, char *text,
                       size_t n_bytes);

#endif
