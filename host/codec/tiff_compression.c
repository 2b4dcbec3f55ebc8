/* SPDX-License-Identifier: MIT */
#include "codec/tiff_compression.h"

#include "base/checked.h"
#include "base/printable.h"
#include "codec/tiff_directory.h"

#include <stddef.h>
#include <tiffio.h>

/* What samples a compression can hold: WHOLE ones have 8, 16, 32 or 64 bits; RASTERS
 * are for colours that libtiff converts. */
enum held { ANY, WHOLE, ONLY_8_BITS, ONLY_4_BITS, ONLY_2_BITS, ONLY_1_BIT, RASTERS, NO_SLICES };

/* What a decoder holds: its state, a window of what it decoded last (as far as a chunk fills it), whole
 * chunks. As found in libtiff 4.5 and its libraries; a window is that of the usual level, 9 for ZSTD, 6 for
 * LZMA. */
struct decoder {
    uint32_t state_bytes, window_bytes;
    unsigned nchunks;
};
enum { KB = 1 << 10, MB = 1 << 20 };

static const struct compression {
    uint16_t number;
    const char *name;
    enum held held;
    struct decoder decoder;
} compressions[] = {
    {COMPRESSION_NONE, "uncompressed", ANY, {0}},
    {COMPRESSION_LZW, "lzw", ANY, {96 * KB, 0, 0}},
    {COMPRESSION_ADOBE_DEFLATE, "deflate", ANY, {64 * KB, 0, 0}},
    {COMPRESSION_DEFLATE, "deflate", ANY, {64 * KB, 0, 0}},
    {COMPRESSION_PACKBITS, "packbits", ANY, {0}},
    {COMPRESSION_ZSTD, "zstd", ANY, {256 * KB, 4 * MB, 0}},
    {COMPRESSION_LZMA, "lzma", ANY, {64 * KB, 8 * MB, 0}},
    {COMPRESSION_LERC, "lerc", WHOLE, {64 * KB, 0, 2}},
    {COMPRESSION_PIXARLOG, "pixarlog", WHOLE, {128 * KB, 0, 2}},
    {COMPRESSION_JPEG, "jpeg", ONLY_8_BITS, {512 * KB, 0, 0}},
    {COMPRESSION_OJPEG, "old-style jpeg", RASTERS, {512 * KB, 0, 0}},
    {COMPRESSION_WEBP, "webp", ONLY_8_BITS, {0}},
    {COMPRESSION_JXL, "jpeg-xl", WHOLE, {0}},
    {COMPRESSION_JP2000, "jpeg-2000", WHOLE, {0}},
    {COMPRESSION_CCITTRLE, "ccitt-rle", ONLY_1_BIT, {0}},
    {COMPRESSION_CCITTRLEW, "ccitt-rle-w", ONLY_1_BIT, {0}},
    {COMPRESSION_CCITTFAX3, "ccitt-fax3", ONLY_1_BIT, {0}},
    {COMPRESSION_CCITTFAX4, "ccitt-fax4", ONLY_1_BIT, {0}},
    {COMPRESSION_JBIG, "jbig", ONLY_1_BIT, {0}},
    {COMPRESSION_T85, "jbig-t85", ONLY_1_BIT, {0}},
    {COMPRESSION_T43, "jbig-t43", NO_SLICES, {0}},
    {COMPRESSION_NEXT, "next", ONLY_2_BITS, {0}},
    {COMPRESSION_THUNDERSCAN, "thunderscan", ONLY_4_BITS, {0}},
    {COMPRESSION_SGILOG, "sgilog", NO_SLICES, {0}},
    {COMPRESSION_SGILOG24, "sgilog24", NO_SLICES, {0}},
};

static const struct compression *find(uint16_t number)
{
    for (size_t i = 0; i < sizeof compressions / sizeof *compressions; i++)
        if (compressions[i].number == number)
            return &compressions[i];
    return NULL;
}

const char *tiff_compression_name(uint16_t number)
{
    const struct compression *compression = find(number);
    return compression ? compression->name : NULL;
}

static bool holds(enum held held, const struct tiff_pixels *pixels)
{
    unsigned bits = pixels->bits;
    switch (held) {
    case ANY:
        return true;
    case WHOLE:
        return bits % 8 == 0;
    case ONLY_8_BITS:
        return bits == 8;
    case ONLY_4_BITS:
        return bits == 4 && tiff_pixels_step(pixels) == 1;
    case ONLY_2_BITS:
        return bits == 2 && tiff_pixels_step(pixels) == 1;
    case ONLY_1_BIT:
        return bits == 1 && tiff_pixels_step(pixels) == 1;
    case RASTERS:
        return pixels->rasters;
    case NO_SLICES:
        break;
    }
    return false;
}

enum status tiff_compression_check(uint16_t number, const struct tiff_pixels *pixels, const char *path,
                                   struct error *error)
{
    static const char remedy[] = "save it uncompressed or with lzw, deflate or zstd";
    char shown[PRINTABLE_BYTES];
    const struct compression *compression = find(number);
    const char *name = compression ? compression->name : "unknown to it";
    printable(shown, sizeof shown, path);
    if (!TIFFIsCODECConfigured(number))
        return error_set(error, STATUS_INPUT,
                         "%s: its compression (number %u, %s) is not built into this libtiff; %s", shown,
                         (unsigned)number, name, remedy);
    if (!compression || holds(compression->held, pixels))
        return STATUS_OK;
    if (compression->held == NO_SLICES)
        return error_set(error, STATUS_INPUT, "%s: its compression, %s, is not supported; %s", shown, name,
                         remedy);
    return error_set(error, STATUS_INPUT, "%s: its compression, %s, is not for voxels of %u x %u bits; %s",
                     shown, name, (unsigned)pixels->nsamples, (unsigned)pixels->bits, remedy);
}

uint64_t tiff_compression_decode_bytes(uint16_t number, uint64_t chunk_bytes)
{
    const struct compression *compression = find(number);
    const struct decoder decoder = compression ? compression->decoder : (struct decoder){0};
    uint64_t window_bytes = chunk_bytes < decoder.window_bytes ? chunk_bytes : decoder.window_bytes;
    return saturated_add(decoder.state_bytes + window_bytes, saturated_mul3(decoder.nchunks, chunk_bytes, 1));
}

/* As measured with libtiff 4.5: 6 us for an uncompressed page, 10 at most for the other usual ones, 20 for
 * fax, 200 for PixarLog, the tables of which are made at once. */
unsigned tiff_compression_effort(uint16_t number)
{
    switch (number) {
    case COMPRESSION_NONE:
    case COMPRESSION_LZW:
    case COMPRESSION_PACKBITS:
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_ZSTD:
    case COMPRESSION_JPEG:
        return 1;
    case COMPRESSION_PIXARLOG:
    case TIFF_COMPRESSION_ODD: /* it may be that */
        return 32;
    default:
        return 3;
    }
}

bool tiff_compression_warned_of_damage(uint16_t number, unsigned nwarnings)
{
    switch (number) {
    case COMPRESSION_OJPEG:
        return nwarnings > 1; /* the first is of the compression itself */
    case COMPRESSION_JPEG:
    case COMPRESSION_JBIG:
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTRLEW:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4:
        return nwarnings > 0;
    default:
        return false;
    }
}
