/* SPDX-License-Identifier: MIT
 * BMP files built here, byte by byte, from random voxels: every depth, row order and header. */
#include "codec_fixture.h"
#include "format_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is written; voxels are palette numbers, or colours of 3 bytes: red, green, blue. */
struct bmp_file {
    unsigned header_bytes, bits, compression;
    uint32_t nx;
    int32_t ny; /* below 0: top row first */
    unsigned ncolours;
    unsigned char palette[256][3]; /* red, green, blue */
    uint32_t x_per_metre, y_per_metre;
    uint32_t masks[3];   /* red, green, blue; for compression 3 */
    unsigned gap_bytes;  /* between the palette and the voxels */
    unsigned tail_bytes; /* behind the voxels */
    bool ncolours_unsaid;
};

static void put_header(struct bytes *file, const struct bmp_file *bmp, uint32_t voxels_at)
{
    size_t begin = file->n_bytes;
    format_put(file, "BM", 2);
    format_put_le(file, 0xdeadbeef, 4); /* the length of the file, which few writers get right */
    format_put_le(file, 0, 4);
    format_put_le(file, voxels_at, 4);
    format_put_le(file, bmp->header_bytes, 4);
    unsigned n = bmp->header_bytes == 12 ? 2 : 4;
    format_put_le(file, bmp->nx, n);
    format_put_le(file, (uint32_t)bmp->ny, n);
    format_put_le(file, 1, 2);
    format_put_le(file, bmp->bits, 2);
    const uint32_t rest[] = {bmp->compression,
                             0,
                             bmp->x_per_metre,
                             bmp->y_per_metre,
                             bmp->ncolours_unsaid ? 0 : bmp->ncolours,
                             0,
                             bmp->masks[0],
                             bmp->masks[1],
                             bmp->masks[2]};
    for (unsigned i = 0; file->n_bytes - begin - 14 < bmp->header_bytes; i++)
        format_put_le(file, i < 9 ? rest[i] : 0, 4);
    if (bmp->header_bytes == 40 && bmp->compression == 3)
        for (unsigned i = 0; i < 3; i++)
            format_put_le(file, bmp->masks[i], 4);
}

static void put_row(struct bytes *file, const struct bmp_file *bmp, const unsigned char *row)
{
    size_t begin = file->n_bytes;
    for (uint32_t x = 0; x < bmp->nx && bmp->bits > 8; x++) {
        unsigned char colour[4] = {row[3 * x + 2], row[3 * x + 1], row[3 * x], 0x5a};
        for (unsigned c = 0; c < 3 && bmp->compression == 3; c++)
            for (unsigned i = 0; i < 4; i++)
                if (bmp->masks[c] == 0xffu << 8 * i)
                    colour[i] = row[3 * x + c];
        format_put(file, colour, bmp->bits / 8);
    }
    unsigned per_byte = bmp->bits > 8 ? 1 : 8 / bmp->bits;
    for (uint32_t x = 0; x < bmp->nx && bmp->bits <= 8; x += per_byte) {
        unsigned packed = 0;
        for (uint32_t i = x; i < x + per_byte; i++)
            packed = packed << bmp->bits | (i < bmp->nx ? row[i] : 0);
        format_put_le(file, packed, 1);
    }
    while ((file->n_bytes - begin) % 4 != 0)
        format_put_le(file, 0xee, 1);
}

static void put_file(struct bytes *file, const struct bmp_file *bmp, const unsigned char *voxels)
{
    unsigned entry = bmp->header_bytes == 12 ? 3 : 4;
    unsigned masks = bmp->header_bytes == 40 && bmp->compression == 3 ? 12 : 0;
    uint32_t ny = (uint32_t)abs(bmp->ny);
    size_t row_bytes = bmp->nx * (bmp->bits > 8 ? 3 : 1);
    file->n_bytes = 0;
    put_header(file, bmp, 14 + bmp->header_bytes + masks + bmp->ncolours * entry + bmp->gap_bytes);
    for (unsigned i = 0; i < bmp->ncolours; i++) {
        const unsigned char *c = bmp->palette[i];
        format_put(file, (unsigned char[]){c[2], c[1], c[0], 0}, entry);
    }
    for (unsigned i = 0; i < bmp->gap_bytes; i++)
        format_put_le(file, 0x77, 1);
    for (uint32_t y = 0; y < ny; y++)
        put_row(file, bmp, voxels + (bmp->ny < 0 ? y : ny - 1 - y) * row_bytes);
    for (unsigned i = 0; i < bmp->tail_bytes; i++)
        format_put_le(file, 0x77, 1);
}

/* A palette of all colours: grey ones, random and in any order or each its own number. */
static void make_palette(uint64_t *state, struct bmp_file *bmp, bool identity, bool colour)
{
    bmp->ncolours = 1u << bmp->bits;
    for (unsigned i = 0; i < bmp->ncolours; i++)
        for (unsigned c = 0; c < 3; c++)
            bmp->palette[i][c] = identity           ? (unsigned char)i
                                 : colour || c == 0 ? (unsigned char)random_next(state)
                                                    : bmp->palette[i][0];
}

static struct bmp_file random_file(uint64_t *state)
{
    static const unsigned headers[] = {12, 16, 40, 52, 56, 64, 108, 124}, bits[] = {1, 4, 8, 24, 32};
    struct bmp_file bmp = {.header_bytes = headers[random_below(state, 8)],
                           .bits = bits[random_below(state, 5)]};
    bool core = bmp.header_bytes == 12;
    bmp.nx = 1 + random_below(state, 70);
    bmp.ny = 1 + (int32_t)random_below(state, 20);
    if (!core && random_below(state, 2))
        bmp.ny = -bmp.ny;
    if (bmp.bits == 32 && bmp.header_bytes >= 40 && bmp.header_bytes != 64 && random_below(state, 2)) {
        unsigned first = random_below(state, 4);
        bmp.compression = 3;
        for (unsigned c = 0; c < 3; c++)
            bmp.masks[c] = 0xffu << 8 * ((first + c) % 4);
    }
    bmp.gap_bytes = random_below(state, 3) * 3;
    bmp.tail_bytes = random_below(state, 2) * 5;
    bmp.ncolours_unsaid = random_below(state, 2);
    if (bmp.bits <= 8)
        make_palette(state, &bmp, random_below(state, 2), false);
    return bmp;
}

/* Palette numbers, or colours that are grey unless `colour`. */
static unsigned char *random_voxels(uint64_t *state, const struct bmp_file *bmp, bool colour)
{
    size_t n = (size_t)bmp->nx * (uint32_t)abs(bmp->ny), samples = bmp->bits > 8 ? 3 : 1;
    unsigned char *voxels = malloc(n * samples);
    assert_non_null(voxels);
    for (size_t i = 0; i < n * samples; i++)
        voxels[i] = samples == 3 && i % 3 != 0 && !colour
                        ? voxels[i - 1]
                        : (unsigned char)(random_next(state) & ((1u << (bmp->bits > 8 ? 8 : bmp->bits)) - 1));
    return voxels;
}

/* Luma as luma.h defines it. */
static unsigned expected_voxel(const struct bmp_file *bmp, const unsigned char *voxels, size_t i)
{
    const unsigned char *c = bmp->bits > 8 ? voxels + 3 * i : bmp->palette[voxels[i]];
    unsigned sum = 299u * c[0] + 587u * c[1] + 114u * c[2], low = sum / 1000, rest = sum % 1000;
    return rest > 500 || (rest == 500 && low % 2 == 1) ? low + 1 : low;
}

static void check_read(const struct bmp_file *bmp, const struct bytes *file, const unsigned char *voxels,
                       bool gray)
{
    struct slice_header header;
    struct error error = {0};
    unsigned char *got = format_read(&codec_bmp, file->data, file->n_bytes, gray, &header, &error);
    if (!got)
        fail_msg("%u bits, header of %u bytes: %s", bmp->bits, bmp->header_bytes, error.message);
    assert_int_equal(header.nx, bmp->nx);
    assert_int_equal(header.ny, abs(bmp->ny));
    assert_int_equal(header.type, VOXEL_U8);
    for (size_t i = 0; i < (size_t)header.nx * header.ny; i++)
        if (got[i] != expected_voxel(bmp, voxels, i))
            fail_msg("%u bits: voxel %zu is %u, not %u", bmp->bits, i, got[i],
                     expected_voxel(bmp, voxels, i));
    free(got);
}

static void every_depth_row_order_and_header_is_read(void **unused)
{
    (void)unused;
    uint64_t state = 1;
    struct bytes file = {0};
    for (unsigned round = 0; round < 3000; round++) {
        struct bmp_file bmp = random_file(&state);
        unsigned char *voxels = random_voxels(&state, &bmp, false);
        put_file(&file, &bmp, voxels);
        check_read(&bmp, &file, voxels, round % 2);
        free(voxels);
    }
    bytes_end(&file);
}

static void colour_becomes_luma_only_where_that_is_asked_for(void **unused)
{
    (void)unused;
    uint64_t state = 2;
    struct bytes file = {0};
    for (unsigned round = 0; round < 1000; round++) {
        struct bmp_file bmp = random_file(&state);
        if (bmp.bits <= 8)
            make_palette(&state, &bmp, false, true);
        unsigned char *voxels = random_voxels(&state, &bmp, true);
        put_file(&file, &bmp, voxels);
        check_read(&bmp, &file, voxels, true);
        if (bmp.nx > 3) /* few enough may be grey by chance */
            format_check_refused(&codec_bmp, file.data, file.n_bytes, false,
                                 bmp.bits > 8 ? "is in colour" : "has a palette in colour", true);
        free(voxels);
    }
    bytes_end(&file);
}

static void one_coloured_voxel_anywhere_is_refused(void **unused)
{
    (void)unused;
    uint64_t state = 3;
    struct bytes file = {0};
    for (unsigned round = 0; round < 300; round++) {
        struct bmp_file bmp = random_file(&state);
        bmp.bits = round % 2 ? 24 : 32;
        bmp.compression = bmp.ncolours = 0;
        unsigned char *voxels = random_voxels(&state, &bmp, false);
        uint32_t ny = (uint32_t)abs(bmp.ny), y = random_below(&state, ny), x = random_below(&state, bmp.nx);
        voxels[3 * ((size_t)y * bmp.nx + x) + random_below(&state, 3)] ^= 1;
        put_file(&file, &bmp, voxels);
        char where[64];
        snprintf(where, sizeof where, "is in colour: the voxel at %u, %u is ", x, y);
        bool middle = (bmp.ny < 0 ? y : ny - 1 - y) == ny / 2;
        format_check_refused(&codec_bmp, file.data, file.n_bytes, false, where, middle);
        free(voxels);
    }
    bytes_end(&file);
}

static void rows_as_a_run_wants_them_are_plain(void **unused)
{
    (void)unused;
    static const unsigned char voxels[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    uint64_t state = 4;
    struct bmp_file bmp = {.header_bytes = 40, .bits = 8, .nx = 8, .ny = -2};
    struct bytes file = {0};
    make_palette(&state, &bmp, true, false);
    for (unsigned i = 0; i < 4; i++) {
        struct slice_header header;
        struct error error = {0};
        bmp.nx = i == 1 ? 7 : 8; /* padded */
        bmp.ny = i == 2 ? 2 : -2;
        if (i == 3)
            bmp.palette[9][0] = bmp.palette[9][1] = bmp.palette[9][2] = 8;
        put_file(&file, &bmp, voxels);
        free(format_read(&codec_bmp, file.data, file.n_bytes, false, &header, &error));
        assert_int_equal(header.plain, i == 0);
    }
    bytes_end(&file);
}

static void resolution_is_a_spacing_unless_it_is_a_printers(void **unused)
{
    (void)unused;
    static const struct {
        uint32_t x, y;
        double x_um, y_um;
    } cases[] = {{50000, 200000, 20, 5},     {51282, 51282, 1e6 / 51282, 1e6 / 51282},
                 {2834, 2834, 0, 0},         {2835, 2835, 0, 0},
                 {3780, 3779, 0, 0},         {11811, 11811, 0, 0},
                 {0, 50000, 0, 0},           {1, 1, 0, 0},
                 {0xffffffffu, 50000, 0, 0}, {2837, 2837, 1e6 / 2837, 1e6 / 2837}};
    struct bmp_file bmp = {.header_bytes = 40, .bits = 24, .nx = 1, .ny = 1};
    struct bytes file = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice_header header;
        struct error error = {0};
        bmp.x_per_metre = cases[i].x;
        bmp.y_per_metre = cases[i].y;
        put_file(&file, &bmp, (const unsigned char[]){1, 1, 1});
        free(format_read(&codec_bmp, file.data, file.n_bytes, false, &header, &error));
        assert_true(header.spacing.x == cases[i].x_um && header.spacing.y == cases[i].y_um);
        assert_true(header.spacing.z == 0);
        assert_int_equal(header.spacing.unit, cases[i].x_um > 0 ? UNIT_UM : UNIT_NONE);
        assert_int_equal(header.spacing_origin, cases[i].x_um > 0 ? SPACING_BMP : SPACING_NOWHERE);
    }
    bytes_end(&file);
}

static void what_is_not_supported_is_refused_by_name(void **unused)
{
    (void)unused;
    static const struct {
        unsigned header_bytes, bits, compression, at, value;
        const char *what;
    } cases[] = {
        {40, 8, 1, 0, 0, "has RLE (8-bit run length) compression"},
        {40, 4, 2, 0, 0, "has RLE (4-bit run length) compression"},
        {40, 0, 4, 0, 0, "has a JPEG within the BMP"},
        {40, 0, 5, 0, 0, "has a PNG within the BMP"},
        {64, 1, 3, 0, 0, "has Huffman compression"},
        {64, 24, 4, 0, 0, "has RLE (24-bit run length) compression"},
        {40, 8, 77, 0, 0, "has an unknown compression"},
        {40, 16, 0, 0, 0, "has 16 bits per voxel"},
        {40, 2, 0, 0, 0, "has 2 bits per voxel"},
        {40, 32, 3, 0, 0, "has colour masks that are not of 8 bits each"},
        {40, 8, 3, 0, 0, "colour masks for 8 bits"},
        {40, 8, 0, 0, 'X', "is not a BMP"},
        {40, 8, 0, 1, 'A', "is an OS/2 bitmap array"},
        {40, 8, 0, 14, 41, "has a BMP header of 41 bytes"},
        {40, 8, 0, 26, 2, "with 2 planes"},
        {40, 8, 0, 21, 0x80, "is a damaged BMP: its extent is -"},
        {40, 8, 0, 22, 0, "is a damaged BMP: its extent is 1x0"},
        {40, 8, 0, 25, 0x7f, "is truncated"},
        {12, 8, 0, 10, 20, "its voxels begin at byte 20"},
        {40, 8, 0, 13, 0x7f, "its voxels begin at byte 21307"},
        {12, 8, 0, 10, 27, "it has no palette"},
    };
    uint64_t state = 5;
    struct bytes file = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bmp_file bmp = {.header_bytes = cases[i].header_bytes, .bits = 8, .nx = 1, .ny = 1};
        if (bmp.header_bytes != 12)
            make_palette(&state, &bmp, true, false);
        bmp.bits = cases[i].bits ? cases[i].bits : 1;
        bmp.compression = cases[i].compression;
        put_file(&file, &bmp, (const unsigned char[]){0, 0, 0});
        if (cases[i].value || cases[i].at)
            file.data[cases[i].at] = (unsigned char)cases[i].value;
        format_check_refused(&codec_bmp, file.data, file.n_bytes, false, cases[i].what, true);
    }
    bytes_end(&file);
}

static void huge_extents_are_refused_without_memory(void **unused)
{
    (void)unused;
    struct bmp_file bmp = {.header_bytes = 40, .bits = 24, .nx = 1, .ny = 1};
    struct bytes file = {0};
    put_file(&file, &bmp, (const unsigned char[]){0, 0, 0});
    memcpy(file.data + 18, "\xff\xff\xff\x7f\0\0\0\x80", 8);
    format_check_refused(&codec_bmp, file.data, file.n_bytes, false, "more than 4 GiB", true);
    memcpy(file.data + 18, "\0\0\1\0\0\0\1\0", 8); /* 65536 x 65536: just 4 GiB */
    format_check_refused(&codec_bmp, file.data, file.n_bytes, false, "is truncated", true);
    bytes_end(&file);
}

static void a_palette_may_be_short_but_not_for_its_voxels(void **unused)
{
    (void)unused;
    uint64_t state = 6;
    struct bmp_file bmp = {.header_bytes = 40, .bits = 8, .nx = 5, .ny = 3};
    struct bytes file = {0};
    unsigned char voxels[15] = {0, 1, 2, 99, 98, 97};
    make_palette(&state, &bmp, false, false);
    bmp.ncolours = 100;
    put_file(&file, &bmp, voxels);
    check_read(&bmp, &file, voxels, false);
    voxels[7] = 100;
    put_file(&file, &bmp, voxels);
    format_check_refused(&codec_bmp, file.data, file.n_bytes, false,
                         "row 1 has colour 100 of a palette of 100", false);
    bytes_end(&file);
}

static void hostile_files_do_no_harm(void **unused)
{
    (void)unused;
    uint64_t state = 7;
    struct bytes file = {0};
    for (unsigned round = 0; round < 12; round++) {
        struct bmp_file bmp = random_file(&state);
        bmp.ny = bmp.ny % 4 ? bmp.ny % 4 : 4;
        bmp.tail_bytes = 0;
        unsigned char *voxels = random_voxels(&state, &bmp, false);
        put_file(&file, &bmp, voxels);
        size_t last_row = ((size_t)bmp.nx * bmp.bits + 7) / 8;
        file.n_bytes -= (4 - last_row % 4) % 4; /* a last row without its padding is whole */
        format_check_truncations(&codec_bmp, file.data, file.n_bytes, false);
        format_check_flips(&codec_bmp, file.data, file.n_bytes, false);
        free(voxels);
    }
    bytes_end(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_depth_row_order_and_header_is_read),
        cmocka_unit_test(colour_becomes_luma_only_where_that_is_asked_for),
        cmocka_unit_test(one_coloured_voxel_anywhere_is_refused),
        cmocka_unit_test(rows_as_a_run_wants_them_are_plain),
        cmocka_unit_test(resolution_is_a_spacing_unless_it_is_a_printers),
        cmocka_unit_test(what_is_not_supported_is_refused_by_name),
        cmocka_unit_test(huge_extents_are_refused_without_memory),
        cmocka_unit_test(a_palette_may_be_short_but_not_for_its_voxels),
        cmocka_unit_test(hostile_files_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
