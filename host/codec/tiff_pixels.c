/* SPDX-License-Identifier: MIT */
#include "codec/tiff_pixels.h"

#include "codec/luma.h"
#include "codec/slice_limits.h"

#include <inttypes.h>
#include <stdio.h>

static const char how_to_convert[] =
    "slices must be grey, up to 16 or 32 bits per voxel, or floating point; convert it first";
static const char how_to_gray[] = "convert it to grey, or take its luma with --gray";

/* What a PhotometricInterpretation means that is neither grey nor RGB; NULL when it has no name here. */
static const char *colour_name(uint16_t photometric)
{
    switch (photometric) {
    case PHOTOMETRIC_MASK:
        return "a transparency mask";
    case PHOTOMETRIC_SEPARATED:
        return "CMYK colour";
    case PHOTOMETRIC_YCBCR:
        return "YCbCr colour in planes or with other samples";
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

/* A file without the tag says nothing of how to show its voxels; libtiff's own rules for such. */
static uint16_t find_photometric(const struct tiff_handle *handle, uint16_t compression, uint16_t nsamples)
{
    uint16_t photometric;
    if (TIFFGetField(handle->tif, TIFFTAG_PHOTOMETRIC, &photometric))
        return photometric;
    if (compression == COMPRESSION_CCITTFAX3 || compression == COMPRESSION_CCITTFAX4 ||
        compression == COMPRESSION_CCITTRLE || compression == COMPRESSION_CCITTRLEW)
        return PHOTOMETRIC_MINISWHITE;
    return nsamples == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
}

/* Fills what the photometric interpretation tells, and *ncolours. */
static enum status find_meaning(const struct tiff_handle *handle, bool gray, struct tiff_pixels *pixels,
                                unsigned *ncolours, struct error *error)
{
    uint16_t compression = COMPRESSION_NONE;
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_COMPRESSION, &compression);
    uint16_t photometric = find_photometric(handle, compression, pixels->nsamples);
    bool ycbcr = photometric == PHOTOMETRIC_YCBCR && pixels->nsamples == 3 && !pixels->separate;
    pixels->ycbcr = ycbcr && compression == COMPRESSION_JPEG;
    pixels->rasters = ycbcr && compression != COMPRESSION_JPEG;
    *ncolours = 1;
    if (photometric == PHOTOMETRIC_RGB || ycbcr) {
        pixels->meaning = TIFF_RGB;
        *ncolours = 3;
        if (gray)
            return STATUS_OK;
        return slice_refuse(handle->source->path, error, how_to_gray, "is %s colour",
                            ycbcr ? "YCbCr" : "RGB");
    }
    const char *colour = colour_name(photometric);
    if (colour)
        return slice_refuse(handle->source->path, error, how_to_convert, "is %s, which is not supported",
                            colour);
    if (photometric > PHOTOMETRIC_PALETTE)
        return slice_refuse(handle->source->path, error, how_to_convert,
                            "has the unknown PhotometricInterpretation %u", (unsigned)photometric);
    pixels->meaning = photometric == PHOTOMETRIC_PALETTE      ? TIFF_PALETTE
                      : photometric == PHOTOMETRIC_MINISWHITE ? TIFF_GREY_INVERTED
                                                              : TIFF_GREY;
    return STATUS_OK;
}

/* Samples behind the colours are dropped when the file calls them alpha. What it says nothing of may be alpha
 * behind RGB, but behind grey as well be another channel of a microscope, which must not get lost unsaid. */
static enum status check_samples(const struct tiff_handle *handle, struct tiff_pixels *pixels,
                                 unsigned ncolours, struct error *error)
{
    uint16_t nextra = 0, *extra = NULL;
    uint32_t depth = 1;
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_EXTRASAMPLES, &nextra, &extra);
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_IMAGEDEPTH, &depth);
    if (depth > 1)
        return slice_refuse(handle->source->path, error, "split it",
                            "holds %" PRIu32 " planes, and a slice must be one", depth);
    if (pixels->nsamples < ncolours)
        return slice_refuse(handle->source->path, error, remedy_copy,
                            "is a damaged TIFF: it has %u samples per voxel", (unsigned)pixels->nsamples);
    unsigned nalpha = pixels->nsamples - ncolours;
    pixels->has_alpha = nalpha > 0;
    if (ncolours == 3 || nalpha == 0)
        return STATUS_OK;
    for (unsigned i = 0; i < nalpha; i++)
        if (i >= nextra || (extra[i] != EXTRASAMPLE_ASSOCALPHA && extra[i] != EXTRASAMPLE_UNASSALPHA))
            return slice_refuse(
                handle->source->path, error, "split its channels, or mark those to drop as alpha",
                "has %u samples per voxel that it does not call alpha", (unsigned)pixels->nsamples);
    return STATUS_OK;
}

static enum status refuse_bits(const struct tiff_handle *handle, const struct tiff_pixels *pixels,
                               const char *kind, struct error *error)
{
    return slice_refuse(handle->source->path, error, how_to_convert,
                        "has %u-bit %svoxels, which are not supported", (unsigned)pixels->bits, kind);
}

static enum status find_type(const struct tiff_handle *handle, struct tiff_pixels *pixels,
                             struct error *error)
{
    uint16_t bits = 1, format = SAMPLEFORMAT_UINT;
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_SAMPLEFORMAT, &format);
    bool whole_bytes = bits == 8 || bits == 16 || bits == 32;
    pixels->bits = bits;
    switch (format) {
    case SAMPLEFORMAT_VOID:
    case SAMPLEFORMAT_UINT:
        pixels->type = bits <= 8 ? VOXEL_U8 : bits <= 16 ? VOXEL_U16 : VOXEL_U32;
        return whole_bytes || (bits > 0 && bits < 16) ? STATUS_OK : refuse_bits(handle, pixels, "", error);
    case SAMPLEFORMAT_INT:
        pixels->is_signed = true;
        pixels->type = bits == 8 ? VOXEL_I8 : bits == 16 ? VOXEL_I16 : VOXEL_I32;
        return whole_bytes ? STATUS_OK : refuse_bits(handle, pixels, "signed ", error);
    case SAMPLEFORMAT_IEEEFP:
        pixels->is_float = true;
        pixels->type = VOXEL_F32;
        return bits == 16 || bits == 32 || bits == 64 ? STATUS_OK
                                                      : refuse_bits(handle, pixels, "floating point ", error);
    case SAMPLEFORMAT_COMPLEXINT:
    case SAMPLEFORMAT_COMPLEXIEEEFP:
        return refuse_bits(handle, pixels, "complex ", error);
    default:
        return slice_refuse(handle->source->path, error, how_to_convert, "has the unknown SampleFormat %u",
                            (unsigned)format);
    }
}

/* The values of a palette's colours should have 16 bits. Where all of them are 8-bit values made 16-bit ones
 * (x257, or x256), these 8-bit values are meant; and where all are below 256, the writer forgot to make them
 * so, as libtiff, too, takes it. Returns what the values are to be divided by, or 1 with *type u16. */
static unsigned find_palette_unit(uint16_t *const colours[3], unsigned n, enum voxel_type *type)
{
    bool by_257 = true, by_256 = true, low = true;
    for (unsigned i = 0; i < 3 * n; i++) {
        uint16_t value = colours[i / n][i % n];
        by_257 &= value % 257 == 0;
        by_256 &= value % 256 == 0;
        low &= value < 256;
    }
    *type = by_257 || by_256 || low ? VOXEL_U8 : VOXEL_U16;
    return by_257 ? 257 : by_256 ? 256 : 1;
}

static enum status find_palette(const struct tiff_handle *handle, bool gray, struct tiff_pixels *pixels,
                                struct error *error)
{
    uint16_t *colours[3];
    if (pixels->bits > 8 || pixels->is_signed || pixels->is_float)
        return slice_refuse(handle->source->path, error, how_to_convert,
                            "is palette colour with %u-bit %svoxels, which is not supported",
                            (unsigned)pixels->bits,
                            pixels->is_signed  ? "signed "
                            : pixels->is_float ? "floating point "
                                               : "");
    if (!TIFFGetField(handle->tif, TIFFTAG_COLORMAP, &colours[0], &colours[1], &colours[2]))
        return slice_refuse(handle->source->path, error, remedy_copy, "is a damaged TIFF: it has no palette");
    unsigned n = 1u << pixels->bits, unit = find_palette_unit(colours, n, &pixels->type);
    for (unsigned i = 0; i < n; i++) {
        unsigned r = colours[0][i], g = colours[1][i], b = colours[2][i];
        if (!gray && (r != g || r != b))
            return slice_refuse(handle->source->path, error, how_to_gray, "is palette colour");
        pixels->palette[i] = (uint16_t)luma(r / unit, g / unit, b / unit);
    }
    return STATUS_OK;
}

/* The raster that libtiff makes is what is decoded. */
static enum status take_raster(const struct tiff_handle *handle, struct tiff_pixels *pixels,
                               struct error *error)
{
    if (pixels->bits != 8 || pixels->type != VOXEL_U8)
        return refuse_bits(handle, pixels, "YCbCr ", error);
    pixels->nsamples = 4;
    return STATUS_OK;
}

static enum status check_inverted(const struct tiff_handle *handle, const struct tiff_pixels *pixels,
                                  struct error *error)
{
    if (pixels->meaning != TIFF_GREY_INVERTED || !(pixels->is_signed || pixels->is_float))
        return STATUS_OK;
    return slice_refuse(handle->source->path, error, "save it inverted, with black as the least value",
                        "has white as 0 (MinIsWhite) in %s voxels, where black has no value",
                        pixels->is_signed ? "signed" : "floating point");
}

enum status tiff_pixels_describe(const struct tiff_handle *handle, bool gray, struct tiff_pixels *pixels,
                                 struct error *error)
{
    uint16_t planar = PLANARCONFIG_CONTIG;
    unsigned ncolours;
    *pixels = (struct tiff_pixels){.orientation = ORIENTATION_TOPLEFT, .nsamples = 1};
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_SAMPLESPERPIXEL, &pixels->nsamples);
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_PLANARCONFIG, &planar);
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_ORIENTATION, &pixels->orientation);
    pixels->separate = planar == PLANARCONFIG_SEPARATE && pixels->nsamples > 1;
    if (find_meaning(handle, gray, pixels, &ncolours, error) != STATUS_OK ||
        check_samples(handle, pixels, ncolours, error) != STATUS_OK ||
        find_type(handle, pixels, error) != STATUS_OK || check_inverted(handle, pixels, error) != STATUS_OK)
        return error->status;
    if (pixels->rasters)
        return take_raster(handle, pixels, error);
    return pixels->meaning == TIFF_PALETTE ? find_palette(handle, gray, pixels, error) : STATUS_OK;
}

unsigned tiff_pixels_nplanes(const struct tiff_pixels *pixels)
{
    return pixels->separate && pixels->meaning == TIFF_RGB ? 3 : 1;
}

unsigned tiff_pixels_step(const struct tiff_pixels *pixels)
{
    return pixels->separate ? 1 : pixels->nsamples;
}

bool tiff_pixels_are_voxels(const struct tiff_pixels *pixels)
{
    return pixels->meaning == TIFF_GREY && pixels->bits == 8 * voxel_bytes(pixels->type) &&
           tiff_pixels_step(pixels) == 1 && pixels->orientation == ORIENTATION_TOPLEFT;
}

void tiff_pixels_layout(const struct tiff_pixels *pixels, char *text, size_t n_bytes)
{
    static const char *const orientations[] = {
        "",         "",          "top-right",    "bottom-right", "bottom-left",
        "left-top", "right-top", "right-bottom", "left-bottom"};
    static const char *const meanings[] = {"", ", white is 0", ", palette", ", luma of RGB"};
    char bits[24] = "", orientation[32] = "";
    if (pixels->bits != 8 * voxel_bytes(pixels->type))
        snprintf(bits, sizeof bits, ", %u-bit%s", (unsigned)pixels->bits, pixels->is_float ? " float" : "");
    if (pixels->orientation != ORIENTATION_TOPLEFT && pixels->orientation <= ORIENTATION_LEFTBOT)
        snprintf(orientation, sizeof orientation, ", orientation %s", orientations[pixels->orientation]);
    snprintf(text, n_bytes, "%s%s%s%s%s", bits, meanings[pixels->meaning], pixels->separate ? ", planar" : "",
             pixels->has_alpha ? ", alpha dropped" : "", orientation);
}
