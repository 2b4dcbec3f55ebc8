/* SPDX-License-Identifier: MIT
 * Texts that describe raw volumes: what random descriptions say in any spelling is what is understood; names
 * of data files; units; what is refused; and no byte of a text can do harm. */
#include "codec/metaimage.h"
#include "codec/nrrd.h"
#include "codec/raw_text.h"
#include "codec_fixture.h"
#include "volume_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 2000, TEXT_BYTES = 4096 };

static void every_type_is_known_by_all_its_names(void **state)
{
    static const struct {
        const char *name;
        int type; /* VOXEL_TYPES: f64; -1: refused */
    } types[] = {
        {"signed char", VOXEL_I8},
        {"int8", VOXEL_I8},
        {"int8_t", VOXEL_I8},
        {"uchar", VOXEL_U8},
        {"unsigned char", VOXEL_U8},
        {"uint8", VOXEL_U8},
        {"uint8_t", VOXEL_U8},
        {"short", VOXEL_I16},
        {"short int", VOXEL_I16},
        {"signed short", VOXEL_I16},
        {"signed short int", VOXEL_I16},
        {"int16", VOXEL_I16},
        {"int16_t", VOXEL_I16},
        {"ushort", VOXEL_U16},
        {"unsigned short", VOXEL_U16},
        {"unsigned short int", VOXEL_U16},
        {"uint16", VOXEL_U16},
        {"uint16_t", VOXEL_U16},
        {"int", VOXEL_I32},
        {"signed int", VOXEL_I32},
        {"int32", VOXEL_I32},
        {"int32_t", VOXEL_I32},
        {"uint", VOXEL_U32},
        {"unsigned int", VOXEL_U32},
        {"uint32", VOXEL_U32},
        {"uint32_t", VOXEL_U32},
        {"float", VOXEL_F32},
        {"FLOAT", VOXEL_F32},
        {"double", VOXEL_TYPES},
        {"int64", -1},
        {"long long", -1},
        {"ulonglong", -1},
        {"block", -1},
        {"char", -1},
        {"", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char text[300], *copy;
        snprintf(text, sizeof text, "%stype: %s\n\n", NRRD_BASE, types[i].name);
        if (types[i].type < 0) {
            volume_text_refused(nrrd_parse, text, "type: ");
            continue;
        }
        struct volume_header header = volume_text_read(nrrd_parse, text, &copy);
        bool is_f64 = types[i].type == VOXEL_TYPES;
        assert_int_equal(header.is_f64, is_f64);
        assert_int_equal(header.type, is_f64 ? VOXEL_F32 : (enum voxel_type)types[i].type);
        free(copy);
    }
}

/* Adds a line, with blanks, letters and an end as they come. */
static void add_line(char *text, uint64_t *random, bool meta, const char *key, const char *value)
{
    static const char *const blanks[] = {"", " ", "\t", "   "};
    char spelt[64];
    size_t used = strlen(text), i = 0;
    for (; key[i]; i++)
        spelt[i] =
            (char)(random_below(random, 8) == 0 && key[i] >= 'a' && key[i] <= 'z' ? key[i] - 32 : key[i]);
    spelt[i] = '\0';
    snprintf(text + used, TEXT_BYTES - used, "%s%s%s%s%s%s%s", spelt,
             meta ? blanks[random_below(random, 4)] : "", meta ? "=" : ":", blanks[random_below(random, 4)],
             value, blanks[random_below(random, 4)], random_below(random, 2) ? "\r\n" : "\n");
    if (!meta && random_below(random, 6) == 0)
        strcat(text, "# type: a comment\n");
    if (!meta && random_below(random, 6) == 0)
        strcat(text, "sizes:=a key\n");
}

/* What a random description says. */
struct told {
    uint32_t extent[3];
    bool big, compressed, one_file;
    unsigned skip_bytes, spacing[3];
};

static struct told random_told(uint64_t *random)
{
    return (struct told){
        .extent = {1 + random_below(random, 5000), 1 + random_below(random, 5000),
                   1 + random_below(random, 5000)},
        .big = random_below(random, 2),
        .compressed = random_below(random, 2),
        .one_file = random_below(random, 2),
        .skip_bytes = random_below(random, 100000),
        .spacing = {1 + random_below(random, 9999), 1 + random_below(random, 9999),
                    1 + random_below(random, 9999)},
    };
}

static void write_nrrd(char *text, const struct told *told, uint64_t *random)
{
    char values[8][128];
    static const char *const keys[8] = {"dimension", "sizes",     "type",     "encoding",
                                        "endian",    "byte skip", "spacings", "units"};
    unsigned order[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    snprintf(values[0], 128, "3");
    snprintf(values[1], 128, "%u  %u %u", told->extent[0], told->extent[1], told->extent[2]);
    snprintf(values[2], 128, "unsigned short");
    snprintf(values[3], 128, "%s", told->compressed ? "gzip" : "raw");
    snprintf(values[4], 128, "%s", told->big ? "Big" : "little");
    snprintf(values[5], 128, "%u", told->skip_bytes);
    snprintf(values[6], 128, "0.%04u %u.5 %ue-3", told->spacing[0], told->spacing[1], told->spacing[2]);
    snprintf(values[7], 128, "\"mm\" \"mm\" \"mm\"");
    strcpy(text, "NRRD0004\n");
    for (unsigned i = 8; i > 0; i--) {
        unsigned k = random_below(random, i), taken = order[k];
        order[k] = order[i - 1];
        add_line(text, random, false, keys[taken], values[taken]);
    }
    if (told->one_file)
        add_line(text, random, false, random_below(random, 2) ? "data file" : "datafile", "a name.raw");
    strcat(text, random_below(random, 2) ? "\r\n" : "\n");
}

static void write_meta(char *text, const struct told *told, uint64_t *random)
{
    char value[128];
    *text = '\0';
    add_line(text, random, true, "ObjectType", "Image");
    add_line(text, random, true, "NDims", "3");
    add_line(text, random, true, "BinaryDataByteOrderMSB", told->big ? "True" : "False");
    add_line(text, random, true, "ElementByteOrderMSB", told->big ? "True" : "False");
    add_line(text, random, true, "CompressedData", told->compressed ? "True" : "False");
    snprintf(value, sizeof value, "%u %u  %u", told->extent[0], told->extent[1], told->extent[2]);
    add_line(text, random, true, "DimSize", value);
    snprintf(value, sizeof value, "%u", told->skip_bytes);
    add_line(text, random, true, "HeaderSize", value);
    snprintf(value, sizeof value, "0.%04u %u.5 %ue-3", told->spacing[0], told->spacing[1], told->spacing[2]);
    add_line(text, random, true, random_below(random, 2) ? "ElementSpacing" : "ElementSize", value);
    add_line(text, random, true, "DistanceUnits", "mm");
    add_line(text, random, true, "ElementType", "MET_USHORT");
    add_line(text, random, true, "ElementDataFile", told->one_file ? "a name.raw" : "LOCAL");
}

static void check_told(const struct volume_header *header, const struct told *told, const char *copy,
                       const char *behind)
{
    char name[VOLUME_NAME_BYTES];
    struct volume_names names = {.rest = header->names};
    assert_int_equal(header->nx, told->extent[0]);
    assert_int_equal(header->ny, told->extent[1]);
    assert_int_equal(header->nz, told->extent[2]);
    assert_int_equal(header->type, VOXEL_U16);
    assert_int_equal(header->big_endian, told->big);
    assert_int_equal(header->compressed, told->compressed);
    assert_int_equal(header->skip_bytes, told->skip_bytes);
    assert_false(header->from_end);
    assert_int_equal(header->nfiles, 1);
    assert_int_equal(header->spacing.unit, UNIT_MM);
    assert_true(header->spacing.x == told->spacing[0] / 1e4);
    assert_true(header->spacing.y == told->spacing[1] + 0.5);
    assert_true(header->spacing.z == told->spacing[2] / 1e3);
    if (told->one_file) {
        assert_int_equal(header->data, VOLUME_ONE_FILE);
        assert_true(volume_next_name(header, &names, name));
        assert_string_equal(name, "a name.raw");
        assert_false(volume_next_name(header, &names, name));
    } else {
        assert_int_equal(header->data, VOLUME_ATTACHED);
        assert_memory_equal(copy + header->data_at, behind, strlen(behind));
    }
}

static void what_is_told_is_understood(void **state)
{
    uint64_t random = 11;
    char text[TEXT_BYTES + 64], *copy;
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const struct told told = random_told(&random);
        bool meta = round % 2;
        (meta ? write_meta : write_nrrd)(text, &told, &random);
        strcat(text, "<voxels>");
        struct volume_header header = volume_text_read(meta ? metaimage_parse : nrrd_parse, text, &copy);
        check_told(&header, &told, copy, "<voxels>");
        free(copy);
    }
}

static void data_files_are_named_in_order(void **state)
{
    (void)state;
    volume_text_names(nrrd_parse, NRRD_FILES "a b.raw \n", 1, "a b.raw|");
    volume_text_names(nrrd_parse, NRRD_FILES "50%.raw", 1, "50%.raw|");
    volume_text_names(nrrd_parse, NRRD_FILES "z%03d.raw 8 13 1", 6,
                      "z008.raw|z009.raw|z010.raw|z011.raw|z012.raw|z013.raw|");
    volume_text_names(nrrd_parse, NRRD_FILES "%d%%d/%%%d 50 0 -10 2\n", 6,
                      "50%d/%%d|40%d/%%d|30%d/%%d|20%d/%%d|10%d/%%d|0%d/%%d|");
    volume_text_names(nrrd_parse, NRRD_FILES "%2u -1 1 1 3", 3, "-1| 0| 1|");
    volume_text_names(nrrd_parse, NRRD_FILES "LIST\na\n  b\r\nc\nd\ne\nf\n\ng", 6, "a|b|c|d|e|f|");
    volume_text_names(nrrd_parse, NRRD_FILES "LIST 3\na\nb", 2, "a|b|");
    volume_text_names(metaimage_parse, META_FILES "z%d.raw", 6, "z1.raw|z2.raw|z3.raw|z4.raw|z5.raw|z6.raw|");
    volume_text_names(metaimage_parse, META_FILES "z%d 4", 6, "z4|z5|z6|z7|z8|z9|");
    volume_text_names(metaimage_parse, META_FILES "z%d 0 10 2", 6, "z0|z2|z4|z6|z8|z10|");
    volume_text_names(metaimage_parse, META_FILES "LIST 2D\na\nb\nc\nd\ne\nf", 6, "a|b|c|d|e|f|");
    volume_text_refused(nrrd_parse, NRRD_FILES "LIST 1\na\nb\nc\nd\ne\nf", "6 data files");
    volume_text_refused(nrrd_parse, NRRD_FILES "LIST 3\na\nb\nc\nd\n", "4 data files");
    volume_text_refused(nrrd_parse, NRRD_FILES "LIST\n", "0 data files");
    volume_text_refused(nrrd_parse, NRRD_FILES "LIST 4\na", "LIST");
    volume_text_refused(nrrd_parse, NRRD_FILES "z%d 6 1 1", "0 data files");
    volume_text_refused(nrrd_parse, NRRD_FILES "z%d 1 6 0", "a step");
    volume_text_refused(nrrd_parse, NRRD_FILES "z%d 1 99999999999 1", "a step");
    volume_text_refused(nrrd_parse, NRRD_FILES, "no name");
}

static void spacing_and_unit_are_as_told(void **state)
{
    (void)state;
    volume_text_spacing(nrrd_parse, NRRD_UCHAR "spacings: 0.1 -0.2 NaN\n\n",
                        (struct spacing){0.1, 0.2, 0, UNIT_NONE});
    volume_text_spacing(nrrd_parse, NRRD_UCHAR "spacings: nan 1 1\n\n", (struct spacing){0, 0, 0, UNIT_NONE});
    volume_text_spacing(nrrd_parse,
                        NRRD_UCHAR "spacings: 1 2 3\nunits: \"microns\" \"microns\" \"microns\"\n\n",
                        (struct spacing){1, 2, 3, UNIT_UM});
    volume_text_spacing(nrrd_parse, NRRD_UCHAR "spacings: 1 2 3\nunits: \"m\" \"m\" \"m\"\n\n",
                        (struct spacing){1000, 2000, 3000, UNIT_MM});
    volume_text_spacing(nrrd_parse, NRRD_UCHAR "spacings: 1 2 3\nunits: \"pixel\" \"\" \"pixel\"\n\n",
                        (struct spacing){1, 2, 3, UNIT_NONE});
    volume_text_spacing(nrrd_parse,
                        NRRD_UCHAR "space directions: (0.1,0,0) ( 0, -0.3 ,0) (0,3,4)\n"
                                   "space units: \"nm\" \"nm\" \"nm\"\n\n",
                        (struct spacing){0.1, 0.3, 5, UNIT_NM});
    volume_text_spacing(metaimage_parse,
                        META_BASE "ElementSpacing = 1 2 -3\nElementSize = 4 5 6\n"
                                  "ElementType = MET_CHAR\nElementDataFile = LOCAL\n",
                        (struct spacing){1, 2, 3, UNIT_NONE});
    volume_text_refused(nrrd_parse, NRRD_UCHAR "space directions: (1,0,0) (0,1,0)\n\n",
                        "one vector for each axis");
    volume_text_refused(nrrd_parse, NRRD_UCHAR "space directions: (1,0,0 (0,1,0) (0,0,1)\n\n",
                        "one vector for each");
    volume_text_refused(nrrd_parse, NRRD_UCHAR "spacings: 1 1\n\n", "one number for each axis");
}

static void axes_of_one_value_are_left_out(void **state)
{
    char *copy;
    (void)state;
    struct volume_header header = volume_text_read(
        nrrd_parse,
        NRRD_HEAD
        "dimension: 5\nsizes: 1 4 5 1 6\nkinds: scalar space space time space\ntype: uchar\nencoding: raw\n"
        "space directions: none (0,0,2) (0,3,0) none (4,0,0)\n\n",
        &copy);
    assert_int_equal(header.nx, 4);
    assert_int_equal(header.ny, 5);
    assert_int_equal(header.nz, 6);
    assert_true(header.spacing.x == 2 && header.spacing.y == 3 && header.spacing.z == 4);
    free(copy);
    header = volume_text_read(nrrd_parse,
                              NRRD_HEAD "dimension: 2\nsizes: 4 5\ntype: uchar\nencoding: raw\n\n", &copy);
    assert_int_equal(header.nz, 1);
    free(copy);
    header = volume_text_read(metaimage_parse,
                              "NDims = 2\nDimSize = 4 5\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n",
                              &copy);
    assert_int_equal(header.nz, 1);
    free(copy);
    volume_text_refused(nrrd_parse, NRRD_HEAD "dimension: 1\nsizes: 4\ntype: uchar\nencoding: raw\n\n",
                        "two axes");
    volume_text_refused(nrrd_parse, NRRD_UCHAR "kinds: 3-color space space\n\n",
                        "axis 1 (4 values of kind 3-color)");
}

static void users_describe_raw_volumes(void **state)
{
    struct volume_header header;
    bool skips;
    (void)state;
    assert_true(raw_text_parse(&header, "4x5x6:i16:big:skip=18446744073709551615", &skips));
    assert_int_equal(header.nx, 4);
    assert_int_equal(header.ny, 5);
    assert_int_equal(header.nz, 6);
    assert_int_equal(header.type, VOXEL_I16);
    assert_true(header.big_endian && skips && header.skip_bytes == UINT64_MAX);
    assert_true(raw_text_parse(&header, "1x1x1:f64", &skips));
    assert_true(header.is_f64 && !skips && !header.big_endian);
    static const char *const wrong[] = {
        "",
        ":",
        "1x1x1",
        "1x1x1:",
        "1x1:u8",
        "1x1x1x1:u8",
        "1x1x1x:u8",
        "0x1x1:u8",
        "1x1x1000001:u8",
        "65536x65537x1:u8",
        "4294967296x1x1:u8",
        "1x1x1:u8:",
        "1x1x1:u8:big:big",
        "1x1x1:u8:skip=1:skip=1",
        "1x1x1:u8:skip=18446744073709551616",
        "1x1x1:u8:skip=-1",
        "1x1x1:bool",
        "-1x1x1:u8",
        " 1x1x1:u8",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (raw_text_parse(&header, wrong[i], &skips))
            fail_msg("'%s' is no description", wrong[i]);
}

static void no_byte_does_harm(void **state)
{
    uint64_t random = 5;
    char text[TEXT_BYTES + 64], name[VOLUME_NAME_BYTES];
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const struct told told = random_told(&random);
        bool meta = round % 2;
        (meta ? write_meta : write_nrrd)(text, &told, &random);
        size_t n = strlen(text);
        for (unsigned i = 1 + random_below(&random, 3); i > 0; i--)
            text[random_below(&random, (uint32_t)n)] = (char)random_below(&random, 256);
        if (random_below(&random, 4) == 0)
            n = random_below(&random, (uint32_t)n + 1);
        char *copy;
        struct volume_header header;
        struct error error;
        if (volume_text_parse(meta ? metaimage_parse : nrrd_parse, text, n, &copy, &header, &error) ==
            STATUS_OK) {
            struct volume_names names = {.rest = header.names};
            assert_true(header.nx && header.ny && header.nz && header.nfiles &&
                        header.nz % header.nfiles == 0);
            assert_true(header.data_at <= n);
            while (volume_next_name(&header, &names, name))
                assert_true(strlen(name) > 0);
        } else {
            assert_int_equal(error.status, STATUS_INPUT);
            assert_null(strchr(error.message, '\n'));
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_known_by_all_its_names),
        cmocka_unit_test(what_is_told_is_understood),
        cmocka_unit_test(data_files_are_named_in_order),
        cmocka_unit_test(spacing_and_unit_are_as_told),
        cmocka_unit_test(axes_of_one_value_are_left_out),
        cmocka_unit_test(users_describe_raw_volumes),
        cmocka_unit_test(no_byte_does_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
