/* SPDX-License-Identifier: MIT
 * A chunk is inflated right to its place; then the predictor is undone there, row by row (TIFF 6.0, section
 * 14; Adobe Photoshop TIFF Technical Note 3 for floating point), in the byte order of the host. */
#include "codec/tiff_deflate.h"

#include "codec/sample_loops.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

static bool is_foreign(const struct tiff_handle *handle)
{
    return TIFFIsByteSwapped(handle->tif) != 0;
}

bool tiff_deflate_takes(const struct tiff_handle *handle, const struct tiff_image *image)
{
    return (image->compression == COMPRESSION_ADOBE_DEFLATE || image->compression == COMPRESSION_DEFLATE) &&
           !image->reversed_bits && handle->source->data;
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

/* A row of n differences from the sample `step` before becomes one of samples; sums wrap. */
#define ADD_UP(T)                                                                                            \
    static void add_up_##T(T *row, size_t n, size_t step)                                                    \
    {                                                                                                        \
        for (size_t i = step; i < n; i++)                                                                    \
            row[i] = (T)(row[i] + row[i - step]);                                                            \
    }
ADD_UP(uint8_t)
ADD_UP(uint16_t)
ADD_UP(uint32_t)
ADD_UP(uint64_t)

static void add_up(void *row, size_t n, size_t step, size_t sample)
{
    if (sample == 1)
        add_up_uint8_t(row, n, step);
    else if (sample == 2)
        add_up_uint16_t(row, n, step);
    else if (sample == 4)
        add_up_uint32_t(row, n, step);
    else
        add_up_uint64_t(row, n, step);
}

/* The same for n floats of `sample` bytes: differences of bytes, of which all first (most significant) ones
 * of the row come first, whatever the byte order of the file is. `scratch` has room for a row. */
static void add_up_floats(unsigned char *row, size_t n, size_t step, size_t sample, unsigned char *scratch)
{
    const uint16_t one = 1;
    bool little_endian = *(const unsigned char *)&one == 1;
    add_up_uint8_t(row, n * sample, step);
    memcpy(scratch, row, n * sample);
    for (size_t byte = 0; byte < sample; byte++) {
        const unsigned char *from = scratch + (little_endian ? sample - 1 - byte : byte) * n;
        for (size_t i = 0; i < n; i++)
            row[i * sample + byte] = from[i];
    }
}

static enum status undo_predictor(const struct tiff_image *image, unsigned char *to, uint64_t n_bytes,
                                  struct error *error)
{
    size_t row_bytes = (size_t)image->row_bytes, step = tiff_pixels_step(&image->pixels),
           sample = image->pixels.bits / 8u, n = image->chunk_nx * step;
    unsigned char *scratch = NULL;
    if (image->predictor == PREDICTOR_FLOATINGPOINT && !(scratch = malloc(row_bytes)))
        return error_no_memory(error, row_bytes, "a row of voxels");
    for (uint64_t at = 0; at < n_bytes; at += row_bytes)
        if (scratch)
            add_up_floats(to + at, n, step, sample, scratch);
        else
            add_up(to + at, n, step, sample);
    free(scratch);
    return STATUS_OK;
}

enum status tiff_deflate_chunk(const struct tiff_handle *handle, const struct tiff_image *image,
                               uint32_t index, void *to, uint64_t n_bytes, struct error *error)
{
    unsigned bits = image->pixels.bits;
    enum status status = inflate_chunk(handle, image, index, to, n_bytes, error);
    if (status != STATUS_OK || bits % 8 != 0)
        return status;
    if (is_foreign(handle) && image->predictor != PREDICTOR_FLOATINGPOINT && bits > 8)
        sample_loops_best()->swap_bytes(to, n_bytes / (bits / 8), bits / 8, to);
    return image->predictor == PREDICTOR_NONE ? STATUS_OK : undo_predictor(image, to, n_bytes, error);
}
