/* SPDX-License-Identifier: MIT
 * Decoding a slice from its file's bytes in memory. libtiff reads compressed bytes right where they lie, and
 * decodes right into the caller's rows wherever a strip or tile is as wide as the image. */
#include "base/checked.h"
#include "base/printable.h"
#include "codec/raw.h"
#include "codec/tiff_codec.h"
#include "codec/tiff_compression.h"
#include "codec/tiff_deflate.h"
#include "codec/tiff_handle.h"
#include "codec/tiff_image.h"

#include <stdlib.h>
#include <string.h>

/* Decodes chunk `index` to `to` (n_bytes are exactly its decoded length). Whatever libtiff reports as an
 * error here ends the slice, even where it would go on: half a chunk must not pass as a whole one. */
static enum status decode_chunk(struct tiff_handle *handle, const struct tiff_image *image, uint32_t index,
                                void *to, uint64_t n_bytes, struct error *error)
{
    if (tiff_deflate_takes(handle, image))
        return tiff_deflate_chunk(handle, image, index, to, n_bytes, error);
    tmsize_t n = image->tiled ? TIFFReadEncodedTile(handle->tif, index, to, (tmsize_t)n_bytes)
                              : TIFFReadEncodedStrip(handle->tif, index, to, (tmsize_t)n_bytes);
    bool damaged = n != (tmsize_t)n_bytes || handle->nerrors > 0 ||
                   (handle->nwarnings > 0 && tiff_compression_warns_of_damage(image->compression));
    if (!damaged)
        return STATUS_OK;
    return tiff_handle_error(
        handle, image->tiled ? "has a tile that cannot be decoded" : "has a strip that cannot be decoded",
        "copy or export it again", error);
}

static enum status decode_strips(struct tiff_handle *handle, const struct tiff_image *image,
                                 unsigned char *voxels, struct error *error)
{
    for (uint32_t i = 0; i < image->nchunks; i++) {
        uint64_t n_bytes = tiff_image_chunk_bytes(image, i);
        if (decode_chunk(handle, image, i, voxels, n_bytes, error) != STATUS_OK)
            return error->status;
        voxels += n_bytes;
    }
    return STATUS_OK;
}

/* The part of a decoded tile that lies within the image goes to its place there. */
static void place_tile(const struct tiff_image *image, const unsigned char *tile, uint32_t x, uint32_t y,
                       unsigned char *voxels)
{
    size_t voxel = voxel_bytes(image->type), tile_row = image->chunk_nx * voxel;
    uint32_t nx = image->nx - x < image->chunk_nx ? image->nx - x : image->chunk_nx;
    uint32_t ny = image->ny - y < image->chunk_ny ? image->ny - y : image->chunk_ny;
    unsigned char *to = voxels + y * image->row_bytes + x * voxel;
    for (uint32_t row = 0; row < ny; row++)
        memcpy(to + row * image->row_bytes, tile + row * tile_row, nx * voxel);
}

static enum status decode_tiles(struct tiff_handle *handle, const struct tiff_image *image,
                                unsigned char *voxels, struct error *error)
{
    unsigned char *tile = malloc(image->chunk_bytes);
    if (!tile)
        return error_no_memory(error, image->chunk_bytes, "a tile");
    uint32_t across = image->nx / image->chunk_nx + (image->nx % image->chunk_nx != 0);
    for (uint32_t i = 0; i < image->nchunks; i++) {
        uint32_t x = i % across * image->chunk_nx, y = i / across * image->chunk_ny;
        bool direct = image->chunk_nx == image->nx && image->ny - y >= image->chunk_ny;
        unsigned char *to = direct ? voxels + y * image->row_bytes : tile;
        if (decode_chunk(handle, image, i, to, image->chunk_bytes, error) != STATUS_OK)
            break;
        if (!direct)
            place_tile(image, tile, x, y, voxels);
    }
    free(tile);
    return error->status;
}

static enum status decode_image(struct tiff_handle *handle, const struct slice_header *header, void *voxels,
                                struct error *error)
{
    struct tiff_image image;
    struct tiff_chunks chunks;
    char path[PRINTABLE_BYTES];
    if (tiff_image_describe(handle, &image, error) != STATUS_OK)
        return error->status;
    if (image.nx != header->nx || image.ny != header->ny || image.type != header->type)
        return error_set(error, STATUS_INPUT, "%s: was changed after its header was checked; start again",
                         printable(path, sizeof path, handle->source->path));
    if (tiff_image_check_chunks(handle, &image, &chunks, error) != STATUS_OK)
        return error->status;
    tiff_handle_calm(handle);
    return image.tiled ? decode_tiles(handle, &image, voxels, error)
                       : decode_strips(handle, &image, voxels, error);
}

/* Voxels that only want their bytes swapped need no libtiff, which would copy them once more. */
static enum status decode_swapped(const struct tiff_source *source, const struct slice_header *header,
                                  uint64_t slice_bytes, void *voxels, struct error *error)
{
    char path[PRINTABLE_BYTES];
    const unsigned char *data = tiff_source_span(source, header->voxels_offset, slice_bytes);
    if (!data)
        return error_set(error, STATUS_INPUT, "%s: was changed after its header was checked; start again",
                         printable(path, sizeof path, source->path));
    return codec_raw.decode(data, (size_t)slice_bytes, source->path, header, voxels, error);
}

enum status tiff_decode(const void *data, size_t n_bytes, const char *path, const struct slice_header *header,
                        void *voxels, struct error *error)
{
    struct tiff_source source;
    struct tiff_handle handle;
    const struct file_part start = {.offset = 0, .n_bytes = n_bytes};
    bool all_there = header->nparts > 0 && n_bytes == header->encoded_bytes;
    uint64_t slice_bytes = saturated_mul3(header->nx, header->ny, voxel_bytes(header->type));
    if (slice_bytes > TIFF_SLICE_BYTES_MAX)
        slice_bytes = TIFF_SLICE_BYTES_MAX;
    if (all_there)
        tiff_source_init_memory(&source, data, header->parts, header->nparts, path);
    else /* of a file that was cut off meanwhile */
        tiff_source_init_memory(&source, data, &start, 1, path);
    if (header->swapped)
        return decode_swapped(&source, header, slice_bytes, voxels, error);
    /* Some decoders hold one strip or tile besides the caller's voxels. */
    if (tiff_handle_open(&handle, &source, header->page_at, TIFF_TABLE_BYTES_MAX + slice_bytes, error) ==
        STATUS_OK)
        decode_image(&handle, header, voxels, error);
    tiff_handle_close(&handle);
    return error->status;
}
