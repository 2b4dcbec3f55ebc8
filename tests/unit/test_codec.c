/* SPDX-License-Identifier: MIT
 * What goes into a TIFF comes out of it: our own files, and files of every layout written by libtiff. */
#include "base/workers.h"
#include "codec/strip_encoder.h"
#include "codec/tiff_codec.h"
#include "codec/tiff_strips.h"
#include "codec_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#include <cmocka.h>

static void test_codec_for_file(void **state)
{
    (void)state;
    assert_ptr_equal(codec_for_file("a.tif"), &codec_tiff);
    assert_ptr_equal(codec_for_file("s.1.TIFF"), &codec_tiff);
    assert_ptr_equal(codec_for_file("a.TiF"), &codec_tiff);
    assert_null(codec_for_file("a.tif.txt"));
    assert_null(codec_for_file("tif"));
    assert_null(codec_for_file("a."));
    assert_null(codec_for_file("a.tifx"));
}

static void check_encoded(uint64_t *random, enum voxel_type type, struct bytes *encoded)
{
    static const uint32_t extents[] = {1, 2, 3, 7, 16, 31, 64, 101, 257};
    uint32_t nx = extents[random_below(random, 9)], ny = extents[random_below(random, 9)];
    struct spacing spacing = {0};
    struct error error = {0};
    struct slice_header header;
    size_t slice_bytes = (size_t)nx * ny * voxel_bytes(type);
    unsigned char *voxels = fixture_voxels(random, (size_t)nx * ny, type);
    if (random_below(random, 2))
        spacing = (struct spacing){19.5, 19.5, 5.25, UNIT_UM};

    assert_int_equal(codec_tiff.encode(nx, ny, type, spacing, voxels, encoded, &error), STATUS_OK);
    fixture_write(encoded->data, encoded->n_bytes);
    unsigned char *read = fixture_read(fixture_path(), &header, &error);
    assert_string_equal(error.message, "");
    assert_non_null(read);
    assert_true(header.plain);
    assert_int_equal(header.voxels_offset + slice_bytes, encoded->n_bytes);
    assert_int_equal(header.encoded_bytes, encoded->n_bytes);
    assert_int_equal(header.nx, nx);
    assert_int_equal(header.ny, ny);
    assert_int_equal(header.type, type);
    assert_string_equal(header.layout, "uncompressed, 1 strip");
    assert_true(header.spacing.x == spacing.x && header.spacing.y == spacing.y);
    assert_true(header.spacing.z == spacing.z && header.spacing.unit == spacing.unit);
    assert_int_equal(header.spacing_origin, spacing.x > 0 ? SPACING_IMAGEJ : SPACING_NOWHERE);
    assert_memory_equal(read, voxels, slice_bytes);
    free(read);
    free(voxels);
}

static void test_encoded_slices_come_back(void **state)
{
    (void)state;
    uint64_t random = 1;
    struct bytes encoded = {0}; /* reused: what is left of a larger slice must not show */
    for (int round = 0; round < 30; round++)
        for (int type = 0; type < VOXEL_TYPES; type++)
            check_encoded(&random, (enum voxel_type)type, &encoded);
    bytes_end(&encoded);
}

static void test_encoded_bytes_are_fixed(void **state)
{
    (void)state;
    static const unsigned char expected[] = {
        'I', 'I', 42, 0, 8,  0, 0, 0, 14,  0, /* header; 14 entries */
        0,   1,   4,  0, 1,  0, 0, 0, 2,   0, 0, 0,
        1,   1,   4,  0, 1,  0, 0, 0, 1,   0, 0, 0, /* 2 x 1 */
        2,   1,   3,  0, 1,  0, 0, 0, 16,  0, 0, 0,
        3,   1,   3,  0, 1,  0, 0, 0, 1,   0, 0, 0, /* 16 bits, uncompressed */
        6,   1,   3,  0, 1,  0, 0, 0, 1,   0, 0, 0,
        14,  1,   2,  0, 33, 0, 0, 0, 182, 0, 0, 0, /* black; the text */
        17,  1,   4,  0, 1,  0, 0, 0, 240, 0, 0, 0,
        21,  1,   3,  0, 1,  0, 0, 0, 1,   0, 0, 0, /* offset; 1 sample */
        22,  1,   4,  0, 1,  0, 0, 0, 1,   0, 0, 0,
        23,  1,   4,  0, 1,  0, 0, 0, 4,   0, 0, 0, /* 1 row; 4 bytes */
        26,  1,   5,  0, 1,  0, 0, 0, 216, 0, 0, 0,
        27,  1,   5,  0, 1,  0, 0, 0, 224, 0, 0, 0, /* resolutions */
        40,  1,   3,  0, 1,  0, 0, 0, 1,   0, 0, 0,
        83,  1,   3,  0, 1,  0, 0, 0, 2,   0, 0, 0, /* no unit; signed */
        0,   0,   0,  0,
    };
    static const unsigned char rationals[] = {5, 0, 0, 0, 26, 0, 0, 0, 2, 0, 0, 0, 39, 0, 0, 0};
    const int16_t voxels[2] = {-2, 0x0102};
    struct bytes encoded = {0};
    struct error error = {0};
    struct spacing spacing = {5.2, 19.5, 10, UNIT_UM};
    assert_int_equal(codec_tiff.encode(2, 1, VOXEL_I16, spacing, voxels, &encoded, &error), STATUS_OK);
    assert_int_equal(encoded.n_bytes, 244);
    assert_int_equal(sizeof expected, 182);
    assert_memory_equal(encoded.data, expected, sizeof expected);
    assert_memory_equal(encoded.data + 182, "ImageJ=1.11a\nunit=um\nspacing=10\n\0", 34); /* and a pad byte */
    assert_memory_equal(encoded.data + 216, rationals, sizeof rationals);
    assert_memory_equal(encoded.data + 240, "\xfe\xff\x02\x01", 4);
    bytes_end(&encoded);
}

static void test_big_tiff_head(void **state)
{
    (void)state;
    struct bytes encoded = {0};
    struct error error = {0};
    struct slice_header header;
    struct spacing spacing = {0.25, 3, 0, UNIT_CM};
    uint32_t voxels[6] = {1, 0xffffffff, 3, 4, 5, 6};
    assert_int_equal(tiff_encode_head_as(true, 3, 2, VOXEL_U32, spacing, &encoded, &error), STATUS_OK);
    size_t n_head = encoded.n_bytes;
    assert_int_equal(bytes_reserve(&encoded, n_head + sizeof voxels, &error), STATUS_OK);
    memcpy(encoded.data + n_head, voxels, sizeof voxels); /* little-endian hosts only, as CI has */
    fixture_write(encoded.data, n_head + sizeof voxels);
    unsigned char *read = fixture_read(fixture_path(), &header, &error);
    assert_string_equal(error.message, "");
    assert_memory_equal(read, voxels, sizeof voxels);
    assert_string_equal(header.layout, "uncompressed, 1 strip, BigTIFF");
    assert_true(header.plain && header.voxels_offset == n_head && header.spacing.unit == UNIT_CM);
    assert_true(header.spacing.x == 0.25 && header.spacing.y == 3 && header.spacing.z == 0);
    free(read);
    bytes_end(&encoded);
}

/* A file of strips put together as an output does it. */
static void put_strips_together(struct tiff_strips *strips, struct spacing spacing,
                                const unsigned char *voxels, struct bytes *file)
{
    struct error error = {0};
    struct strip_encoder *encoder = NULL;
    struct bytes head = {0};
    uint64_t *n_bytes = calloc(strips->nstrips, sizeof *n_bytes);
    unsigned char *raw = malloc(strips->strip_bytes);
    assert_int_equal(strip_encoder_create(&encoder, strips->encoding, &error), STATUS_OK);
    assert_int_equal(tiff_strips_head(strips, spacing, n_bytes, &head, &error), STATUS_OK);
    size_t n_head = head.n_bytes;
    assert_int_equal(bytes_reserve(file, n_head + strips->nstrips * strips->encoded_bytes, &error),
                     STATUS_OK);
    file->n_bytes = n_head;
    for (uint32_t i = 0; i < strips->nstrips; i++) {
        uint32_t y = i * strips->nrows,
                 nrows = strips->ny - y < strips->nrows ? strips->ny - y : strips->nrows;
        size_t n_encoded;
        memcpy(raw, voxels + y * strips->row_bytes, nrows * strips->row_bytes);
        assert_int_equal(strip_encode(encoder, strips->type, strips->nx, nrows, raw,
                                      file->data + file->n_bytes, &n_encoded, &error),
                         STATUS_OK);
        assert_true(n_encoded <= strip_encoded_bytes(strips->encoding, nrows * strips->row_bytes));
        n_bytes[i] = n_encoded;
        file->n_bytes += n_encoded;
    }
    assert_int_equal(tiff_strips_head(strips, spacing, n_bytes, &head, &error), STATUS_OK);
    assert_int_equal(head.n_bytes, n_head); /* whatever the lengths are */
    memcpy(file->data, head.data, n_head);
    bytes_end(&head);
    strip_encoder_free(encoder);
    free(raw);
    free(n_bytes);
}

static void check_strips(uint64_t *random, enum voxel_type type, enum encoding encoding, struct bytes *file)
{
    struct error error = {0};
    struct slice_header header;
    struct spacing spacing = {0};
    uint32_t nx = 1 + random_below(random, 900), ny = 1 + random_below(random, 900);
    size_t slice_bytes = (size_t)nx * ny * voxel_bytes(type);
    unsigned char *voxels = fixture_voxels(random, (size_t)nx * ny, type);
    struct tiff_strips strips = tiff_strips_of(nx, ny, type, encoding);
    assert_false(strips.big);
    assert_true((uint64_t)strips.nrows * strips.nstrips >= ny);
    assert_true((uint64_t)strips.nrows * (strips.nstrips - 1) < ny);
    strips.big = random_below(random, 2);
    if (random_below(random, 2))
        spacing = (struct spacing){19.5, 19.5, 5.25, UNIT_UM};
    put_strips_together(&strips, spacing, voxels, file);
    fixture_write(file->data, file->n_bytes);
    unsigned char *read = fixture_read(fixture_path(), &header, &error);
    assert_string_equal(error.message, "");
    assert_non_null(read);
    assert_memory_equal(read, voxels, slice_bytes);
    assert_true(header.nx == nx && header.ny == ny && header.type == type && !header.plain);
    assert_true(header.spacing.x == spacing.x && header.spacing.unit == spacing.unit);
    assert_ptr_equal(strstr(header.layout, encoding_name(encoding)), header.layout);
    assert_int_equal(strstr(header.layout, "BigTIFF") != NULL, strips.big);
    TIFF *tif = TIFFOpen(fixture_path(), "r");
    assert_non_null(tif);
    for (uint32_t y = 0; y < ny; y++) {
        assert_int_equal(TIFFReadScanline(tif, read, y, 0), 1);
        assert_memory_equal(read, voxels + y * strips.row_bytes, strips.row_bytes);
    }
    TIFFClose(tif);
    free(read);
    free(voxels);
}

static void test_strips_come_back(void **state)
{
    (void)state;
    uint64_t random = 5;
    struct bytes file = {0};
    for (int round = 0; round < 4; round++)
        for (int type = 0; type < VOXEL_TYPES; type++)
            for (int encoding = ENCODING_DEFLATE; encoding < ENCODINGS; encoding++)
                check_strips(&random, (enum voxel_type)type, (enum encoding)encoding, &file);
    bytes_end(&file);
}

/* Just what is asked for: by the extent and the type, and large only where it may be needed. */
static void test_strips_are_cut(void **state)
{
    (void)state;
    struct tiff_strips strips = tiff_strips_of(1024, 1000, VOXEL_U16, ENCODING_DEFLATE);
    assert_int_equal(strips.nrows, 64);
    assert_int_equal(strips.nstrips, 16);
    strips = tiff_strips_of(300000, 3, VOXEL_U8, ENCODING_ZSTD);
    assert_true(strips.nrows == 1 && strips.nstrips == 3);
    strips = tiff_strips_of(3, 7, VOXEL_F32, ENCODING_ZSTD);
    assert_true(strips.nrows == 7 && strips.nstrips == 1);
    assert_false(tiff_strips_of(65535, 65535, VOXEL_U8, ENCODING_NONE).big);
    assert_true(tiff_strips_of(65535, 65535, VOXEL_U8, ENCODING_DEFLATE).big);
    assert_false(tiff_strips_of(64000, 64000, VOXEL_U8, ENCODING_DEFLATE).big);
    assert_true(tiff_strips_of(1u << 30, 1u << 30, VOXEL_U32, ENCODING_ZSTD).big);
}

/* One file of a random layout; returns false when libtiff cannot write that. */
static bool check_random_layout(uint64_t *random)
{
    static const uint16_t compressions[] = {
        COMPRESSION_NONE,     COMPRESSION_LZW,  COMPRESSION_ADOBE_DEFLATE, COMPRESSION_DEFLATE,
        COMPRESSION_PACKBITS, COMPRESSION_ZSTD, COMPRESSION_LZMA};
    static const char *const modes[] = {"wl", "wb", "w8l", "w8b"};
    enum voxel_type type = (enum voxel_type)random_below(random, VOXEL_TYPES);
    uint32_t nx = 1 + random_below(random, 130), ny = 1 + random_below(random, 130);
    struct tiff_layout layout = {
        .mode = modes[random_below(random, 4)],
        .compression = compressions[random_below(random, 7)],
        .rows_per_strip = 1 + random_below(random, ny + 3),
    };
    if (random_below(random, 2)) {
        layout.tile_nx =
            random_below(random, 4) == 0 ? (nx + 15) / 16 * 16 : 16 + 16 * random_below(random, 6);
        layout.tile_ny = 16 + 16 * random_below(random, 6);
    }
    if (layout.compression != COMPRESSION_NONE && layout.compression != COMPRESSION_PACKBITS) {
        /* libtiff 4.5 reads big-endian files with the floating point predictor right, but writes them wrong
         */
        bool floating_point = type == VOXEL_F32 && strchr(layout.mode, 'l');
        layout.predictor = (uint16_t)(1 + random_below(random, floating_point ? 3 : 2));
    }
    if (!TIFFIsCODECConfigured(layout.compression))
        return false;

    struct error error = {0};
    struct slice_header header;
    unsigned char *voxels = fixture_voxels(random, (size_t)nx * ny, type);
    assert_true(fixture_write_tiff(&layout, nx, ny, type, voxels));
    unsigned char *read = fixture_read(fixture_path(), &header, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(header.nx, nx);
    assert_int_equal(header.ny, ny);
    assert_int_equal(header.type, type);
    if (memcmp(read, voxels, (size_t)nx * ny * voxel_bytes(type)) != 0)
        fail_msg("%ux%u %s, mode %s: %s", nx, ny, voxel_name(type), layout.mode, header.layout);
    bool native = voxel_bytes(type) == 1 || strchr(layout.mode, 'l');
    if (layout.compression == COMPRESSION_NONE && !layout.tile_nx && native)
        assert_true(header.plain);
    free(read);
    free(voxels);
    return true;
}

static void test_any_layout_is_read(void **state)
{
    (void)state;
    uint64_t random = 2;
    unsigned nread = 0;
    for (int round = 0; round < 600; round++)
        nread += check_random_layout(&random);
    assert_true(nread > 400);
}

/* With the floating point predictor the encoded bytes are the same in either byte order, so those of a
 * little-endian file are put into a big-endian one. */
static void test_big_endian_floating_point_predictor(void **state)
{
    (void)state;
    enum { NX = 61, NY = 23 };
    uint64_t random = 3;
    struct error error = {0};
    struct slice_header header;
    struct tiff_layout layout = {
        .mode = "wl", .compression = COMPRESSION_LZW, .predictor = 3, .rows_per_strip = NY};
    unsigned char *voxels = fixture_voxels(&random, (size_t)NX * NY, VOXEL_F32), raw[4 * NX * NY * 2];
    assert_true(fixture_write_tiff(&layout, NX, NY, VOXEL_F32, voxels));
    TIFF *tif = TIFFOpen(fixture_path(), "r");
    tmsize_t n_bytes = TIFFReadRawStrip(tif, 0, raw, sizeof raw);
    assert_true(n_bytes > 0);
    TIFFClose(tif);
    layout.mode = "wb";
    fixture_write_raw_strip(&layout, NX, NY, VOXEL_F32, raw, (size_t)n_bytes);
    unsigned char *read = fixture_read(fixture_path(), &header, &error);
    assert_string_equal(error.message, "");
    assert_string_equal(header.layout, "lzw with predictor, 1 strip, big-endian");
    assert_memory_equal(read, voxels, 4 * NX * NY);
    free(read);
    free(voxels);
}

struct parallel {
    struct bytes file; /* written before the jobs start */
    struct slice_header header;
    const unsigned char *voxels;
    size_t slice_bytes;
    atomic_uint nright;
};

static void decode_and_compare(void *context, unsigned job, unsigned worker)
{
    struct parallel *parallel = context;
    struct error error = {0};
    unsigned char *voxels = malloc(parallel->slice_bytes);
    (void)job, (void)worker;
    if (voxels &&
        codec_tiff.decode(parallel->file.data, parallel->file.n_bytes, "slice.tif", &parallel->header, voxels,
                          &error) == STATUS_OK &&
        memcmp(voxels, parallel->voxels, parallel->slice_bytes) == 0)
        atomic_fetch_add(&parallel->nright, 1);
    free(voxels);
}

static void test_decoding_on_several_threads(void **state)
{
    (void)state;
    enum { NX = 100, NY = 90, NJOBS = 60 };
    uint64_t random = 4;
    struct error error = {0};
    struct workers *workers = NULL;
    struct tiff_layout layout = {
        .mode = "wb", .compression = COMPRESSION_ADOBE_DEFLATE, .predictor = 2, .tile_nx = 32, .tile_ny = 48};
    unsigned char *voxels = fixture_voxels(&random, (size_t)NX * NY, VOXEL_I16);
    struct parallel parallel = {.voxels = voxels, .slice_bytes = 2 * NX * NY};
    assert_true(fixture_write_tiff(&layout, NX, NY, VOXEL_I16, voxels));
    free(fixture_read(fixture_path(), &parallel.header, &error));
    parallel.file.data = fixture_contents(&parallel.file.n_bytes);
    assert_int_equal(workers_create(&workers, 4, &error), STATUS_OK);
    workers_run(workers, NJOBS, decode_and_compare, &parallel);
    workers_free(workers);
    assert_int_equal(atomic_load(&parallel.nright), NJOBS);
    bytes_end(&parallel.file);
    free(voxels);
}

int main(void)
{
    TIFFSetWarningHandler(NULL); /* of the libtiff that writes the files */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codec_for_file),
        cmocka_unit_test(test_encoded_slices_come_back),
        cmocka_unit_test(test_encoded_bytes_are_fixed),
        cmocka_unit_test(test_strips_come_back),
        cmocka_unit_test(test_strips_are_cut),
        cmocka_unit_test(test_big_tiff_head),
        cmocka_unit_test(test_any_layout_is_read),
        cmocka_unit_test(test_big_endian_floating_point_predictor),
        cmocka_unit_test(test_decoding_on_several_threads),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_end);
}
