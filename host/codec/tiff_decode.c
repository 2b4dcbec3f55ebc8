/* SPDX-License-Identifier: MIT
 * Decoding a slice from its file's bytes in memory, one chunk after the other. Uncompressed rows are made
 * voxels right from where they lie in the file. libtiff and libdeflate read compressed bytes where these lie,
 * and decode to the caller's rows wherever a chunk is as wide as the image and its samples as wide as voxels;
 * else to a chunk of ours, the rows of which are then made voxels. */
#include "base/checked.h"
#include "codec/raw.h"
#include "codec/slice_limits.h"
#include "codec/tiff_codec.h"
#include "codec/tiff_compression.h"
#include "codec/tiff_deflate.h"
#include "codec/tiff_handle.h"
#include "codec/tiff_image.h"
#include "codec/tiff_orientation.h"
#include "codec/tiff_samples.h"

#include <stdlib.h>
#include <string.h>

struct decoding {
    struct tiff_handle *handle;
    const struct tiff_image *image;
    struct tiff_samples samples;
    struct tiff_placement placement;
    unsigned char *chunks; /* one of every plane; NULL where all lie in the file or are decoded in place */
    unsigned char *rows;   /* voxels that are to be turned; NULL where none are */
};

/* A rectangle of the image in the file: a chunk without what sticks out of it. */
struct chunk {
    uint32_t index, x, y, nx, ny;
};

static struct chunk find_chunk(const struct tiff_image *image, uint32_t index)
{
    uint32_t across = image->file_nx / image->chunk_nx + (image->file_nx % image->chunk_nx != 0);
    struct chunk chunk = {.index = index,
                          .x = index % across * image->chunk_nx,
                          .y = index / across * image->chunk_ny,
                          .nx = image->chunk_nx,
                          .ny = image->chunk_ny};
    if (chunk.nx > image->file_nx - chunk.x)
        chunk.nx = image->file_nx - chunk.x;
    if (chunk.ny > image->file_ny - chunk.y)
        chunk.ny = image->file_ny - chunk.y;
    return chunk;
}

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
static enum status decode_chunk(struct tiff_handle *handle, const struct tiff_image *image, uint32_t index,
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
static enum status load_raster(struct tiff_handle *handle, const struct tiff_image *image,
                               const struct chunk *chunk, unsigned char *to, struct error *error)
{
    enum { STOP_AT_ERRORS = 1 };
    uint32_t *raster = (void *)to;
    int done = image->tiled ? TIFFReadRGBATileExt(handle->tif, chunk->x, chunk->y, raster, STOP_AT_ERRORS)
                            : TIFFReadRGBAStripExt(handle->tif, chunk->y, raster, STOP_AT_ERRORS);
    if (!done || was_damaged(handle, image))
        return refuse_chunk(handle, image, error);
    put_raster_in_order(to, image->chunk_nx, image->tiled ? image->chunk_ny : chunk->ny);
    return STATUS_OK;
}

static enum status refuse_changed(const struct tiff_source *source, struct error *error)
{
    return slice_refuse(source->path, error, "start again", "was changed after its header was checked");
}

/* Where the samples of a chunk lie: planes[p] becomes those of plane p. */
static enum status load_chunk(struct decoding *decoding, const struct chunk *chunk,
                              const unsigned char *planes[3], struct error *error)
{
    const struct tiff_image *image = decoding->image;
    uint64_t n_bytes = tiff_image_chunk_bytes(image, chunk->index);
    bool whole = chunk->nx == image->chunk_nx && n_bytes == chunk->ny * image->row_bytes;
    for (unsigned p = 0; p < image->nplanes; p++) {
        uint32_t index = p * image->nchunks + chunk->index;
        if (!tiff_image_wants_decoder(image)) {
            uint64_t at = TIFFGetStrileOffset(decoding->handle->tif, index);
            if (!(planes[p] = tiff_source_span(decoding->handle->source, at, n_bytes)))
                return refuse_changed(decoding->handle->source, error);
            continue;
        }
        unsigned char *to = whole && tiff_image_decodes_in_place(image)
                                ? tiff_placement_row(&decoding->placement, chunk->x, chunk->y)
                                : decoding->chunks + p * image->chunk_bytes;
        enum status status = image->pixels.rasters
                                 ? load_raster(decoding->handle, image, chunk, to, error)
                                 : decode_chunk(decoding->handle, image, index, to, n_bytes, error);
        if (status != STATUS_OK)
            return status;
        planes[p] = to;
    }
    return STATUS_OK;
}

static void convert_row(const struct decoding *decoding, const unsigned char *const planes[3], uint32_t row,
                        uint32_t n, void *voxels)
{
    const unsigned char *rows[3];
    for (unsigned p = 0; p < decoding->image->nplanes; p++)
        rows[p] = planes[p] + row * decoding->image->row_bytes;
    tiff_samples_convert(&decoding->samples, rows, n, voxels);
}

/* The rows of a chunk become voxels, where they belong. */
static void place_chunk(const struct decoding *decoding, const struct chunk *chunk,
                        const unsigned char *const planes[3])
{
    const struct tiff_image *image = decoding->image;
    const struct tiff_placement *placement = &decoding->placement;
    if (!decoding->rows) {
        for (uint32_t row = 0; row < chunk->ny; row++)
            convert_row(decoding, planes, row, chunk->nx,
                        tiff_placement_row(placement, chunk->x, chunk->y + row));
        return;
    }
    size_t stride_bytes = (size_t)tiff_orientation_stride_bytes(image->chunk_nx, placement->voxel_bytes);
    uint32_t nrows = tiff_orientation_rows(placement->orientation, placement->voxel_bytes);
    for (uint32_t row = 0; row < chunk->ny; row += nrows) {
        if (nrows > chunk->ny - row)
            nrows = chunk->ny - row;
        for (uint32_t i = 0; i < nrows; i++)
            convert_row(decoding, planes, row + i, chunk->nx, decoding->rows + i * stride_bytes);
        tiff_placement_put(placement, decoding->rows, stride_bytes, chunk->x, chunk->y + row, chunk->nx,
                           nrows);
    }
}

static enum status decode_chunks(struct decoding *decoding, struct error *error)
{
    const struct tiff_image *image = decoding->image;
    for (uint32_t i = 0; i < image->nchunks; i++) {
        const unsigned char *planes[3];
        struct chunk chunk = find_chunk(image, i);
        if (load_chunk(decoding, &chunk, planes, error) != STATUS_OK)
            return error->status;
        place_chunk(decoding, &chunk, planes);
    }
    return STATUS_OK;
}

/* libtiff gives samples of compressed chunks in the host's order, JPEG's colours as RGB if told so, and
 * refuses differences of packed samples, which are added up later. */
static void prepare_samples(struct decoding *decoding)
{
    const struct tiff_image *image = decoding->image;
    const struct tiff_handle *handle = decoding->handle;
    bool compressed = tiff_image_wants_decoder(image);
    decoding->samples.swapped = !compressed && TIFFIsByteSwapped(handle->tif);
    decoding->samples.reversed = !compressed && image->reversed_bits;
    decoding->samples.differences = image->predictor == PREDICTOR_HORIZONTAL && image->pixels.bits % 8 != 0;
    if (decoding->samples.differences)
        TIFFSetField(handle->tif, TIFFTAG_PREDICTOR, PREDICTOR_NONE);
    if (image->pixels.rasters) /* they are turned here, like all others */
        TIFFSetField(handle->tif, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    if (image->pixels.ycbcr)
        TIFFSetField(handle->tif, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
}

static enum status allocate(struct decoding *decoding, struct error *error)
{
    const struct tiff_image *image = decoding->image;
    uint64_t chunks_bytes = image->nplanes * image->chunk_bytes,
             rows_bytes = tiff_orientation_scratch_bytes(image->pixels.orientation, image->chunk_nx,
                                                         voxel_bytes(image->type));
    bool in_place = !image->tiled && tiff_image_decodes_in_place(image);
    if (tiff_image_wants_decoder(image) && !in_place && !(decoding->chunks = malloc(chunks_bytes)))
        return error_no_memory(error, chunks_bytes, "a strip or tile");
    if (rows_bytes && !(decoding->rows = malloc(rows_bytes)))
        return error_no_memory(error, rows_bytes, "rows of voxels");
    return STATUS_OK;
}

static enum status decode_image(struct tiff_handle *handle, const struct tiff_image *image, void *voxels,
                                struct error *error)
{
    struct decoding decoding = {.handle = handle,
                                .image = image,
                                .placement = {.orientation = image->pixels.orientation,
                                              .file_nx = image->file_nx,
                                              .file_ny = image->file_ny,
                                              .voxel_bytes = voxel_bytes(image->type),
                                              .voxels = voxels}};
    if (tiff_samples_init(&decoding.samples, &image->pixels, image->chunk_nx, error) != STATUS_OK)
        return error->status;
    prepare_samples(&decoding);
    tiff_handle_calm(handle);
    if (allocate(&decoding, error) == STATUS_OK)
        decode_chunks(&decoding, error);
    free(decoding.rows);
    free(decoding.chunks);
    tiff_samples_end(&decoding.samples);
    return error->status;
}

static enum status check_and_decode(struct tiff_handle *handle, const struct slice_header *header,
                                    void *voxels, struct error *error)
{
    struct tiff_image image;
    struct tiff_chunks chunks;
    if (tiff_image_describe(handle, header->gray, &image, error) != STATUS_OK)
        return error->status;
    if (image.nx != header->nx || image.ny != header->ny || image.type != header->type)
        return refuse_changed(handle->source, error);
    if (tiff_image_check_chunks(handle, &image, &chunks, error) != STATUS_OK)
        return error->status;
    return decode_image(handle, &image, voxels, error);
}

/* Voxels that only want their bytes swapped need no libtiff, which would copy them once more. */
static enum status decode_swapped(const struct tiff_source *source, const struct slice_header *header,
                                  uint64_t slice_bytes, void *voxels, struct error *error)
{
    const unsigned char *data = tiff_source_span(source, header->voxels_offset, slice_bytes);
    if (!data)
        return refuse_changed(source, error);
    return codec_raw.decode(data, (size_t)slice_bytes, source->path, header, voxels, error);
}

enum status tiff_decode(const void *data, size_t n_bytes, const char *path, const struct slice_header *header,
                        void *voxels, struct error *error)
{
    enum { SAMPLES_MAX = 4, SAMPLE_BYTES_MAX = 8 };
    struct tiff_source source;
    struct tiff_handle handle;
    const struct file_part start = {.offset = 0, .n_bytes = n_bytes};
    bool all_there = header->nparts > 0 && n_bytes == header->encoded_bytes;
    uint64_t slice_bytes = saturated_mul3(header->nx, header->ny, voxel_bytes(header->type)),
             stored_bytes = saturated_mul3(header->nx, header->ny, SAMPLES_MAX * SAMPLE_BYTES_MAX);
    if (stored_bytes > SLICE_BYTES_MAX)
        stored_bytes = SLICE_BYTES_MAX;
    if (all_there)
        tiff_source_init_memory(&source, data, header->parts, header->nparts, path);
    else /* of a file that was cut off meanwhile */
        tiff_source_init_memory(&source, data, &start, 1, path);
    if (header->swapped)
        return decode_swapped(&source, header, slice_bytes, voxels, error);
    /* Some decoders hold one strip or tile besides ours. */
    if (tiff_handle_open(&handle, &source, header->page_at, TIFF_TABLE_BYTES_MAX + stored_bytes, error) ==
        STATUS_OK)
        check_and_decode(&handle, header, voxels, error);
    tiff_handle_close(&handle);
    return error->status;
}
