/* SPDX-License-Identifier: MIT */
#include "codec/tiff_image.h"

#include "base/checked.h"
#include "codec/slice_limits.h"
#include "codec/tiff_compression.h"
#include "codec/tiff_orientation.h"
#include "codec/tiff_samples.h"

#include <inttypes.h>
#include <stdio.h>

static enum status find_extent(const struct tiff_handle *handle, struct tiff_image *image,
                               struct error *error)
{
    const struct tiff_pixels *pixels = &image->pixels;
    TIFFGetField(handle->tif, TIFFTAG_IMAGEWIDTH, &image->file_nx);
    TIFFGetField(handle->tif, TIFFTAG_IMAGELENGTH, &image->file_ny);
    bool transposes = tiff_orientation_transposes(pixels->orientation);
    image->nx = transposes ? image->file_ny : image->file_nx;
    image->ny = transposes ? image->file_nx : image->file_ny;
    if (image->nx == 0 || image->ny == 0)
        return slice_refuse(handle->source->path, error, remedy_copy,
                            "is a damaged TIFF: its extent is %" PRIu32 "x%" PRIu32, image->nx, image->ny);
    image->slice_bytes = saturated_mul3(image->nx, image->ny, voxel_bytes(image->type));
    image->stored_bytes = saturated_mul3(tiff_samples_row_bytes(pixels, image->file_nx), image->file_ny,
                                         pixels->separate ? pixels->nsamples : 1);
    uint64_t largest = image->slice_bytes > image->stored_bytes ? image->slice_bytes : image->stored_bytes;
    if (largest > SLICE_BYTES_MAX)
        return slice_refuse(handle->source->path, error,
                            "a damaged file must be copied or exported again, a larger one cropped",
                            "declares %" PRIu32 "x%" PRIu32 " voxels of type %s, more than 4 GiB", image->nx,
                            image->ny, voxel_name(image->type));
    return STATUS_OK;
}

static enum status refuse_chunks(const struct tiff_handle *handle, const struct tiff_image *image,
                                 struct error *error)
{
    return slice_refuse(handle->source->path, error, remedy_copy,
                        "is a damaged TIFF: its strips or tiles are %" PRIu32 "x%" PRIu32
                        " voxels, its extent is %" PRIu32 "x%" PRIu32,
                        image->chunk_nx, image->chunk_ny, image->file_nx, image->file_ny);
}

static enum status find_chunks(const struct tiff_handle *handle, struct tiff_image *image,
                               struct error *error)
{
    const struct tiff_pixels *pixels = &image->pixels;
    image->nplanes = tiff_pixels_nplanes(pixels);
    image->tiled = TIFFIsTiled(handle->tif);
    if (image->tiled) {
        TIFFGetField(handle->tif, TIFFTAG_TILEWIDTH, &image->chunk_nx);
        TIFFGetField(handle->tif, TIFFTAG_TILELENGTH, &image->chunk_ny);
    } else {
        image->chunk_nx = image->file_nx;
        TIFFGetFieldDefaulted(handle->tif, TIFFTAG_ROWSPERSTRIP, &image->chunk_ny);
        if (image->chunk_ny > image->file_ny)
            image->chunk_ny = image->file_ny;
    }
    image->row_bytes = tiff_samples_row_bytes(pixels, image->chunk_nx);
    image->chunk_bytes = saturated_mul3(image->row_bytes, image->chunk_ny, 1);
    /* Tiles of small images stick out of them; a tile far larger than the image is an attack on memory. */
    if (image->chunk_bytes == 0 || image->chunk_bytes > image->stored_bytes + (UINT64_C(16) << 20))
        return refuse_chunks(handle, image, error);
    uint64_t across = tiff_image_chunks_across(image);
    uint64_t down = ((uint64_t)image->file_ny + image->chunk_ny - 1) / image->chunk_ny;
    uint64_t needed = saturated_mul3(across, down, pixels->separate ? pixels->nsamples : 1);
    uint32_t n = image->tiled ? TIFFNumberOfTiles(handle->tif) : TIFFNumberOfStrips(handle->tif);
    image->nchunks = (uint32_t)(across * down);
    if (n != needed)
        return slice_refuse(
            handle->source->path, error, remedy_copy,
            "is a damaged TIFF: it has %" PRIu32 " strips or tiles where %" PRIu64 " are needed", n, needed);
    return STATUS_OK;
}

/* libtiff knows of predictors for samples of whole bytes; differences of packed ones are added up here. */
static enum status find_predictor(const struct tiff_handle *handle, struct tiff_image *image,
                                  struct error *error)
{
    image->predictor = PREDICTOR_NONE;
    TIFFGetField(handle->tif, TIFFTAG_PREDICTOR, &image->predictor); /* absent: not for this compression */
    if (image->predictor == PREDICTOR_NONE || image->predictor == PREDICTOR_HORIZONTAL ||
        (image->predictor == PREDICTOR_FLOATINGPOINT && image->type == VOXEL_F32))
        return STATUS_OK;
    return slice_refuse(handle->source->path, error, remedy_copy,
                        "is a damaged TIFF: predictor %u does not go with voxels of type %s",
                        (unsigned)image->predictor, voxel_name(image->type));
}

enum status tiff_image_describe(const struct tiff_handle *handle, bool gray, struct tiff_image *image,
                                struct error *error)
{
    uint16_t fill_order = FILLORDER_MSB2LSB;
    *image = (struct tiff_image){0};
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_COMPRESSION, &image->compression);
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_FILLORDER, &fill_order);
    image->reversed_bits = fill_order == FILLORDER_LSB2MSB;
    if (tiff_pixels_describe(handle, gray, &image->pixels, error) != STATUS_OK ||
        tiff_compression_check(image->compression, &image->pixels, handle->source->path, error) != STATUS_OK)
        return error->status;
    image->type = image->pixels.type;
    image->as_stored = tiff_pixels_are_voxels(&image->pixels);
    if (find_predictor(handle, image, error) != STATUS_OK || find_extent(handle, image, error) != STATUS_OK)
        return error->status;
    return find_chunks(handle, image, error);
}

uint32_t tiff_image_chunks_across(const struct tiff_image *image)
{
    return image->file_nx / image->chunk_nx + (image->file_nx % image->chunk_nx != 0);
}

uint64_t tiff_image_chunk_bytes(const struct tiff_image *image, uint32_t index)
{
    uint64_t y0 = (uint64_t)index * image->chunk_ny;
    if (image->tiled || image->file_ny - y0 >= image->chunk_ny)
        return image->chunk_bytes;
    return (image->file_ny - y0) * image->row_bytes;
}

bool tiff_image_wants_decoder(const struct tiff_image *image)
{
    return image->compression != COMPRESSION_NONE || image->pixels.rasters;
}

bool tiff_image_decodes_in_place(const struct tiff_image *image)
{
    return image->chunk_nx == image->file_nx && image->pixels.orientation == ORIENTATION_TOPLEFT &&
           tiff_samples_fit_in_place(&image->pixels);
}

uint64_t tiff_image_decode_bytes(const struct tiff_image *image)
{
    enum { HANDLE_BYTES = 16 << 10, RUN_BYTES = 16 };
    const struct tiff_pixels *pixels = &image->pixels;
    uint64_t n_bytes = tiff_compression_decode_bytes(image->compression, image->chunk_bytes);
    n_bytes = saturated_add(n_bytes, saturated_mul3(image->nchunks, 2 * sizeof(uint64_t),
                                                    pixels->separate ? pixels->nsamples : 1));
    n_bytes = saturated_add(n_bytes, tiff_samples_scratch_bytes(pixels, image->chunk_nx));
    n_bytes = saturated_add(n_bytes, tiff_orientation_scratch_bytes(pixels->orientation, image->chunk_nx,
                                                                    voxel_bytes(image->type)));
    if (!tiff_image_wants_decoder(image)) /* where the rows of chunks beside each other are */
        n_bytes = saturated_add(
            n_bytes, saturated_mul3(tiff_image_chunks_across(image), image->nplanes, sizeof(void *)));
    if (pixels->bits == 1 &&
        image->compression != COMPRESSION_NONE) /* CCITT: runs of this row and the last */
        n_bytes = saturated_add(n_bytes, saturated_mul3(RUN_BYTES, image->chunk_nx, 1));
    if (pixels->rasters) /* libtiff decodes to a chunk of its own before it converts colours */
        n_bytes = saturated_add(n_bytes, image->chunk_bytes);
    if (tiff_image_wants_decoder(image) && (image->tiled || !tiff_image_decodes_in_place(image)))
        n_bytes = saturated_add(n_bytes, saturated_mul3(image->chunk_bytes, image->nplanes, 1));
    return saturated_add(n_bytes, HANDLE_BYTES);
}

enum status tiff_image_check_chunks(const struct tiff_handle *handle, const struct tiff_image *image,
                                    struct tiff_chunks *chunks, struct error *error)
{
    const char *kind = image->tiled ? "tile" : "strip";
    uint64_t n_bytes = handle->source->n_bytes, expected_at = 0;
    uint32_t n = image->nchunks * image->nplanes;
    *chunks = (struct tiff_chunks){.in_order = true};
    for (uint32_t i = 0; i < n; i++) {
        uint64_t at = TIFFGetStrileOffset(handle->tif, i), count = TIFFGetStrileByteCount(handle->tif, i);
        uint64_t decoded = tiff_image_chunk_bytes(image, i % image->nchunks);
        if (at == 0 || count == 0)
            return slice_refuse(handle->source->path, error, remedy_copy,
                                "has no data for %s %" PRIu32 " of %" PRIu32
                                ": it was not written completely",
                                kind, i + 1, n);
        if (image->compression == COMPRESSION_NONE && !image->pixels.rasters && count < decoded)
            return slice_refuse(handle->source->path, error, remedy_copy,
                                "has %" PRIu64 " bytes for %s %" PRIu32 " of %" PRIu32 ", and needs %" PRIu64,
                                count, kind, i + 1, n, decoded);
        if (at > n_bytes || count > n_bytes - at)
            return slice_refuse(handle->source->path, error, remedy_copy,
                                "is truncated: it ends after %" PRIu64 " bytes, within %s %" PRIu32
                                " of %" PRIu32,
                                n_bytes, kind, i + 1, n);
        if (i == 0)
            chunks->first_bytes = expected_at = at;
        if (at != expected_at || count != decoded)
            chunks->in_order = false;
        expected_at = at + count;
        if (chunks->end_bytes < expected_at)
            chunks->end_bytes = expected_at;
    }
    return STATUS_OK;
}

void tiff_image_layout(const struct tiff_handle *handle, const struct tiff_image *image, char *text,
                       size_t n_bytes)
{
    const char *name = tiff_compression_name(image->compression);
    char chunks[40], number[24], pixels[96];
    snprintf(number, sizeof number, "compression %u", (unsigned)image->compression);
    if (image->tiled)
        snprintf(chunks, sizeof chunks, "tiles %" PRIu32 "x%" PRIu32, image->chunk_nx, image->chunk_ny);
    else
        snprintf(chunks, sizeof chunks, "%" PRIu32 " strip%s", image->nchunks,
                 image->nchunks == 1 ? "" : "s");
    tiff_pixels_layout(&image->pixels, pixels, sizeof pixels);
    snprintf(text, n_bytes, "%s%s, %s%s%s%s", name ? name : number,
             image->predictor == PREDICTOR_NONE ? "" : " with predictor", chunks, pixels,
             TIFFIsBigEndian(handle->tif) ? ", big-endian" : "",
             TIFFIsBigTIFF(handle->tif) ? ", BigTIFF" : "");
}
