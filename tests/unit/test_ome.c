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
        cmocka_unit_test(all_orders_of_dimensions),          cmocka_unit_test(runs_of_pages),
        cmocka_unit_test(colours_are_one_channel),           cmocka_unit_test(spacings),
        cmocka_unit_test(damaged_texts_are_refused),         cmocka_unit_test(other_texts_are_none),
        cmocka_unit_test(a_wrong_encoding_is_taken_as_utf8), cmocka_unit_test(a_companion_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
