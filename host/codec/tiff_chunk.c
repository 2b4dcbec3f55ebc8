/* SPDX-License-Identifier: MIT */
#include "codec/tiff_chunk.h"

#include "codec/slice_limits.h"
#include "codec/tiff_compression.h"
#include "codec/tiff_deflate.h"

#include <string.h>

static enum status refuse_chunk(const struct tiff_handle *handle, const struct tiff_image *image,
                                struct error *error)
{
    return tiff_handle_error(
        handle, image->tiled ? "has a tile that cannot be decoded" : "has a strip that cannot be decoded",
        remedy_copy, error);
}

/* Whatever libtiff reports as an error ends the slice, even where it would go on: half a chunk must not pass
 * as a whole one. */
static bool was_damaged(const struct tiff_handle *handle, const struct tiff_image *image)
{
    return handle->nerrors > 0 || tiff_compression_warned_of_damage(image->compression, handle->nwarnings);
}

enum { MARK = 0xa5, OTHER_MARK = 0x5a, MARKED_BYTES = 8 }; /* no bit of the marks is the same */

/* The last samples of a chunk of n_bytes at `to`: the end of its last row, whatever pads it left out. */
struct chunk_end {
    unsigned char *bytes;
    size_t n_bytes;     /* whole ones, at most MARKED_BYTES */
    unsigned more_bits; /* of the byte behind them */
};

static struct chunk_end find_end(const struct tiff_image *image, unsigned char *to, uint64_t n_bytes)
{
    uint64_t nbits = (uint64_t)image->chunk_nx * tiff_pixels_step(&image->pixels) * image->pixels.bits;
    size_t whole = (size_t)(nbits / 8), n = whole < MARKED_BYTES ? whole : MARKED_BYTES;
    return (struct chunk_end){to + n_bytes - image->row_bytes + whole - n, n, nbits % 8};
}

/* Whether none of its samples was written since they were `mark`. */
static bool is_marked(const struct chunk_end *end, unsigned char mark)
{
    for (size_t i = 0; i < end->n_bytes; i++)
        if (end->bytes[i] != mark)
            return false;
    return end->more_bits == 0 || (end->bytes[end->n_bytes] ^ mark) >> (8 - end->more_bits) == 0;
}

/* Has libtiff decode chunk `index` to `to`, whose end is marked first. */
static bool decode_by_libtiff(struct tiff_handle *handle, const struct tiff_image *image, uint32_t index,
                              unsigned char *to, uint64_t n_bytes, unsigned char mark)
{
    struct chunk_end end = find_end(image, to, n_bytes);
    memset(end.bytes, mark, end.n_bytes + (end.more_bits != 0));
    tmsize_t n = image->tiled ? TIFFReadEncodedTile(handle->tif, index, to, (tmsize_t)n_bytes)
                              : TIFFReadEncodedStrip(handle->tif, index, to, (tmsize_t)n_bytes);
    return n == (tmsize_t)n_bytes && !was_damaged(handle, image);
}

/* Decodes chunk `index` to `to` (n_bytes are exactly its decoded length). Some decoders leave samples as they
 * were and say nothing: where the data end early (CCITT group 4), where they are of a smaller image (WebP).
 * So an end that still looks marked must look otherwise when it is decoded again over another mark. */
static enum status decode_samples(struct tiff_handle *handle, const struct tiff_image *image, uint32_t index,
                                  unsigned char *to, uint64_t n_bytes, struct error *error)
{
    if (tiff_deflate_takes(handle, image))
        return tiff_deflate_chunk(handle, image, index, to, n_bytes, error);
    const struct chunk_end end = find_end(image, to, n_bytes);
    bool whole = decode_by_libtiff(handle, image, index, to, n_bytes, MARK);
    if (whole && is_marked(&end, MARK))
        whole =
            decode_by_libtiff(handle, image, index, to, n_bytes, OTHER_MARK) && !is_marked(&end, OTHER_MARK);
    return whole ? STATUS_OK : refuse_chunk(handle, image, error);
}

/* A raster of libtiff has words of red, green, blue and alpha from the least significant byte up, and its
 * last row first: makes it bytes in this order, and rows in the image's. */
static void put_raster_in_order(unsigned char *raster, size_t nx, uint32_t ny)
{
    for (uint32_t y = 0; y < ny - y; y++)
        for (size_t x = 0; x < nx; x++) {
            unsigned char *upper = raster + 4 * (y * nx + x), *lower = raster + 4 * ((ny - 1 - y) * nx + x);
            uint32_t first, last;
            memcpy(&first, upper, sizeof first);
            memcpy(&last, lower, sizeof last);
            for (unsigned i = 0; i < 4; i++) {
                lower[i] = (unsigned char)(first >> 8 * i);
                upper[i] = (unsigned char)(last >> 8 * i);
            }
        }
}

/* Has libtiff decode a chunk and turn its colours into RGB. */
static enum status decode_raster(struct tiff_handle *handle, const struct tiff_image *image, uint32_t index,
                                 unsigned char *to, uint64_t n_bytes, struct error *error)
{
    enum { STOP_AT_ERRORS = 1 };
    uint32_t *raster = (void *)to, across = tiff_image_chunks_across(image),
             x = index % across * image->chunk_nx, y = index / across * image->chunk_ny;
    int done = image->tiled ? TIFFReadRGBATileExt(handle->tif, x, y, raster, STOP_AT_ERRORS)
                            : TIFFReadRGBAStripExt(handle->tif, y, raster, STOP_AT_ERRORS);
    if (!done || was_damaged(handle, image))
        return refuse_chunk(handle, image, error);
    put_raster_in_order(to, image->chunk_nx, (uint32_t)(n_bytes / image->row_bytes));
    return STATUS_OK;
}

enum status tiff_chunk_decode(struct tiff_handle *handle, const struct tiff_image *image, uint32_t index,
                              void *to, struct error *error)
{
    uint64_t n_bytes = tiff_image_chunk_bytes(image, index % image->nchunks);
    return image->pixels.rasters ? decode_raster(handle, image, index, to, n_bytes, error)
                                 : decode_samples(handle, image, index, to, n_bytes, error);
}
