/* SPDX-License-Identifier: MIT
 * The image of an open TIFF: what it is, whether it can be a slice, and how its voxels lie in the file. TIFF
 * stores an image in strips (runs of whole rows) or tiles; both are called chunks here. */
#ifndef STACKTHUMB_CODEC_TIFF_IMAGE_H
#define STACKTHUMB_CODEC_TIFF_IMAGE_H

#include "base/error.h"
#include "codec/tiff_handle.h"
#include "codec/tiff_pixels.h"
#include "volume/voxel_type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What libtiff may allocate for a file's tables. */
#define TIFF_TABLE_BYTES_MAX (UINT64_C(64) << 20)

struct tiff_image {
    uint32_t nx, ny;           /* of the slice */
    enum voxel_type type;      /* of its voxels */
    uint64_t slice_bytes;      /* of all of them */
    uint32_t file_nx, file_ny; /* extent in the file, where rows may be columns of the slice */
    struct tiff_pixels pixels;
    bool as_stored;       /* the slice is what the chunks of the (first) plane hold */
    uint16_t compression; /* COMPRESSION_* */
    uint16_t predictor;   /* PREDICTOR_*; 1 where there is none */
    bool reversed_bits;   /* FillOrder 2 */
    bool tiled;
    uint32_t chunk_nx, chunk_ny; /* a strip has file_nx * chunk_ny pixels, and the last one fewer rows */
    uint32_t nchunks;            /* of a plane; plane p has the chunks from p * nchunks */
    unsigned nplanes;            /* that decoding takes */
    uint64_t row_bytes;          /* of a row of a full chunk, decoded */
    uint64_t chunk_bytes;        /* of a full chunk, decoded */
    uint64_t stored_bytes;       /* of all samples of the image, decoded */
};

/* Where the chunks lie, as tiff_image_check_chunks found. */
struct tiff_chunks {
    bool in_order;        /* one right behind the other, each of exactly its decoded length */
    uint64_t first_bytes; /* offset of the first */
    uint64_t end_bytes;   /* no chunk reaches further */
};

/* Fills `image`; STATUS_INPUT, naming the feature, when it cannot be a slice. Colour can if `gray`. */
enum status tiff_image_describe(const struct tiff_handle *handle, bool gray, struct tiff_image *image,
                                struct error *error);

/* STATUS_INPUT when a chunk is missing, too short or lies beyond the end of the source. */
enum status tiff_image_check_chunks(const struct tiff_handle *handle, const struct tiff_image *image,
                                    struct tiff_chunks *chunks, struct error *error);

/* How many chunks lie beside each other: 1 where they are strips. */
uint32_t tiff_image_chunks_across(const struct tiff_image *image);

/* Decoded bytes of chunk `index` of a plane; strips only differ in the last one. */
uint64_t tiff_image_chunk_bytes(const struct tiff_image *image, uint32_t index);

/* False where the samples of every chunk lie in the file. */
bool tiff_image_wants_decoder(const struct tiff_image *image);

/* Whether chunks as wide as the image are decoded to where their voxels belong. */
bool tiff_image_decodes_in_place(const struct tiff_image *image);

/* Bytes that decoding takes besides the file's and the voxels': the decoder's, those of chunks that are not
 * decoded in place, of rows on their way to voxels, and libtiff's tables. */
uint64_t tiff_image_decode_bytes(const struct tiff_image *image);

/* For people: "deflate, tiles 256x256, 12-bit, big-endian". */
void tiff_image_layout(const struct tiff_handle *handle, const struct tiff_image *image, char *text,
                       size_t n_bytes);

#endif
