/* SPDX-License-Identifier: MIT */
#include "codec/tiff_image.h"

#include "base/checked.h"
#include "base/printable.h"
#include "codec/tiff_compression.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char how_to_convert[] =
    "slices must be grey, 8, 16 or 32 bits per voxel or 32-bit float; convert it first";

__attribute__((format(printf, 4, 5))) static enum status
refuse(const struct tiff_handle *handle, struct error *error, const char *remedy, const char *format, ...)
{
    char path[PRINTABLE_BYTES], what[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return error_set(error, STATUS_INPUT, "%s: %s; %s", printable(path, sizeof path, handle->source->path),
                     what, remedy);
}

/* What a PhotometricInterpretation means that is no grey; NULL when it has no name here. */
static const char *colour_name(uint16_t photometric)
{
    switch (photometric) {
    case PHOTOMETRIC_RGB:
        return "RGB colour";
    case PHOTOMETRIC_PALETTE:
        return "palette colour";
    case PHOTOMETRIC_MASK:
        return "a transparency mask";
    case PHOTOMETRIC_SEPARATED:
        return "CMYK colour";
    case PHOTOMETRIC_YCBCR:
        return "YCbCr colour";
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
    case PHOTOMETRIC_ITULAB:
        return "Lab colour";
    case PHOTOMETRIC_CFA:
        return "a colour filter array";
    case PHOTOMETRIC_LOGL:
        return "logarithmic luminance (LogL)";
    case PHOTOMETRIC_LOGLUV:
        return "LogLuv colour";
    default:
        return NULL;
    }
}

/* A file without the tag says nothing of how to show its voxels, which changes no mean. */
static uint16_t find_photometric(const struct tiff_handle *handle)
{
    uint16_t photometric = PHOTOMETRIC_MINISBLACK;
    TIFFGetField(handle->tif, TIFFTAG_PHOTOMETRIC, &photometric);
    return photometric;
}

static enum status check_colour(const struct tiff_handle *handle, struct error *error)
{
    uint16_t photometric = find_photometric(handle), nsamples = 1;
    uint32_t depth = 1;
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_SAMPLESPERPIXEL, &nsamples);
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_IMAGEDEPTH, &depth);
    const char *colour = colour_name(photometric);
    if (colour)
        return refuse(handle, error, how_to_convert, "is %s, which is not supported", colour);
    if (photometric != PHOTOMETRIC_MINISBLACK && photometric != PHOTOMETRIC_MINISWHITE)
        return refuse(handle, error, how_to_convert, "has the unknown PhotometricInterpretation %u",
                      (unsigned)photometric);
    if (nsamples != 1)
        return refuse(handle, error, how_to_convert, "has %u samples per voxel (alpha or other channels)",
                      (unsigned)nsamples);
    if (depth > 1)
        return refuse(handle, error, "split it", "holds %" PRIu32 " planes, and a slice must be one", depth);
    return STATUS_OK;
}

static enum status find_type(const struct tiff_handle *handle, enum voxel_type *type, struct error *error)
{
    uint16_t bits = 1, format = SAMPLEFORMAT_UINT;
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_SAMPLEFORMAT, &format);
    bool whole_bytes = bits == 8 || bits == 16 || bits == 32, supported = false;
    const char *kind = "";
    switch (format) {
    case SAMPLEFORMAT_VOID:
    case SAMPLEFORMAT_UINT:
        *type = bits == 8 ? VOXEL_U8 : bits == 16 ? VOXEL_U16 : VOXEL_U32;
        supported = whole_bytes;
        break;
    case SAMPLEFORMAT_INT:
        *type = bits == 8 ? VOXEL_I8 : bits == 16 ? VOXEL_I16 : VOXEL_I32;
        supported = whole_bytes;
        kind = "signed ";
        break;
    case SAMPLEFORMAT_IEEEFP:
        *type = VOXEL_F32;
        supported = bits == 32;
        kind = "floating point ";
        break;
    case SAMPLEFORMAT_COMPLEXINT:
    case SAMPLEFORMAT_COMPLEXIEEEFP:
        kind = "complex ";
        break;
    default:
        return refuse(handle, error, how_to_convert, "has the unknown SampleFormat %u", (unsigned)format);
    }
    if (!supported)
        return refuse(handle, error, how_to_convert, "has %u-bit %svoxels, which are not supported",
                      (unsigned)bits, kind);
    return STATUS_OK;
}

static enum status check_appearance(const struct tiff_handle *handle, struct error *error)
{
    static const char *const names[] = {
        "",         "top-left",  "top-right",    "bottom-right", "bottom-left",
        "left-top", "right-top", "right-bottom", "left-bottom"};
    uint16_t orientation = ORIENTATION_TOPLEFT;
    if (find_photometric(handle) == PHOTOMETRIC_MINISWHITE)
        return refuse(handle, error, "save it inverted, with black as 0",
                      "has white as 0 (MinIsWhite), which is not supported");
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_ORIENTATION, &orientation);
    if (orientation == ORIENTATION_TOPLEFT)
        return STATUS_OK;
    return refuse(handle, error, "save it with the first row on top and the first column on the left",
                  "has the orientation %u (%s), which is not supported", (unsigned)orientation,
                  orientation < sizeof names / sizeof *names ? names[orientation] : "unknown");
}

static enum status find_extent(const struct tiff_handle *handle, struct tiff_image *image,
                               struct error *error)
{
    TIFFGetField(handle->tif, TIFFTAG_IMAGEWIDTH, &image->nx);
    TIFFGetField(handle->tif, TIFFTAG_IMAGELENGTH, &image->ny);
    if (image->nx == 0 || image->ny == 0)
        return refuse(handle, error, "copy or export it again",
                      "is a damaged TIFF: its extent is %" PRIu32 "x%" PRIu32, image->nx, image->ny);
    image->row_bytes = image->nx * (uint64_t)voxel_bytes(image->type);
    image->slice_bytes = saturated_mul3(image->row_bytes, image->ny, 1);
    if (image->slice_bytes > TIFF_SLICE_BYTES_MAX)
        return refuse(handle, error, "a damaged file must be copied or exported again, a larger one cropped",
                      "declares %" PRIu32 "x%" PRIu32 " voxels of type %s, more than 4 GiB", image->nx,
                      image->ny, voxel_name(image->type));
    return STATUS_OK;
}

static enum status find_chunks(const struct tiff_handle *handle, struct tiff_image *image,
                               struct error *error)
{
    image->tiled = TIFFIsTiled(handle->tif);
    if (image->tiled) {
        TIFFGetField(handle->tif, TIFFTAG_TILEWIDTH, &image->chunk_nx);
        TIFFGetField(handle->tif, TIFFTAG_TILELENGTH, &image->chunk_ny);
    } else {
        image->chunk_nx = image->nx;
        TIFFGetFieldDefaulted(handle->tif, TIFFTAG_ROWSPERSTRIP, &image->chunk_ny);
        if (image->chunk_ny > image->ny)
            image->chunk_ny = image->ny;
    }
    image->chunk_bytes = saturated_mul3(image->chunk_nx, image->chunk_ny, voxel_bytes(image->type));
    /* Tiles of small images stick out of them; a tile far larger than the image is an attack on memory. */
    if (image->chunk_bytes == 0 || image->chunk_bytes > image->slice_bytes + (UINT64_C(16) << 20))
        return refuse(handle, error, "copy or export it again",
                      "is a damaged TIFF: its strips or tiles are %" PRIu32 "x%" PRIu32
                      " voxels, its extent is %" PRIu32 "x%" PRIu32,
                      image->chunk_nx, image->chunk_ny, image->nx, image->ny);
    uint64_t across = ((uint64_t)image->nx + image->chunk_nx - 1) / image->chunk_nx;
    uint64_t down = ((uint64_t)image->ny + image->chunk_ny - 1) / image->chunk_ny;
    image->nchunks = image->tiled ? TIFFNumberOfTiles(handle->tif) : TIFFNumberOfStrips(handle->tif);
    if (image->nchunks != across * down)
        return refuse(handle, error, "copy or export it again",
                      "is a damaged TIFF: it has %" PRIu32 " strips or tiles where %" PRIu64 " are needed",
                      image->nchunks, across * down);
    return STATUS_OK;
}

static enum status find_predictor(const struct tiff_handle *handle, struct tiff_image *image,
                                  struct error *error)
{
    image->predictor = PREDICTOR_NONE;
    TIFFGetField(handle->tif, TIFFTAG_PREDICTOR, &image->predictor); /* absent: not for this compression */
    if (image->predictor == PREDICTOR_NONE || image->predictor == PREDICTOR_HORIZONTAL ||
        (image->predictor == PREDICTOR_FLOATINGPOINT && image->type == VOXEL_F32))
        return STATUS_OK;
    return refuse(handle, error, "copy or export it again",
                  "is a damaged TIFF: predictor %u does not go with voxels of type %s",
                  (unsigned)image->predictor, voxel_name(image->type));
}

enum status tiff_image_describe(const struct tiff_handle *handle, struct tiff_image *image,
                                struct error *error)
{
    *image = (struct tiff_image){0};
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_COMPRESSION, &image->compression);
    if (check_colour(handle, error) != STATUS_OK || find_type(handle, &image->type, error) != STATUS_OK ||
        check_appearance(handle, error) != STATUS_OK ||
        tiff_compression_check(image->compression, image->type, handle->source->path, error) != STATUS_OK ||
        find_predictor(handle, image, error) != STATUS_OK || find_extent(handle, image, error) != STATUS_OK)
        return error->status;
    return find_chunks(handle, image, error);
}

uint64_t tiff_image_chunk_bytes(const struct tiff_image *image, uint32_t index)
{
    uint64_t y0 = (uint64_t)index * image->chunk_ny;
    if (image->tiled || image->ny - y0 >= image->chunk_ny)
        return image->chunk_bytes;
    return (image->ny - y0) * image->row_bytes;
}

uint64_t tiff_image_decode_bytes(const struct tiff_image *image)
{
    enum { HANDLE_BYTES = 16 << 10 };
    uint64_t n_bytes = tiff_compression_decode_bytes(image->compression, image->chunk_bytes);
    n_bytes = saturated_add(n_bytes, saturated_mul3(image->nchunks, 2 * sizeof(uint64_t), 1));
    if (image->tiled)
        n_bytes = saturated_add(n_bytes, image->chunk_bytes);
    return saturated_add(n_bytes, HANDLE_BYTES);
}

enum status tiff_image_check_chunks(const struct tiff_handle *handle, const struct tiff_image *image,
                                    struct tiff_chunks *chunks, struct error *error)
{
    const char *kind = image->tiled ? "tile" : "strip";
    uint64_t n_bytes = handle->source->n_bytes, expected_at = 0;
    *chunks = (struct tiff_chunks){.in_order = true};
    for (uint32_t i = 0; i < image->nchunks; i++) {
        uint64_t at = TIFFGetStrileOffset(handle->tif, i), count = TIFFGetStrileByteCount(handle->tif, i);
        uint64_t decoded = tiff_image_chunk_bytes(image, i);
        if (at == 0 || count == 0)
            return refuse(handle, error, "copy or export it again",
                          "has no data for %s %" PRIu32 " of %" PRIu32 ": it was not written completely",
                          kind, i + 1, image->nchunks);
        if (image->compression == COMPRESSION_NONE && count < decoded)
            return refuse(handle, error, "copy or export it again",
                          "has %" PRIu64 " bytes for %s %" PRIu32 " of %" PRIu32 ", and needs %" PRIu64,
                          count, kind, i + 1, image->nchunks, decoded);
        if (at > n_bytes || count > n_bytes - at)
            return refuse(handle, error, "copy or export it again",
                          "is truncated: it ends after %" PRIu64 " bytes, within %s %" PRIu32 " of %" PRIu32,
                          n_bytes, kind, i + 1, image->nchunks);
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
    char chunks[40], number[24];
    snprintf(number, sizeof number, "compression %u", (unsigned)image->compression);
    if (image->tiled)
        snprintf(chunks, sizeof chunks, "tiles %" PRIu32 "x%" PRIu32, image->chunk_nx, image->chunk_ny);
    else
        snprintf(chunks, sizeof chunks, "%" PRIu32 " strip%s", image->nchunks,
                 image->nchunks == 1 ? "" : "s");
    snprintf(text, n_bytes, "%s%s, %s%s%s", name ? name : number,
             image->predictor == PREDICTOR_NONE ? "" : " with predictor", chunks,
             TIFFIsBigEndian(handle->tif) ? ", big-endian" : "",
             TIFFIsBigTIFF(handle->tif) ? ", BigTIFF" : "");
}
