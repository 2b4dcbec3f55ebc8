/* SPDX-License-Identifier: MIT */
#include "codec/strip_encoder.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <zstd.h>

/* Both libraries at their fastest level that compresses at all. Measured on strips of level 1, of differences
 * for ZSTD, one core, in MB/s of voxels and part of the bytes that is left:
 *
 *               noisy phantom, u16    trabecular bone, u8
 *   deflate 1       136   0.622           221   0.852
 *   deflate 6        65   0.611           124   0.859
 *   deflate 9        55   0.612           117   0.859
 *   zstd -1         724   0.990          1796   1.000
 *   zstd 1          947   0.660           727   0.766
 *   zstd 3          136   0.651           512   0.765
 *   zstd 9           58   0.629            85   0.770
 *
 * Scans are noise for the larger part, in which longer searches find no more to repeat: higher levels take
 * many times as long for a few percent at best. */
enum { DEFLATE_LEVEL = 1, ZSTD_LEVEL = 1 };

struct strip_encoder {
    enum encoding encoding;
    struct libdeflate_compressor *deflate; /* ENCODING_DEFLATE */
    ZSTD_CCtx *zstd;                       /* ENCODING_ZSTD */
};

/* A checksum costs four bytes in a strip, and lets readers tell damage from voxels. Deflate has one anyway.
 */
static bool create_zstd(struct strip_encoder *encoder)
{
    encoder->zstd = ZSTD_createCCtx();
    return encoder->zstd &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(encoder->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(encoder->zstd, ZSTD_c_checksumFlag, 1));
}

static bool create_deflate(struct strip_encoder *encoder)
{
    encoder->deflate = libdeflate_alloc_compressor(DEFLATE_LEVEL);
    return encoder->deflate != NULL;
}

enum status strip_encoder_create(struct strip_encoder **result, enum encoding encoding, struct error *error)
{
    struct strip_encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder)
        return error_no_memory(error, sizeof *encoder, "an encoder");
    encoder->encoding = encoding;
    if (!(encoding == ENCODING_DEFLATE ? create_deflate(encoder) : create_zstd(encoder))) {
        strip_encoder_free(encoder);
        return error_no_memory(error, strip_encoder_bytes(encoding), "an encoder");
    }
    *result = encoder;
    return STATUS_OK;
}

void strip_encoder_free(struct strip_encoder *encoder)
{
    if (!encoder)
        return;
    if (encoder->deflate)
        libdeflate_free_compressor(encoder->deflate);
    ZSTD_freeCCtx(encoder->zstd); /* NULL is allowed */
    free(encoder);
}

/* A row of voxels becomes its first one and the differences from the one before each other, which wrap. From
 * the end, so that they can lie in the same place. */
static void subtract8(uint8_t *row, size_t nx)
{
    for (size_t x = nx - 1; x > 0; x--)
        row[x] = (uint8_t)(row[x] - row[x - 1]);
}

static void subtract16(uint16_t *row, size_t nx)
{
    for (size_t x = nx - 1; x > 0; x--)
        row[x] = (uint16_t)(row[x] - row[x - 1]);
}

static void subtract32(uint32_t *row, size_t nx)
{
    for (size_t x = nx - 1; x > 0; x--)
        row[x] -= row[x - 1];
}

static void predict(enum voxel_type type, uint32_t nx, uint32_t nrows, void *voxels)
{
    const size_t row_bytes = nx * voxel_bytes(type);
    for (uint32_t y = 0; y < nrows; y++) {
        void *row = (unsigned char *)voxels + y * row_bytes;
        if (voxel_bytes(type) == 1)
            subtract8(row, nx);
        else if (voxel_bytes(type) == 2)
            subtract16(row, nx);
        else
            subtract32(row, nx);
    }
}

enum status strip_encode(struct strip_encoder *encoder, enum voxel_type type, uint32_t nx, uint32_t nrows,
                         void *voxels, void *encoded, size_t *n_encoded, struct error *error)
{
    const size_t n_bytes = (size_t)nrows * nx * voxel_bytes(type);
    const size_t room = (size_t)strip_encoded_bytes(encoder->encoding, n_bytes);
    if (strip_encoder_predicts(encoder->encoding, type))
        predict(type, nx, nrows, voxels);
    if (encoder->encoding == ENCODING_DEFLATE) {
        *n_encoded = libdeflate_zlib_compress(encoder->deflate, voxels, n_bytes, encoded, room);
        return *n_encoded > 0 ? STATUS_OK
                              : error_set(error, STATUS_FAILED,
                                          "libdeflate could not compress %zu bytes of voxels; build with "
                                          "--compression none",
                                          n_bytes);
    }
    *n_encoded = ZSTD_compress2(encoder->zstd, encoded, room, voxels, n_bytes);
    if (!ZSTD_isError(*n_encoded))
        return STATUS_OK;
    return error_set(error, STATUS_FAILED,
                     "libzstd could not compress %zu bytes of voxels: %s; build with --compression none",
                     n_bytes, ZSTD_getErrorName(*n_encoded));
}

uint64_t strip_encoded_bytes(enum encoding encoding, uint64_t n_bytes)
{
    return encoding == ENCODING_DEFLATE ? libdeflate_zlib_compress_bound(NULL, (size_t)n_bytes)
           : encoding == ENCODING_ZSTD  ? ZSTD_compressBound((size_t)n_bytes)
                                        : n_bytes;
}

/* As libdeflate 1.14 and libzstd 1.5.4 take them at these levels. */
uint64_t strip_encoder_bytes(enum encoding encoding)
{
    return encoding == ENCODING_DEFLATE ? 204800 : encoding == ENCODING_ZSTD ? 549792 : 0;
}

/* Not with Deflate: ImageJ 1.52 reads such a file without undoing the differences, and without a word. Nor
 * does it read ZSTD, whose readers all undo them. */
bool strip_encoder_predicts(enum encoding encoding, enum voxel_type type)
{
    return encoding == ENCODING_ZSTD && type != VOXEL_F32;
}
