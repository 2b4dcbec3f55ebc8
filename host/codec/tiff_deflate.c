/* SPDX-License-Identifier: MIT
 * A chunk is inflated right to its place; then the predictor is undone there, row by row (TIFF 6.0, section
 * 14; Adobe Photoshop TIFF Technical Note 3 for floating point), in the byte order of the host. */
#include "codec/tiff_deflate.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

static bool is_foreign(const struct tiff_handle *handle)
{
    return TIFFIsByteSwapped(handle->tif) != 0;
}

bool tiff_deflate_takes(const struct tiff_handle *handle, const struct tiff_image *image)
{
    uint16_t fill_order = FILLORDER_MSB2LSB;
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_FILLORDER, &fill_order);
    return (image->compression == COMPRESSION_ADOBE_DEFLATE || image->compression == COMPRESSION_DEFLATE) &&
           fill_order == FILLORDER_MSB2LSB && handle->source->data;
}

/* Some writers give the last strip, which has fewer rows than others, the data of as many; those behind the
 * end of the image are dropped. */
static enum libdeflate_result inflate_long_strip(struct libdeflate_decompressor *inflater,
                                                 const struct tiff_image *image, const unsigned char *data,
                                                 size_t n_data, void *to, uint64_t n_bytes)
{
    unsigned char *whole = malloc(image->chunk_bytes);
    if (!whole)
        return LIBDEFLATE_INSUFFICIENT_SPACE;
    enum libdeflate_result result =
        libdeflate_zlib_decompress(inflater, data, n_data, whole, image->chunk_bytes, NULL);
    if (result == LIBDEFLATE_SUCCESS)
        memcpy(to, whole, n_bytes);
    free(whole);
    return result;
}

static enum status inflate_chunk(const struct tiff_handle *handle, const struct tiff_image *image,
                                 uint32_t index, void *to, uint64_t n_bytes, struct error *error)
{
    size_t n_data = TIFFGetStrileByteCount(handle->tif, index);
    const unsigned char *data =
        tiff_source_span(handle->source, TIFFGetStrileOffset(handle->tif, index), n_data);
    struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
    if (!inflater)
        return error_no_memory(error, 1 << 14, "a Deflate decoder");
    enum libdeflate_result result =
        data ? libdeflate_zlib_decompress(inflater, data, n_data, to, n_bytes, NULL) : LIBDEFLATE_BAD_DATA;
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE && n_bytes < image->chunk_bytes)
        result = inflate_long_strip(inflater, image, data, n_data, to, n_bytes);
    libdeflate_free_decompressor(inflater);
    if (result == LIBDEFLATE_SUCCESS)
        return STATUS_OK;
    return tiff_handle_error(handle,
                             image->tiled
                                 ? "has a tile that cannot be decoded: its Deflate data are damaged"
                                 : "has a strip that cannot be decoded: its Deflate data are damaged",
                             "copy or export it again", error);
}

static void swap_voxels(void *voxels, size_t n, size_t voxel)
{
    if (voxel == 2)
        TIFFSwabArrayOfShort(voxels, (tmsize_t)n);
    else if (voxel == 4)
        TIFFSwabArrayOfLong(voxels, (tmsize_t)n);
}

/* A row of differences from the voxel before becomes one of voxels; sums wrap. */
static void add_up(void *row, size_t nx, size_t voxel)
{
    uint8_t *row8 = row;
    uint16_t *row16 = row;
    uint32_t *row32 = row;
    for (size_t x = 1; x < nx; x++)
        if (voxel == 1)
            row8[x] = (uint8_t)(row8[x] + row8[x - 1]);
        else if (voxel == 2)
            row16[x] = (uint16_t)(row16[x] + row16[x - 1]);
        else
            row32[x] += row32[x - 1];
}

/* The same for 32-bit floats: differences of bytes, of which all first (most significant) ones of the row
 * come first, whatever the byte order of the file is. `scratch` has room for a row. */
static void add_up_floats(unsigned char *row, size_t nx, unsigned char *scratch)
{
    add_up(row, 4 * nx, 1);
    memcpy(scratch, row, 4 * nx);
    for (size_t x = 0; x < nx; x++) {
        uint32_t bits = 0;
        for (size_t i = 0; i < 4; i++)
            bits = bits << 8 | scratch[i * nx + x];
        memcpy(row + 4 * x, &bits, 4);
    }
}

static enum status undo_predictor(const struct tiff_image *image, unsigned char *to, uint64_t n_bytes,
                                  struct error *error)
{
    size_t row_bytes = (size_t)image->chunk_nx * voxel_bytes(image->type);
    unsigned char *scratch = NULL;
    if (image->predictor == PREDICTOR_FLOATINGPOINT && !(scratch = malloc(row_bytes)))
        return error_no_memory(error, row_bytes, "a row of voxels");
    for (uint64_t at = 0; at < n_bytes; at += row_bytes)
        if (scratch)
            add_up_floats(to + at, image->chunk_nx, scratch);
        else
            add_up(to + at, image->chunk_nx, voxel_bytes(image->type));
    free(scratch);
    return STATUS_OK;
}

enum status tiff_deflate_chunk(const struct tiff_handle *handle, const struct tiff_image *image,
                               uint32_t index, void *to, uint64_t n_bytes, struct error *error)
{
    size_t voxel = voxel_bytes(image->type);
    enum status status = inflate_chunk(handle, image, index, to, n_bytes, error);
    if (status != STATUS_OK)
        return status;
    if (is_foreign(handle) && image->predictor != PREDICTOR_FLOATINGPOINT)
        swap_voxels(to, n_bytes / voxel, voxel);
    return image->predictor == PREDICTOR_NONE ? STATUS_OK : undo_predictor(image, to, n_bytes, error);
}
