/* SPDX-License-Identifier: MIT
 * JPEG 2000 files whose boxes and markers are odd: what is still read gives the same voxels, and what is
 * refused is so before OpenJPEG sees it. */
#include "codec_fixture.h"
#include "format_fixture.h"
#include "jp2_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NX = 9, NY = 7 };

/* 9 x 7 u8 in components alike, in one tile. */
static void put_small(struct bytes *bytes, unsigned ncomponents, bool boxed)
{
    const struct jp2_file file = {.nx = NX,
                                  .ny = NY,
                                  .step = 1,
                                  .ncomponents = ncomponents,
                                  .bits = 8,
                                  .boxed = boxed,
                                  .colour = ncomponents > 1 ? OPJ_CLRSPC_SRGB : OPJ_CLRSPC_GRAY,
                                  .nlevels = 2,
                                  .block_nx = 64,
                                  .block_ny = 64,
                                  .nlayers = 1};
    int voxels[4 * NX * NY];
    for (int i = 0; i < 4 * NX * NY; i++)
        voxels[i] = i * i % 251;
    jp2_fixture_write(bytes, &file, voxels);
}

/* Where these bytes are found first. */
static size_t find(const struct bytes *bytes, const char *wanted, size_t n)
{
    const unsigned char *found = memmem(bytes->data, bytes->n_bytes, wanted, n);
    assert_non_null(found);
    return (size_t)(found - bytes->data);
}

static void insert(struct bytes *bytes, size_t at, const void *data, size_t n)
{
    format_put(bytes, data, n);
    memmove(bytes->data + at + n, bytes->data + at, bytes->n_bytes - n - at);
    memcpy(bytes->data + at, data, n);
}

/* n times the same. */
static void insert_many(struct bytes *bytes, size_t at, const void *data, size_t n_bytes, size_t n)
{
    unsigned char *all = malloc(n * n_bytes);
    assert_non_null(all);
    for (size_t i = 0; i < n; i++)
        memcpy(all + i * n_bytes, data, n_bytes);
    insert(bytes, at, all, n * n_bytes);
    free(all);
}

static void set_be(struct bytes *bytes, size_t at, uint64_t value, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        bytes->data[at + i] = (unsigned char)(value >> 8 * (n - 1 - i));
}

static void check_same(const struct bytes *bytes)
{
    struct slice_header header;
    struct error error = {0};
    unsigned char *voxels = format_read(&codec_jpeg2000, bytes->data, bytes->n_bytes, false, &header, &error);
    if (!voxels)
        fail_msg("%s", error.message);
    for (int i = 0; i < NX * NY; i++)
        assert_int_equal(voxels[i], i * i % 251);
    free(voxels);
}

static void refused(const struct bytes *bytes, const char *what)
{
    format_check_refused(&codec_jpeg2000, bytes->data, bytes->n_bytes, true, what, true);
}

static void refused_when_decoded(const struct bytes *bytes, const char *what)
{
    format_check_refused(&codec_jpeg2000, bytes->data, bytes->n_bytes, true, what, false);
}

static void lengths_of_boxes(void **state)
{
    struct bytes bytes = {0};
    (void)state;
    put_small(&bytes, 1, true);
    size_t box = find(&bytes, "jp2c", 4) - 4;
    set_be(&bytes, box, 1, 4);
    insert(&bytes, box + 8, "\0\0\0\0\0\0\0\0", 8);
    set_be(&bytes, box + 8, bytes.n_bytes - box, 8);
    check_same(&bytes);
    set_be(&bytes, box + 8, bytes.n_bytes - box + 1, 8);
    refused(&bytes, "a box of it is cut");
    set_be(&bytes, box + 8, 15, 8);
    refused(&bytes, "a box of it is cut");
    bytes.n_bytes = box + 15; /* it ends within the length */
    refused(&bytes, "a box of it is cut");
    bytes.n_bytes = box + 8;
    set_be(&bytes, box, 0, 4); /* empty, to the end of the file */
    refused(&bytes, "its codestream does not begin as one");
    bytes.n_bytes = box + 7;
    refused(&bytes, "a box of it is cut");
    bytes_end(&bytes);
}

/* Puts a box at the end of the header box, n times. */
static void add_to_header(struct bytes *bytes, const void *box, size_t box_bytes, size_t n)
{
    size_t header = find(bytes, "jp2h", 4) - 4,
           n_bytes = bytes->data[header + 2] * 256u + bytes->data[header + 3];
    insert_many(bytes, header + n_bytes, box, box_bytes, n);
    set_be(bytes, header, n_bytes + n * box_bytes, 4);
}

static void boxes_of_the_header(void **state)
{
    static const struct {
        unsigned char box[32];
        size_t n;
        const char *said;
    } cases[] = {
        /* The first colour counts: were it the second, that would be grey in three components. */
        {{0, 0, 0, 15, 'c', 'o', 'l', 'r', 1, 0, 0, 0, 0, 0, 17}, 15, "is in colour (RGB)"},
        {{0, 0, 0, 12, 'c', 'o', 'l', 'r', 2, 0, 0, 9}, 12, "is in colour (RGB)"},
        {{0, 0, 0, 10, 'c', 'o', 'l', 'r', 1, 0}, 10, "a box of it is cut"},
        {{0, 0, 0, 9, 'r', 'e', 's', 'c', 0}, 9, "a box of it is cut"},
        {{0, 0, 0, 17, 'r', 'e', 's', ' ', 0, 0, 0, 9, 'r', 'e', 's', 'c', 0}, 17, "a box of it is cut"},
        {{0, 0, 0, 17, 'r', 'e', 's', ' ', 0, 0, 0, 10, 'f', 'r', 'e', 'e', 0}, 17, "a box of it is cut"},
    };
    struct bytes bytes = {0};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_small(&bytes, 3, true);
        add_to_header(&bytes, cases[i].box, cases[i].n, 1);
        format_check_refused(&codec_jpeg2000, bytes.data, bytes.n_bytes, false, cases[i].said, true);
    }
    put_small(&bytes, 3, true);
    size_t colour = find(&bytes, "colr", 4);
    set_be(&bytes, colour - 4, 14, 4); /* a byte short; it would begin the next box */
    refused(&bytes, "a box of it is cut");
    bytes_end(&bytes);
}

/* No file has so many boxes. */
static void crowds_of_boxes(void **state)
{
    static const unsigned char empty[8] = {0, 0, 0, 8, 'f', 'r', 'e', 'e'};
    struct bytes bytes = {0};
    (void)state;
    put_small(&bytes, 1, true);
    add_to_header(&bytes, empty, sizeof empty, 900);
    check_same(&bytes);
    add_to_header(&bytes, empty, sizeof empty, 100);
    refused(&bytes, "a box of it is cut");
    put_small(&bytes, 1, true);
    insert_many(&bytes, find(&bytes, "jp2c", 4) - 4, empty, sizeof empty, 900);
    check_same(&bytes);
    insert_many(&bytes, find(&bytes, "jp2c", 4) - 4, empty, sizeof empty, 100);
    refused(&bytes, "is a JPEG 2000 file without a codestream");
    bytes_end(&bytes);
}

static void colours_and_components(void **state)
{
    static const struct {
        unsigned ncomponents, colour;
        const char *said; /* with --gray */
    } cases[] = {{3, 17, "has 3 components, and does not say of what"},
                 {4, 17, "has 4 components, and does not say of what"},
                 {4, 12, "CMYK"},
                 {3, 14, "is in colour of kind 14"},
                 {4, 14, "has 4 components, and does not say of what"},
                 {4, 18, NULL}};
    struct bytes bytes = {0};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_small(&bytes, cases[i].ncomponents, true);
        bytes.data[find(&bytes, "colr", 4) + 10] = (unsigned char)cases[i].colour;
        if (cases[i].said)
            refused(&bytes, cases[i].said);
        else
            format_check_refused(&codec_jpeg2000, bytes.data, bytes.n_bytes, false, "is in colour (YCbCr)",
                                 true);
    }
    put_small(&bytes, 3, true);
    size_t components = find(&bytes, "\xff\x51", 2) + 40;
    bytes.data[components + 3] = 9; /* of the second one: 10 bits */
    refused(&bytes, "signed or of unlike depth");
    for (unsigned i = 0; i < 3; i++)
        bytes.data[components + 3 * i] = 0x87; /* 8 bits, signed */
    refused(&bytes, "signed or of unlike depth");
    bytes_end(&bytes);
}

static void extents_that_make_no_sense(void **state)
{
    enum { X0 = 14, Y0 = 18, TILE_NX = 22, TILE_NY = 26, TILE_X0 = 30, TILE_Y0 = 34 };
    static const struct {
        unsigned at[2], values[2]; /* from the marker on */
    } cases[] = {{{TILE_X0, TILE_X0}, {1, 1}}, {{TILE_Y0, TILE_Y0}, {1, 1}},
                 {{TILE_NX, TILE_NX}, {0, 0}}, {{TILE_NY, TILE_NY}, {0, 0}},
                 {{X0, TILE_NX}, {4, 4}},      {{Y0, TILE_NY}, {4, 4}},
                 {{X0, X0}, {9, 9}},           {{Y0, Y0}, {7, 7}}};
    struct bytes bytes = {0};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_small(&bytes, 1, false);
        size_t size = find(&bytes, "\xff\x51", 2);
        for (unsigned k = 0; k < 2; k++)
            set_be(&bytes, size + cases[i].at[k], cases[i].values[k], 4);
        refused(&bytes, "its extent makes no sense");
    }
    for (unsigned ncomponents = 0; ncomponents <= 5; ncomponents += 5) {
        put_small(&bytes, 1, false);
        size_t size = find(&bytes, "\xff\x51", 2);
        set_be(&bytes, size + 2, 38 + 3 * ncomponents, 2);
        set_be(&bytes, size + 38, ncomponents, 2);
        refused(&bytes, ncomponents ? "has 5 components" : "has 0 components");
    }
    bytes_end(&bytes);
}

/* Puts a marker segment with this content before the first of another kind. */
static void add_marker(struct bytes *bytes, const char *before, unsigned marker, const void *content,
                       size_t n)
{
    size_t at = find(bytes, before, 2);
    insert(bytes, at, content, n);
    insert(bytes, at, "\0\0\0\0", 4);
    set_be(bytes, at, marker, 2);
    set_be(bytes, at + 2, n + 2, 2);
}

static void markers_of_the_header(void **state)
{
    enum { COC = 0xff53 };
    static const unsigned char comment[6] = {0xff, 0x64, 0, 4, 0, 1};
    unsigned char coding[7] = {0, 0}; /* of component 0 */
    struct bytes bytes = {0};
    (void)state;
    put_small(&bytes, 1, false);
    memcpy(coding + 2, bytes.data + find(&bytes, "\xff\x52", 2) + 9, 5);
    add_marker(&bytes, "\xff\x90", COC, coding, sizeof coding);
    check_same(&bytes);
    for (size_t n = 0; n < sizeof coding; n++) {
        put_small(&bytes, 1, false);
        add_marker(&bytes, "\xff\x90", COC, coding, n);
        refused(&bytes, "how it is coded makes no sense");
    }
    coding[1] = 1; /* precincts, which do not follow */
    put_small(&bytes, 1, false);
    add_marker(&bytes, "\xff\x90", COC, coding, sizeof coding);
    refused(&bytes, "how it is coded makes no sense");
    put_small(&bytes, 1, false);
    insert_many(&bytes, find(&bytes, "\xff\x90", 2), comment, sizeof comment, 9000);
    check_same(&bytes);
    insert_many(&bytes, find(&bytes, "\xff\x90", 2), comment, sizeof comment, 1000);
    refused(&bytes, "its header does not end");
    bytes_end(&bytes);
}

/* Precincts of one voxel have no room for a band of half of them. */
static void precincts_of_nothing(void **state)
{
    struct bytes bytes = {0};
    (void)state;
    put_small(&bytes, 1, false);
    size_t coding = find(&bytes, "\xff\x52", 2);
    bytes.data[coding + 4] |= 1;
    insert(&bytes, coding + 14, "\0\0\0", 3);
    set_be(&bytes, coding + 2, 15, 2);
    refused_when_decoded(&bytes, "is a damaged JPEG 2000 file (OpenJPEG: ");
    bytes_end(&bytes);
}

/* Replaces what is behind the header of the only tile-part by these bytes, whose number it tells. */
static void set_part(struct bytes *bytes, const void *data, size_t n)
{
    size_t part = find(bytes, "\xff\x90", 2);
    bytes->n_bytes = part + 12;
    format_put(bytes, data, n);
    set_be(bytes, part + 6, 12 + n, 4);
    format_put(bytes, "\xff\xd9", 2);
}

static void headers_of_tile_parts(void **state)
{
    static const struct {
        const char *data;
        size_t n;
        const char *said;
    } cases[] = {{"\xff\x64\0\4\0\1", 6, "a tile of it has no voxels"},
                 {"\xff\x64\0", 3, "the header of a tile is"},
                 {"\xff\x64\0\1\xff\x93", 6, "the header of a tile is"},
                 {"\xff\x64\xff\xff\xff\x93", 6, "the header of a tile is"},
                 {"\xff\x52\0\3\1\xff\x93", 7, "the header of a tile is"},
                 {"\xff", 1, "a tile of it has no voxels"}};
    struct bytes bytes = {0};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_small(&bytes, 1, false);
        set_part(&bytes, cases[i].data, cases[i].n);
        format_put(&bytes, "\0\0", 2);
        refused_when_decoded(&bytes, cases[i].said);
    }
    put_small(&bytes, 1, false);
    size_t part = find(&bytes, "\xff\x90", 2);
    size_t n_bytes = bytes.n_bytes - 2 - part; /* without the end's marker */
    insert(&bytes, part + 12, "\xff\x64\0\4\0\1", 6);
    set_be(&bytes, part + 6, n_bytes + 6, 4);
    check_same(&bytes);
    set_be(&bytes, part + 6, 0, 4); /* up to the end */
    check_same(&bytes);
    bytes_end(&bytes);
}

static void chains_of_tile_parts(void **state)
{
    static const unsigned char start[14] = {0xff, 0x90, 0, 10, 0, 0, 0, 0, 0, 14, 0, 0, 0xff, 0x93};
    static const unsigned char open[12] = {0xff, 0x90, 0, 10};
    struct bytes bytes = {0};
    (void)state;
    put_small(&bytes, 1, false);
    bytes.n_bytes -= 2;
    format_put(&bytes, open, sizeof open); /* it goes to the end of the file, which is here */
    refused_when_decoded(&bytes, "a tile of it makes no sense");
    put_small(&bytes, 1, false);
    bytes.n_bytes = find(&bytes, "\xff\x90", 2);
    insert_many(&bytes, bytes.n_bytes, start, sizeof start, 65536);
    format_put(&bytes, "\xff\xd9", 2);
    refused_when_decoded(&bytes, "a tile of it makes no sense");
    bytes_end(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_of_boxes),
        cmocka_unit_test(boxes_of_the_header),
        cmocka_unit_test(crowds_of_boxes),
        cmocka_unit_test(colours_and_components),
        cmocka_unit_test(extents_that_make_no_sense),
        cmocka_unit_test(markers_of_the_header),
        cmocka_unit_test(precincts_of_nothing),
        cmocka_unit_test(headers_of_tile_parts),
        cmocka_unit_test(chains_of_tile_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
