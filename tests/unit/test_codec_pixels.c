/* SPDX-License-Identifier: MIT
 * TIFFs of every kind of sample, at random: depths, floats, planes, alpha, palettes, inverted and turned
 * ones, in strips and tiles, of either byte and bit order, compressed or not. libtiff writes them from
 * samples that are packed here; what voxels they must become is worked out pixel by pixel. */
#include "codec_fixture.h"
#include "tiff_kind.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#include <cmocka.h>

static double value_of_half(uint64_t bits)
{
    int exponent = (int)(bits >> 10 & 31);
    double fraction = (double)(bits & 0x3ff) / 1024,
           value = exponent == 31  ? (fraction != 0 ? (double)NAN : (double)INFINITY)
                   : exponent == 0 ? ldexp(fraction, -14)
                                   : ldexp(1 + fraction, exponent - 15);
    return bits & 0x8000 ? -value : value;
}

/* A sample as a number; floats as they are when rounded to f32. */
static double value_of(const struct tiff_kind *kind, uint64_t bits)
{
    float narrow;
    double wide;
    if (kind->format == SAMPLEFORMAT_INT)
        return kind->bits == 8 ? (int8_t)bits : kind->bits == 16 ? (int16_t)bits : (int32_t)bits;
    if (kind->format == SAMPLEFORMAT_UINT)
        return (double)bits;
    if (kind->bits == 16)
        return value_of_half(bits);
    memcpy(&wide, &bits, sizeof wide);
    memcpy(&narrow, &bits, sizeof narrow); /* little-endian hosts, as CI has */
    return kind->bits == 64 ? (double)(float)wide : (double)narrow;
}

/* Of three integers: exact in double, for they have 32 bits at most. */
static double luma_of(const double *colours, bool floats)
{
    double thousandths = 299 * colours[0] + 587 * colours[1] + 114 * colours[2];
    if (floats)
        return (double)(float)(thousandths / 1000);
    double floored = floor(thousandths / 1000), rest = thousandths - 1000 * floored;
    return rest > 500 || (rest == 500 && fmod(floored, 2) != 0) ? floored + 1 : floored;
}

static double expected_voxel(const struct tiff_kind *kind, uint32_t x, uint32_t y, unsigned unit)
{
    double values[3] = {0};
    uint64_t bits = tiff_kind_sample(kind, x, y, 0);
    switch (kind->photometric) {
    case PHOTOMETRIC_MINISWHITE:
        return ldexp(1, (int)kind->bits) - 1 - (double)bits;
    case PHOTOMETRIC_PALETTE:
        for (unsigned i = 0; i < 3; i++)
            values[i] = (double)(kind->palette[i][bits] / unit);
        return luma_of(values, false);
    case PHOTOMETRIC_RGB:
        for (unsigned i = 0; i < 3; i++)
            values[i] = value_of(kind, tiff_kind_sample(kind, x, y, i));
        return luma_of(values, kind->format == SAMPLEFORMAT_IEEEFP);
    default:
        return value_of(kind, bits);
    }
}

static double voxel_value(const void *voxels, enum voxel_type type, size_t i)
{
    switch (type) {
    case VOXEL_U8:
        return ((const uint8_t *)voxels)[i];
    case VOXEL_I8:
        return ((const int8_t *)voxels)[i];
    case VOXEL_U16:
        return ((const uint16_t *)voxels)[i];
    case VOXEL_I16:
        return ((const int16_t *)voxels)[i];
    case VOXEL_U32:
        return ((const uint32_t *)voxels)[i];
    case VOXEL_I32:
        return ((const int32_t *)voxels)[i];
    case VOXEL_F32:
        break;
    }
    return (double)((const float *)voxels)[i];
}

/* Where the pixel x, y of the file is seen. */
static void find_place(const struct tiff_kind *kind, uint32_t x, uint32_t y, uint32_t *to_x, uint32_t *to_y)
{
    const uint32_t x_back = kind->nx - 1 - x, y_back = kind->ny - 1 - y;
    const uint32_t places[9][2] = {
        {0, 0},           {x, y}, /* 1: row 0 is the top, column 0 the left side */
        {x_back, y},              /* 2: top, right */
        {x_back, y_back},         /* 3: bottom, right */
        {x, y_back},              /* 4: bottom, left */
        {y, x},                   /* 5: row 0 is the left side, column 0 the top */
        {y_back, x},              /* 6: right, top */
        {y_back, x_back},         /* 7: right, bottom */
        {y, x_back},              /* 8: left, bottom */
    };
    *to_x = places[kind->orientation][0];
    *to_y = places[kind->orientation][1];
}

static enum voxel_type expected_type(const struct tiff_kind *kind, bool wide_palette)
{
    if (kind->photometric == PHOTOMETRIC_PALETTE)
        return wide_palette ? VOXEL_U16 : VOXEL_U8;
    if (kind->format == SAMPLEFORMAT_IEEEFP)
        return VOXEL_F32;
    if (kind->format == SAMPLEFORMAT_INT)
        return kind->bits == 8 ? VOXEL_I8 : kind->bits == 16 ? VOXEL_I16 : VOXEL_I32;
    return kind->bits <= 8 ? VOXEL_U8 : kind->bits <= 16 ? VOXEL_U16 : VOXEL_U32;
}

/* Reads the file and compares every voxel. `unit` divides the values of a palette; 0: they are u16. */
static void check_kind(const struct tiff_kind *kind, unsigned unit)
{
    struct slice_header header;
    struct error error = {0};
    unsigned char *voxels = fixture_read_gray(fixture_path(), &header, &error);
    bool turned = kind->orientation >= 5;
    if (!voxels)
        fail_msg("%u bits, format %u, photometric %u: %s", kind->bits, kind->format, kind->photometric,
                 error.message);
    assert_int_equal(header.nx, turned ? kind->ny : kind->nx);
    assert_int_equal(header.ny, turned ? kind->nx : kind->ny);
    assert_int_equal(header.type, expected_type(kind, unit == 0));
    assert_true(header.spacing.x == (turned ? 0.05 : 0.1) && header.spacing.y == (turned ? 0.1 : 0.05));
    for (uint32_t y = 0; y < kind->ny; y++)
        for (uint32_t x = 0; x < kind->nx; x++) {
            uint32_t to_x, to_y;
            find_place(kind, x, y, &to_x, &to_y);
            double expected = expected_voxel(kind, x, y, unit ? unit : 1),
                   got = voxel_value(voxels, header.type, (size_t)to_y * header.nx + to_x);
            if (expected != got && !(isnan(expected) && isnan(got)))
                fail_msg("%ux%u, %s, at %u, %u of the file: %.17g, and should be %.17g", kind->nx, kind->ny,
                         header.layout, x, y, got, expected);
        }
    free(voxels);
}

static void test_any_pixels_are_read(void **state)
{
    (void)state;
    uint64_t random = 11;
    for (int round = 0; round < 1500; round++) {
        struct tiff_kind kind = {0};
        tiff_kind_choose(&random, &kind);
        tiff_kind_write(&kind);
        check_kind(&kind, 1);
        free(kind.samples);
    }
}

/* Palettes of 8-bit values times `unit`; of 16-bit values when it is 0. */
static void check_palette(uint64_t *random, unsigned unit, bool grey)
{
    static const unsigned depths[] = {1, 2, 4, 8, 3};
    struct tiff_kind kind = {.bits = depths[random_below(random, 5)],
                             .nsamples = 1 + random_below(random, 2),
                             .format = SAMPLEFORMAT_UINT,
                             .photometric = PHOTOMETRIC_PALETTE,
                             .alpha = EXTRASAMPLE_UNASSALPHA,
                             .planar = PLANARCONFIG_CONTIG,
                             .orientation = (uint16_t)(1 + random_below(random, 2))};
    for (unsigned i = 0; i < 256; i++)
        for (unsigned c = 0; c < 3; c++)
            kind.palette[c][i] =
                unit ? (uint16_t)(random_below(random, 256) * unit) : (uint16_t)random_next(random);
    if (unit == 0)
        kind.palette[0][0] = 0xfffe; /* no 8-bit value, by any rule */
    if (unit > 1)
        kind.palette[0][0] = (uint16_t)(255 * unit);
    for (unsigned i = 0; grey && i < 256; i++)
        kind.palette[1][i] = kind.palette[2][i] = kind.palette[0][i];
    tiff_kind_choose_chunks(random, &kind);
    tiff_kind_choose_encoding(random, &kind);
    tiff_kind_choose_samples(random, &kind);
    tiff_kind_write(&kind);
    check_kind(&kind, unit);
    struct slice_header header;
    struct error error = {0};
    unsigned char *voxels = fixture_read(fixture_path(), &header, &error);
    if (grey)
        assert_non_null(voxels);
    else if (!voxels)
        assert_non_null(
            strstr(error.message, "is palette colour; convert it to grey, or take its luma with"));
    free(voxels);
    free(kind.samples);
}

static void test_palettes(void **state)
{
    (void)state;
    static const unsigned units[] = {1, 256, 257, 0};
    uint64_t random = 12;
    for (int round = 0; round < 200; round++)
        check_palette(&random, units[round % 4], random_below(&random, 2));
}

/* Every half, beside each other in one row. */
static void test_every_half(void **state)
{
    (void)state;
    struct tiff_kind kind = {.bits = 16,
                             .nsamples = 1,
                             .format = SAMPLEFORMAT_IEEEFP,
                             .photometric = PHOTOMETRIC_MINISBLACK,
                             .planar = PLANARCONFIG_CONTIG,
                             .orientation = 1,
                             .fill_order = 1,
                             .compression = COMPRESSION_NONE,
                             .nx = 1 << 16,
                             .ny = 1,
                             .chunk_nx = 1 << 16,
                             .chunk_ny = 1,
                             .mode = "wb"};
    kind.samples = malloc(sizeof *kind.samples << 16);
    assert_non_null(kind.samples);
    for (uint32_t i = 0; i < 1 << 16; i++)
        kind.samples[i] = i;
    tiff_kind_write(&kind);
    check_kind(&kind, 1);
    free(kind.samples);
}

/* Doubles at and beside the middle between two floats, and beyond the largest one. */
static void test_doubles_are_rounded_to_the_nearest(void **state)
{
    (void)state;
    static const struct {
        double from;
        float to;
    } cases[] = {
        {0x1.000001p0, 0x1p0f},
        {0x1.0000011p0, 0x1.000002p0f},
        {0x1.000003p0, 0x1.000004p0f},
        {-0x1.000003p0, -0x1.000004p0f},
        {0x1.ffffffp127, INFINITY},
        {0x1.fffffefffffffp127, 0x1.fffffep127f},
        {-1e300, -INFINITY},
        {0x1p-150, 0.0f},
        {0x1.8p-150, 0x1p-149f},
        {0x1p-149, 0x1p-149f},
        {-0.0, -0.0f},
    };
    enum { N = sizeof cases / sizeof *cases };
    uint64_t samples[N];
    struct tiff_kind kind = {.bits = 64,
                             .nsamples = 1,
                             .format = SAMPLEFORMAT_IEEEFP,
                             .photometric = PHOTOMETRIC_MINISBLACK,
                             .planar = PLANARCONFIG_CONTIG,
                             .orientation = 1,
                             .fill_order = 1,
                             .compression = COMPRESSION_NONE,
                             .nx = N,
                             .ny = 1,
                             .chunk_nx = N,
                             .chunk_ny = 1,
                             .mode = "wb",
                             .samples = samples};
    struct slice_header header;
    struct error error = {0};
    for (size_t i = 0; i < N; i++)
        memcpy(&samples[i], &cases[i].from, sizeof samples[i]);
    tiff_kind_write(&kind);
    unsigned char *voxels = fixture_read(fixture_path(), &header, &error);
    assert_non_null(voxels);
    for (size_t i = 0; i < N; i++)
        assert_memory_equal(voxels + 4 * i, &cases[i].to, 4);
    free(voxels);
}

/* A file of a strip that libtiff encoded for another one, which says that these are differences. */
static void check_packed_differences(uint64_t *random, uint16_t compression)
{
    struct tiff_kind kind = {.bits = 1 + random_below(random, 15),
                             .nsamples = random_below(random, 2) ? 3 : 1,
                             .format = SAMPLEFORMAT_UINT,
                             .planar = PLANARCONFIG_CONTIG,
                             .orientation = 1,
                             .fill_order = 1,
                             .compression = compression,
                             .mode = "wl"};
    kind.bits += kind.bits == 8;
    kind.photometric = kind.nsamples == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
    tiff_kind_choose_chunks(random, &kind);
    kind.tiled = false;
    kind.chunk_nx = kind.nx;
    kind.chunk_ny = kind.ny;
    tiff_kind_choose_samples(random, &kind);
    uint64_t *samples = kind.samples, mask = (1u << kind.bits) - 1;
    size_t n_row = (size_t)kind.nx * kind.nsamples, n = n_row * kind.ny;
    kind.samples = malloc(n * sizeof *kind.samples);
    assert_non_null(kind.samples);
    for (size_t i = 0; i < n; i++)
        kind.samples[i] = (samples[i] - (i % n_row < kind.nsamples ? 0 : samples[i - kind.nsamples])) & mask;
    tiff_kind_write(&kind);
    unsigned char *raw = malloc(4 * n + 4096);
    TIFF *tif = TIFFOpen(fixture_path(), "r");
    assert_true(raw && tif);
    tmsize_t n_raw = TIFFReadRawStrip(tif, 0, raw, (tmsize_t)(4 * n + 4096));
    TIFFClose(tif);
    tif = TIFFOpen(fixture_path(), "wl");
    assert_true(n_raw > 0 && tif);
    kind.predictor = PREDICTOR_HORIZONTAL;
    tiff_kind_set_fields(tif, &kind);
    assert_int_equal(TIFFWriteRawStrip(tif, 0, raw, n_raw), n_raw);
    TIFFClose(tif);
    free(raw);
    free(kind.samples);
    kind.samples = samples;
    check_kind(&kind, 1);
    free(samples);
}

static void test_differences_of_packed_samples(void **state)
{
    (void)state;
    uint64_t random = 13;
    for (int round = 0; round < 100; round++)
        check_packed_differences(&random, round % 2 ? COMPRESSION_LZW : COMPRESSION_ADOBE_DEFLATE);
}

int main(void)
{
    TIFFSetWarningHandler(NULL); /* of the libtiff that writes the files */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_pixels_are_read),
        cmocka_unit_test(test_palettes),
        cmocka_unit_test(test_every_half),
        cmocka_unit_test(test_doubles_are_rounded_to_the_nearest),
        cmocka_unit_test(test_differences_of_packed_samples),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_end);
}
