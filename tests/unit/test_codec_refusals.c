/* SPDX-License-Identifier: MIT
 * Files that cannot be slices: each is refused with one line that names it and says why. And what a header
 * tells of spacing. */
#include "codec/tiff_codec.h"
#include "codec_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#include <cmocka.h>

/* An image of 8x8 voxels, all bytes 0, with unusual tags; a field left 0 is not written. */
struct odd_image {
    uint16_t photometric, nsamples, bits, format, orientation, compression;
    uint32_t subfile, depth;
    bool no_photometric;
    const char *description;
};

static void write_odd_page(TIFF *tif, const struct odd_image *odd)
{
    static unsigned char zeros[8 * 8 * 4 * 16];
    static uint16_t colours[1 << 16] = {[1] = 1}, greys[1 << 16];
    uint16_t nsamples = odd->nsamples ? odd->nsamples : 1, bits = odd->bits ? odd->bits : 8;
    TIFFSetField(tif, TIFFTAG_IMAGEWIDTH, 8);
    TIFFSetField(tif, TIFFTAG_IMAGELENGTH, 8);
    TIFFSetField(tif, TIFFTAG_SAMPLESPERPIXEL, nsamples);
    TIFFSetField(tif, TIFFTAG_BITSPERSAMPLE, bits);
    TIFFSetField(tif, TIFFTAG_ROWSPERSTRIP, 8);
    if (!odd->no_photometric)
        TIFFSetField(tif, TIFFTAG_PHOTOMETRIC, odd->photometric);
    if (odd->photometric == PHOTOMETRIC_PALETTE)
        TIFFSetField(tif, TIFFTAG_COLORMAP, colours, greys, greys);
    if (odd->format)
        TIFFSetField(tif, TIFFTAG_SAMPLEFORMAT, odd->format);
    if (odd->orientation)
        TIFFSetField(tif, TIFFTAG_ORIENTATION, odd->orientation);
    if (odd->compression)
        TIFFSetField(tif, TIFFTAG_COMPRESSION, odd->compression);
    if (odd->subfile)
        TIFFSetField(tif, TIFFTAG_SUBFILETYPE, odd->subfile);
    if (odd->depth)
        TIFFSetField(tif, TIFFTAG_IMAGEDEPTH, odd->depth);
    if (odd->description)
        TIFFSetField(tif, TIFFTAG_IMAGEDESCRIPTION, odd->description);
    tmsize_t n_bytes = (8 * nsamples * bits + 7) / 8 * 8;
    assert_int_equal(TIFFWriteRawStrip(tif, 0, zeros, n_bytes), n_bytes);
}

static void write_odd(const struct odd_image *pages, unsigned npages)
{
    TIFF *tif = TIFFOpen(fixture_path(), "wl");
    assert_non_null(tif);
    for (unsigned i = 0; i < npages; i++) {
        write_odd_page(tif, &pages[i]);
        assert_int_equal(TIFFWriteDirectory(tif), 1);
    }
    TIFFClose(tif);
}

/* The file must be refused with one line "PATH: what; what to do" that has `what` in it. */
static void check_refused(const char *what)
{
    struct slice_header header;
    struct error error = {0};
    unsigned char *voxels = fixture_read(fixture_path(), &header, &error);
    if (voxels || !strstr(error.message, what))
        fail_msg("not refused with \"%s\": %s", what, voxels ? header.layout : error.message);
    assert_int_equal(error.status, STATUS_INPUT);
    assert_memory_equal(error.message, fixture_path(), strlen(fixture_path()));
    assert_memory_equal(error.message + strlen(fixture_path()), ": ", 2);
    assert_non_null(strstr(error.message, "; "));
    assert_null(strpbrk(error.message, "\r\n"));
}

static void check_read(enum voxel_type type)
{
    struct slice_header header;
    struct error error = {0};
    unsigned char *voxels = fixture_read(fixture_path(), &header, &error);
    assert_string_equal(error.message, "");
    assert_non_null(voxels);
    assert_int_equal(header.type, type);
    free(voxels);
}

static void test_unsupported_features_are_named(void **state)
{
    (void)state;
    const struct {
        struct odd_image odd;
        const char *what;
    } cases[] = {
        {{.photometric = PHOTOMETRIC_RGB, .nsamples = 3}, "is RGB colour; convert it to grey, or"},
        {{.photometric = PHOTOMETRIC_RGB, .nsamples = 4}, "take its luma with --gray"},
        {{.photometric = PHOTOMETRIC_PALETTE}, "is palette colour; convert it to grey, or"},
        {{.photometric = PHOTOMETRIC_SEPARATED, .nsamples = 4}, "CMYK colour"},
        {{.photometric = PHOTOMETRIC_YCBCR, .nsamples = 3}, "YCbCr colour"},
        {{.photometric = PHOTOMETRIC_CIELAB, .nsamples = 3}, "Lab colour"},
        {{.photometric = PHOTOMETRIC_MASK, .bits = 1}, "a transparency mask"},
        {{.photometric = PHOTOMETRIC_CFA}, "a colour filter array"},
        {{.photometric = 999}, "unknown PhotometricInterpretation 999"},
        {{.photometric = 1, .nsamples = 2}, "has 2 samples per voxel that it does not call alpha"},
        {{.photometric = 1, .bits = 17}, "has 17-bit voxels"},
        {{.photometric = 1, .bits = 24}, "has 24-bit voxels"},
        {{.photometric = 1, .bits = 64}, "has 64-bit voxels"},
        {{.photometric = 1, .bits = 12, .format = SAMPLEFORMAT_INT}, "has 12-bit signed voxels"},
        {{.photometric = 1, .bits = 64, .format = SAMPLEFORMAT_INT}, "has 64-bit signed voxels"},
        {{.photometric = 1, .bits = 24, .format = SAMPLEFORMAT_IEEEFP}, "has 24-bit floating point voxels"},
        {{.photometric = 1, .bits = 8, .format = SAMPLEFORMAT_IEEEFP}, "has 8-bit floating point voxels"},
        {{.photometric = 1, .bits = 64, .format = SAMPLEFORMAT_COMPLEXIEEEFP}, "has 64-bit complex voxels"},
        {{.photometric = 0, .bits = 8, .format = SAMPLEFORMAT_INT}, "has white as 0 (MinIsWhite) in signed"},
        {{.photometric = 0, .bits = 32, .format = SAMPLEFORMAT_IEEEFP},
         "has white as 0 (MinIsWhite) in floating point"},
        {{.photometric = PHOTOMETRIC_PALETTE, .format = SAMPLEFORMAT_INT}, "8-bit signed voxels"},
        {{.photometric = PHOTOMETRIC_PALETTE, .bits = 16}, "palette colour with 16-bit voxels"},
        {{.photometric = 1, .depth = 3}, "holds 3 planes"},
        {{.photometric = 1, .compression = COMPRESSION_CCITTFAX4},
         "ccitt-fax4, is not for voxels of 1 x 8 bits"},
        {{.photometric = 1, .bits = 16, .compression = COMPRESSION_JPEG},
         "jpeg, is not for voxels of 1 x 16 bits"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_odd(&cases[i].odd, 1);
        check_refused(cases[i].what);
    }
}

static void test_lenient_features_are_read(void **state)
{
    (void)state;
    write_odd(&(struct odd_image){.photometric = 1, .bits = 16, .format = SAMPLEFORMAT_VOID}, 1);
    check_read(VOXEL_U16);
    write_odd(&(struct odd_image){.photometric = 1, .bits = 32}, 1);
    check_read(VOXEL_U32);
    write_odd(&(struct odd_image){.no_photometric = true}, 1);
    check_read(VOXEL_U8);
    write_odd(&(struct odd_image){.photometric = 1, .orientation = ORIENTATION_TOPLEFT}, 1);
    check_read(VOXEL_U8);
}

static void test_pages(void **state)
{
    (void)state;
    const struct odd_image page = {.photometric = 1},
                           thumbnail = {.photometric = 1, .subfile = FILETYPE_REDUCEDIMAGE};
    write_odd((struct odd_image[]){page, page}, 2);
    check_refused("holds several pages");
    write_odd((struct odd_image[]){page, thumbnail, thumbnail}, 3);
    check_read(VOXEL_U8);
    write_odd((struct odd_image[]){page, thumbnail, page}, 3);
    check_refused("holds several pages");
    write_odd((struct odd_image[]){thumbnail, page}, 2);
    check_refused("holds several pages");
}

/* A file as ImageJ writes it, directory first: the text claims three slices, and there are `nslices`. */
static void write_imagej_stack(unsigned nslices)
{
    static const char text[] = "ImageJ=1.11a\nimages=3\nspacing=10\n";
    unsigned char zeros[64] = {0};
    struct bytes encoded = {0};
    struct error error = {0};
    struct spacing spacing = {1, 1, 100, UNIT_UM}; /* makes a text of the same length */
    assert_int_equal(tiff_encode(8, 8, VOXEL_U8, spacing, zeros, &encoded, &error), STATUS_OK);
    assert_int_equal(bytes_reserve(&encoded, encoded.n_bytes + 64 * nslices, &error), STATUS_OK);
    memset(encoded.data + encoded.n_bytes, 0, 64 * (nslices - 1));
    encoded.n_bytes += 64 * (nslices - 1);
    unsigned char *old = memmem(encoded.data, encoded.n_bytes, "ImageJ=", 7);
    assert_non_null(old);
    assert_int_equal(strlen((char *)old), strlen(text));
    memcpy(old, text, strlen(text));
    fixture_write(encoded.data, encoded.n_bytes);
    bytes_end(&encoded);
}

static void test_imagej_stacks_behind_one_directory(void **state)
{
    (void)state;
    write_imagej_stack(3);
    check_refused("holds an ImageJ stack of 3 slices");
    write_imagej_stack(1); /* one slice of it, saved alone by something that kept the text */
    check_read(VOXEL_U8);
    write_odd(&(struct odd_image){.photometric = 1, .description = "ImageJ=1.53t\nimages=3\nslices=3\n"}, 1);
    check_read(VOXEL_U8); /* likewise: behind the slice lies only the directory */
}

/* Our own little file of 4x4 voxels of type u16, to be spoilt. */
static struct bytes small_file(void)
{
    struct bytes encoded = {0};
    struct error error = {0};
    uint16_t voxels[16];
    for (uint16_t i = 0; i < 16; i++)
        voxels[i] = (uint16_t)(257 * i);
    assert_int_equal(tiff_encode(4, 4, VOXEL_U16, (struct spacing){0}, voxels, &encoded, &error), STATUS_OK);
    return encoded;
}

static void put_little_endian(unsigned char *to, uint64_t value, unsigned n_bytes)
{
    while (n_bytes-- > 0) {
        *to++ = (unsigned char)value;
        value >>= 8;
    }
}

/* The value of the entry of `tag`, in a classic little-endian file whose directory is at 8. */
static unsigned char *entry_value(struct bytes *file, unsigned tag)
{
    unsigned n = file->data[8];
    for (unsigned char *entry = file->data + 10; n-- > 0; entry += 12)
        if (entry[0] + 256u * entry[1] == tag)
            return entry + 8;
    fail_msg("no tag %u", tag);
    return NULL;
}

static void check_spoilt_entry(unsigned tag, uint32_t value, const char *what)
{
    struct bytes file = small_file();
    put_little_endian(entry_value(&file, tag), value, 4);
    fixture_write(file.data, file.n_bytes);
    bytes_end(&file);
    check_refused(what);
}

static void test_damaged_entries(void **state)
{
    (void)state;
    check_spoilt_entry(TIFFTAG_IMAGEWIDTH, 0, "");
    check_spoilt_entry(TIFFTAG_IMAGELENGTH, 0, "");
    check_spoilt_entry(TIFFTAG_IMAGEWIDTH, 0xffffffff, "");
    check_spoilt_entry(TIFFTAG_IMAGEWIDTH, 0x7fffffff,
                       "declares 2147483647x4 voxels of type u16, more than 4 GiB");
    check_spoilt_entry(TIFFTAG_IMAGELENGTH, 0x40000001, "");
    check_spoilt_entry(TIFFTAG_IMAGELENGTH, 5, "has no data for strip 2 of 2");
    check_spoilt_entry(TIFFTAG_IMAGEWIDTH, 5, "is truncated");
    check_spoilt_entry(TIFFTAG_ROWSPERSTRIP, 1, "has no data for strip 2 of 4");
    check_spoilt_entry(TIFFTAG_ROWSPERSTRIP, 2, "has no data for strip 2 of 2");
    check_spoilt_entry(TIFFTAG_ROWSPERSTRIP, 0, "");
    check_spoilt_entry(TIFFTAG_STRIPOFFSETS, 0, "has no data for strip 1 of 1");
    check_spoilt_entry(TIFFTAG_STRIPOFFSETS, 0xfffffff0, "is truncated");
    check_spoilt_entry(TIFFTAG_STRIPOFFSETS, 0xffffffff, "is truncated");
    check_spoilt_entry(TIFFTAG_SAMPLEFORMAT, 9, "");
    check_spoilt_entry(TIFFTAG_BITSPERSAMPLE, 0, "");
    check_spoilt_entry(TIFFTAG_COMPRESSION, COMPRESSION_JP2000,
                       "its compression (number 34712, jpeg-2000) is not built");
    check_spoilt_entry(TIFFTAG_COMPRESSION, 777, "its compression (number 777, unknown to it) is not built");
    check_spoilt_entry(TIFFTAG_COMPRESSION, COMPRESSION_OJPEG, "old-style jpeg");
    check_spoilt_entry(TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE,
                       "has a strip that cannot be decoded: its Deflate data are damaged");
    check_spoilt_entry(TIFFTAG_COMPRESSION, COMPRESSION_ZSTD,
                       "has a strip that cannot be decoded (libtiff: ");
}

/* A strip table with a bad count is not believed, where the image tells how long the strip must be. */
static void test_bogus_byte_count_of_one_strip(void **state)
{
    (void)state;
    static const uint32_t counts[] = {0, 1, 31, 33, 0xffffffff};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct bytes file = small_file();
        struct slice_header header;
        struct error error = {0};
        put_little_endian(entry_value(&file, TIFFTAG_STRIPBYTECOUNTS), counts[i], 4);
        fixture_write(file.data, file.n_bytes);
        unsigned char *voxels = fixture_read(fixture_path(), &header, &error);
        if (voxels)
            assert_memory_equal(voxels, file.data + file.n_bytes - 32, 32);
        else
            assert_int_equal(error.status, STATUS_INPUT);
        free(voxels);
        bytes_end(&file);
    }
}

static void test_no_tiff_at_all(void **state)
{
    (void)state;
    fixture_write("", 0);
    check_refused("is empty");
    fixture_write("II*", 3);
    check_refused("is not a TIFF file");
    fixture_write("This is a text, and no more.\n", 29);
    check_refused("is not a TIFF file");
    fixture_write("II\x2b\0\x08\0\0\1\x10\0\0\0\0\0\0\0", 16);
    check_refused("is not a TIFF file");
    fixture_write("II*\0\x08\0\0\0", 8);
    check_refused("has a TIFF header, but no directory");
    fixture_write("MM\0*\0\0\0\x08\0", 9);
    check_refused("ends before its TIFF directory");
    fixture_write("MM\0*\0\0\0\x08\0\0", 10);
    check_refused("absurd number of entries");
    fixture_write("MM\0*\0\0\0\x08\xff\xff", 10);
    check_refused("absurd number of entries");
    fixture_write("MM\0*\0\0\0\x08\0\1\1\0", 12);
    check_refused("ends within its TIFF directory");
}

static void test_chain_of_directories(void **state)
{
    (void)state;
    static const uint32_t next[] = {8, 0x7fffffff, 0xffffffff};
    for (size_t i = 0; i < sizeof next / sizeof *next; i++) {
        struct bytes file = small_file();
        put_little_endian(file.data + 10 + 12 * file.data[8], next[i], 4);
        fixture_write(file.data, file.n_bytes);
        bytes_end(&file);
        check_refused("the chain of its pages leads back or nowhere");
    }
}

/* A name that would drive a terminal is shown escaped. */
static void test_messages_show_names_escaped(void **state)
{
    (void)state;
    struct error error = {0};
    struct slice_header header = {.nx = 1, .ny = 1, .type = VOXEL_U8};
    unsigned char voxel;
    assert_int_equal(codec_tiff.decode("abc", 3, "a\033[31m\n.tif", &header, &voxel, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "a\\x1b[31m\\x0a.tif: "));
}

static void check_spacing(float x, float y, int unit, const char *description, struct spacing expected)
{
    struct slice_header header;
    struct error error = {0};
    unsigned char zeros[64] = {0};
    TIFF *tif = TIFFOpen(fixture_path(), "wb");
    assert_non_null(tif);
    TIFFSetField(tif, TIFFTAG_IMAGEWIDTH, 8);
    TIFFSetField(tif, TIFFTAG_IMAGELENGTH, 8);
    TIFFSetField(tif, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(tif, TIFFTAG_PHOTOMETRIC, 1);
    TIFFSetField(tif, TIFFTAG_ROWSPERSTRIP, 8);
    if (x >= 0)
        TIFFSetField(tif, TIFFTAG_XRESOLUTION, (double)x);
    if (y >= 0)
        TIFFSetField(tif, TIFFTAG_YRESOLUTION, (double)y);
    if (unit > 0)
        TIFFSetField(tif, TIFFTAG_RESOLUTIONUNIT, unit);
    if (description)
        TIFFSetField(tif, TIFFTAG_IMAGEDESCRIPTION, description);
    TIFFWriteEncodedStrip(tif, 0, zeros, 64);
    TIFFClose(tif);
    unsigned char *voxels = fixture_read(fixture_path(), &header, &error);
    assert_string_equal(error.message, "");
    if (header.spacing.x != expected.x || header.spacing.y != expected.y || header.spacing.z != expected.z ||
        header.spacing.unit != expected.unit)
        fail_msg("%g x %g, unit %d, %s: %g x %g x %g %s", (double)x, (double)y, unit,
                 description ? description : "-", header.spacing.x, header.spacing.y, header.spacing.z,
                 unit_name(header.spacing.unit));
    free(voxels);
}

static void test_spacing(void **state)
{
    (void)state;
    const struct spacing none = {0};
    check_spacing(-1, -1, 0, NULL, none);
    check_spacing(-1, -1, RESUNIT_CENTIMETER, NULL, none);
    check_spacing(0, 0, RESUNIT_CENTIMETER, NULL, none);
    check_spacing(1, 1, RESUNIT_NONE, NULL, none);
    check_spacing(2, 4, RESUNIT_NONE, NULL, (struct spacing){0.5, 0.25, 0, UNIT_NONE});
    check_spacing(2, 4, RESUNIT_CENTIMETER, NULL, (struct spacing){0.5, 0.25, 0, UNIT_CM});
    check_spacing(2, 4, 0, NULL, (struct spacing){0.5, 0.25, 0, UNIT_INCH}); /* TIFF 6.0: the default */
    check_spacing(2, -1, RESUNIT_INCH, NULL, (struct spacing){0.5, 0, 0, UNIT_INCH});
    check_spacing(2, 2, RESUNIT_NONE, "ImageJ=1.53t\nunit=micron\nspacing=3.5\n",
                  (struct spacing){0.5, 0.5, 3.5, UNIT_UM});
    check_spacing(2, 2, RESUNIT_NONE, "ImageJ=1.53t\r\nspacing=-3.5\r\nunit=\\u00B5m\r\n",
                  (struct spacing){0.5, 0.5, 3.5, UNIT_UM});
    check_spacing(1, 1, RESUNIT_NONE, "ImageJ=1.53t\nunit=mm\n", (struct spacing){1, 1, 0, UNIT_MM});
    check_spacing(2, 2, RESUNIT_CENTIMETER, "ImageJ=1\nunit=nm\n", (struct spacing){0.5, 0.5, 0, UNIT_NM});
    check_spacing(2, 2, RESUNIT_NONE, "ImageJ=1\nunit=\xc2\xb5m\nspacing=nan\n",
                  (struct spacing){0.5, 0.5, 0, UNIT_UM});
    check_spacing(2, 2, RESUNIT_NONE, "ImageJ=1\nunit=parsec\n", (struct spacing){0.5, 0.5, 0, UNIT_NONE});
    check_spacing(1, 1, RESUNIT_NONE, "ImageJ=1\nunit=pixel\nspacing=1\n",
                  (struct spacing){0, 0, 1, UNIT_NONE});
    check_spacing(2, 2, RESUNIT_NONE, "notImageJ=1\nunit=mm\nspacing=4\n",
                  (struct spacing){0.5, 0.5, 0, UNIT_NONE});
    check_spacing(-1, -1, 0, "ImageJ=1\nunit=mm\n", none);
    check_spacing(2, 2, RESUNIT_NONE, "ImageJ=1\nunit=\\u00B5m\nzunit=mm\nspacing=0.25\n",
                  (struct spacing){0.5, 0.5, 250, UNIT_UM});
    check_spacing(2, 4, RESUNIT_NONE, "ImageJ=1\nspacing=3\nyunit=cm\nzunit=mm\nunit=mm\n",
                  (struct spacing){0.5, 2.5, 3, UNIT_MM});
    check_spacing(2, 2, RESUNIT_NONE, "ImageJ=1\nunit=mm\nzunit=sec\nspacing=3\n",
                  (struct spacing){0.5, 0.5, 0, UNIT_MM});
    check_spacing(2, 2, RESUNIT_NONE, "ImageJ=1\nunit=mm\nyunit=furlong\nspacing=3\n",
                  (struct spacing){0.5, 0, 3, UNIT_MM});
    check_spacing(2, 2, RESUNIT_CENTIMETER, "ImageJ=1\nzunit=mm\nspacing=3\n",
                  (struct spacing){0.5, 0.5, 0, UNIT_CM});
    check_spacing(2, 2, RESUNIT_NONE, "ImageJ=1\nunit=nm\nzunit=inch\nspacing=1e308\n",
                  (struct spacing){0.5, 0.5, 0, UNIT_NM});
}

/* What goes into encode comes out of read_header, for every unit, bit for bit. */
static void test_spacing_round_trip(void **state)
{
    (void)state;
    static const double lengths[] = {19.5, 5.2, 0.1, 1e-3, 0.0123456789, 3, 1234.5678, 2.0 / 3, 1 / 7.0};
    struct bytes encoded = {0};
    unsigned char voxel = 7;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (int unit = UNIT_NONE; unit <= UNIT_INCH; unit++)
            for (unsigned level = 0; level < 6; level++) {
                struct spacing spacing = spacing_at_level(
                    (struct spacing){lengths[i], lengths[i] * 3, lengths[i] * 5, (enum length_unit)unit},
                    level);
                struct slice_header header;
                struct error error = {0};
                assert_int_equal(tiff_encode(1, 1, VOXEL_U8, spacing, &voxel, &encoded, &error), STATUS_OK);
                fixture_write(encoded.data, encoded.n_bytes);
                free(fixture_read(fixture_path(), &header, &error));
                assert_string_equal(error.message, "");
                assert_int_equal(header.spacing.unit, unit);
                assert_true(fabs(header.spacing.x / spacing.x - 1) < 1e-15);
                assert_true(fabs(header.spacing.y / spacing.y - 1) < 1e-15);
                assert_true(header.spacing.z == spacing.z);
            }
    bytes_end(&encoded);
}

/* Lengths that no TIFF fraction can hold are left out, not written wrong. */
static void test_spacing_out_of_range(void **state)
{
    (void)state;
    static const double lengths[] = {1e-12, 1e12, -1, INFINITY, NAN};
    struct bytes encoded = {0};
    unsigned char voxel = 7;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct spacing spacing = {lengths[i], lengths[i], 0, UNIT_CM};
        struct slice_header header;
        struct error error = {0};
        assert_int_equal(tiff_encode(1, 1, VOXEL_U8, spacing, &voxel, &encoded, &error), STATUS_OK);
        fixture_write(encoded.data, encoded.n_bytes);
        free(fixture_read(fixture_path(), &header, &error));
        assert_string_equal(error.message, "");
        assert_true(header.spacing.x == 0 && header.spacing.y == 0 && header.spacing.unit == UNIT_NONE);
    }
    bytes_end(&encoded);
}

int main(void)
{
    TIFFSetWarningHandler(NULL); /* of the libtiff that writes the files */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unsupported_features_are_named),
        cmocka_unit_test(test_lenient_features_are_read),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_imagej_stacks_behind_one_directory),
        cmocka_unit_test(test_damaged_entries),
        cmocka_unit_test(test_bogus_byte_count_of_one_strip),
        cmocka_unit_test(test_no_tiff_at_all),
        cmocka_unit_test(test_chain_of_directories),
        cmocka_unit_test(test_messages_show_names_escaped),
        cmocka_unit_test(test_spacing),
        cmocka_unit_test(test_spacing_round_trip),
        cmocka_unit_test(test_spacing_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_end);
}
