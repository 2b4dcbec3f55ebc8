/* SPDX-License-Identifier: MIT
 * What decoding a slice takes, as counted by malloc and its kin here, against decode_bytes, which --memory
 * stands on: never more, and not so much less that memory would lie idle. Sanitizers have a malloc of their
 * own: skipped. */
#include "codec_fixture.h"
#include "format_fixture.h"
#include "jp2_fixture.h"

#include <errno.h>
#include <malloc.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <jpeglib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
int main(void)
{
    return 77;
}
#else

enum { NX = 1531, NY = 1207, SLACK_BYTES = 64 << 10 };

/* malloc and its kin, counted: shared libraries find these before the C library's. One thread. */
static size_t held_bytes, peak_bytes;

void *__libc_malloc(size_t n_bytes);
void *__libc_calloc(size_t count, size_t n_bytes);
void *__libc_realloc(void *memory, size_t n_bytes);
void *__libc_memalign(size_t alignment, size_t n_bytes);
void __libc_free(void *memory);

static void *count_in(void *memory)
{
    held_bytes += memory ? malloc_usable_size(memory) : 0;
    peak_bytes = held_bytes > peak_bytes ? held_bytes : peak_bytes;
    return memory;
}

static void count_out(void *memory)
{
    held_bytes -= memory ? malloc_usable_size(memory) : 0;
}

void *malloc(size_t n_bytes)
{
    return count_in(__libc_malloc(n_bytes));
}

void *calloc(size_t count, size_t n_bytes)
{
    return count_in(__libc_calloc(count, n_bytes));
}

void *realloc(void *memory, size_t n_bytes)
{
    count_out(memory);
    return count_in(__libc_realloc(memory, n_bytes));
}

int posix_memalign(void **memory, size_t alignment, size_t n_bytes)
{
    *memory = count_in(__libc_memalign(alignment, n_bytes));
    return *memory ? 0 : ENOMEM;
}

void *aligned_alloc(size_t alignment, size_t n_bytes)
{
    return count_in(__libc_memalign(alignment, n_bytes));
}

void free(void *memory)
{
    count_out(memory);
    __libc_free(memory);
}

static void check(const struct codec *codec, const struct bytes *bytes, const char *what)
{
    struct input_file file = {.fd = memfd_create("slice", MFD_CLOEXEC), .path = FORMAT_PATH, bytes->n_bytes};
    const struct codec_options options = {.gray = true};
    struct slice_header header = {0};
    struct error error = {0};
    assert_int_equal(write(file.fd, bytes->data, bytes->n_bytes), bytes->n_bytes);
    if (codec->read_header(&file, &options, &header, &error) != STATUS_OK)
        fail_msg("%s: %s", what, error.message);
    close(file.fd);
    unsigned char *voxels = malloc((size_t)NX * NY * voxel_bytes(header.type));
    assert_non_null(voxels);
    size_t before = held_bytes;
    peak_bytes = held_bytes;
    if (codec->decode(bytes->data, header.encoded_bytes, FORMAT_PATH, &header, voxels, &error) != STATUS_OK)
        fail_msg("%s: %s", what, error.message);
    size_t taken = peak_bytes - before;
    print_message("%-28s took %9zu bytes, said %9llu, file %8zu\n", what, taken,
                  (unsigned long long)header.decode_bytes, bytes->n_bytes);
    assert_int_equal(held_bytes, before);
    assert_true(taken <= header.decode_bytes);
    assert_true(header.decode_bytes <= taken + taken / 2 + 4 * SLACK_BYTES);
    free(voxels);
}

static unsigned char *noise(uint64_t *state, size_t n)
{
    unsigned char *data = malloc(n);
    assert_non_null(data);
    for (size_t i = 0; i < n; i++)
        data[i] = (unsigned char)(random_next(state) & 31);
    return data;
}

static void write_bytes(png_structp png, png_bytep data, size_t n_bytes)
{
    format_put(png_get_io_ptr(png), data, n_bytes);
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

static void png_slices(void **unused)
{
    (void)unused;
    static const struct {
        int bits, colour, interlace, nchannels;
        const char *what;
    } kinds[] = {{8, PNG_COLOR_TYPE_GRAY, 0, 1, "PNG"},
                 {16, PNG_COLOR_TYPE_GRAY, 0, 1, "PNG, 16 bits"},
                 {8, PNG_COLOR_TYPE_GRAY, 1, 1, "PNG, interlaced"},
                 {16, PNG_COLOR_TYPE_RGB_ALPHA, 1, 4, "PNG, RGB 16, interlaced"}};
    uint64_t state = 1;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct bytes bytes = {0};
        size_t row_bytes = (size_t)NX * (unsigned)(kinds[i].nchannels * kinds[i].bits / 8);
        unsigned char *image = noise(&state, row_bytes * NY);
        png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
        png_infop info = png_create_info_struct(png);
        png_set_write_fn(png, &bytes, write_bytes, flush_nothing);
        png_set_IHDR(png, info, NX, NY, kinds[i].bits, kinds[i].colour, kinds[i].interlace, 0, 0);
        png_set_compression_level(png, 1);
        png_write_info(png, info);
        for (int pass = png_set_interlace_handling(png); pass > 0; pass--)
            for (size_t y = 0; y < NY; y++)
                png_write_row(png, image + y * row_bytes);
        png_write_end(png, info);
        png_destroy_write_struct(&png, &info);
        free(image);
        check(&codec_png, &bytes, kinds[i].what);
        bytes_end(&bytes);
    }
}

static void jpeg_slices(void **unused)
{
    (void)unused;
    uint64_t state = 2;
    for (unsigned kind = 0; kind < 4; kind++) {
        static const char *const names[] = {"JPEG", "JPEG, progressive", "JPEG, YCbCr",
                                            "JPEG, YCbCr, progressive"};
        struct jpeg_compress_struct jpeg;
        struct jpeg_error_mgr errors;
        unsigned char *made = NULL, *image = noise(&state, (size_t)NX * NY * 3);
        unsigned long n_made = 0;
        jpeg.err = jpeg_std_error(&errors);
        jpeg_create_compress(&jpeg);
        jpeg_mem_dest(&jpeg, &made, &n_made);
        jpeg.image_width = NX;
        jpeg.image_height = NY;
        jpeg.input_components = kind < 2 ? 1 : 3;
        jpeg.in_color_space = kind < 2 ? JCS_GRAYSCALE : JCS_RGB;
        jpeg_set_defaults(&jpeg);
        if (kind % 2)
            jpeg_simple_progression(&jpeg);
        jpeg_start_compress(&jpeg, TRUE);
        for (size_t y = 0; y < NY; y++)
            jpeg_write_scanlines(&jpeg, &(JSAMPROW){image + y * NX * (kind < 2 ? 1 : 3)}, 1);
        jpeg_finish_compress(&jpeg);
        jpeg_destroy_compress(&jpeg);
        check(&codec_jpeg, &(struct bytes){.data = made, .n_bytes = n_made}, names[kind]);
        free(made);
        free(image);
    }
}

static void jpeg2000_slices(void **unused)
{
    (void)unused;
    static const struct {
        unsigned ncomponents;
        uint32_t tile;
        int block, levels;
        const char *what;
    } kinds[] = {{1, 0, 64, 5, "JPEG 2000"},
                 {1, 256, 64, 5, "JPEG 2000, tiles"},
                 {1, 0, 16, 5, "JPEG 2000, small blocks"},
                 {3, 0, 32, 5, "JPEG 2000, RGB"},
                 {1, 0, 64, 0, "JPEG 2000, no transform"}};
    uint64_t state = 3;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct bytes bytes = {0};
        const struct jp2_file file = {.nx = NX,
                                      .ny = NY,
                                      .step = 1,
                                      .ncomponents = kinds[i].ncomponents,
                                      .bits = 8,
                                      .colour = kinds[i].ncomponents == 1 ? OPJ_CLRSPC_GRAY : OPJ_CLRSPC_SRGB,
                                      .tile_nx = kinds[i].tile,
                                      .tile_ny = kinds[i].tile,
                                      .nlevels = kinds[i].levels,
                                      .block_nx = kinds[i].block,
                                      .block_ny = kinds[i].block,
                                      .nlayers = 1};
        size_t n = (size_t)NX * NY * file.ncomponents;
        int *voxels = malloc(n * sizeof *voxels);
        assert_non_null(voxels);
        for (size_t k = 0; k < n; k++)
            voxels[k] = (int)(random_next(&state) & 31);
        jp2_fixture_write(&bytes, &file, voxels);
        free(voxels);
        check(&codec_jpeg2000, &bytes, kinds[i].what);
        bytes_end(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(png_slices),
        cmocka_unit_test(jpeg_slices),
        cmocka_unit_test(jpeg2000_slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
