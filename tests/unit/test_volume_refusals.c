/* SPDX-License-Identifier: MIT
 * Headers of raw volumes at the limits of what they may say: what is taken there, as what, and what is
 * refused in which words. */
#include "codec/metaimage.h"
#include "codec/nrrd.h"
#include "volume_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void numbers_of_axes(void **state)
{
    static const struct {
        const char *ndims, *sizes, *said;
    } cases[] = {
        {"1", "4", "which is no number of axes from 2 to 10"},
        {"11", "4 5 6 1 1 1 1 1 1 1 1", "which is no number of axes from 2 to 10"},
        {"three", "4 5 6", "which is no number of axes from 2 to 10"},
        {"3", "4 5", "which is not one number, at least 1, for each axis"},
        {"3", "4 5 six", "which is not one number, at least 1, for each axis"},
        {"3", "4 0 6", "which is not one number, at least 1, for each axis"},
        {"3", "4 5 18446744073709551616", "which is not one number, at least 1, for each axis"},
        {"3", "4 5 6 7", "which are more numbers than there are axes"},
        {"4", "4 5 6 2", "axis 4 (2 values) is none of x, y and z"},
        {"3", "4294967296 5 6", "its extent along axis 1 is 4294967296 voxels"},
        {"3", "65536 65537 6", "at most 1000000 slices of 4 GiB"},
        {"3", "4 5 1000001", "at most 1000000 slices of 4 GiB"},
    };
    char text[256], *copy;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text,
                 "NDims = %s\nDimSize = %s\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n",
                 cases[i].ndims, cases[i].sizes);
        volume_text_refused(metaimage_parse, text, cases[i].said);
    }
    struct volume_header header = volume_text_read(
        metaimage_parse,
        "NDims = 5\n\n \t\nDimSize = 4 5 6 1 1\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n", &copy);
    assert_true(header.nx == 4 && header.ny == 5 && header.nz == 6);
    free(copy);
    volume_text_refused(nrrd_parse, NRRD_HEAD "dimension: 0\nsizes: 4\n\n", "no number of axes from 1 to 16");
    volume_text_refused(nrrd_parse, NRRD_HEAD "dimension: 17\nsizes: 4\n\n",
                        "no number of axes from 1 to 16");
    volume_text_refused(nrrd_parse, NRRD_HEAD "dimension: 2\nsizes: 4 0\n\n", "one number, at least 1, for");
    volume_text_refused(nrrd_parse, NRRD_HEAD "dimension: 2\nsizes: 4 5 6\n\n",
                        "more numbers than there are");
}

/* Axes of one value are dropped where others are left, whatever they hold. */
static void nrrd_axes_that_are_dropped(void **state)
{
    static const struct {
        const char *axes;
        uint32_t nx, ny, nz;
    } cases[] = {
        {"dimension: 4\nsizes: 1 4 5 6\n", 4, 5, 6},
        {"dimension: 4\nsizes: 4 1 5 1\n", 4, 1, 5},
        {"dimension: 2\nsizes: 1 5\nkinds: vector space\n", 1, 5, 1},
        {"dimension: 3\nsizes: 4 5 1\nkinds: domain space RGB-color\n", 4, 5, 1},
    };
    char text[256], *copy;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "NRRD00.01\n%stype: uchar\nencoding: raw\n\n", cases[i].axes);
        struct volume_header header = volume_text_read(nrrd_parse, text, &copy);
        if (header.nx != cases[i].nx || header.ny != cases[i].ny || header.nz != cases[i].nz)
            fail_msg("it is %u x %u x %u: %s", header.nx, header.ny, header.nz, text);
        free(copy);
    }
    volume_text_refused(nrrd_parse, NRRD_HEAD "dimension: 4\nsizes: 4 5 6 7\n\n", "axis 4 (7 values)");
}

/* The first letter decides, as in the library; a value that is empty says nothing. */
static void truth_in_metaimages(void **state)
{
    static const struct {
        const char *value;
        bool expected;
    } cases[] = {{"True", true}, {"t", true}, {"1", true}, {"False", false}, {"0", false}, {"", false}};
    char text[256], *copy;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "%sCompressedData = %s\nBinaryData =\nElementDataFile = LOCAL\n",
                 META_UCHAR, cases[i].value);
        assert_int_equal(volume_text_read(metaimage_parse, text, &copy).compressed, cases[i].expected);
        free(copy);
    }
    volume_text_refused(metaimage_parse, META_UCHAR "BinaryData = False\nElementDataFile = LOCAL\n",
                        "voxels as text");
    volume_text_refused(metaimage_parse, META_BASE "ElementType = MET_ULONG_LONG\nElementDataFile = LOCAL\n",
                        "64-bit integers");
}

static void bytes_to_skip(void **state)
{
    static const struct {
        const char *lines, *said; /* NULL: taken */
        bool from_end;
        uint64_t skip_bytes;
    } metaimages[] = {
        {"HeaderSize = 12\n", NULL, false, 12},
        {"HeaderSize = +12\n", NULL, false, 12},
        {"HeaderSize = -1\n", NULL, true, 0},
        {"HeaderSize = -1\nCompressedData = True\nCompressedDataSize = 9\n", NULL, true, 0},
        {"HeaderSize = -1\nCompressedData = True\n", "unless CompressedDataSize is told", false, 0},
        {"HeaderSize = -2\n", "which is no number of bytes", false, 0},
        {"HeaderSize = \n", "which is no number of bytes", false, 0},
        {"HeaderSize = 9223372036854775808\n", "which is no number of bytes", false, 0},
        {"CompressedData = True\nCompressedDataSize = -9\n", "which is no number of bytes", false, 0},
    };
    char text[256], *copy;
    (void)state;
    for (size_t i = 0; i < sizeof metaimages / sizeof *metaimages; i++) {
        snprintf(text, sizeof text, "%s%sElementDataFile = a.raw\n", META_UCHAR, metaimages[i].lines);
        if (metaimages[i].said) {
            volume_text_refused(metaimage_parse, text, metaimages[i].said);
            continue;
        }
        struct volume_header header = volume_text_read(metaimage_parse, text, &copy);
        assert_int_equal(header.from_end, metaimages[i].from_end);
        assert_int_equal(header.skip_bytes, metaimages[i].skip_bytes);
        free(copy);
    }
    struct volume_header header = volume_text_read(nrrd_parse, NRRD_UCHAR "byte skip: -3\n\n", &copy);
    assert_true(header.from_end && header.skip_bytes == 2);
    free(copy);
    volume_text_refused(nrrd_parse,
                        NRRD_HEAD "dimension: 3\nsizes: 4 5 6\ntype: uchar\nencoding: gz\nbyte skip: -1\n\n",
                        "which cannot be in gzip encoding");
    volume_text_refused(nrrd_parse, NRRD_UCHAR "line skip: -1\n\n", "which is no number of lines");
    volume_text_refused(nrrd_parse, NRRD_UCHAR "byte skip: 9223372036854775808\n\n",
                        "which is no number of bytes");
}

static void metaimage_spacings(void **state)
{
    static const struct {
        const char *lines;
        struct spacing expected;
    } cases[] = {
        {"ElementSpacing = 1 2 3\nDistanceUnits = m\n", {1000, 2000, 3000, UNIT_MM}},
        {"ElementSpacing = 1 2 3\nDistanceUnits = inches\n", {1, 2, 3, UNIT_INCH}},
        {"ElementSpacing = 1 2 3\nDistanceUnits = Inch\n", {1, 2, 3, UNIT_INCH}},
        {"ElementSpacing = 1 2 3\nDistanceUnits = parsecs\n", {1, 2, 3, UNIT_NONE}},
        {"ElementSpacing = 1 0 3\n", {0, 0, 0, UNIT_NONE}},
        {"ElementSpacing = 0 2 3\n", {0, 0, 0, UNIT_NONE}},
        {"ElementSpacing = 1e308 2 3\nDistanceUnits = m\n", {0, 0, 0, UNIT_NONE}},
        {"ElementSpacing = 1 1e308 3\nDistanceUnits = m\n", {0, 0, 0, UNIT_NONE}},
        {"ElementSpacing = 1 2 1e308\nDistanceUnits = m\n", {0, 0, 0, UNIT_NONE}},
    };
    char text[256];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "%s%sElementDataFile = LOCAL\n", META_UCHAR, cases[i].lines);
        volume_text_spacing(metaimage_parse, text, cases[i].expected);
    }
    volume_text_spacing(metaimage_parse,
                        "NDims = 2\nDimSize = 4 5\nElementSpacing = 2 3\nElementType = MET_UCHAR\n"
                        "ElementDataFile = LOCAL\n",
                        (struct spacing){2, 3, 0, UNIT_NONE});
    volume_text_refused(metaimage_parse, META_UCHAR "ElementSpacing = 1 2\nElementDataFile = LOCAL\n",
                        "which is not one number for each axis");
    volume_text_refused(metaimage_parse, META_UCHAR "ElementSpacing = 1 2 x\nElementDataFile = LOCAL\n",
                        "which is not one number for each axis");
}

static void nrrd_spacings(void **state)
{
    static const struct {
        const char *lines;
        struct spacing expected;
    } cases[] = {
        {"spacings: 1e308 2 3\nunits: \"m\" \"m\" \"m\"\n", {0, 0, 0, UNIT_NONE}},
        {"spacings: 1 1e308 3\nunits: \"m\" \"m\" \"m\"\n", {0, 0, 0, UNIT_NONE}},
        {"spacings: 1 2 1e308\nunits: \"m\" \"m\" \"m\"\n", {0, 0, 0, UNIT_NONE}},
        {"spacings: 1 0 3\n", {0, 0, 0, UNIT_NONE}},
        {"spacings: 1 2 3\nunits: \"a\\\"b\" \"a\\\"b\" \"a\\\"b\"\n", {1, 2, 3, UNIT_NONE}},
        {"spacings: 1 2 250\nunits: \"mm\" \"cm\" \"um\"\n", {1, 20, 0.25, UNIT_MM}},
        {"spacings: 1 2 3\nunits: \"\" \"m\" \"mm\"\n", {1000, 2000, 3, UNIT_MM}},
        {"spacings: 1 2 3\nunits: \"mm\" \"mm\" \"s\"\n", {0, 0, 0, UNIT_NONE}},
        {"spacings: 1 2 3\nunits: \"px\" \"mm\" \"mm\"\n", {0, 0, 0, UNIT_NONE}},
        {"space dimension: 3\nspace directions: (1,0,0) (0,2,0) (0,0,3)\nspace units: \"mm\" \"mm\" \"um\"\n",
         {0, 0, 0, UNIT_NONE}},
        {"spacings: 1 2 3\nunits: \"mm\" \"mm\\\n", {1, 2, 3, UNIT_MM}}, /* the second one does not end */
    };
    char text[256];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "%s%s\n", NRRD_UCHAR, cases[i].lines);
        volume_text_spacing(nrrd_parse, text, cases[i].expected);
    }
    /* The unit of an axis that is dropped is nobody's concern. */
    volume_text_spacing(nrrd_parse,
                        NRRD_HEAD "dimension: 4\nsizes: 1 4 5 6\nkinds: time space space space\ntype: uchar\n"
                                  "encoding: raw\nspacings: 9 1 2 3\nunits: \"s\" \"um\" \"um\" \"um\"\n\n",
                        (struct spacing){1, 2, 3, UNIT_UM});
    volume_text_refused(nrrd_parse, NRRD_UCHAR "space directions: (1e308,1e308,0) (0,1,0) (0,0,1)\n\n",
                        "which is not one vector for each axis");
    volume_text_refused(nrrd_parse, NRRD_UCHAR "space directions: (1,,0) (0,1,0) (0,0,1)\n\n",
                        "which is not one vector for each axis");
    volume_text_refused(nrrd_parse, NRRD_UCHAR "space directions: any (0,1,0) (0,0,1)\n\n",
                        "which is not one vector for each axis");
}

/* What is not used is told, as far as there is room. */
static void what_is_not_used_is_told(void **state)
{
    char *copy;
    (void)state;
    struct volume_header header =
        volume_text_read(metaimage_parse,
                         META_UCHAR "Offset = 0 0 0\nPosition = 0\nOrigin = 0\nTransformMatrix = 1\n"
                                    "Rotation = 1\nOrientation = RAI\nElementToIntensityFunctionSlope = 2\n"
                                    "ElementToIntensityFunctionOffset = 3\nElementDataFile = LOCAL\n",
                         &copy);
    assert_string_equal(header.unused, "Offset, Position, Origin, TransformMatrix, Rotation, Orientation, "
                                       "ElementToIntensityFunctionSlope");
    free(copy);
    header = volume_text_read(
        nrrd_parse, NRRD_UCHAR "space origin: (0,0,0)\nmeasurement frame: (1,0,0) (0,1,0) (0,0,1)\n\n",
        &copy);
    assert_string_equal(header.unused, "space origin, measurement frame");
    free(copy);
}

/* What looks like a pattern of names and is none is a name. */
static void names_with_percents(void **state)
{
    (void)state;
    volume_text_names(nrrd_parse, NRRD_FILES "a%%b%02d%%c%x% 1 6 1\n", 6,
                      "a%b01%c%x%|a%b02%c%x%|a%b03%c%x%|a%b04%c%x%|a%b05%c%x%|a%b06%c%x%|");
    volume_text_names(nrrd_parse, NRRD_FILES "z%5\n", 1, "z%5|");
    volume_text_names(nrrd_parse, NRRD_FILES "z%21d\n", 1, "z%21d|");
    volume_text_names(nrrd_parse, NRRD_FILES "z%4294967299d\n", 1, "z%4294967299d|");
    volume_text_names(nrrd_parse, NRRD_FILES "z%%d\n", 1, "z%%d|");
    volume_text_names(nrrd_parse, NRRD_FILES "%020d -1 4 5 3\n", 2,
                      "-0000000000000000001|00000000000000000004|");
}

static void lists_and_patterns_that_are_wrong(void **state)
{
    static const char *const behind_list[] = {"LIST 0\na\n", "LIST x\na\n", "LIST 4\na\n", "LIST D\na\n",
                                              "LIST 2 2\na\n"};
    static const char *const numbers[] = {"z%d a 6 1", "z%d 1 6", "z%d -99999999999 6 1", "z%d 1 6 x"};
    static const char *const axes[] = {"z%d 1 6 1 x", "z%d 1 6 1 2 2", "z%d 1 6 1 0"};
    char text[256];
    (void)state;
    for (size_t i = 0; i < sizeof behind_list / sizeof *behind_list; i++) {
        snprintf(text, sizeof text, "%s%s", NRRD_FILES, behind_list[i]);
        volume_text_refused(nrrd_parse, text, "what stands behind LIST is no number of axes");
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        snprintf(text, sizeof text, "%s%s\n", NRRD_FILES, numbers[i]);
        volume_text_refused(nrrd_parse, text, "a first and a last number and a step have to follow");
    }
    for (size_t i = 0; i < sizeof axes / sizeof *axes; i++) {
        snprintf(text, sizeof text, "%s%s\n", NRRD_FILES, axes[i]);
        volume_text_refused(nrrd_parse, text, "what stands behind the numbers is no number of axes");
    }
    /* Each file would hold one row: 30 files for 6 slices. */
    volume_text_refused(nrrd_parse, NRRD_FILES "z%d 1 30 1 1\n", "30 data files for 6 slices");
}

/* A name that holds a byte that none can hold is none. */
static void names_with_a_zero(void **state)
{
    static const char text[] = NRRD_FILES "a\0b\n";
    char *copy, name[VOLUME_NAME_BYTES];
    struct volume_header header;
    struct error error;
    (void)state;
    assert_int_equal(volume_text_parse(nrrd_parse, text, sizeof text - 1, &copy, &header, &error), STATUS_OK);
    struct volume_names names = {.rest = header.names};
    assert_false(volume_next_name(&header, &names, name));
    free(copy);
}

/* A name that is too long for any is none; all before it are. */
static void names_that_are_too_long(void **state)
{
    static char text[3 * VOLUME_NAME_BYTES], name[VOLUME_NAME_BYTES], letters[VOLUME_NAME_BYTES + 1];
    static const struct {
        int nletters;
        const char *behind; /* the name */
        unsigned nnames;    /* that there are */
    } cases[] = {
        {VOLUME_NAME_BYTES - 1, "", 1},          {VOLUME_NAME_BYTES, "", 0},
        {VOLUME_NAME_BYTES - 2, "%d 8 13 1", 2}, {VOLUME_NAME_BYTES, "%d 8 13 1", 0},
        {VOLUME_NAME_BYTES - 1, "%d 8 13 1", 0},
    };
    (void)state;
    memset(letters, 'a', VOLUME_NAME_BYTES);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *copy;
        unsigned nnames = 0;
        snprintf(text, sizeof text, "%s%.*s%s\n", NRRD_FILES, cases[i].nletters, letters, cases[i].behind);
        struct volume_header header = volume_text_read(nrrd_parse, text, &copy);
        struct volume_names names = {.rest = header.names};
        for (; volume_next_name(&header, &names, name); nnames++)
            assert_int_equal(strlen(name), VOLUME_NAME_BYTES - 1);
        assert_int_equal(nnames, cases[i].nnames);
        free(copy);
    }
}

static void headers_without_an_end(void **state)
{
    (void)state;
    char *text = malloc(VOLUME_HEADER_BYTES_MAX + 1);
    assert_non_null(text);
    memset(text, '#', VOLUME_HEADER_BYTES_MAX);
    text[VOLUME_HEADER_BYTES_MAX] = '\0';
    memcpy(text, NRRD_UCHAR, sizeof NRRD_UCHAR - 1);
    volume_text_refused(nrrd_parse, text, "its NRRD header does not end within 1 MiB");
    text[VOLUME_HEADER_BYTES_MAX - 1] = '\0';
    volume_text_refused(nrrd_parse, text, "it is truncated");
    free(text);
    volume_text_refused(nrrd_parse, "NRRD00.02\n", "of a version that is not known");
    volume_text_refused(nrrd_parse, "NRRD\n", "of a version that is not known");
    volume_text_refused(nrrd_parse, "", "does not begin as an NRRD file does");
    volume_text_refused(metaimage_parse, "ObjectType = Image\nno key\n", "no 'Key = value'");
    volume_text_refused(metaimage_parse, META_UCHAR, "has no 'ElementDataFile'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_axes),
        cmocka_unit_test(nrrd_axes_that_are_dropped),
        cmocka_unit_test(truth_in_metaimages),
        cmocka_unit_test(bytes_to_skip),
        cmocka_unit_test(metaimage_spacings),
        cmocka_unit_test(nrrd_spacings),
        cmocka_unit_test(what_is_not_used_is_told),
        cmocka_unit_test(names_with_percents),
        cmocka_unit_test(lists_and_patterns_that_are_wrong),
        cmocka_unit_test(names_with_a_zero),
        cmocka_unit_test(names_that_are_too_long),
        cmocka_unit_test(headers_without_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
