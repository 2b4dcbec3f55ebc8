/* SPDX-License-Identifier: MIT
 * What codecs read of a file for its header: nothing that a file which is cut meanwhile can make wrong, and
 * no colour without being told. */
#include "codec/byte_source.h"
#include "codec/imagej.h"
#include "codec/slice_limits.h"
#include "codec/tiff_pages.h"
#include "codec_fixture.h"
#include "format_fixture.h"
#include "jp2_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <jpeglib.h>
#include <png.h>

enum { NX = 40, NY = 30 };

/* A bottom-up BMP of 8 bits with a palette, or of 24; the red of voxel `tinted` of the middle row differs. */
static void put_bmp(struct bytes *bytes, uint32_t nx, unsigned bits, uint32_t tinted)
{
    const uint32_t row_bytes = (nx * bits / 8 + 3) / 4 * 4, palette = bits == 8 ? 256 : 0;
    format_put(bytes, "BM", 2);
    format_put_le(bytes, 54 + 4 * palette + row_bytes * NY, 4);
    format_put_le(bytes, 0, 4);
    format_put_le(bytes, 54 + 4 * palette, 4);
    format_put_le(bytes, 40, 4);
    format_put_le(bytes, nx, 4);
    format_put_le(bytes, NY, 4);
    format_put_le(bytes, 1, 2);
    format_put_le(bytes, bits, 2);
    for (unsigned i = 0; i < 6; i++)
        format_put_le(bytes, 0, 4);
    for (unsigned i = 0; i < palette; i++)
        format_put_le(bytes, i * 0x010101, 4);
    size_t voxels_at = bytes->n_bytes;
    unsigned char *row = calloc(NY, row_bytes);
    assert_non_null(row);
    format_put(bytes, row, (size_t)NY * row_bytes);
    free(row);
    if (tinted < nx)
        bytes->data[voxels_at + (size_t)NY / 2 * row_bytes + 3 * tinted + 2] = 1;
}

static void put_png(struct bytes *bytes, bool colour)
{
    static unsigned char voxels[NX * NY * 3];
    uint64_t random = 9;
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = NX,
                       .height = NY,
                       .format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY};
    png_alloc_size_t n_bytes = 1 << 16;
    for (size_t i = 0; i < sizeof voxels; i++)
        voxels[i] = (unsigned char)random_below(&random, 256);
    unsigned char *made = malloc(n_bytes);
    assert_true(made && png_image_write_to_memory(&image, made, &n_bytes, 0, voxels, 0, NULL));
    format_put(bytes, made, n_bytes);
    free(made);
}

static void put_jpeg(struct bytes *bytes, bool colour)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *made = NULL, row[NX * 3] = {0};
    static unsigned char text[6000];
    unsigned long n_made = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &made, &n_made);
    jpeg.image_width = NX;
    jpeg.image_height = NY;
    jpeg.input_components = colour ? 3 : 1;
    jpeg.in_color_space = colour ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    jpeg_write_marker(&jpeg, JPEG_APP0 + 1, (const JOCTET *)"Exif", 4); /* too short to be any */
    jpeg_write_marker(&jpeg, JPEG_APP0 + 1, (const JOCTET *)"http://ns.adobe.com", 20);
    jpeg_write_marker(&jpeg, JPEG_COM, text,
                      sizeof text); /* more than is read at once lies before the frame */
    for (int y = 0; y < NY; y++)
        jpeg_write_scanlines(&jpeg, &(JSAMPROW){row}, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    format_put(bytes, made, n_made);
    free(made);
}

static void put_jpeg2000(struct bytes *bytes, bool colour)
{
    static const int voxels[3 * NX * NY];
    const struct jp2_file file = {.nx = NX,
                                  .ny = NY,
                                  .step = 1,
                                  .ncomponents = colour ? 3 : 1,
                                  .bits = 8,
                                  .boxed = true,
                                  .colour = colour ? OPJ_CLRSPC_SRGB : OPJ_CLRSPC_GRAY,
                                  .nlevels = 1,
                                  .block_nx = 64,
                                  .block_ny = 64,
                                  .nlayers = 1};
    jp2_fixture_write(bytes, &file, voxels);
}

/* One row in each strip, so that their list is long. */
static void put_tiff(struct bytes *bytes)
{
    enum { ROWS = 3000 };
    const struct tiff_layout layout = {.mode = "wl", .compression = 1, .rows_per_strip = 1};
    unsigned char *voxels = calloc(ROWS, 2);
    size_t n_bytes;
    assert_non_null(voxels);
    assert_true(fixture_write_tiff(&layout, 2, ROWS, VOXEL_U8, voxels));
    free(voxels);
    unsigned char *contents = fixture_contents(&n_bytes);
    format_put(bytes, contents, n_bytes);
    free(contents);
}

/* The first n_bytes of a file that says it has all, as one does that is cut meanwhile. */
static struct input_file open_cut(const struct bytes *bytes, size_t n_bytes)
{
    struct input_file file = {
        .fd = memfd_create("slice", MFD_CLOEXEC), .path = FORMAT_PATH, .n_bytes = bytes->n_bytes};
    assert_true(file.fd >= 0);
    assert_int_equal(write(file.fd, bytes->data, n_bytes), n_bytes);
    return file;
}

/* From length to length: every one of short files; of others those at the beginning and the end, and some. */
static size_t step_at(const struct bytes *bytes, size_t n)
{
    return bytes->n_bytes < 5000 || n < 1200 || n + 1200 > bytes->n_bytes ? 1 : 97;
}

/* Refused because it was cut, in one line. */
static void check_cut(enum status status, const struct error *error)
{
    assert_int_equal(status, STATUS_INPUT);
    if (!strstr(error->message, "was changed while being read") || strchr(error->message, '\n'))
        fail_msg("not refused as cut: %s", error->message);
}

/* The header is either that of the whole file or not to be had; returns how many bytes it takes. */
static size_t bytes_of_header(const struct codec *codec, const struct bytes *bytes)
{
    size_t needed = 0;
    for (size_t n = 0; n <= bytes->n_bytes; n += step_at(bytes, n)) {
        struct slice_header header = {0};
        struct error error = {0};
        struct input_file file = open_cut(bytes, n);
        enum status status = codec->read_header(&file, NULL, &header, &error);
        input_file_close(&file);
        if (status != STATUS_OK) {
            check_cut(status, &error);
            needed = n + 1;
        } else {
            assert_true(header.nx > 0 && header.ny > 0 && header.type == VOXEL_U8 && header.layout[0]);
        }
    }
    return needed;
}

static void files_that_are_cut_while_they_are_read(void **state)
{
    struct bytes bytes = {0};
    (void)state;
    put_bmp(&bytes, NX, 8, NX);
    assert_int_equal(bytes_of_header(&codec_bmp, &bytes), 54 + 4 * 256);
    bytes.n_bytes = 0;
    put_bmp(&bytes, NX, 24, NX);
    assert_int_equal(bytes_of_header(&codec_bmp, &bytes),
                     54 + (NY / 2 + 1) * 3 * NX); /* with its middle row */
    bytes.n_bytes = 0;
    put_png(&bytes, false);
    assert_in_range(bytes_of_header(&codec_png, &bytes), 8, bytes.n_bytes);
    bytes.n_bytes = 0;
    put_jpeg(&bytes, false);
    assert_in_range(bytes_of_header(&codec_jpeg, &bytes), 6000, bytes.n_bytes);
    bytes.n_bytes = 0;
    put_jpeg2000(&bytes, false);
    assert_in_range(bytes_of_header(&codec_jpeg2000, &bytes), 60, bytes.n_bytes);
    bytes.n_bytes = 0;
    put_tiff(&bytes);
    assert_in_range(bytes_of_header(&codec_tiff, &bytes), bytes.n_bytes / 2, bytes.n_bytes);
    bytes_end(&bytes);
}

/* Of a page that is not there any more nothing is said but that. */
static void pages_that_are_cut_while_they_are_read(void **state)
{
    struct bytes bytes = {0};
    size_t ncut = 0;
    (void)state;
    put_tiff(&bytes);
    for (size_t n = 0; n <= bytes.n_bytes; n += step_at(&bytes, n)) {
        struct tiff_pages *pages = NULL;
        struct tiff_page page = {0};
        struct error error = {0};
        bool any = false;
        struct input_file file = open_cut(&bytes, n);
        enum status status = tiff_pages_open(&pages, &file, &error);
        if (status == STATUS_OK)
            status = tiff_pages_next(pages, NULL, &page, &any, &error);
        if (status == STATUS_OK)
            assert_true(any && page.can_slice && page.header.nx == 2);
        else
            check_cut(status, &error);
        ncut += status != STATUS_OK;
        tiff_pages_close(pages);
        input_file_close(&file);
    }
    assert_true(ncut > 1000);
    bytes_end(&bytes);
}

static void colour_is_refused_without_options(void **state)
{
    const struct codec *const codecs[] = {&codec_bmp, &codec_png, &codec_jpeg, &codec_jpeg2000};
    (void)state;
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        struct bytes bytes = {0};
        struct slice_header header;
        struct error error = {0};
        if (codecs[i] == &codec_bmp)
            put_bmp(&bytes, NX, 24, 3);
        else
            (codecs[i] == &codec_png    ? put_png
             : codecs[i] == &codec_jpeg ? put_jpeg
                                        : put_jpeg2000)(&bytes, true);
        struct input_file file = open_cut(&bytes, bytes.n_bytes);
        assert_int_equal(codecs[i]->read_header(&file, NULL, &header, &error), STATUS_INPUT);
        if (!strstr(error.message, "is in colour"))
            fail_msg("%s: %s", codecs[i]->name, error.message);
        error = (struct error){0};
        assert_int_equal(
            codecs[i]->read_header(&file, &(struct codec_options){.gray = true}, &header, &error), STATUS_OK);
        assert_true(header.gray);
        input_file_close(&file);
        bytes_end(&bytes);
    }
}

/* A row that is too long to be looked through for its header is so at the latest when it is decoded. */
static void colour_at_the_end_of_long_rows(void **state)
{
    struct bytes bytes = {0};
    (void)state;
    put_bmp(&bytes, 3000, 24, 2000);
    format_check_refused(&codec_bmp, bytes.data, bytes.n_bytes, false, "is in colour", true);
    bytes.n_bytes = 0;
    put_bmp(&bytes, 3000, 24, 2999);
    format_check_refused(&codec_bmp, bytes.data, bytes.n_bytes, false, "is in colour", false);
    bytes_end(&bytes);
}

/* Reads are cut at the end of what there is. */
static void reads_of_memory(void **state)
{
    const struct byte_source source = byte_source_of_memory("abcd", 4, "f");
    static const struct {
        uint64_t offset;
        size_t n_bytes;
        const char *expected;
    } cases[] = {{0, 4, "abcd"}, {1, 2, "bc"}, {2, 9, "cd"}, {4, 1, ""}, {UINT64_MAX, SIZE_MAX, ""},
                 {1, 0, ""}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char to[5] = "";
        size_t n_read = 9;
        struct error error = {0};
        assert_int_equal(byte_source_read(&source, to, cases[i].n_bytes, cases[i].offset, &n_read, &error),
                         STATUS_OK);
        assert_int_equal(n_read, strlen(cases[i].expected));
        assert_string_equal(to, cases[i].expected);
    }
}

static void limits_of_slices(void **state)
{
    enum { MB64 = 64 << 20 };
    static const struct {
        struct slice_header header;
        const char *extent, *encoded; /* how they are refused; NULL: not */
    } cases[] = {
        {{.nx = 0, .ny = 5, .type = VOXEL_U8}, "is damaged: its extent is 0x5", NULL},
        {{.nx = 5, .ny = 0, .type = VOXEL_U8}, "is damaged: its extent is 5x0", NULL},
        {{.nx = 65536, .ny = 65536, .type = VOXEL_U8}, NULL, NULL},
        {{.nx = 65536, .ny = 65537, .type = VOXEL_U8}, "declares 65536x65537 voxels of type u8", NULL},
        {{.nx = 10, .ny = 10, .type = VOXEL_U16, .encoded_bytes = MB64 + 800}, NULL, NULL},
        {{.nx = 10, .ny = 10, .type = VOXEL_U16, .encoded_bytes = MB64 + 801},
         NULL,
         "has 200 bytes of voxels in"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error extent = {0}, encoded = {0};
        slice_check_extent("f", &cases[i].header, &extent);
        slice_check_encoded("f", &cases[i].header, &encoded);
        assert_int_equal(extent.status, cases[i].extent ? STATUS_INPUT : STATUS_OK);
        assert_int_equal(encoded.status, cases[i].encoded ? STATUS_INPUT : STATUS_OK);
        assert_true(!cases[i].extent || strstr(extent.message, cases[i].extent));
        assert_true(!cases[i].encoded || strstr(encoded.message, cases[i].encoded));
    }
}

/* Plain voxels are read where they are, and those of a stream as they come out of it, unless something is to
 * be done. */
static void what_has_to_be_decoded(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 32; bits++) {
        const struct slice_header header = {.plain = bits & 1,
                                            .streamed = bits & 2,
                                            .swapped = bits & 4,
                                            .f64 = bits & 8,
                                            .widened = bits & 16};
        assert_int_equal(slice_header_needs_decoding(&header), bits % 2 == 0 && bits != 2);
    }
}

/* A voxel of which only one side is known has no size. */
static void half_a_spacing_is_none(void **state)
{
    static const struct spacing halves[] = {
        {2, 0, 0, UNIT_CM}, {0, 2, 0, UNIT_CM}, {2, INFINITY, 0, UNIT_CM}};
    static const unsigned char voxels[NX * NY];
    (void)state;
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        struct bytes bytes = {0};
        struct slice_header header;
        struct error error = {0};
        assert_int_equal(codec_tiff.encode(NX, NY, VOXEL_U8, halves[i], voxels, &bytes, &error), STATUS_OK);
        struct input_file file = open_cut(&bytes, bytes.n_bytes);
        assert_int_equal(codec_tiff.read_header(&file, NULL, &header, &error), STATUS_OK);
        assert_false(spacing_known(header.spacing));
        input_file_close(&file);
        bytes_end(&bytes);
    }
}

/* What ImageJ is told is what is read of it. */
static void texts_for_imagej(void **state)
{
    static const struct {
        struct spacing spacing;
        const char *text; /* behind the first line; NULL: none is needed */
    } cases[] = {
        {{1, 1, 0, UNIT_NM}, "unit=nm\n"},
        {{1, 1, 0, UNIT_UM}, "unit=um\n"},
        {{1, 1, 0, UNIT_MM}, "unit=mm\n"},
        {{1, 1, 0, UNIT_CM}, NULL},
        {{1, 1, 0, UNIT_NONE}, NULL},
        {{1, 1, 0.1, UNIT_CM}, "unit=cm\nspacing=0.1\n"},
        {{1, 1, 1.0 / 3, UNIT_NONE}, "spacing=0.3333333333333333\n"},
        {{1, 1, 0.1 + 0.2, UNIT_NONE}, "spacing=0.30000000000000004\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[IMAGEJ_TEXT_BYTES] = "";
        struct imagej_description description;
        size_t n = imagej_format(text, cases[i].spacing);
        assert_int_equal(n, strlen(text));
        assert_int_equal(n > 0, cases[i].text != NULL);
        if (n == 0)
            continue;
        assert_string_equal(strchr(text, '\n') + 1, cases[i].text);
        assert_true(imagej_parse(text, &description));
        assert_int_equal(description.unit, cases[i].spacing.unit);
        assert_true(description.spacing_z == cases[i].spacing.z);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_are_cut_while_they_are_read),
        cmocka_unit_test(pages_that_are_cut_while_they_are_read),
        cmocka_unit_test(colour_is_refused_without_options),
        cmocka_unit_test(colour_at_the_end_of_long_rows),
        cmocka_unit_test(reads_of_memory),
        cmocka_unit_test(limits_of_slices),
        cmocka_unit_test(what_has_to_be_decoded),
        cmocka_unit_test(half_a_spacing_is_none),
        cmocka_unit_test(texts_for_imagej),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_end);
}
