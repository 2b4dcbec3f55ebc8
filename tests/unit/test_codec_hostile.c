/* SPDX-License-Identifier: MIT
 * Files that are cut, flipped or made to hurt: never a crash, never wrong voxels without an error where
 * bytes are missing, never much memory. */
#include "codec/tiff_codec.h"
#include "codec_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

#include <cmocka.h>

enum { NX = 19, NY = 13, SLICE_BYTES_MAX = 1 << 22 };

struct sample {
    struct tiff_layout layout;
    enum voxel_type type;
};

static const struct sample samples[] = {
    {{.mode = "wl", .compression = COMPRESSION_NONE, .rows_per_strip = 4}, VOXEL_U16},
    {{.mode = "w8b", .compression = COMPRESSION_NONE, .rows_per_strip = 13}, VOXEL_I32},
    {{.mode = "wb", .compression = COMPRESSION_NONE, .tile_nx = 16, .tile_ny = 16}, VOXEL_U8},
    {{.mode = "wl", .compression = COMPRESSION_LZW, .predictor = 2, .rows_per_strip = 5}, VOXEL_I16},
    {{.mode = "w8l", .compression = COMPRESSION_ADOBE_DEFLATE, .predictor = 3, .rows_per_strip = 13},
     VOXEL_F32},
    {{.mode = "wb", .compression = COMPRESSION_ADOBE_DEFLATE, .tile_nx = 16, .tile_ny = 16}, VOXEL_U32},
    {{.mode = "wb", .compression = COMPRESSION_DEFLATE, .predictor = 2, .rows_per_strip = 5}, VOXEL_U16},
    {{.mode = "wl", .compression = COMPRESSION_PACKBITS, .rows_per_strip = 6}, VOXEL_I8},
    {{.mode = "wl", .compression = COMPRESSION_ZSTD, .rows_per_strip = 7}, VOXEL_U16},
    {{.mode = "wl", .compression = COMPRESSION_LZMA, .rows_per_strip = 7}, VOXEL_U8},
    {{.mode = "wl", .compression = COMPRESSION_JPEG, .rows_per_strip = 8}, VOXEL_U8},
};
enum { NSAMPLES = sizeof samples / sizeof *samples };

/* Writes the sample; returns its voxels as they are read back (JPEG is lossy) and the file's bytes, both for
 * the caller to free, or NULL where libtiff lacks the compression. */
static unsigned char *write_sample(const struct sample *sample, unsigned char **file, size_t *n_bytes)
{
    uint64_t random = 5;
    struct slice_header header;
    struct error error = {0};
    if (!TIFFIsCODECConfigured(sample->layout.compression))
        return NULL;
    unsigned char *voxels = fixture_voxels(&random, NX * NY, sample->type);
    assert_true(fixture_write_tiff(&sample->layout, NX, NY, sample->type, voxels));
    free(voxels);
    *file = fixture_contents(n_bytes);
    unsigned char *read = fixture_read(fixture_path(), &header, &error);
    assert_string_equal(error.message, "");
    return read;
}

/* As fixture_read, but of bytes in memory, and sparing memory: the header comes from the file, the decoder
 * gets exactly its bytes; slices that claim to be large are not decoded. */
static unsigned char *read_bytes(const unsigned char *file, size_t n_bytes, struct slice_header *header,
                                 struct error *error)
{
    struct input_file input;
    fixture_write(file, n_bytes);
    assert_int_equal(input_file_open(&input, fixture_path(), error), STATUS_OK);
    codec_tiff.read_header(&input, NULL, header, error);
    input_file_close(&input);
    if (error->status != STATUS_OK)
        return NULL;
    size_t slice_bytes = (size_t)header->nx * header->ny * voxel_bytes(header->type);
    assert_true(header->encoded_bytes <= n_bytes);
    if (slice_bytes > SLICE_BYTES_MAX)
        return NULL;
    unsigned char *voxels = calloc(slice_bytes, 1), *exact = malloc(header->encoded_bytes);
    assert_true(voxels && exact);
    memcpy(exact, file, header->encoded_bytes); /* so that a sanitizer sees a read behind its end */
    codec_tiff.decode(exact, header->encoded_bytes, "exact", header, voxels, error);
    free(exact);
    if (error->status == STATUS_OK)
        return voxels;
    free(voxels);
    return NULL;
}

static void check_error_is_one_line(const struct error *error)
{
    assert_int_equal(error->status, STATUS_INPUT);
    assert_true(error->message[0] != '\0');
    assert_null(strpbrk(error->message, "\r\n"));
}

static void test_truncation_at_every_byte(void **state)
{
    (void)state;
    for (int i = 0; i < NSAMPLES; i++) {
        unsigned char *file = NULL;
        size_t n_bytes;
        unsigned nrefused = 0;
        unsigned char *voxels = write_sample(&samples[i], &file, &n_bytes);
        for (size_t n = 0; voxels && n < n_bytes; n++) {
            struct slice_header header;
            struct error error = {0};
            unsigned char *read = read_bytes(file, n, &header, &error);
            if (read)
                assert_memory_equal(read, voxels, NX * NY * voxel_bytes(samples[i].type));
            else
                check_error_is_one_line(&error);
            nrefused += read == NULL;
            free(read);
        }
        if (voxels)
            assert_true(nrefused > n_bytes / 2);
        free(voxels);
        free(file);
    }
}

/* The header was read from the whole file, which then shrinks before it is decoded. */
static void test_truncation_after_the_header(void **state)
{
    (void)state;
    for (int i = 0; i < NSAMPLES; i++) {
        unsigned char *file = NULL, read[NX * NY * 4];
        size_t n_bytes;
        struct slice_header header;
        struct error error = {0};
        unsigned char *voxels = write_sample(&samples[i], &file, &n_bytes);
        if (voxels)
            free(read_bytes(file, n_bytes, &header, &error));
        for (size_t n = 0; voxels && n < n_bytes; n++) {
            unsigned char *exact = malloc(n + !n);
            assert_non_null(exact);
            memcpy(exact, file, n);
            error = (struct error){0};
            if (codec_tiff.decode(exact, n, "exact", &header, read, &error) == STATUS_OK)
                assert_memory_equal(read, voxels, NX * NY * voxel_bytes(samples[i].type));
            else
                check_error_is_one_line(&error);
            free(exact);
        }
        free(voxels);
        free(file);
    }
}

static void test_byte_flips(void **state)
{
    (void)state;
    static const unsigned char flips[] = {0x01, 0x80, 0xff};
    for (int i = 0; i < NSAMPLES; i++) {
        unsigned char *file = NULL;
        size_t n_bytes;
        unsigned char *voxels = write_sample(&samples[i], &file, &n_bytes);
        for (size_t n = 0; voxels && n < n_bytes * sizeof flips; n++) {
            unsigned char *flipped = file + n / sizeof flips, flip = flips[n % sizeof flips];
            struct slice_header header;
            struct error error = {0};
            *flipped ^= flip;
            free(read_bytes(file, n_bytes, &header, &error));
            if (error.status != STATUS_OK)
                check_error_is_one_line(&error);
            *flipped ^= flip;
        }
        free(voxels);
        free(file);
    }
}

/* Many bytes at once are changed, the directory's more often than others. */
static void test_random_damage(void **state)
{
    (void)state;
    uint64_t random = 6;
    for (int i = 0; i < NSAMPLES; i++) {
        unsigned char *file = NULL;
        size_t n_bytes;
        unsigned char *voxels = write_sample(&samples[i], &file, &n_bytes);
        unsigned char *copy = malloc(n_bytes);
        for (int round = 0; voxels && copy && round < 400; round++) {
            struct slice_header header;
            struct error error = {0};
            memcpy(copy, file, n_bytes);
            for (unsigned n = 1 + random_below(&random, 8); n > 0; n--) {
                uint32_t at = random_below(&random, (uint32_t)n_bytes);
                if (random_below(&random, 2) && n_bytes > 200) /* libtiff writes the directory last */
                    at = (uint32_t)n_bytes - 200 + at % 200;
                copy[at] = (unsigned char)random_next(&random);
            }
            free(read_bytes(copy, n_bytes, &header, &error));
            if (error.status != STATUS_OK)
                check_error_is_one_line(&error);
        }
        free(copy);
        free(voxels);
        free(file);
    }
}

/* Where the strips or tiles of the file lie. */
static void find_data(uint64_t *first, uint64_t *end)
{
    TIFF *tif = TIFFOpen(fixture_path(), "r");
    assert_non_null(tif);
    uint32_t n = TIFFIsTiled(tif) ? TIFFNumberOfTiles(tif) : TIFFNumberOfStrips(tif);
    *first = UINT64_MAX;
    *end = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t at = TIFFGetStrileOffset(tif, i), behind = at + TIFFGetStrileByteCount(tif, i);
        *first = at < *first ? at : *first;
        *end = behind > *end ? behind : *end;
    }
    TIFFClose(tif);
}

/* Deflate has a checksum: damaged voxels are never taken for good ones. */
static void test_damaged_deflate(void **state)
{
    (void)state;
    uint64_t random = 8, first, end;
    for (int i = 0; i < NSAMPLES; i++) {
        unsigned char *file = NULL;
        size_t n_bytes, slice_bytes = NX * NY * voxel_bytes(samples[i].type);
        uint16_t compression = samples[i].layout.compression;
        if (compression != COMPRESSION_ADOBE_DEFLATE && compression != COMPRESSION_DEFLATE)
            continue;
        unsigned char *voxels = write_sample(&samples[i], &file, &n_bytes), *copy = malloc(n_bytes);
        unsigned nrefused = 0;
        find_data(&first, &end);
        for (int round = 0; copy && round < 3000; round++) {
            struct slice_header header;
            struct error error = {0};
            memcpy(copy, file, n_bytes);
            for (unsigned n = 1 + random_below(&random, 4); n > 0; n--)
                copy[first + random_below(&random, (uint32_t)(end - first))] =
                    (unsigned char)random_next(&random);
            unsigned char *read = read_bytes(copy, n_bytes, &header, &error);
            if (read && memcmp(read, voxels, slice_bytes) != 0)
                fail_msg("sample %d, round %d: the damage went unnoticed", i, round);
            nrefused += !read;
            free(read);
        }
        assert_true(nrefused > 2900);
        free(copy);
        free(voxels);
        free(file);
    }
}

/* A JPEG stream that ends early is filled up with grey by its decoder, which only warns. */
static void test_short_jpeg_is_no_grey_slice(void **state)
{
    (void)state;
    struct tiff_layout layout = {.mode = "wl", .compression = COMPRESSION_JPEG, .rows_per_strip = 64};
    uint64_t random = 7;
    struct slice_header header;
    struct error error = {0};
    if (!TIFFIsCODECConfigured(COMPRESSION_JPEG))
        skip();
    unsigned char *voxels = fixture_voxels(&random, 64 * 64, VOXEL_U8);
    assert_true(fixture_write_tiff(&layout, 64, 64, VOXEL_U8, voxels));
    free(voxels);
    TIFF *tif = TIFFOpen(fixture_path(), "r+");
    assert_non_null(tif);
    uint64_t at = TIFFGetStrileOffset(tif, 0), count = TIFFGetStrileByteCount(tif, 0);
    TIFFClose(tif);
    size_t n_bytes;
    unsigned char *file = fixture_contents(&n_bytes);
    memset(file + at + count / 2, 0, count - count / 2); /* no marker is left in what follows */
    assert_null(read_bytes(file, n_bytes, &header, &error));
    assert_non_null(strstr(error.message, "has a strip that cannot be decoded (libtiff: "));
    free(file);
}

/* Group 4, 64 voxels wide, every row white (one bit: as the row before), and then the end of the data. */
static void write_fax(unsigned char *data, tmsize_t n_bytes)
{
    TIFF *tif = TIFFOpen(fixture_path(), "wl");
    assert_non_null(tif);
    TIFFSetField(tif, TIFFTAG_IMAGEWIDTH, 64);
    TIFFSetField(tif, TIFFTAG_IMAGELENGTH, 16);
    TIFFSetField(tif, TIFFTAG_ROWSPERSTRIP, 16);
    TIFFSetField(tif, TIFFTAG_BITSPERSAMPLE, 1);
    TIFFSetField(tif, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tif, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    TIFFSetField(tif, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4);
    assert_int_equal(TIFFWriteRawStrip(tif, 0, data, n_bytes), n_bytes);
    TIFFClose(tif);
}

/* libtiff takes data that end with fewer rows for good, and says nothing of those that it leaves as they
 * were. */
static void test_fax_that_ends_early(void **state)
{
    (void)state;
    unsigned char whole[] = {0xff, 0xff, 0x00, 0x10, 0x01}, early[] = {0xf0, 0x01, 0x00, 0x10};
    struct slice_header header;
    struct error error = {0};
    if (!TIFFIsCODECConfigured(COMPRESSION_CCITTFAX4))
        skip();
    write_fax(whole, sizeof whole);
    unsigned char *voxels = fixture_read(fixture_path(), &header, &error);
    assert_string_equal(error.message, "");
    for (size_t i = 0; i < 64 * 16; i++)
        assert_int_equal(voxels[i], 1);
    free(voxels);
    write_fax(early, sizeof early);
    assert_null(fixture_read(fixture_path(), &header, &error));
    assert_non_null(strstr(error.message, "has a strip that cannot be decoded"));
}

static unsigned char *find_entry(unsigned char *file, size_t n_bytes, uint16_t tag, uint16_t type)
{
    const unsigned char key[8] = {(unsigned char)tag, (unsigned char)(tag >> 8), (unsigned char)type, 0, 1};
    unsigned char *entry = memmem(file, n_bytes, key, sizeof key);
    assert_non_null(entry);
    return entry;
}

static void test_absurd_tiles_and_strips(void **state)
{
    (void)state;
    const struct {
        struct tiff_layout layout;
        uint16_t tag;
        uint32_t value;
    } cases[] = {
        {{.mode = "wl", .compression = COMPRESSION_LZW, .tile_nx = 16, .tile_ny = 16},
         TIFFTAG_TILEWIDTH,
         1u << 31},
        {{.mode = "wl", .compression = COMPRESSION_LZW, .tile_nx = 16, .tile_ny = 16},
         TIFFTAG_TILELENGTH,
         1u << 31},
        {{.mode = "wl", .compression = COMPRESSION_LZW, .tile_nx = 16, .tile_ny = 16},
         TIFFTAG_TILELENGTH,
         1u << 24},
        {{.mode = "wl", .compression = COMPRESSION_LZW, .tile_nx = 16, .tile_ny = 16}, TIFFTAG_TILEWIDTH, 0},
        {{.mode = "wl", .compression = COMPRESSION_LZW, .rows_per_strip = 1},
         TIFFTAG_IMAGELENGTH,
         0x7fffffff},
        {{.mode = "wl", .compression = COMPRESSION_NONE, .rows_per_strip = 1},
         TIFFTAG_IMAGELENGTH,
         0x0fffffff},
    };
    uint64_t random = 8;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char *voxels = fixture_voxels(&random, NX * NY, VOXEL_U8);
        assert_true(fixture_write_tiff(&cases[i].layout, NX, NY, VOXEL_U8, voxels));
        size_t n_bytes;
        struct slice_header header;
        struct error error = {0};
        unsigned char *file = fixture_contents(&n_bytes);
        /* libtiff writes these tags as SHORT when they fit; both value widths begin at byte 8 */
        unsigned char *entry = find_entry(file, n_bytes, cases[i].tag, TIFF_SHORT);
        entry[2] = TIFF_LONG;
        for (int byte = 0; byte < 4; byte++)
            entry[8 + byte] = (unsigned char)(cases[i].value >> (8 * byte));
        assert_null(read_bytes(file, n_bytes, &header, &error));
        check_error_is_one_line(&error);
        free(file);
        free(voxels);
    }
}

static void test_changed_file_is_noticed(void **state)
{
    (void)state;
    struct bytes encoded = {0};
    struct error error = {0};
    uint16_t voxels[6] = {0}, decoded[8];
    struct slice_header header = {.nx = 2, .ny = 3, .type = VOXEL_U16};
    assert_int_equal(tiff_encode(2, 3, VOXEL_U16, (struct spacing){0}, voxels, &encoded, &error), STATUS_OK);
    assert_int_equal(codec_tiff.decode(encoded.data, encoded.n_bytes, "a.tif", &header, decoded, &error),
                     STATUS_OK);
    header.nx = 1;
    assert_int_equal(codec_tiff.decode(encoded.data, encoded.n_bytes, "a.tif", &header, decoded, &error),
                     STATUS_INPUT);
    assert_string_equal(error.message, "a.tif: was changed after its header was checked; start again");
    header.nx = 2;
    header.type = VOXEL_I16;
    error = (struct error){0};
    assert_int_equal(codec_tiff.decode(encoded.data, encoded.n_bytes, "a.tif", &header, decoded, &error),
                     STATUS_INPUT);
    bytes_end(&encoded);
}

/* The file shrinks after it was opened: the header's reads find less than its length promised. */
static void test_file_that_shrinks(void **state)
{
    (void)state;
    static const off_t lengths[] = {0, 4, 100};
    unsigned char *file = NULL;
    size_t n_bytes;
    free(write_sample(&samples[0], &file, &n_bytes));
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct input_file input;
        struct slice_header header;
        struct error error = {0};
        fixture_write(file, n_bytes);
        assert_int_equal(input_file_open(&input, fixture_path(), &error), STATUS_OK);
        assert_int_equal(truncate(fixture_path(), lengths[i]), 0);
        assert_int_equal(codec_tiff.read_header(&input, NULL, &header, &error), STATUS_INPUT);
        assert_non_null(strstr(error.message, "ends after "));
        input_file_close(&input);
    }
    free(file);
}

int main(void)
{
    TIFFSetWarningHandler(NULL); /* of the libtiff that writes the files */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truncation_at_every_byte),
        cmocka_unit_test(test_truncation_after_the_header),
        cmocka_unit_test(test_byte_flips),
        cmocka_unit_test(test_damaged_deflate),
        cmocka_unit_test(test_random_damage),
        cmocka_unit_test(test_short_jpeg_is_no_grey_slice),
        cmocka_unit_test(test_fax_that_ends_early),
        cmocka_unit_test(test_absurd_tiles_and_strips),
        cmocka_unit_test(test_changed_file_is_noticed),
        cmocka_unit_test(test_file_that_shrinks),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_end);
}
