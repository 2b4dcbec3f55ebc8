/* SPDX-License-Identifier: MIT
 * JPEG 2000 files that OpenJPEG writes, without loss, from random images: every depth, tiles, code-blocks,
 * offsets. */
#include "codec_fixture.h"
#include "format_fixture.h"
#include "jp2_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int *random_voxels(uint64_t *state, const struct jp2_file *file)
{
    size_t n = (size_t)file->nx * file->ny * file->ncomponents;
    int *voxels = malloc(n * sizeof *voxels), low = file->is_signed ? -(1 << (file->bits - 1)) : 0;
    assert_non_null(voxels);
    for (size_t i = 0; i < n; i++)
        voxels[i] = low + (int)random_below(state, 1u << file->bits);
    return voxels;
}

/* The least that a tile has of n voxels that begin at x0. */
static uint32_t smallest_piece(uint32_t x0, uint32_t n, uint32_t tile)
{
    uint32_t first = tile - x0, last = tile ? (x0 + n) % tile : 0, smallest = n;
    if (tile && first < smallest)
        smallest = first;
    return last && last < smallest ? last : smallest;
}

static struct jp2_file random_file(uint64_t *state)
{
    struct jp2_file file = {.nx = 1 + random_below(state, 60),
                            .ny = 1 + random_below(state, 60),
                            .step = 1,
                            .ncomponents = 1,
                            .bits = 1 + random_below(state, 16),
                            .is_signed = random_below(state, 3) == 0,
                            .boxed = random_below(state, 2),
                            .colour = OPJ_CLRSPC_GRAY,
                            .nlevels = (int)random_below(state, 6),
                            .block_nx = 4 << random_below(state, 5),
                            .block_ny = 4 << random_below(state, 5),
                            .nlayers = 1 + (int)random_below(state, 3),
                            .precinct = random_below(state, 3) ? 0 : 64,
                            .markers = random_below(state, 2)};
    if (random_below(state, 2)) {
        file.x0 = random_below(state, 20);
        file.y0 = random_below(state, 20);
    }
    if (file.markers)
        file.nlayers = 1; /* OpenJPEG's encoder loses some where both are asked for */
    if (random_below(state, 2)) {
        file.tile_nx = 24 + random_below(state, 40);
        file.tile_ny = 24 + random_below(state, 40);
    }
    uint32_t nx = smallest_piece(file.x0, file.nx, file.tile_nx);
    uint32_t ny = smallest_piece(file.y0, file.ny, file.tile_ny), smallest = nx < ny ? nx : ny;
    while (smallest >> file.nlevels == 0) /* of smaller ones OpenJPEG's encoder loses voxels */
        file.nlevels--;
    return file;
}

static unsigned luma_of(unsigned r, unsigned g, unsigned b)
{
    unsigned sum = 299 * r + 587 * g + 114 * b, low = sum / 1000, rest = sum % 1000;
    return rest > 500 || (rest == 500 && low % 2 == 1) ? low + 1 : low;
}

static int voxel_at(const void *voxels, enum voxel_type type, size_t i)
{
    switch (type) {
    case VOXEL_U8:
        return ((const uint8_t *)voxels)[i];
    case VOXEL_I8:
        return ((const int8_t *)voxels)[i];
    case VOXEL_U16:
        return ((const uint16_t *)voxels)[i];
    default:
        return ((const int16_t *)voxels)[i];
    }
}

static void check_read(const struct jp2_file *file, const struct bytes *bytes, const int *voxels, bool luma)
{
    struct slice_header header;
    struct error error = {0};
    size_t n = (size_t)file->nx * file->ny;
    unsigned char *got = format_read(&codec_jpeg2000, bytes->data, bytes->n_bytes, luma, &header, &error);
    if (!got)
        fail_msg("%u bits, %u components: %s", file->bits, file->ncomponents, error.message);
    assert_int_equal(header.nx, file->nx);
    assert_int_equal(header.ny, file->ny);
    assert_int_equal(header.type, file->bits > 8 ? (file->is_signed ? VOXEL_I16 : VOXEL_U16)
                                                 : (file->is_signed ? VOXEL_I8 : VOXEL_U8));
    for (size_t i = 0; i < n; i++) {
        int expected =
            luma ? (int)luma_of((unsigned)voxels[i], (unsigned)voxels[n + i], (unsigned)voxels[2 * n + i])
                 : voxels[i];
        if (voxel_at(got, header.type, i) != expected)
            fail_msg("%u bits: voxel %zu is %d, not %d", file->bits, i, voxel_at(got, header.type, i),
                     expected);
    }
    free(got);
}

static void every_depth_and_cut_is_read(void **unused)
{
    (void)unused;
    uint64_t state = 1;
    struct bytes bytes = {0};
    for (unsigned round = 0; round < 400; round++) {
        struct jp2_file file = random_file(&state);
        int *voxels = random_voxels(&state, &file);
        jp2_fixture_write(&bytes, &file, voxels);
        check_read(&file, &bytes, voxels, false);
        free(voxels);
    }
    bytes_end(&bytes);
}

static void colour_becomes_luma_only_where_that_is_asked_for(void **unused)
{
    (void)unused;
    uint64_t state = 2;
    struct bytes bytes = {0};
    for (unsigned round = 0; round < 100; round++) {
        struct jp2_file file = random_file(&state);
        file.ncomponents = 3 + round % 2;
        file.colour = OPJ_CLRSPC_SRGB;
        file.is_signed = false;
        file.boxed |= file.ncomponents == 4;
        file.block_nx = file.block_ny = 32; /* OpenJPEG's encoder runs out of room with small ones of noise */
        int *voxels = random_voxels(&state, &file);
        jp2_fixture_write(&bytes, &file, voxels);
        check_read(&file, &bytes, voxels, true);
        format_check_refused(&codec_jpeg2000, bytes.data, bytes.n_bytes, false, "is in colour (RGB)", true);
        free(voxels);
    }
    bytes_end(&bytes);
}

/* Of YCbCr the first component is the luma; of grey with another component it is the grey. */
static void the_first_component_is_taken_where_it_says_all(void **unused)
{
    (void)unused;
    uint64_t state = 3;
    struct bytes bytes = {0};
    for (unsigned round = 0; round < 2; round++) {
        struct jp2_file file = random_file(&state);
        struct slice_header header;
        struct error error = {0};
        file.ncomponents = round ? 3 : 2;
        file.colour = round ? OPJ_CLRSPC_SYCC : OPJ_CLRSPC_GRAY;
        file.boxed = true;
        int *voxels = random_voxels(&state, &file);
        jp2_fixture_write(&bytes, &file, voxels);
        unsigned char *got = format_read(&codec_jpeg2000, bytes.data, bytes.n_bytes, true, &header, &error);
        if (!got)
            fail_msg("%s", error.message);
        free(got);
        if (round)
            format_check_refused(&codec_jpeg2000, bytes.data, bytes.n_bytes, false, "is in colour (YCbCr)",
                                 true);
        free(voxels);
    }
    bytes_end(&bytes);
}

/* A plain one, 9x7. */
static void put_small(struct bytes *bytes, struct jp2_file file)
{
    uint64_t state = 4;
    file.nx = 9;
    file.ny = 7;
    file.nlevels = 2;
    file.block_nx = file.block_ny = 64;
    file.nlayers = 1;
    file.step = file.step ? file.step : 1;
    int *voxels = random_voxels(&state, &file);
    jp2_fixture_write(bytes, &file, voxels);
    free(voxels);
}

static const struct jp2_file grey = {.ncomponents = 1, .bits = 8, .boxed = true, .colour = OPJ_CLRSPC_GRAY};

/* Where the marker stands. */
static unsigned char *find_marker(const struct bytes *bytes, const char *marker)
{
    unsigned char *found = memmem(bytes->data, bytes->n_bytes, marker, 2);
    assert_non_null(found);
    return found;
}

static void what_is_not_supported_is_refused_by_name(void **unused)
{
    (void)unused;
    struct bytes bytes = {0};
    struct jp2_file file = grey;
    file.step = 2;
    put_small(&bytes, file);
    format_check_refused(&codec_jpeg2000, bytes.data, bytes.n_bytes, true, "is subsampled", true);
    file = grey;
    file.bits = 17;
    put_small(&bytes, file);
    format_check_refused(&codec_jpeg2000, bytes.data, bytes.n_bytes, true, "has 17 bits per voxel", true);
    file = grey;
    file.ncomponents = 4;
    file.colour = OPJ_CLRSPC_SRGB;
    file.boxed = false;
    put_small(&bytes, file);
    format_check_refused(&codec_jpeg2000, bytes.data, bytes.n_bytes, true, "does not say of what", true);
    file.ncomponents = 2;
    put_small(&bytes, file);
    format_check_refused(&codec_jpeg2000, bytes.data, bytes.n_bytes, true, "does not say of what", true);
    put_small(&bytes, grey);
    unsigned char *colour = memmem(bytes.data, bytes.n_bytes, "colr", 4);
    assert_non_null(colour);
    memcpy(colour, "pclr", 4);
    format_check_refused(&codec_jpeg2000, bytes.data, bytes.n_bytes, true, "has a palette", true);
    file = grey;
    file.ncomponents = 3;
    file.colour = OPJ_CLRSPC_SRGB;
    put_small(&bytes, file);
    colour = memmem(bytes.data, bytes.n_bytes, "colr", 4);
    assert_non_null(colour);
    colour[10] = 12;
    format_check_refused(&codec_jpeg2000, bytes.data, bytes.n_bytes, true, "CMYK", true);
    format_check_refused(&codec_jpeg2000, "BM12345", 7, true, "is not a JPEG 2000 file", true);
    bytes_end(&bytes);
}

/* Puts a resolution box at the end of the header box. */
static void insert_resolution(struct bytes *bytes, const unsigned char values[10])
{
    unsigned char box[26] = {0, 0, 0, 26, 'r', 'e', 's', ' ', 0, 0, 0, 18, 'r', 'e', 's', 'c'};
    unsigned char *header = memmem(bytes->data, bytes->n_bytes, "jp2h", 4);
    assert_non_null(header);
    memcpy(box + 16, values, 10);
    size_t end = (size_t)(header - 4 - bytes->data) + header[-1];
    header[-1] = (unsigned char)(header[-1] + sizeof box);
    format_put(bytes, box, sizeof box);
    memmove(bytes->data + end + sizeof box, bytes->data + end, bytes->n_bytes - sizeof box - end);
    memcpy(bytes->data + end, box, sizeof box);
}

static void capture_resolution_is_a_spacing(void **unused)
{
    (void)unused;
    static const struct {
        unsigned char values[10]; /* y and x: numerator, denominator; powers of ten */
        double x_um, y_um;
    } cases[] = {{{0, 5, 0, 1, 0, 20, 0, 2, 4, 3}, 100, 20},
                 {{0x0b, 0x13, 0, 1, 0x0b, 0x13, 0, 1, 0, 0}, 0, 0}, /* 2835: a screen's */
                 {{0, 5, 0, 0, 0, 20, 0, 2, 4, 3}, 0, 0},
                 {{0, 5, 0, 1, 0, 20, 0, 2, 127, 0x80}, 0, 0}};
    struct bytes bytes = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice_header header;
        struct error error = {0};
        put_small(&bytes, grey);
        insert_resolution(&bytes, cases[i].values);
        unsigned char *got = format_read(&codec_jpeg2000, bytes.data, bytes.n_bytes, false, &header, &error);
        assert_non_null(got);
        free(got);
        assert_true(header.spacing.x == cases[i].x_um && header.spacing.y == cases[i].y_um);
        assert_int_equal(header.spacing_origin, cases[i].x_um > 0 ? SPACING_JPEG2000 : SPACING_NOWHERE);
    }
    bytes_end(&bytes);
}

static void huge_extents_are_refused_without_memory(void **unused)
{
    (void)unused;
    static const struct {
        unsigned char grid[16]; /* X and Y of the image's end, 0, 0 */
        const char *what;
    } cases[] = {{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "more than 4 GiB"},
                 {{0, 1, 0, 0, 0, 0, 0xff, 0xff}, "more than 4 GiB to decode"},
                 {{0, 0, 0, 0, 0, 0, 0, 1}, "its extent makes no sense"}};
    struct bytes bytes = {0};
    put_small(&bytes, grey);
    unsigned char *size = find_marker(&bytes, "\xff\x51");
    memcpy(size + 22, "\xff\xff\xff\xff\xff\xff\xff\xff", 8); /* one tile */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memcpy(size + 6, cases[i].grid, 8);
        format_check_refused(&codec_jpeg2000, bytes.data, bytes.n_bytes, false, cases[i].what, true);
    }
    memcpy(size + 6, "\0\0\x40\0\0\0\x40\0", 8);
    memcpy(size + 22, "\0\0\0\x40\0\0\0\x40", 8); /* 65536 tiles */
    format_check_refused(&codec_jpeg2000, bytes.data, bytes.n_bytes, false, "it has too many tiles", true);
    memcpy(size + 22, "\0\0\0\x80\0\0\0\x80", 8); /* 16384 tiles, of which one is there */
    format_check_refused(&codec_jpeg2000, bytes.data, bytes.n_bytes, false, "is truncated", true);
    bytes_end(&bytes);
}

/* 4x4 blocks of a large image would take OpenJPEG ten times the memory of its voxels. */
static void tiny_blocks_are_read_only_of_small_images(void **unused)
{
    (void)unused;
    struct bytes bytes = {0};
    put_small(&bytes, grey);
    unsigned char *coding = find_marker(&bytes, "\xff\x52"), *size = find_marker(&bytes, "\xff\x51");
    coding[10] = coding[11] = 0;
    memcpy(size + 6, "\0\0\x40\0\0\0\x40\0", 8);
    memcpy(size + 22, "\0\0\x40\0\0\0\x40\0", 8);
    format_check_refused(&codec_jpeg2000, bytes.data, bytes.n_bytes, false, "code-blocks or precincts", true);
    coding[10] = coding[11] = 4;
    coding[4] |= 1; /* precincts are listed */
    format_check_refused(&codec_jpeg2000, bytes.data, bytes.n_bytes, false, "makes no sense", true);
    bytes_end(&bytes);
}

static void missing_tiles_are_refused(void **unused)
{
    (void)unused;
    struct jp2_file file = grey;
    struct bytes bytes = {0};
    file.tile_nx = file.tile_ny = 5;
    put_small(&bytes, file);
    unsigned char *first = find_marker(&bytes, "\xff\x90");
    size_t length = (size_t)first[8] << 8 | first[9], at = (size_t)(first - bytes.data);
    memmove(first, first + length, bytes.n_bytes - at - length);
    bytes.n_bytes -= length;
    unsigned char *box = memmem(bytes.data, bytes.n_bytes, "jp2c", 4);
    assert_non_null(box);
    memset(box - 4, 0, 4); /* to the end of the file */
    format_check_refused(&codec_jpeg2000, bytes.data, bytes.n_bytes, false, "lacks tile 1 of 4", false);
    bytes_end(&bytes);
}

static void hostile_files_do_no_harm(void **unused)
{
    (void)unused;
    uint64_t state = 5;
    struct bytes bytes = {0};
    for (unsigned round = 0; round < 4; round++) {
        struct jp2_file file = random_file(&state);
        file.nx = 1 + file.nx % 12;
        file.ny = 1 + file.ny % 12;
        file.tile_nx = file.tile_ny = round % 2 ? 0 : 6;
        file.boxed = round / 2;
        file.x0 = file.y0 = 0;
        file.nlevels = 0;
        file.nlayers = 1;
        int *voxels = random_voxels(&state, &file);
        jp2_fixture_write(&bytes, &file, voxels);
        format_check_truncations(&codec_jpeg2000, bytes.data, bytes.n_bytes, true);
        format_check_flips(&codec_jpeg2000, bytes.data, bytes.n_bytes, true);
        free(voxels);
    }
    bytes_end(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_depth_and_cut_is_read),
        cmocka_unit_test(colour_becomes_luma_only_where_that_is_asked_for),
        cmocka_unit_test(the_first_component_is_taken_where_it_says_all),
        cmocka_unit_test(what_is_not_supported_is_refused_by_name),
        cmocka_unit_test(capture_resolution_is_a_spacing),
        cmocka_unit_test(huge_extents_are_refused_without_memory),
        cmocka_unit_test(tiny_blocks_are_read_only_of_small_images),
        cmocka_unit_test(missing_tiles_are_refused),
        cmocka_unit_test(hostile_files_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
