/* SPDX-License-Identifier: MIT
 * PNG files that libpng writes from random samples: every depth, colour type and interlacing. */
#include "codec_fixture.h"
#include "format_fixture.h"

#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct png_file {
    uint32_t nx, ny;
    int bits, colour; /* PNG_COLOR_TYPE_* */
    bool interlaced;
    uint32_t x_per_metre, y_per_metre;
    int unit;
    bool grey_palette;
    unsigned ncolours;
    png_color palette[256];
};

static unsigned count_channels(int colour)
{
    return colour == PNG_COLOR_TYPE_RGB_ALPHA    ? 4
           : colour == PNG_COLOR_TYPE_RGB        ? 3
           : colour == PNG_COLOR_TYPE_GRAY_ALPHA ? 2
                                                 : 1;
}

static void write_bytes(png_structp png, png_bytep data, size_t n_bytes)
{
    format_put(png_get_io_ptr(png), data, n_bytes);
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

/* Samples of a row, one uint16_t each, as PNG has them: packed, or big-endian. */
static void pack_row(const struct png_file *file, const uint16_t *samples, png_bytep row)
{
    size_t n = (size_t)file->nx * count_channels(file->colour);
    memset(row, 0, 2 * n);
    for (size_t i = 0; i < n; i++)
        if (file->bits == 16) {
            row[2 * i] = (png_byte)(samples[i] >> 8);
            row[2 * i + 1] = (png_byte)samples[i];
        } else {
            size_t bit = i * (unsigned)file->bits;
            row[bit / 8] |= (png_byte)(samples[i] << (8 - file->bits - (int)(bit % 8)));
        }
}

static void write_rows(png_structp png, const struct png_file *file, const uint16_t *samples)
{
    size_t nsamples = (size_t)file->nx * count_channels(file->colour);
    png_bytep row = malloc(2 * nsamples);
    assert_non_null(row);
    int npasses = png_set_interlace_handling(png);
    for (int pass = 0; pass < npasses; pass++)
        for (uint32_t y = 0; y < file->ny; y++) {
            pack_row(file, samples + y * nsamples, row);
            png_write_row(png, row);
        }
    free(row);
}

static void put_file(struct bytes *bytes, const struct png_file *file, const uint16_t *samples)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    assert_non_null(info);
    bytes->n_bytes = 0;
    png_set_write_fn(png, bytes, write_bytes, flush_nothing);
    png_set_IHDR(png, info, file->nx, file->ny, file->bits, file->colour,
                 file->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
                 PNG_FILTER_TYPE_BASE);
    png_set_compression_level(png, 1);
    if (file->colour == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(png, info, file->palette, (int)file->ncolours);
    if (file->x_per_metre)
        png_set_pHYs(png, info, file->x_per_metre, file->y_per_metre, file->unit);
    png_write_info(png, info);
    write_rows(png, file, samples);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
}

static struct png_file random_file(uint64_t *state)
{
    static const struct {
        int colour, bits;
    } kinds[] = {
        {PNG_COLOR_TYPE_GRAY, 1},       {PNG_COLOR_TYPE_GRAY, 2},        {PNG_COLOR_TYPE_GRAY, 4},
        {PNG_COLOR_TYPE_GRAY, 8},       {PNG_COLOR_TYPE_GRAY, 16},       {PNG_COLOR_TYPE_PALETTE, 1},
        {PNG_COLOR_TYPE_PALETTE, 2},    {PNG_COLOR_TYPE_PALETTE, 4},     {PNG_COLOR_TYPE_PALETTE, 8},
        {PNG_COLOR_TYPE_GRAY_ALPHA, 8}, {PNG_COLOR_TYPE_GRAY_ALPHA, 16}, {PNG_COLOR_TYPE_RGB, 8},
        {PNG_COLOR_TYPE_RGB, 16},       {PNG_COLOR_TYPE_RGB_ALPHA, 8},   {PNG_COLOR_TYPE_RGB_ALPHA, 16}};
    unsigned kind = random_below(state, sizeof kinds / sizeof *kinds);
    struct png_file file = {.nx = 1 + random_below(state, 40),
                            .ny = 1 + random_below(state, 20),
                            .bits = kinds[kind].bits,
                            .colour = kinds[kind].colour,
                            .interlaced = random_below(state, 2),
                            .grey_palette = random_below(state, 2)};
    if (file.colour != PNG_COLOR_TYPE_PALETTE)
        return file;
    file.ncolours = 1 + random_below(state, 1u << file.bits);
    for (unsigned i = 0; i < file.ncolours; i++) {
        unsigned r = random_below(state, 256), g = random_below(state, 256);
        file.palette[i] = (png_color){.red = (png_byte)r,
                                      .green = (png_byte)(file.grey_palette ? r : g),
                                      .blue = (png_byte)(file.grey_palette ? r : g ^ 1)};
    }
    return file;
}

static uint16_t *random_samples(uint64_t *state, const struct png_file *file)
{
    size_t n = (size_t)file->nx * file->ny * count_channels(file->colour);
    uint16_t *samples = malloc(n * sizeof *samples);
    assert_non_null(samples);
    for (size_t i = 0; i < n; i++)
        samples[i] = (uint16_t)random_below(state, file->ncolours ? file->ncolours : 1u << file->bits);
    return samples;
}

static unsigned luma_of(unsigned r, unsigned g, unsigned b)
{
    unsigned sum = 299 * r + 587 * g + 114 * b, low = sum / 1000, rest = sum % 1000;
    return rest > 500 || (rest == 500 && low % 2 == 1) ? low + 1 : low;
}

static unsigned expected_voxel(const struct png_file *file, const uint16_t *samples, size_t i)
{
    const uint16_t *s = samples + i * count_channels(file->colour);
    if (file->colour == PNG_COLOR_TYPE_PALETTE)
        return luma_of(file->palette[*s].red, file->palette[*s].green, file->palette[*s].blue);
    return file->colour & PNG_COLOR_MASK_COLOR ? luma_of(s[0], s[1], s[2]) : s[0];
}

static bool is_grey(const struct png_file *file)
{
    return !(file->colour & PNG_COLOR_MASK_COLOR) || (file->ncolours && file->grey_palette);
}

static void check_read(const struct png_file *file, const struct bytes *bytes, const uint16_t *samples,
                       bool gray)
{
    struct slice_header header;
    struct error error = {0};
    unsigned char *got = format_read(&codec_png, bytes->data, bytes->n_bytes, gray, &header, &error);
    if (!got)
        fail_msg("%d bits, colour type %d: %s", file->bits, file->colour, error.message);
    assert_int_equal(header.nx, file->nx);
    assert_int_equal(header.ny, file->ny);
    assert_int_equal(header.type, file->bits == 16 ? VOXEL_U16 : VOXEL_U8);
    for (size_t i = 0; i < (size_t)header.nx * header.ny; i++) {
        unsigned voxel = file->bits == 16 ? ((uint16_t *)(void *)got)[i] : got[i];
        if (voxel != expected_voxel(file, samples, i))
            fail_msg("%d bits, colour type %d: voxel %zu is %u, not %u", file->bits, file->colour, i, voxel,
                     expected_voxel(file, samples, i));
    }
    free(got);
}

static void every_depth_and_colour_type_is_read(void **unused)
{
    (void)unused;
    uint64_t state = 1;
    struct bytes bytes = {0};
    for (unsigned round = 0; round < 1500; round++) {
        struct png_file file = random_file(&state);
        uint16_t *samples = random_samples(&state, &file);
        put_file(&bytes, &file, samples);
        check_read(&file, &bytes, samples, true);
        if (is_grey(&file))
            check_read(&file, &bytes, samples, false);
        else
            format_check_refused(&codec_png, bytes.data, bytes.n_bytes, false,
                                 file.ncolours ? "has a palette in colour" : "is in colour (RGB)", true);
        free(samples);
    }
    bytes_end(&bytes);
}

static void resolution_in_metres_is_a_spacing(void **unused)
{
    (void)unused;
    static const struct {
        uint32_t x, y;
        int unit;
        double x_um, y_um;
    } cases[] = {{50000, 200000, PNG_RESOLUTION_METER, 20, 5},
                 {50000, 50000, PNG_RESOLUTION_UNKNOWN, 0, 0},
                 {2835, 2835, PNG_RESOLUTION_METER, 0, 0},
                 {1, 1, PNG_RESOLUTION_METER, 0, 0}};
    struct bytes bytes = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct png_file file = {1,
                                1,
                                8,
                                PNG_COLOR_TYPE_GRAY,
                                .x_per_metre = cases[i].x,
                                .y_per_metre = cases[i].y,
                                .unit = cases[i].unit};
        struct slice_header header;
        struct error error = {0};
        put_file(&bytes, &file, &(uint16_t){7});
        free(format_read(&codec_png, bytes.data, bytes.n_bytes, false, &header, &error));
        assert_true(header.spacing.x == cases[i].x_um && header.spacing.y == cases[i].y_um);
        assert_int_equal(header.spacing_origin, cases[i].x_um > 0 ? SPACING_PNG : SPACING_NOWHERE);
    }
    bytes_end(&bytes);
}

/* The first chunk of that name. */
static unsigned char *find_chunk(const struct bytes *bytes, const char *name)
{
    unsigned char *chunk = memmem(bytes->data, bytes->n_bytes, name, 4);
    assert_non_null(chunk);
    return chunk - 4;
}

static void damage_is_refused(void **unused)
{
    (void)unused;
    uint64_t state = 2;
    struct png_file file = {30, 20, 16, PNG_COLOR_TYPE_GRAY, .x_per_metre = 9, .y_per_metre = 9, .unit = 1};
    struct bytes bytes = {0};
    uint16_t *samples = random_samples(&state, &file);
    put_file(&bytes, &file, samples);
    find_chunk(&bytes, "IDAT")[30] ^= 1;
    format_check_refused(&codec_png, bytes.data, bytes.n_bytes, false,
                         "is a damaged PNG (libpng: IDAT: ", false);
    put_file(&bytes, &file, samples);
    find_chunk(&bytes, "pHYs")[9] ^= 1;
    format_check_refused(&codec_png, bytes.data, bytes.n_bytes, false, "CRC error", true);
    format_check_refused(&codec_png, "BM", 2, false, "is not a PNG", true);
    free(samples);
    bytes_end(&bytes);
}

static uint32_t crc_of(const unsigned char *data, size_t n_bytes)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < n_bytes; i++) {
        crc ^= data[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    }
    return ~crc;
}

/* Sets the contents of a chunk's first bytes, with a checksum that fits. */
static void forge(struct bytes *bytes, const char *name, const void *data, size_t n_bytes)
{
    unsigned char *chunk = find_chunk(bytes, name);
    uint32_t length = (uint32_t)chunk[2] << 8 | chunk[3];
    memcpy(chunk + 8, data, n_bytes);
    uint32_t crc = crc_of(chunk + 4, 4 + length);
    for (unsigned i = 0; i < 4; i++)
        chunk[8 + length + i] = (unsigned char)(crc >> (24 - 8 * i));
}

static void huge_extents_are_refused_without_memory(void **unused)
{
    (void)unused;
    struct png_file file = {.nx = 1, .ny = 1, .bits = 8, .colour = PNG_COLOR_TYPE_GRAY};
    struct bytes bytes = {0};
    put_file(&bytes, &file, &(uint16_t){7});
    forge(&bytes, "IHDR", "\x7f\xff\xff\xff\x7f\xff\xff\xff", 8);
    format_check_refused(&codec_png, bytes.data, bytes.n_bytes, false, "more than 4 GiB", true);
    forge(&bytes, "IHDR", "\0\1\0\0\0\1\0\0", 8); /* 65536 x 65536: just 4 GiB */
    format_check_refused(&codec_png, bytes.data, bytes.n_bytes, false, "is truncated", true);
    forge(&bytes, "IHDR", "\0\0\0\0\0\0\0\1", 8);
    format_check_refused(&codec_png, bytes.data, bytes.n_bytes, false, "is a damaged PNG (libpng: ", true);
    bytes_end(&bytes);
}

static void a_number_that_the_palette_has_not_is_refused(void **unused)
{
    (void)unused;
    struct png_file file = {2, 1, 8, PNG_COLOR_TYPE_PALETTE, .ncolours = 3, .grey_palette = true};
    struct bytes bytes = {0};
    put_file(&bytes, &file, (const uint16_t[]){2, 2});
    check_read(&file, &bytes, (const uint16_t[]){2, 2}, false);
    put_file(&bytes, &file, (const uint16_t[]){0, 3});
    format_check_refused(&codec_png, bytes.data, bytes.n_bytes, false, "colour 3 of a palette of 3", false);
    bytes_end(&bytes);
}

static void hostile_files_do_no_harm(void **unused)
{
    (void)unused;
    uint64_t state = 3;
    struct bytes bytes = {0};
    for (unsigned round = 0; round < 16; round++) {
        struct png_file file = random_file(&state);
        file.nx = 1 + file.nx % 9;
        file.ny = 1 + file.ny % 5;
        uint16_t *samples = random_samples(&state, &file);
        put_file(&bytes, &file, samples);
        format_check_truncations(&codec_png, bytes.data, bytes.n_bytes, true);
        format_check_flips(&codec_png, bytes.data, bytes.n_bytes, true);
        free(samples);
    }
    bytes_end(&bytes);
}

/* Flips that a checksum would show anyone, with the checksum made to fit. */
static void forged_files_do_no_harm(void **unused)
{
    (void)unused;
    uint64_t state = 4;
    struct bytes bytes = {0};
    for (unsigned round = 0; round < 3000; round++) {
        struct png_file file = random_file(&state);
        struct slice_header header;
        struct error error = {0};
        unsigned char data[32];
        uint16_t *samples = random_samples(&state, &file);
        put_file(&bytes, &file, samples);
        const char *name = round % 2 ? "IDAT" : "IHDR";
        unsigned char *chunk = find_chunk(&bytes, name);
        unsigned n = chunk[3] < 32 ? chunk[3] : 32;
        memcpy(data, chunk + 8, n);
        data[random_below(&state, n)] ^= (unsigned char)(1u << random_below(&state, 8));
        forge(&bytes, name, data, n);
        free(format_read(&codec_png, bytes.data, bytes.n_bytes, true, &header, &error));
        free(samples);
    }
    bytes_end(&bytes);
}

static void exif_turns(void **unused)
{
    enum { SIGNATURE_AND_IHDR = 8 + 25 };
    (void)unused;
    uint64_t state = 78;
    for (unsigned i = 0; i < 64; i++) {
        const uint16_t orientation = (uint16_t)(1 + i % 8);
        struct bytes plain = {0}, turned = {0}, exif = {0};
        struct png_file file = random_file(&state);
        uint16_t *samples = random_samples(&state, &file);
        put_file(&plain, &file, samples);
        format_put(&exif, "eXIf", 4);
        format_put_exif(&exif, orientation, random_below(&state, 2));
        format_put(&turned, plain.data, SIGNATURE_AND_IHDR);
        format_put_be(&turned, exif.n_bytes - 4, 4);
        format_put(&turned, exif.data, exif.n_bytes);
        format_put_be(&turned, crc_of(exif.data, exif.n_bytes), 4);
        format_put(&turned, (const char *)plain.data + SIGNATURE_AND_IHDR,
                   plain.n_bytes - SIGNATURE_AND_IHDR);
        format_check_turned(&codec_png, &plain, &turned, orientation);
        free(samples);
        bytes_end(&plain);
        bytes_end(&turned);
        bytes_end(&exif);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_depth_and_colour_type_is_read),
        cmocka_unit_test(resolution_in_metres_is_a_spacing),
        cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(huge_extents_are_refused_without_memory),
        cmocka_unit_test(a_number_that_the_palette_has_not_is_refused),
        cmocka_unit_test(hostile_files_do_no_harm),
        cmocka_unit_test(forged_files_do_no_harm),
        cmocka_unit_test(exif_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
