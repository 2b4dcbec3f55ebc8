/* SPDX-License-Identifier: MIT
 * The parsers of scanners' text files: texts as scanners write them, and hostile ones. */
#include "stack/sidecar.h"
#include "temp_folder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char skyscan[] = "[System]\r\n"
                              "Scanner=SkyScan1275\r\n"
                              "Instrument S/N=001\r\n"
                              "Camera Pixel Size (um)=75.0\r\n"
                              "[User]\r\n"
                              "User Name=SkyScan\r\n"
                              "[Acquisition]\r\n"
                              "Data Directory=D:\\Results\\embryo\r\n"
                              "Filename Prefix=1275_embryo_7um_~00\r\n"
                              "Number Of Files=  601\r\n"
                              "Source Voltage (kV)=  80\r\n"
                              "Source Current (uA)= 124\r\n"
                              "Image Pixel Size (um)=7.000817\r\n"
                              "Scaled Image Pixel Size (um)=7.000817\r\n"
                              "Exposure (ms)=57\r\n"
                              "Rotation Step (deg)=0.600\r\n"
                              "Filter=Al 1mm\r\n"
                              "Study Date and Time=21 Sep 2017  16h:58m:21s\r\n"
                              "[Reconstruction]\r\n"
                              "Reconstruction Program=NRecon\r\n"
                              "Section to Section Step=1\r\n"
                              "Sections Count=1630\r\n"
                              "Result File Type=BMP\r\n"
                              "Result Image Width (pixels)=1108\r\n"
                              "Result Image Height (pixels)=876\r\n"
                              "Pixel Size (um)=14.00164\r\n"
                              "Cone-beam Angle Horiz.(deg)=30.740322\r\n"
                              "[File name convention]\r\n"
                              "Filename Index Length=8\r\n"
                              "Filename Prefix=1275_embryo_7um_~01_rec\r\n";

static const char xtek[] =
    "[XTekCT]\nName=skate\nVoxelsX=2000\nVoxelSizeX=0.125081\nVoxelsY=1990\nVoxelSizeY=0.125081\n"
    "VoxelsZ=1800\nVoxelSizeZ=0.125081\nSrcToObject=733.92\nProjections=1080\nUnits=mm\n"
    "[Xrays]\nXraykV=120\nXrayuA=145\n[CTPro]\nFilter_ThicknessMM=0.5\nFilter_Material=Copper\n";

static const char vgi[] =
    "{volume1}\n[representation]\nsize = 500 400 300\ndatatype = float\nbitsperelement = 32\n[file1]\n"
    "SkipHeader = 0\nFileFormat = raw\nSize = 500 400 300\nName = bone.vol\nDatatype = float\n"
    "BitsPerElement = 32\n{volumeprimitive12}\n[geometry]\nstatus = visible\n"
    "relativeposition = 0 0 0\nposition = 0 0 0\nresolution = 0.0427 0.0427 0.05\n"
    "scale = 1 1 1\nunit = mm\n[volume]\nvolume = volume1\n[description]\ntext = a bone\n";

static const char pca[] =
    "[General]\nVersion=2.8.2.20099\nSystemName=v|tome|x m\n\n[Geometry]\nFDD=802.77534791\n"
    "FOD=163.19250000\nMagnification=4.91919266\nVoxelSizeX=0.04065708\nVoxelSizeY=0.04065708\n\n"
    "[CT]\nNumberImages=1800\n[Xray]\nVoltage=200\nCurrent=180\nFilter=0.1Cu\n[Image]\nDimX=2024\n";

static const char pcr[] =
    "[Versions]\nVersion-datos|x=2.8.2\n[VolumeData]\nFormat=5\nVolume_SizeX=991\nVolume_SizeY=1002\n"
    "Volume_SizeZ=1900\nVoxelSizeRec=0.04065708\n[ROI]\nROI_SizeX=900\n";

static const char *fact(const struct sidecar *sidecar, const char *name)
{
    for (unsigned i = 0; i < sidecar->nfacts; i++)
        if (strcmp(sidecar->facts[i].name, name) == 0)
            return sidecar->facts[i].text;
    return "";
}

static void assert_spacing(const struct sidecar *sidecar, double x, double y, double z, enum length_unit unit)
{
    if (sidecar->spacing.x != x || sidecar->spacing.y != y || sidecar->spacing.z != z ||
        sidecar->spacing.unit != unit)
        fail_msg("it is %g x %g x %g %s; %s", sidecar->spacing.x, sidecar->spacing.y, sidecar->spacing.z,
                 unit_name(sidecar->spacing.unit), sidecar->note);
}

typedef bool (*parser)(const void *, size_t, struct sidecar *);

/* Parses a copy that has no byte more. */
static bool parse_copy(parser parse, const void *data, size_t n_bytes, struct sidecar *sidecar)
{
    char *copy = malloc(n_bytes ? n_bytes : 1);
    assert_non_null(copy);
    memcpy(copy, data, n_bytes);
    bool known = parse(n_bytes ? copy : NULL, n_bytes, sidecar);
    free(copy);
    return known;
}

static bool parse_text(parser parse, const char *text, struct sidecar *sidecar)
{
    return parse_copy(parse, text, strlen(text), sidecar);
}

static void test_skyscan(void **state)
{
    (void)state;
    struct sidecar sidecar;
    assert_true(parse_text(sidecar_skyscan_parse, skyscan, &sidecar));
    assert_spacing(&sidecar, 14.00164, 14.00164, 14.00164,
                   UNIT_UM); /* not the 7 of the projections, nor 75 */
    assert_int_equal(sidecar.slice_nx, 1108);
    assert_int_equal(sidecar.slice_ny, 876);
    assert_int_equal(sidecar.nslices, 1630);
    assert_string_equal(sidecar.note, "");
    assert_string_equal(fact(&sidecar, "scanner"), "SkyScan1275");
    assert_string_equal(fact(&sidecar, "voltage"), "80 kV");
    assert_string_equal(fact(&sidecar, "current"), "124 uA");
    assert_string_equal(fact(&sidecar, "date"), "21 Sep 2017  16h:58m:21s");
    assert_string_equal(fact(&sidecar, "reconstruction"), "NRecon");
    assert_true(sidecar.nfacts <= SIDECAR_FACTS_MAX);
}

static void test_skyscan_acquisition_alone(void **state)
{
    (void)state;
    struct sidecar sidecar;
    assert_true(
        parse_text(sidecar_skyscan_parse, "[Acquisition]\nImage Pixel Size (um)=  40.00\n", &sidecar));
    assert_spacing(&sidecar, 40, 40, 40, UNIT_UM);
    const char both[] = "[Acquisition]\nImage Pixel Size (um)=10\nScaled Image Pixel Size (um)=20\n";
    assert_true(parse_text(sidecar_skyscan_parse, both, &sidecar));
    assert_spacing(&sidecar, 0, 0, 0, UNIT_NONE);
    assert_non_null(strstr(sidecar.note, "differ"));
    assert_true(
        parse_text(sidecar_skyscan_parse, "[System]\nScanner=x\nCamera Pixel Size (um)=75.0\n", &sidecar));
    assert_spacing(&sidecar, 0, 0, 0, UNIT_NONE);
    const char stepped[] = "[Reconstruction]\nPixel Size (um)=5\nSection to Section Step=2\n";
    assert_true(parse_text(sidecar_skyscan_parse, stepped, &sidecar));
    assert_spacing(&sidecar, 5, 5, 0, UNIT_UM);
    assert_non_null(strstr(sidecar.note, "not every section"));
}

static void test_xtek(void **state)
{
    (void)state;
    struct sidecar sidecar;
    assert_true(parse_text(sidecar_xtek_parse, xtek, &sidecar));
    assert_spacing(&sidecar, 0.125081, 0.125081, 0.125081, UNIT_MM);
    assert_int_equal(sidecar.slice_nx, 2000);
    assert_int_equal(sidecar.slice_ny, 1990);
    assert_int_equal(sidecar.nslices, 1800);
    assert_string_equal(fact(&sidecar, "voltage"), "120 kV");
    assert_string_equal(fact(&sidecar, "filter"), "Copper");
    assert_string_equal(fact(&sidecar, "filter thickness"), "0.5 mm");
    assert_true(parse_text(sidecar_xtek_parse, "[XTekCT]\nVoxelSizeX=0.05\nVoxelSizeY=0.05\n", &sidecar));
    assert_spacing(&sidecar, 0.05, 0.05, 0, UNIT_MM);
    assert_true(parse_text(sidecar_xtek_parse, "[XTekCT]\nVoxelSizeX=0.05\nVoxelSizeY=0.05\nUnits=furlong",
                           &sidecar));
    assert_spacing(&sidecar, 0, 0, 0, UNIT_NONE);
    assert_non_null(strstr(sidecar.note, "furlong"));
    assert_true(parse_text(sidecar_xtek_parse, "[XTekCT]\nVoxelSizeX=50\nVoxelSizeY=50\nUnits=um", &sidecar));
    assert_spacing(&sidecar, 50, 50, 0, UNIT_UM);
}

static void test_vgi(void **state)
{
    (void)state;
    struct sidecar sidecar;
    assert_true(parse_text(sidecar_vgi_parse, vgi, &sidecar));
    assert_spacing(&sidecar, 0.0427, 0.0427, 0.05, UNIT_MM);
    assert_int_equal(sidecar.slice_nx, 500);
    assert_int_equal(sidecar.slice_ny, 400);
    assert_int_equal(sidecar.nslices, 300);
    assert_string_equal(fact(&sidecar, "description"), "a bone");
    assert_true(parse_text(sidecar_vgi_parse, "[geometry]\nresolution = 2 2 3\n", &sidecar));
    assert_spacing(&sidecar, 2, 2, 3, UNIT_NONE); /* no unit is guessed */
    assert_true(parse_text(sidecar_vgi_parse, "[geometry]\nresolution = 2 2 3\nunit = mm\nscale = 2 1 1\n",
                           &sidecar));
    assert_spacing(&sidecar, 0, 0, 0, UNIT_NONE);
    assert_non_null(strstr(sidecar.note, "scaled"));
    assert_true(parse_text(sidecar_vgi_parse, "[geometry]\nresolution = 2 2\nunit = mm\n", &sidecar));
    assert_spacing(&sidecar, 0, 0, 0, UNIT_NONE);
    assert_true(parse_text(sidecar_vgi_parse, "[geometry]\nresolution = 2 2 3 4\nunit = mm\n", &sidecar));
    assert_spacing(&sidecar, 0, 0, 0, UNIT_NONE);
}

static void test_phoenix(void **state)
{
    (void)state;
    struct sidecar sidecar;
    assert_true(parse_text(sidecar_pca_parse, pca, &sidecar));
    assert_spacing(&sidecar, 0.04065708, 0.04065708, 0.04065708, UNIT_MM);
    assert_string_equal(fact(&sidecar, "scanner"), "v|tome|x m");
    assert_int_equal(sidecar.slice_nx, 0); /* DimX is a projection's */
    assert_true(parse_text(sidecar_pca_parse, "[Geometry]\nVoxelSizeX=0.04\nVoxelSizeY=0.05\n", &sidecar));
    assert_spacing(&sidecar, 0.04, 0.05, 0, UNIT_MM);
    assert_true(
        parse_text(sidecar_pca_parse, "[Geometry]\nVoxelSizeX=1\nVoxelSizeY=1\nVoxelSizeZ=2\n", &sidecar));
    assert_spacing(&sidecar, 1, 1, 2, UNIT_MM);
    assert_true(parse_text(sidecar_pcr_parse, pcr, &sidecar));
    assert_spacing(&sidecar, 0.04065708, 0.04065708, 0.04065708, UNIT_MM);
    assert_int_equal(sidecar.slice_nx, 991);
    assert_int_equal(sidecar.nslices, 1900);
}

static const struct {
    parser parse;
    const char *text;
} formats[] = {
    {sidecar_skyscan_parse, skyscan}, {sidecar_xtek_parse, xtek}, {sidecar_vgi_parse, vgi},
    {sidecar_pca_parse, pca},         {sidecar_pcr_parse, pcr},
};
enum { FORMATS = sizeof formats / sizeof *formats };

static void test_others_are_not_known(void **state)
{
    (void)state;
    struct sidecar sidecar;
    for (int i = 0; i < FORMATS; i++) {
        for (int k = 0; k < FORMATS; k++)
            assert_int_equal(parse_text(formats[i].parse, formats[k].text, &sidecar), i == k);
        assert_false(parse_text(formats[i].parse, "", &sidecar));
        assert_false(parse_text(formats[i].parse, "2026-11-21 INFO started\nPixel Size (um)=5\n", &sidecar));
        assert_true(sidecar.spacing.x == 0 && sidecar.nfacts == 0);
    }
    assert_false(parse_text(sidecar_skyscan_parse, "[Reconstruction]\nnothing=known\n", &sidecar));
}

/* Bad numbers are told and not used, and none makes another be used in its place. */
static void test_bad_numbers(void **state)
{
    (void)state;
    static const char *const numbers[] = {"0",    "-5",    "nan",     "inf",   "7,0008", "1e999", "0x10", "",
                                          "5 um", "1.2.3", "1e-9999", "\"5\"", "5;6",    "--5",   "1 000"};
    char text[400];
    struct sidecar sidecar;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        snprintf(text, sizeof text,
                 "[Acquisition]\nImage Pixel Size (um)=7\n[Reconstruction]\nPixel Size (um)=%s\n",
                 numbers[i]);
        assert_true(parse_text(sidecar_skyscan_parse, text, &sidecar));
        assert_spacing(&sidecar, 0, 0, 0, UNIT_NONE);
        assert_non_null(strstr(sidecar.note, "Pixel Size (um) is '"));
        snprintf(text, sizeof text, "[XTekCT]\nVoxelSizeX=%s\nVoxelSizeY=1\nVoxelSizeZ=1\n", numbers[i]);
        assert_true(parse_text(sidecar_xtek_parse, text, &sidecar));
        assert_spacing(&sidecar, 0, 0, 0, UNIT_NONE);
        snprintf(text, sizeof text, "[geometry]\nresolution = 1 %s 1\nunit = mm\n", numbers[i]);
        assert_true(parse_text(sidecar_vgi_parse, text, &sidecar));
        assert_spacing(&sidecar, 0, 0, 0, UNIT_NONE);
    }
}

static void test_twice(void **state)
{
    (void)state;
    struct sidecar sidecar;
    assert_true(parse_text(sidecar_pcr_parse, "[VolumeData]\nVoxelSizeRec=1\nVoxelSizeRec=1.0\n", &sidecar));
    assert_spacing(&sidecar, 1, 1, 1, UNIT_MM);
    assert_true(parse_text(sidecar_pcr_parse, "[VolumeData]\nVoxelSizeRec=1\nVoxelSizeRec=2\n", &sidecar));
    assert_spacing(&sidecar, 0, 0, 0, UNIT_NONE);
    assert_non_null(strstr(sidecar.note, "twice"));
    assert_true(parse_text(sidecar_pcr_parse,
                           "[VolumeData]\nVoxelSizeRec=1\nVoxelSizeRec=2\nVoxelSizeRec=2\n", &sidecar));
    assert_spacing(&sidecar, 0, 0, 0, UNIT_NONE);
    assert_true(
        parse_text(sidecar_vgi_parse, "[geometry]\nresolution = 1 1 1\nunit = mm\nunit = um\n", &sidecar));
    assert_spacing(&sidecar, 0, 0, 0, UNIT_NONE);
}

/* `text` in UTF-16; the caller frees it. */
static char *to_utf16(const char *text, bool big_endian, bool mark, size_t *n_bytes)
{
    size_t n = strlen(text);
    char *data = malloc(2 * n + 2), *at = data;
    assert_non_null(data);
    if (mark) {
        *at++ = big_endian ? '\xfe' : '\xff';
        *at++ = big_endian ? '\xff' : '\xfe';
    }
    for (size_t i = 0; i < n; i++) {
        *at++ = big_endian ? '\0' : text[i];
        *at++ = big_endian ? text[i] : '\0';
    }
    *n_bytes = (size_t)(at - data);
    return data;
}

static void test_encodings(void **state)
{
    (void)state;
    struct sidecar sidecar;
    for (int kind = 0; kind < 4; kind++) {
        size_t n_bytes;
        char *data = to_utf16(skyscan, kind & 1, kind & 2, &n_bytes);
        assert_true(parse_copy(sidecar_skyscan_parse, data, n_bytes, &sidecar));
        assert_spacing(&sidecar, 14.00164, 14.00164, 14.00164, UNIT_UM);
        assert_string_equal(fact(&sidecar, "scanner"), "SkyScan1275");
        free(data);
    }
    assert_true(
        parse_text(sidecar_skyscan_parse, "\xef\xbb\xbf[System]\rScanner=J\xf6rg\r", &sidecar)); /* Latin-1 */
    assert_string_equal(fact(&sidecar, "scanner"), "J\xc3\xb6rg");
    assert_true(parse_text(sidecar_skyscan_parse, "[System]\nScanner=J\xc3\xb6rg\n", &sidecar));
    assert_string_equal(fact(&sidecar, "scanner"), "J\xc3\xb6rg");
    assert_true(parse_text(sidecar_vgi_parse, "[geometry]\nresolution=1 1 1\nunit = \xb5m\n",
                           &sidecar)); /* Latin-1 */
    assert_spacing(&sidecar, 1, 1, 1, UNIT_UM);
    assert_true(parse_text(sidecar_skyscan_parse, "[System]\nScanner=a\x1b[31mb\x07\n", &sidecar));
    assert_string_equal(fact(&sidecar, "scanner"), "a\\x1b[31mb\\x07");
}

/* What holds of every result, whatever the bytes are. */
static void check_sane(const struct sidecar *sidecar)
{
    const double lengths[] = {sidecar->spacing.x, sidecar->spacing.y, sidecar->spacing.z};
    for (int axis = 0; axis < 3; axis++)
        assert_true(isfinite(lengths[axis]) && lengths[axis] >= 0);
    assert_true((lengths[0] > 0) == (lengths[1] > 0) && (lengths[0] > 0 || lengths[2] == 0));
    assert_true(sidecar->nfacts <= SIDECAR_FACTS_MAX);
    assert_true(strlen(sidecar->note) < SIDECAR_NOTE_BYTES);
    for (unsigned i = 0; i < sidecar->nfacts; i++) {
        assert_true(strlen(sidecar->facts[i].text) < SIDECAR_TEXT_BYTES);
        for (const char *c = sidecar->facts[i].text; *c; c++)
            assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
    }
    for (const char *c = sidecar->note; *c; c++)
        assert_true((unsigned char)*c >= 0x20);
}

static void test_truncated(void **state)
{
    (void)state;
    struct sidecar sidecar;
    for (int i = 0; i < FORMATS; i++) {
        size_t n_bytes;
        char *wide = to_utf16(formats[i].text, false, true, &n_bytes);
        for (size_t n = 0; n <= strlen(formats[i].text); n++) {
            parse_copy(formats[i].parse, formats[i].text, n, &sidecar);
            check_sane(&sidecar);
        }
        for (size_t n = 0; n <= n_bytes; n++) {
            parse_copy(formats[i].parse, wide, n, &sidecar);
            check_sane(&sidecar);
        }
        free(wide);
    }
}

/* Bytes are changed, doubled, and thrown in at random. */
static void test_mutated(void **state)
{
    (void)state;
    uint64_t seed = 41;
    struct sidecar sidecar;
    static const char favourites[] = {'\0',   '\n',   '\r',   '=', '[', ']', '{', '}', ' ',
                                      '\xff', '\xfe', '\xd8', '9', ',', '.', '-', 'e'};
    for (int round = 0; round < 20000; round++) {
        int i = (int)(temp_random(&seed) % FORMATS);
        size_t n = strlen(formats[i].text);
        char *copy = malloc(n);
        assert_non_null(copy);
        memcpy(copy, formats[i].text, n);
        for (unsigned k = temp_random(&seed) % 12; k > 0; k--) {
            size_t at = temp_random(&seed) % n, from = temp_random(&seed) % n;
            if (temp_random(&seed) % 3 == 0)
                memmove(copy + at, copy + from, n - (at > from ? at : from));
            else if (temp_random(&seed) % 2 == 0)
                copy[at] = (char)temp_random(&seed);
            else
                copy[at] = favourites[temp_random(&seed) % sizeof favourites];
        }
        formats[i].parse(copy, n, &sidecar);
        check_sane(&sidecar);
        free(copy);
    }
}

static void test_large(void **state)
{
    (void)state;
    struct sidecar sidecar;
    char *data = malloc(SIDECAR_BYTES_MAX);
    assert_non_null(data);
    static const char fillers[] = {'a', '[', '=', '\0', ' ', '\n', '9', '\xff'};
    for (size_t k = 0; k < sizeof fillers; k++)
        for (int i = 0; i < FORMATS; i++) {
            size_t n = strlen(formats[i].text);
            memset(data, fillers[k], SIDECAR_BYTES_MAX);
            assert_false(formats[i].parse(data, SIDECAR_BYTES_MAX, &sidecar));
            memcpy(data, formats[i].text, n); /* what stands before a line too long counts */
            assert_true(formats[i].parse(data, SIDECAR_BYTES_MAX, &sidecar));
            assert_true(sidecar.spacing.x > 0);
            check_sane(&sidecar);
            memset(data, fillers[k], SIDECAR_BYTES_MAX);
            data[SIDECAR_BYTES_MAX - n - 1] = '\n';
            memcpy(data + SIDECAR_BYTES_MAX - n, formats[i].text, n); /* and behind it */
            assert_true(formats[i].parse(data, SIDECAR_BYTES_MAX, &sidecar));
            assert_true(sidecar.spacing.x > 0);
        }
    for (size_t i = 0; i + 16 <= SIDECAR_BYTES_MAX; i += 16) /* one key over and over */
        memcpy(data + i, "[System]\nFilt=1\n", 16);
    assert_false(sidecar_skyscan_parse(data, SIDECAR_BYTES_MAX, &sidecar));
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_skyscan),     cmocka_unit_test(test_skyscan_acquisition_alone),
        cmocka_unit_test(test_xtek),        cmocka_unit_test(test_vgi),
        cmocka_unit_test(test_phoenix),     cmocka_unit_test(test_others_are_not_known),
        cmocka_unit_test(test_bad_numbers), cmocka_unit_test(test_twice),
        cmocka_unit_test(test_encodings),   cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_mutated),     cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
