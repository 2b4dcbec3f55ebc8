/* SPDX-License-Identifier: MIT
 * JPEG files that libjpeg writes from random images, against what it reads from them itself when asked
 * directly. */
#include "codec_fixture.h"
#include "format_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>

struct jpeg_file {
    uint32_t nx, ny;
    J_COLOR_SPACE given, stored; /* JCS_GRAYSCALE, JCS_RGB, JCS_YCbCr, JCS_CMYK, JCS_UNKNOWN */
    int nchannels;
    bool progressive, arithmetic;
    unsigned restart_rows;
    int density_unit;
    unsigned x_density, y_density;
    int quality;
    const jpeg_scan_info *scans; /* NULL: as libjpeg would have them */
    int nscans;
};

/* Grey of which each neighbour is near the last, in as many channels as there are. */
static unsigned char *random_image(uint64_t *state, const struct jpeg_file *file)
{
    size_t n = (size_t)file->nx * file->ny * (unsigned)file->nchannels;
    unsigned char *image = malloc(n);
    assert_non_null(image);
    for (size_t i = 0; i < n; i++)
        image[i] = (unsigned char)((i < 8 ? 100 : image[i - (unsigned)file->nchannels]) +
                                   random_below(state, 9) - 4u);
    return image;
}

static void put_file(struct bytes *bytes, const struct jpeg_file *file, const unsigned char *image)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *made = NULL;
    unsigned long n_made = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &made, &n_made);
    jpeg.image_width = file->nx;
    jpeg.image_height = file->ny;
    jpeg.input_components = file->nchannels;
    jpeg.in_color_space = file->given;
    jpeg_set_defaults(&jpeg);
    jpeg_set_colorspace(&jpeg, file->stored);
    jpeg_set_quality(&jpeg, file->quality, TRUE);
    jpeg.arith_code = file->arithmetic;
    jpeg.restart_in_rows = (int)file->restart_rows;
    jpeg.density_unit = (UINT8)file->density_unit;
    jpeg.X_density = (UINT16)file->x_density;
    jpeg.Y_density = (UINT16)file->y_density;
    if (file->progressive)
        jpeg_simple_progression(&jpeg);
    if (file->scans) {
        jpeg.scan_info = file->scans;
        jpeg.num_scans = file->nscans;
    }
    jpeg_start_compress(&jpeg, TRUE);
    for (uint32_t y = 0; y < file->ny; y++) {
        JSAMPROW row = (JSAMPROW)image + (size_t)y * file->nx * (unsigned)file->nchannels;
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    bytes->n_bytes = 0;
    format_put(bytes, made, n_made);
    free(made);
}

/* What libjpeg makes of it in that colour space; the caller frees. */
static unsigned char *read_directly(const struct bytes *bytes, J_COLOR_SPACE colour)
{
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&jpeg);
    jpeg_mem_src(&jpeg, bytes->data, bytes->n_bytes);
    assert_int_equal(jpeg_read_header(&jpeg, TRUE), JPEG_HEADER_OK);
    jpeg.out_color_space = colour;
    jpeg_start_decompress(&jpeg);
    size_t row_bytes = (size_t)jpeg.output_width * (unsigned)jpeg.output_components;
    unsigned char *image = malloc(row_bytes * jpeg.output_height);
    assert_non_null(image);
    while (jpeg.output_scanline < jpeg.output_height) {
        JSAMPROW row = image + row_bytes * jpeg.output_scanline;
        jpeg_read_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_decompress(&jpeg);
    jpeg_destroy_decompress(&jpeg);
    return image;
}

static unsigned luma_of(const unsigned char *c)
{
    unsigned sum = 299u * c[0] + 587u * c[1] + 114u * c[2], low = sum / 1000, rest = sum % 1000;
    return rest > 500 || (rest == 500 && low % 2 == 1) ? low + 1 : low;
}

static void check_read(const struct jpeg_file *file, const struct bytes *bytes, const unsigned char *image)
{
    struct slice_header header;
    struct error error = {0};
    bool rgb = file->stored == JCS_RGB, grey = file->stored == JCS_GRAYSCALE;
    unsigned char *expected = read_directly(bytes, rgb ? JCS_RGB : JCS_GRAYSCALE);
    unsigned char *got = format_read(&codec_jpeg, bytes->data, bytes->n_bytes, !grey, &header, &error);
    if (!got)
        fail_msg("colour space %d: %s", file->stored, error.message);
    assert_int_equal(header.nx, file->nx);
    assert_int_equal(header.ny, file->ny);
    assert_int_equal(header.type, VOXEL_U8);
    for (size_t i = 0; i < (size_t)file->nx * file->ny; i++) {
        assert_int_equal(got[i], rgb ? luma_of(expected + 3 * i) : expected[i]);
        if (grey && file->quality == 100 && abs(got[i] - image[i]) > 3)
            fail_msg("voxel %zu was %u and is %u", i, image[i], got[i]);
    }
    free(expected);
    free(got);
}

static struct jpeg_file random_file(uint64_t *state)
{
    static const J_COLOR_SPACE stored[] = {JCS_GRAYSCALE, JCS_GRAYSCALE, JCS_YCbCr, JCS_RGB};
    struct jpeg_file file = {.nx = 1 + random_below(state, 60),
                             .ny = 1 + random_below(state, 40),
                             .stored = stored[random_below(state, 4)],
                             .progressive = random_below(state, 2),
                             .restart_rows = random_below(state, 3),
                             .quality = random_below(state, 2) ? 100 : 40};
    file.given = file.stored == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
    file.nchannels = file.stored == JCS_GRAYSCALE ? 1 : 3;
    return file;
}

static void grey_and_luma_are_what_libjpeg_gives(void **unused)
{
    (void)unused;
    uint64_t state = 1;
    struct bytes bytes = {0};
    for (unsigned round = 0; round < 400; round++) {
        struct jpeg_file file = random_file(&state);
        unsigned char *image = random_image(&state, &file);
        put_file(&bytes, &file, image);
        check_read(&file, &bytes, image);
        if (file.stored != JCS_GRAYSCALE)
            format_check_refused(&codec_jpeg, bytes.data, bytes.n_bytes, false, "is in colour (", true);
        free(image);
    }
    bytes_end(&bytes);
}

/* Makes one of 5x3 voxels with what `file` says besides. */
static void put_small(struct bytes *bytes, struct jpeg_file file)
{
    uint64_t state = 2;
    file.nx = 5;
    file.ny = 3;
    file.quality = 90;
    unsigned char *image = random_image(&state, &file);
    put_file(bytes, &file, image);
    free(image);
}

static const struct jpeg_file grey = {.given = JCS_GRAYSCALE, .stored = JCS_GRAYSCALE, .nchannels = 1};

static void what_is_not_supported_is_refused_by_name(void **unused)
{
    (void)unused;
    const struct jpeg_file cmyk = {.given = JCS_CMYK, .stored = JCS_CMYK, .nchannels = 4},
                           ycck = {.given = JCS_CMYK, .stored = JCS_YCCK, .nchannels = 4},
                           two = {.given = JCS_UNKNOWN, .stored = JCS_UNKNOWN, .nchannels = 2};
    struct jpeg_file arithmetic = grey;
    struct bytes bytes = {0};
    arithmetic.arithmetic = true;
    put_small(&bytes, arithmetic);
    format_check_refused(&codec_jpeg, bytes.data, bytes.n_bytes, true, "arithmetic coding", true);
    put_small(&bytes, cmyk);
    format_check_refused(&codec_jpeg, bytes.data, bytes.n_bytes, true, "is in CMYK colour", true);
    put_small(&bytes, ycck);
    format_check_refused(&codec_jpeg, bytes.data, bytes.n_bytes, true, "is in YCCK colour", true);
    put_small(&bytes, two);
    format_check_refused(&codec_jpeg, bytes.data, bytes.n_bytes, true, "2 unknown components", true);
    put_small(&bytes, grey);
    unsigned char *frame = memmem(bytes.data, bytes.n_bytes, "\xff\xc0", 2);
    assert_non_null(frame);
    frame[4] = 12;
    format_check_refused(&codec_jpeg, bytes.data, bytes.n_bytes, true, "of 12 bits per voxel", true);
    frame[4] = 8;
    frame[1] = 0xc3;
    format_check_refused(&codec_jpeg, bytes.data, bytes.n_bytes, true, "is a lossless or hierarchical", true);
    format_check_refused(&codec_jpeg, "BM12345", 7, true, "is not a JPEG", true);
    bytes_end(&bytes);
}

static void density_is_a_spacing_unless_it_is_a_printers(void **unused)
{
    (void)unused;
    static const struct {
        int unit;
        unsigned x, y;
        double sx, sy;
        enum length_unit length;
    } cases[] = {{1, 1270, 635, 1 / 1270.0, 1 / 635.0, UNIT_INCH},
                 {2, 500, 1000, 1 / 500.0, 1e-3, UNIT_CM},
                 {0, 500, 500, 0, 0, UNIT_NONE},
                 {1, 300, 300, 0, 0, UNIT_NONE},
                 {1, 72, 72, 0, 0, UNIT_NONE},
                 {2, 28, 28, 0, 0, UNIT_NONE},
                 {1, 1, 1, 0, 0, UNIT_NONE}};
    struct bytes bytes = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct jpeg_file file = grey;
        struct slice_header header;
        struct error error = {0};
        file.density_unit = cases[i].unit;
        file.x_density = cases[i].x;
        file.y_density = cases[i].y;
        put_small(&bytes, file);
        free(format_read(&codec_jpeg, bytes.data, bytes.n_bytes, false, &header, &error));
        assert_true(header.spacing.x == cases[i].sx && header.spacing.y == cases[i].sy);
        assert_int_equal(header.spacing.unit, cases[i].length);
        assert_int_equal(header.spacing_origin, cases[i].sx > 0 ? SPACING_JPEG : SPACING_NOWHERE);
    }
    bytes_end(&bytes);
}

static void huge_extents_are_refused_without_memory(void **unused)
{
    (void)unused;
    struct bytes bytes = {0};
    put_small(&bytes, grey);
    unsigned char *frame = memmem(bytes.data, bytes.n_bytes, "\xff\xc0", 2);
    assert_non_null(frame);
    memcpy(frame + 5, "\xff\xdc\xff\xdc", 4); /* 65500 x 65500, the most that libjpeg takes */
    format_check_refused(&codec_jpeg, bytes.data, bytes.n_bytes, false, "is truncated", true);
    bytes_end(&bytes);
}

/* Of a progressive image only the first scans, closed as if it were whole. */
static void missing_scans_are_refused(void **unused)
{
    (void)unused;
    struct jpeg_file file = grey;
    struct bytes bytes = {0};
    file.progressive = true;
    put_small(&bytes, file);
    unsigned nscans = 0;
    for (size_t i = 0; i + 1 < bytes.n_bytes; i++) {
        bool scan = bytes.data[i] == 0xff && bytes.data[i + 1] == 0xda;
        if (scan && nscans++ > 0) {
            unsigned char was = bytes.data[i + 1];
            bytes.data[i + 1] = 0xd9;
            format_check_refused(&codec_jpeg, bytes.data, i + 2, false, "lacks some of its scans", false);
            bytes.data[i + 1] = was;
        }
    }
    assert_true(nscans > 2);
    bytes_end(&bytes);
}

/* Every coefficient in scans of its own: the limit is 100 of them. */
static void too_many_scans_are_refused(void **unused)
{
    (void)unused;
    jpeg_scan_info scans[1 + 2 * 63] = {{.comps_in_scan = 1}};
    struct jpeg_file file = grey;
    struct bytes bytes = {0};
    for (int k = 1; k < 64; k++) {
        scans[k] = (jpeg_scan_info){.comps_in_scan = 1, .Ss = k, .Se = k, .Al = 1};
        scans[63 + k] = (jpeg_scan_info){.comps_in_scan = 1, .Ss = k, .Se = k, .Ah = 1};
    }
    file.scans = scans;
    file.nscans = 1 + 2 * 63;
    put_small(&bytes, file);
    format_check_refused(&codec_jpeg, bytes.data, bytes.n_bytes, false, "has more than 100 scans", false);
    for (int k = 1; k < 64; k++)
        scans[k].Al = 0;
    file.nscans = 64;
    put_small(&bytes, file);
    struct slice_header header;
    struct error error = {0};
    unsigned char *voxels = format_read(&codec_jpeg, bytes.data, bytes.n_bytes, false, &header, &error);
    assert_non_null(voxels);
    free(voxels);
    bytes_end(&bytes);
}

static void hostile_files_do_no_harm(void **unused)
{
    (void)unused;
    uint64_t state = 3;
    struct bytes bytes = {0};
    for (unsigned round = 0; round < 8; round++) {
        struct jpeg_file file = random_file(&state);
        file.nx = 1 + file.nx % 20;
        file.ny = 1 + file.ny % 20;
        unsigned char *image = random_image(&state, &file);
        put_file(&bytes, &file, image);
        format_check_truncations(&codec_jpeg, bytes.data, bytes.n_bytes, true);
        format_check_flips(&codec_jpeg, bytes.data, bytes.n_bytes, true);
        free(image);
    }
    bytes_end(&bytes);
}

static void exif_turns(void **unused)
{
    (void)unused;
    uint64_t state = 77;
    for (unsigned i = 0; i < 64; i++) {
        const uint16_t orientation = (uint16_t)(1 + i % 8);
        struct bytes plain = {0}, turned = {0}, exif = {0};
        struct jpeg_file file = random_file(&state);
        unsigned char *image = random_image(&state, &file);
        put_file(&plain, &file, image);
        format_put_exif(&exif, orientation, random_below(&state, 2));
        format_put(&turned, plain.data, 2);
        format_put_be(&turned, 0xffe1, 2);
        format_put_be(&turned, 2 + 6 + exif.n_bytes, 2);
        format_put(&turned, "Exif\0\0", 6);
        format_put(&turned, exif.data, exif.n_bytes);
        format_put(&turned, (const char *)plain.data + 2, plain.n_bytes - 2);
        format_check_turned(&codec_jpeg, &plain, &turned, orientation);
        if (file.nx * file.ny < 400)
            format_check_flips(&codec_jpeg, turned.data, turned.n_bytes, true);
        free(image);
        bytes_end(&plain);
        bytes_end(&turned);
        bytes_end(&exif);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grey_and_luma_are_what_libjpeg_gives),
        cmocka_unit_test(what_is_not_supported_is_refused_by_name),
        cmocka_unit_test(density_is_a_spacing_unless_it_is_a_printers),
        cmocka_unit_test(huge_extents_are_refused_without_memory),
        cmocka_unit_test(missing_scans_are_refused),
        cmocka_unit_test(too_many_scans_are_refused),
        cmocka_unit_test(hostile_files_do_no_harm),
        cmocka_unit_test(exif_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
