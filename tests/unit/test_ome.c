/* SPDX-License-Identifier: MIT
 * OME-XML: which page is which slice, spacings, sets of several files, and texts that are damaged. */
#include "codec/ome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OPEN "<OME UUID='urn:uuid:1'><Image><Pixels DimensionOrder='"
#define CLOSE "</Pixels></Image></OME>"

static enum status parse(const char *text, struct ome *ome, struct error *error)
{
    bool is_ome = false;
    assert_true(ome_suspected(text));
    enum status status = ome_parse(text, strlen(text), "f\n.tif", ome, &is_ome, error);
    assert_true(status != STATUS_OK || is_ome);
    return status;
}

/* The pages of a channel and a frame as text: "3 5 -", or the error's message. */
static const char *pages_of(const char *text, uint32_t npages, uint32_t channel, uint32_t frame)
{
    static char shown[1024];
    struct ome ome;
    struct error error = {0};
    uint32_t pages[64];
    size_t used = 0;
    shown[0] = '\0';
    if (parse(text, &ome, &error) == STATUS_OK) {
        assert_true(ome.nz <= 64);
        ome_find_pages(&ome, "here.tif", npages, channel, frame, "f.tif", pages, &error);
        for (uint32_t z = 0; z < ome.nz && error.status == STATUS_OK; z++) {
            if (pages[z] == OME_NO_PAGE)
                used += (size_t)snprintf(shown + used, sizeof shown - used, "%s-", z ? " " : "");
            else
                used += (size_t)snprintf(shown + used, sizeof shown - used, "%s%u", z ? " " : "", pages[z]);
        }
        ome_end(&ome);
    }
    if (error.status != STATUS_OK)
        snprintf(shown, sizeof shown, "%s", error.message);
    return shown;
}

static void all_orders_of_dimensions(void **state)
{
    (void)state;
    static const char *const orders[] = {"ZCT", "ZTC", "CTZ", "CZT", "TCZ", "TZC"};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        char text[512], expected[64] = "";
        snprintf(text, sizeof text, OPEN "XY%s' SizeZ='3' SizeC='2' SizeT='4'><TiffData/>" CLOSE, orders[i]);
        for (uint32_t c = 0; c < 2; c++)
            for (uint32_t t = 0; t < 4; t++) {
                size_t used = 0;
                for (uint32_t z = 0; z < 3; z++) {
                    uint32_t page = 0, stride = 1;
                    for (const char *d = orders[i]; *d; d++) {
                        page += stride * (*d == 'Z' ? z : *d == 'C' ? c : t);
                        stride *= *d == 'Z' ? 3 : *d == 'C' ? 2 : 4;
                    }
                    used +=
                        (size_t)snprintf(expected + used, sizeof expected - used, "%s%u", z ? " " : "", page);
                }
                assert_string_equal(pages_of(text, 24, c, t), expected);
            }
    }
}

static void runs_of_pages(void **state)
{
    (void)state;
    static const struct {
        const char *runs, *expected;
    } cases[] = {
        {"", "0 2 4"},
        {"<TiffData IFD='4' PlaneCount='2'/><TiffData IFD='0' FirstZ='1' PlaneCount='4'/>", "4 0 2"},
        {"<TiffData IFD='1'/><TiffData FirstZ='2' IFD='5'/>", "1 - 5"},
        {"<TiffData IFD='5' FirstC='1'/>", "- - -"},
        {"<TiffData IFD='1' PlaneCount='5'/>", "1 3 5"},
        {"<TiffData IFD='6'/>", "- - -"},
        {"<TiffData/><TiffData IFD='3'/>",
         "f.tif: its OME-XML puts slice 0 in two pages, 0 and 3; export it again"},
        {"<TiffData FirstZ='3'/>",
         "f.tif: its OME-XML is damaged: a plane lies outside of its image; export it again"},
        {"<TiffData FirstC='2'/>",
         "f.tif: its OME-XML is damaged: a plane lies outside of its image; export it again"},
        {"<TiffData FirstT='1'/>",
         "f.tif: its OME-XML is damaged: a plane lies outside of its image; export it again"},
        {"<TiffData><UUID FileName='here.tif'>x</UUID></TiffData>", "0 2 4"},
        {"<TiffData PlaneCount='2'><UUID FileName='a/here.tif'>urn:uuid:1</UUID></TiffData>"
         "<TiffData IFD='0' FirstZ='1'><UUID FileName='b\033.tif'>urn:uuid:2</UUID></TiffData>",
         NULL},
        {"<TiffData PlaneCount='6'><UUID FileName='was.tif'>urn:uuid:1</UUID></TiffData>"
         "<TiffData IFD='0' FirstC='1'><UUID FileName='b.tif'>urn:uuid:2</UUID></TiffData>",
         "0 2 4"},
        {"<TiffData PlaneCount='2'><UUID FileName='here.tif'/></TiffData>"
         "<TiffData IFD='0' FirstZ='1'><UUID FileName='b&#x9;.tif'/></TiffData>",
         "f.tif: is one file of an OME-TIFF set: its slice 1 is in b\\x09.tif; save the stack as one file, "
         "or as a "
         "folder of slices"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        snprintf(text, sizeof text, OPEN "XYCZT' SizeZ='3' SizeC='2' SizeT='1'>%s" CLOSE, cases[i].runs);
        if (cases[i].expected)
            assert_string_equal(pages_of(text, 6, 0, 0), cases[i].expected);
        else
            assert_non_null(strstr(pages_of(text, 6, 0, 0), "its OME-XML is damaged"));
    }
}

/* Sets of files where some have no name or no UUID: the one that is read is told by whichever there is. */
static void files_without_names_or_uuids(void **state)
{
    (void)state;
    static const struct {
        const char *root, *files[2], *expected;
    } cases[] = {
        {"<OME>", {"<UUID FileName='C:\\data\\here.tif'>u</UUID>", "<UUID FileName='b.tif'>v</UUID>"}, "0"},
        {"<OME>", {"<UUID FileName='/data/here.tif'>u</UUID>", "<UUID FileName='b.tif'>v</UUID>"}, "0"},
        {"<OME>", {"<UUID>u</UUID>", "<UUID>v</UUID>"}, "is in another file; "},
        {"<OME UUID='u'>", {"<UUID>u</UUID>", "<UUID>v</UUID>"}, "0"},
        {"<OME UUID='w'>", {"<UUID>u</UUID>", "<UUID FileName='here.tif'>v</UUID>"}, "is in another file; "},
        {"<OME UUID='w'>",
         {"<UUID>u</UUID>", "<UUID> u\n</UUID>"},
         "0"}, /* it is one file, and that is here */
        {"<OME UUID='w'>", {"<UUID FileName='b.tif'>u</UUID>", "<UUID FileName='b.tif'/>"}, "is in b.tif; "},
        {"<OME UUID='w'>", {"<UUID FileName='b.tif'>u</UUID>", "<UUID>u</UUID>"}, "is in b.tif; "},
        {"<OME UUID='uv'>", {"<UUID>u<a/><UUID>v</UUID></UUID>", "<a>w</a><UUID>w</UUID>"}, "0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "%s<Image><Pixels DimensionOrder='XYZCT' SizeZ='1' SizeC='2' SizeT='1'>"
                 "<TiffData IFD='0'>%s</TiffData><TiffData IFD='1' FirstC='1'>%s</TiffData>" CLOSE,
                 cases[i].root, cases[i].files[0], cases[i].files[1]);
        if (!strstr(pages_of(text, 2, 0, 0), cases[i].expected))
            fail_msg("%zu: '%s' is not in '%s'", i, cases[i].expected, pages_of(text, 2, 0, 0));
    }
}

/* A UUID is cut to what is kept of it, and then equal to none but one that is cut alike. */
static void long_uuids_are_cut(void **state)
{
    (void)state;
    char text[2048], uuid[301];
    memset(uuid, 'a', 300);
    uuid[300] = '\0';
    snprintf(text, sizeof text,
             "<OME UUID='%s'><Image><Pixels DimensionOrder='XYZCT' SizeZ='1' SizeC='2' SizeT='1'>"
             "<TiffData IFD='0'><UUID>%s</UUID></TiffData><TiffData IFD='1' FirstC='1'><UUID>v</UUID>"
             "</TiffData>" CLOSE,
             uuid, uuid);
    assert_non_null(strstr(pages_of(text, 2, 0, 0), "is in another file; "));
}

/* Only the first image counts, and in it the first Pixels. */
static void other_images_are_left_alone(void **state)
{
    (void)state;
    struct ome ome;
    struct error error = {0};
    const char *text =
        "<OME><BinaryOnly MetadataFile='a.ome'/><BinaryOnly "
        "MetadataFile='b.ome'/><Channel/><TiffData/><Image>"
        "<Pixels DimensionOrder='XYZCT' SizeZ='2' SizeC='1' SizeT='1'><TiffData IFD='1' "
        "PlaneCount='2'/></Pixels>"
        "<Pixels DimensionOrder='bad' SizeZ='x'><TiffData IFD='7'/></Pixels></Image>"
        "<Image><Channel SamplesPerPixel='x'/><Pixels SizeZ='x'><TiffData IFD='x'/></Pixels></Image></OME>";
    assert_int_equal(parse(text, &ome, &error), STATUS_OK);
    assert_int_equal(ome.nimages, 2);
    assert_int_equal(ome.nz, 2);
    assert_int_equal(ome.npages, 1);
    assert_int_equal(ome.pages[0].page, 1);
    assert_string_equal(ome.metadata_file, "a.ome");
    ome_end(&ome);
}

static void many_runs_are_kept(void **state)
{
    (void)state;
    char text[4096], expected[256] = "";
    size_t used = (size_t)snprintf(text, sizeof text, OPEN "XYZCT' SizeZ='40' SizeC='1' SizeT='1'>"),
           shown = 0;
    for (int z = 0; z < 40; z++) {
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "<TiffData FirstZ='%d' IFD='%d'/>", z, 39 - z);
        shown += (size_t)snprintf(expected + shown, sizeof expected - shown, "%s%d", z ? " " : "", 39 - z);
    }
    snprintf(text + used, sizeof text - used, CLOSE);
    assert_string_equal(pages_of(text, 40, 0, 0), expected);
}

/* Texts that are larger than any is, by bytes and by elements. */
static void huge_texts_are_refused(void **state)
{
    (void)state;
    enum { RUNS = (1 << 22) + 1 };
    static const char run[] = "<TiffData/>",
                      begin[] = OPEN "XYZCT' PhysicalSizeX='1' SizeZ='1' SizeC='1' SizeT='1'>";
    struct ome ome;
    struct error error = {0}, none = {0};
    bool is_ome;
    char *text = calloc(1, OME_TEXT_BYTES_MAX + 1);
    assert_non_null(text);
    memcpy(text, begin, sizeof begin - 1);
    for (size_t i = 0; i < RUNS; i++)
        memcpy(text + sizeof begin - 1 + i * (sizeof run - 1), run, sizeof run - 1);
    size_t n_bytes = sizeof begin - 1 + (size_t)RUNS * (sizeof run - 1);
    assert_int_equal(ome_parse(text, n_bytes, "f.tif", &ome, &is_ome, &error), STATUS_INPUT);
    assert_string_equal(error.message,
                        "f.tif: its OME-XML is damaged: it has too many TiffData; export it again");
    assert_int_equal(ome_parse(text, OME_TEXT_BYTES_MAX + 1, "f.tif", &ome, &is_ome, &none), STATUS_INPUT);
    assert_string_equal(none.message,
                        "f.tif: its OME-XML is damaged: it has more than 64 MiB; export it again");
    assert_int_equal(ome_parse_spacing(text, OME_TEXT_BYTES_MAX).unit, UNIT_UM);
    assert_int_equal(ome_parse_spacing(text, OME_TEXT_BYTES_MAX + 1).unit, UNIT_NONE);
    free(text);
    assert_string_equal(pages_of(OPEN "XYZCT' SizeZ='1' SizeC='4294967294' SizeT='2'>" CLOSE, 1, 0, 0),
                        "f.tif: its OME-XML tells of more planes than a file can have; export it again");
}

/* Channels that are colours count once, whatever SizeC says. */
static void colours_are_one_channel(void **state)
{
    (void)state;
    struct ome ome;
    struct error error = {0};
    const char *text =
        OPEN "XYCZT' SizeZ='2' SizeC='6' SizeT='1'><Channel SamplesPerPixel='3'/>"
             "<Channel SamplesPerPixel='3'/><TiffData/><TiffData IFD='0' FirstC='3' FirstZ='9'/>" CLOSE;
    assert_int_equal(parse(text, &ome, &error), STATUS_OK);
    assert_int_equal(ome.nchannels, 2);
    assert_int_equal(ome.nsamples, 3);
    ome_end(&ome);
    text =
        OPEN "XYCZT' SizeZ='1' SizeC='1' SizeT='1'><Channel SamplesPerPixel='0'/><Channel/><TiffData/>" CLOSE;
    assert_int_equal(parse(text, &ome, &error), STATUS_OK);
    assert_int_equal(ome.nchannels, 1);
    assert_int_equal(ome.nsamples, 1);
    ome_end(&ome);
}

static void spacings(void **state)
{
    (void)state;
    static const struct {
        const char *attributes;
        struct spacing expected;
    } cases[] = {
        {"PhysicalSizeX='0.5' PhysicalSizeY='0.25'", {0.5, 0.25, 0, UNIT_UM}},
        {"PhysicalSizeX='5' PhysicalSizeXUnit='nm' PhysicalSizeY='0.005' PhysicalSizeZ='1' "
         "PhysicalSizeZUnit='mm'",
         {5, 5, 1e6, UNIT_NM}},
        {"PhysicalSizeX='2' PhysicalSizeXUnit='\xc3\x85' PhysicalSizeY='2' PhysicalSizeYUnit='\xc3\x85'",
         {0.2, 0.2, 0, UNIT_NM}},
        {"PhysicalSizeX='2' PhysicalSizeXUnit='pixel' PhysicalSizeY='2' PhysicalSizeYUnit='pixel'",
         {0, 0, 0, UNIT_NONE}},
        {"PhysicalSizeX='-1' PhysicalSizeY='nan'", {0, 0, 0, UNIT_NONE}},
        {"PhysicalSizeX='2' PhysicalSizeXUnit='mm' PhysicalSizeY='3' PhysicalSizeYUnit='cm' "
         "PhysicalSizeZ='1' PhysicalSizeZUnit='in'",
         {2, 30, 25.4, UNIT_MM}},
        {"PhysicalSizeX='1' PhysicalSizeXUnit='in' PhysicalSizeY='254' PhysicalSizeYUnit='mm'",
         {1, 10, 0, UNIT_INCH}},
        {"PhysicalSizeX='1' PhysicalSizeXUnit='dm' PhysicalSizeY='1' PhysicalSizeYUnit='mm'",
         {10, 0.1, 0, UNIT_CM}},
        {"PhysicalSizeX='1e308' PhysicalSizeXUnit='m' PhysicalSizeY='1'", {0, 0.001, 0, UNIT_MM}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "<?xml version='1.0'?><a:OME xmlns:a='x'><a:Image><a:Pixels %s /></a:Image>",
                 cases[i].attributes); /* nothing behind it is read */
        struct spacing found = ome_parse_spacing(text, strlen(text)), expected = cases[i].expected;
        assert_true(found.x == expected.x);
        assert_true(found.y == expected.y && found.z == expected.z && found.unit == expected.unit);
    }
}

static void damaged_texts_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "<OME><Image><Pixels DimensionOrder='XYZCT' SizeZ='1' SizeC='1' SizeT='1'>",
        OPEN "ZYXCT' SizeZ='1' SizeC='1' SizeT='1'>" CLOSE,
        OPEN "XYZCT' SizeZ='0' SizeC='1' SizeT='1'>" CLOSE,
        OPEN "XYZCT' SizeZ='1' SizeC='1' SizeT='4294967296'>" CLOSE,
        OPEN "XYZCT' SizeZ='-1' SizeC='1' SizeT='1'>" CLOSE,
        OPEN "XYZCT' SizeZ='1z' SizeC='1' SizeT='1'>" CLOSE,
        OPEN "XYZCT' SizeZ='' SizeC='1' SizeT='1'>" CLOSE,
        OPEN "XYZCT' SizeZ='1' SizeC='0' SizeT='1'>" CLOSE,
        OPEN "XYZCT' SizeZ='1' SizeC='1' SizeT='1'><Channel SamplesPerPixel='4294967294'/>"
             "<Channel SamplesPerPixel='2'/>" CLOSE,
        "<OME><Image/></OME>",
        "<!DOCTYPE OME [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><OME>&b;</OME>",
        "<OME>&unknown;</OME>",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct ome ome;
        struct error error = {0};
        bool is_ome;
        assert_int_equal(ome_parse(texts[i], strlen(texts[i]), "f\n.tif", &ome, &is_ome, &error),
                         STATUS_INPUT);
        assert_int_equal(strncmp(error.message, "f\\x0a.tif: its OME-XML is damaged: ", 34), 0);
        assert_null(strpbrk(error.message, "\r\n"));
    }
}

static void other_texts_are_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"<xml>OME</xml>", "<html><OME></html>", "< OME", "<!-- OME -->"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct ome ome;
        struct error error = {0};
        bool is_ome = true;
        assert_int_equal(ome_parse(texts[i], strlen(texts[i]), "f.tif", &ome, &is_ome, &error), STATUS_OK);
        assert_false(is_ome);
    }
    assert_false(ome_suspected("ImageJ=1.53t\n"));
    assert_false(ome_suspected(""));
    assert_true(ome_suspected("\xef\xbb\xbf <?xml?><OME/>"));
    assert_false(ome_suspected("<?xml?><other/>"));
}

/* Behind a long comment the root is not looked for, and the text has to be parsed to know. */
static void a_root_behind_a_long_comment_is_found(void **state)
{
    (void)state;
    static char text[6000];
    struct ome ome;
    struct error error = {0};
    int used = snprintf(text, sizeof text, "<!--%5000s-->", "");
    snprintf(text + used, sizeof text - (size_t)used, OPEN "XYZCT' SizeZ='4' SizeC='1' SizeT='1'>" CLOSE);
    assert_int_equal(parse(text, &ome, &error), STATUS_OK);
    assert_int_equal(ome.nz, 4);
    ome_end(&ome);
}

/* Declared as what it was in a program's memory. */
static void a_wrong_encoding_is_taken_as_utf8(void **state)
{
    (void)state;
    struct ome ome;
    struct error error = {0};
    assert_int_equal(parse("<?xml version='1.0' encoding='utf-16'?>" OPEN
                           "XYZCT' SizeZ='4' SizeC='1' SizeT='1'>" CLOSE,
                           &ome, &error),
                     STATUS_OK);
    assert_int_equal(ome.nz, 4);
    assert_string_equal(ome.uuid, "urn:uuid:1");
    ome_end(&ome);
}

static void a_companion_is_named(void **state)
{
    (void)state;
    struct ome ome;
    struct error error = {0};
    assert_int_equal(parse("<OME><BinaryOnly MetadataFile='x.companion.ome' UUID='u'/></OME>", &ome, &error),
                     STATUS_OK);
    assert_string_equal(ome.metadata_file, "x.companion.ome");
    ome_end(&ome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_orders_of_dimensions),
        cmocka_unit_test(runs_of_pages),
        cmocka_unit_test(colours_are_one_channel),
        cmocka_unit_test(spacings),
        cmocka_unit_test(damaged_texts_are_refused),
        cmocka_unit_test(other_texts_are_none),
        cmocka_unit_test(a_wrong_encoding_is_taken_as_utf8),
        cmocka_unit_test(a_companion_is_named),
        cmocka_unit_test(files_without_names_or_uuids),
        cmocka_unit_test(long_uuids_are_cut),
        cmocka_unit_test(other_images_are_left_alone),
        cmocka_unit_test(many_runs_are_kept),
        cmocka_unit_test(huge_texts_are_refused),
        cmocka_unit_test(a_root_behind_a_long_comment_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
