/* SPDX-License-Identifier: MIT */
#include "codec/tiff_compression.h"

#include "base/checked.h"
#include "base/printable.h"

#include <stddef.h>
#include <tiffio.h>

enum voxels_held { ANY_VOXELS, ONLY_U8, NO_GREY_VOXELS };

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
    enum voxels_held held;
    struct decoder decoder;
} compressions[] = {
    {COMPRESSION_NONE, "uncompressed", ANY_VOXELS, {0}},
    {COMPRESSION_LZW, "lzw", ANY_VOXELS, {96 * KB, 0, 0}},
    {COMPRESSION_ADOBE_DEFLATE, "deflate", ANY_VOXELS, {64 * KB, 0, 0}},
    {COMPRESSION_DEFLATE, "deflate", ANY_VOXELS, {64 * KB, 0, 0}},
    {COMPRESSION_PACKBITS, "packbits", ANY_VOXELS, {0}},
    {COMPRESSION_ZSTD, "zstd", ANY_VOXELS, {256 * KB, 4 * MB, 0}},
    {COMPRESSION_LZMA, "lzma", ANY_VOXELS, {64 * KB, 8 * MB, 0}},
    {COMPRESSION_LERC, "lerc", ANY_VOXELS, {64 * KB, 0, 2}},
    {COMPRESSION_PIXARLOG, "pixarlog", ANY_VOXELS, {128 * KB, 0, 2}},
    {COMPRESSION_JPEG, "jpeg", ONLY_U8, {512 * KB, 0, 0}},
    {COMPRESSION_OJPEG, "old-style jpeg", NO_GREY_VOXELS, {0}},
    {COMPRESSION_WEBP, "webp", NO_GREY_VOXELS, {0}},
    {COMPRESSION_JXL, "jpeg-xl", ANY_VOXELS, {0}},
    {COMPRESSION_JP2000, "jpeg-2000", ANY_VOXELS, {0}},
    {COMPRESSION_CCITTRLE, "ccitt-rle", NO_GREY_VOXELS, {0}},
    {COMPRESSION_CCITTRLEW, "ccitt-rle-w", NO_GREY_VOXELS, {0}},
    {COMPRESSION_CCITTFAX3, "ccitt-fax3", NO_GREY_VOXELS, {0}},
    {COMPRESSION_CCITTFAX4, "ccitt-fax4", NO_GREY_VOXELS, {0}},
    {COMPRESSION_JBIG, "jbig", NO_GREY_VOXELS, {0}},
    {COMPRESSION_T85, "jbig-t85", NO_GREY_VOXELS, {0}},
    {COMPRESSION_T43, "jbig-t43", NO_GREY_VOXELS, {0}},
    {COMPRESSION_NEXT, "next", NO_GREY_VOXELS, {0}},
    {COMPRESSION_THUNDERSCAN, "thunderscan", NO_GREY_VOXELS, {0}},
    {COMPRESSION_SGILOG, "sgilog", NO_GREY_VOXELS, {0}},
    {COMPRESSION_SGILOG24, "sgilog24", NO_GREY_VOXELS, {0}},
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

enum status tiff_compression_check(uint16_t number, enum voxel_type type, const char *path,
                                   struct error *error)
{
    char shown[PRINTABLE_BYTES];
    const struct compression *compression = find(number);
    const char *name = compression ? compression->name : "unknown to it";
    printable(shown, sizeof shown, path);
    if (!TIFFIsCODECConfigured(number))
        return error_set(error, STATUS_INPUT,
                         "%s: its compression (number %u, %s) is not built into this libtiff;"
                         " save it uncompressed or with lzw, deflate or zstd",
                         shown, (unsigned)number, name);
    if (compression &&
        (compression->held == NO_GREY_VOXELS || (compression->held == ONLY_U8 && type != VOXEL_U8)))
        return error_set(error, STATUS_INPUT,
                         "%s: its compression, %s, is not for grey slices of type %s;"
                         " save it uncompressed or with lzw, deflate or zstd",
                         shown, name, voxel_name(type));
    return STATUS_OK;
}

uint64_t tiff_compression_decode_bytes(uint16_t number, uint64_t chunk_bytes)
{
    const struct compression *compression = find(number);
    const struct decoder decoder = compression ? compression->decoder : (struct decoder){0};
    uint64_t window_bytes = chunk_bytes < decoder.window_bytes ? chunk_bytes : decoder.window_bytes;
    return saturated_add(decoder.state_bytes + window_bytes, saturated_mul3(decoder.nchunks, chunk_bytes, 1));
}

bool tiff_compression_warns_of_damage(uint16_t number)
{
    return number == COMPRESSION_JPEG;
}
