/* SPDX-License-Identifier: MIT
 * TIFFs of any samples, damaged at random: read or refused, by a header that was read from the damaged file,
 * and by the one of the file as it was before. Everything lies in memory of just its length, so that a
 * sanitizer sees a byte too many. */
#include "codec_fixture.h"
#include "tiff_kind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SLICE_BYTES_MAX = 1 << 22, DIRECTORY_BYTES = 300 };

static void check_error(const struct error *error)
{
    if (error->status == STATUS_OK)
        return;
    assert_int_equal(error->status, STATUS_INPUT);
    assert_true(error->message[0] != '\0');
    assert_null(strpbrk(error->message, "\r\n"));
}

static void decode_exact(const struct slice_header *header, const unsigned char *file, size_t n_bytes)
{
    struct error error = {0};
    size_t slice_bytes = (size_t)header->nx * header->ny * voxel_bytes(header->type);
    if (slice_bytes > SLICE_BYTES_MAX || header->encoded_bytes > n_bytes)
        return;
    unsigned char *exact = malloc((size_t)header->encoded_bytes), *voxels = malloc(slice_bytes);
    assert_true(exact && voxels);
    memcpy(exact, file, (size_t)header->encoded_bytes);
    codec_tiff.decode(exact, (size_t)header->encoded_bytes, "exact", header, voxels, &error);
    check_error(&error);
    free(voxels);
    free(exact);
}

static bool read_header(const unsigned char *file, size_t n_bytes, bool gray, struct slice_header *header)
{
    const struct codec_options options = {.gray = gray};
    struct input_file input;
    struct error error = {0};
    fixture_write(file, n_bytes);
    assert_int_equal(input_file_open(&input, fixture_path(), &error), STATUS_OK);
    codec_tiff.read_header(&input, &options, header, &error);
    input_file_close(&input);
    check_error(&error);
    return error.status == STATUS_OK;
}

/* A few bytes are changed, every other one near the end, where libtiff writes the directory. */
static void damage(uint64_t *random, unsigned char *file, size_t n_bytes)
{
    for (unsigned n = 1 + random_below(random, 5); n > 0; n--) {
        uint32_t at = random_below(random, (uint32_t)n_bytes);
        if (random_below(random, 2) && n_bytes > DIRECTORY_BYTES)
            at = (uint32_t)n_bytes - 1 - random_below(random, DIRECTORY_BYTES);
        file[at] = random_below(random, 2) ? (unsigned char)random_below(random, 20)
                                           : (unsigned char)random_next(random);
    }
}

static void test_damaged_files_of_any_samples(void **state)
{
    (void)state;
    uint64_t random = 21;
    unsigned nread = 0;
    for (int round = 0; round < 120; round++) {
        struct tiff_kind kind = {0};
        struct slice_header whole, header;
        size_t n_bytes;
        tiff_kind_choose(&random, &kind);
        tiff_kind_write(&kind);
        unsigned char *file = fixture_contents(&n_bytes), *copy = malloc(n_bytes);
        assert_non_null(copy);
        assert_true(read_header(file, n_bytes, true, &whole));
        for (int i = 0; i < 25; i++) {
            memcpy(copy, file, n_bytes);
            damage(&random, copy, n_bytes);
            decode_exact(&whole, copy, n_bytes);
            bool ok = read_header(copy, n_bytes, random_below(&random, 4) != 0, &header);
            nread += ok;
            if (ok)
                decode_exact(&header, copy, n_bytes);
        }
        free(copy);
        free(file);
        free(kind.samples);
    }
    assert_true(nread > 600); /* much of the damage is to voxels alone */
}

/* The decoder of CCITT group 4 ends at the code for the end of data, wherever it stands, and finds nothing
 * wrong with the rows that are missing then. */
static void test_fax_data_that_end_early(void **state)
{
    (void)state;
    uint64_t samples[40 * 30];
    struct tiff_kind kind = {.bits = 1,
                             .nsamples = 1,
                             .format = SAMPLEFORMAT_UINT,
                             .photometric = PHOTOMETRIC_MINISBLACK,
                             .orientation = 1,
                             .planar = PLANARCONFIG_CONTIG,
                             .fill_order = FILLORDER_MSB2LSB,
                             .compression = COMPRESSION_CCITTFAX4,
                             .nx = 40,
                             .ny = 20,
                             .chunk_nx = 40,
                             .chunk_ny = 30,
                             .mode = "wl",
                             .samples = samples};
    unsigned char raw[4096];
    struct slice_header header;
    struct error error = {0};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        samples[i] = i * i / 7 % 3 == 0;
    for (uint32_t ny = 20; ny <= 30; ny += 10) {
        kind.ny = 20;
        tiff_kind_write(&kind);
        TIFF *tif = TIFFOpen(fixture_path(), "r");
        assert_non_null(tif);
        tmsize_t n_bytes = TIFFReadRawStrip(tif, 0, raw, sizeof raw);
        TIFFClose(tif);
        assert_non_null(tif = TIFFOpen(fixture_path(), "wl"));
        kind.ny = ny;
        tiff_kind_set_fields(tif, &kind);
        assert_int_equal(TIFFWriteRawStrip(tif, 0, raw, n_bytes), n_bytes);
        TIFFClose(tif);
        unsigned char *voxels = fixture_read(fixture_path(), &header, &error);
        assert_int_equal(voxels != NULL, ny == 20);
        free(voxels);
    }
    assert_non_null(strstr(error.message, "has a strip that cannot be decoded"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fax_data_that_end_early),
        cmocka_unit_test(test_damaged_files_of_any_samples),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_end);
}
