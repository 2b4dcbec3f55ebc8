/* SPDX-License-Identifier: MIT
 * Level folders of compressed slices: that the voxels come back, by the codec and by libtiff alone; that the
 * bytes depend on nothing but the voxels; and what is left when an encoder fails or a run ends early.
 * Encoders work behind a wrapper that can be slow, or fail. */
#include "base/clock.h"
#include "codec/strip_encoder.h"
#include "codec/tiff_strips.h"
#include "output/manifest.h"
#include "output_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

#include <cmocka.h>

enum { OPEN_MAX_AT_A_TIME = 4 };

static atomic_uint calls, delays;
static atomic_uint failing_call; /* counted from 1; 0: none */

enum status __real_strip_encode(struct strip_encoder *encoder, enum voxel_type type, uint32_t nx,
                                uint32_t nrows, void *voxels, void *encoded, size_t *n_encoded,
                                struct error *error);
enum status __wrap_strip_encode(struct strip_encoder *encoder, enum voxel_type type, uint32_t nx,
                                uint32_t nrows, void *voxels, void *encoded, size_t *n_encoded,
                                struct error *error);

enum status __wrap_strip_encode(struct strip_encoder *encoder, enum voxel_type type, uint32_t nx,
                                uint32_t nrows, void *voxels, void *encoded, size_t *n_encoded,
                                struct error *error)
{
    unsigned call = atomic_fetch_add(&calls, 1) + 1;
    if (atomic_load(&delays) && call * 2654435761u >> 30 == 0) /* a quarter of them, here and there */
        usleep(call * 40503u % 2000);
    if (call == atomic_load(&failing_call))
        return error_set(error, STATUS_FAILED, "this encoder was told to fail");
    return __real_strip_encode(encoder, type, nx, nrows, voxels, encoded, n_encoded, error);
}

static void set_form(struct output_fixture *fixture, enum encoding encoding, unsigned nthreads)
{
    fixture->form = (struct output_form){.encoding = encoding, .nthreads = nthreads};
}

/* One level, of slices of several strips as a rule. */
static void make_large(struct output_fixture *fixture, uint64_t seed)
{
    output_fixture_pyramid(fixture, seed);
    fixture->pyramid.extent.nx = 1 + temp_random(&seed) % 1500;
    fixture->pyramid.extent.ny = 1 + temp_random(&seed) % 1500;
    fixture->pyramid.nlevels = 1;
}

/* Slices of a level that are being written, several at a time, in runs of rows at random. */
struct open_slice {
    uint32_t z, nrows;
    unsigned char *voxels;
};

static enum status write_some_rows(const struct output_fixture *fixture, struct output *output,
                                   unsigned level, struct open_slice *slice, uint64_t *seed,
                                   uint64_t *n_bytes, struct error *error)
{
    const struct extent extent = extent_at_level(fixture->pyramid.extent, level);
    uint32_t left = extent.ny - slice->nrows, most = temp_random(seed) % 4 ? left / 5 + 1 : left;
    struct level_rows rows = {.level = level,
                              .z = slice->z,
                              .y0 = slice->nrows,
                              .nrows = 1 + temp_random(seed) % most,
                              .voxels = slice->voxels + (size_t)slice->nrows * extent.nx *
                                                            voxel_bytes(fixture->pyramid.type)};
    slice->nrows += rows.nrows;
    return output->ops->write(output, &rows, n_bytes, error);
}

static enum status write_level(const struct output_fixture *fixture, struct output *output, unsigned level,
                               uint64_t *seed, uint64_t *n_bytes, struct error *error)
{
    const struct extent extent = extent_at_level(fixture->pyramid.extent, level);
    struct open_slice open[OPEN_MAX_AT_A_TIME];
    unsigned nopen = 0;
    enum status status = STATUS_OK;
    for (uint32_t z = 0; status == STATUS_OK && (z < extent.nz || nopen > 0);) {
        if (nopen == 0 || (z < extent.nz && nopen < OPEN_MAX_AT_A_TIME && temp_random(seed) % 2)) {
            open[nopen++] = (struct open_slice){.z = z, .voxels = output_fixture_voxels(fixture, level, z)};
            z++;
        }
        struct open_slice *slice = &open[temp_random(seed) % nopen];
        status = write_some_rows(fixture, output, level, slice, seed, n_bytes, error);
        if (slice->nrows == extent.ny) {
            free(slice->voxels);
            *slice = open[--nopen];
        }
    }
    while (nopen > 0)
        free(open[--nopen].voxels);
    return status;
}

/* All of it, and flush; `seed` says how. */
static enum status write_all(const struct output_fixture *fixture, struct output *output, uint64_t seed,
                             uint64_t *n_bytes, struct error *error)
{
    enum status status = STATUS_OK;
    for (unsigned level = 1; status == STATUS_OK && level <= fixture->pyramid.nlevels; level++)
        status = write_level(fixture, output, level, &seed, n_bytes, error);
    return status == STATUS_OK ? output->ops->flush(output, n_bytes, error) : status;
}

static void build(struct output_fixture *fixture, uint64_t seed)
{
    struct error error = {0};
    uint64_t n_bytes = 0;
    struct output *output = output_fixture_open(fixture, false);
    if (write_all(fixture, output, seed, &n_bytes, &error) != STATUS_OK ||
        output->ops->finish(output, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    output->ops->close(output);
}

/* The slice as libtiff alone reads it. */
static void assert_read_by_libtiff(const struct output_fixture *fixture, unsigned level, uint32_t z)
{
    const struct extent extent = extent_at_level(fixture->pyramid.extent, level);
    const size_t row_bytes = extent.nx * voxel_bytes(fixture->pyramid.type);
    unsigned char *voxels = output_fixture_voxels(fixture, level, z), *row = malloc(row_bytes);
    TIFF *tif = TIFFOpen(temp_path(fixture->folder, "%u/%06u.tif", level, z), "r");
    assert_non_null(tif);
    assert_non_null(row);
    uint16_t compression = 0, predictor = 1;
    TIFFGetField(tif, TIFFTAG_COMPRESSION, &compression);
    TIFFGetField(tif, TIFFTAG_PREDICTOR, &predictor);
    assert_int_equal(compression,
                     fixture->form.encoding == ENCODING_ZSTD ? COMPRESSION_ZSTD : COMPRESSION_ADOBE_DEFLATE);
    /* ImageJ shows other voxels where Deflate is of differences. */
    bool predicts = fixture->form.encoding == ENCODING_ZSTD && fixture->pyramid.type != VOXEL_F32;
    assert_int_equal(predictor, predicts ? PREDICTOR_HORIZONTAL : PREDICTOR_NONE);
    for (uint32_t y = 0; y < extent.ny; y++) {
        assert_int_equal(TIFFReadScanline(tif, row, y, 0), 1);
        assert_memory_equal(row, voxels + y * row_bytes, row_bytes);
    }
    TIFFClose(tif);
    free(row);
    free(voxels);
}

static void assert_whole(const struct output_fixture *fixture)
{
    output_fixture_assert_whole(fixture, true);
    for (unsigned level = 1; level <= fixture->pyramid.nlevels; level++)
        for (uint32_t z = 0; z < extent_at_level(fixture->pyramid.extent, level).nz; z++)
            assert_read_by_libtiff(fixture, level, z);
}

/* The files of both folders are the same, byte for byte. */
static void assert_same(const struct output_fixture *fixture, const char *a, const char *b)
{
    for (unsigned level = 1; level <= fixture->pyramid.nlevels; level++)
        for (uint32_t z = 0; z < extent_at_level(fixture->pyramid.extent, level).nz; z++) {
            size_t n_a, n_b;
            char *data_a = temp_file_read(temp_path(a, "%u/%06u.tif", level, z), &n_a);
            char *data_b = temp_file_read(temp_path(b, "%u/%06u.tif", level, z), &n_b);
            assert_int_equal(n_a, n_b);
            assert_memory_equal(data_a, data_b, n_a);
            free(data_a);
            free(data_b);
        }
}

static void test_voxels_come_back(void **state)
{
    struct output_fixture *fixture = *state;
    char first[TEMP_PATH_BYTES], second[TEMP_PATH_BYTES];
    atomic_store(&delays, 1);
    for (uint64_t seed = 1; seed <= 40; seed++) {
        if (seed % 4)
            output_fixture_pyramid(fixture, seed);
        else
            make_large(fixture, seed);
        enum encoding encoding = seed % 3 ? ENCODING_DEFLATE : ENCODING_ZSTD;
        strcpy(first, temp_path(fixture->root, "one"));
        strcpy(second, temp_path(fixture->root, "four"));
        strcpy(fixture->folder, first);
        set_form(fixture, encoding, 1);
        build(fixture, seed);
        assert_whole(fixture);
        strcpy(fixture->folder, second);
        set_form(fixture, encoding, 4);
        build(fixture, seed + 1000);
        assert_same(fixture, first, second);
        temp_folder_remove(first);
        temp_folder_remove(second);
    }
    atomic_store(&delays, 0);
}

/* Rows of which each is more than a strip should be. */
static void test_wide_rows(void **state)
{
    struct output_fixture *fixture = *state;
    output_fixture_pyramid(fixture, 3);
    fixture->pyramid.extent = (struct extent){300000, 6, 2};
    fixture->pyramid.type = VOXEL_U32;
    fixture->pyramid.nlevels = 1;
    for (int encoding = ENCODING_DEFLATE; encoding <= ENCODING_ZSTD; encoding++) {
        set_form(fixture, (enum encoding)encoding, 2);
        build(fixture, 1);
        assert_whole(fixture);
    }
}

/* What is there is replaced, whatever it was compressed with. */
static void test_rebuilt_with_another(void **state)
{
    struct output_fixture *fixture = *state;
    struct manifest manifest;
    static const enum encoding encodings[] = {ENCODING_NONE, ENCODING_ZSTD, ENCODING_DEFLATE, ENCODING_NONE};
    for (unsigned i = 0; i < 4; i++) {
        char quoted[32];
        size_t n_bytes;
        set_form(fixture, encodings[i], 2);
        build(fixture, i);
        output_fixture_assert_whole(fixture, true);
        assert_int_equal(manifest_read(fixture->folder, &manifest, &(struct error){0}), STATUS_OK);
        manifest_end(&manifest);
        char *text = temp_file_read(temp_path(fixture->folder, MANIFEST_NAME), &n_bytes);
        snprintf(quoted, sizeof quoted, "\"compression\": \"%s\"", encoding_name(encodings[i]));
        assert_non_null(strstr(text, quoted));
        free(text);
    }
}

/* What was counted as written is what lies there, and the encoders tell of every voxel. */
static void test_counts(void **state)
{
    struct output_fixture *fixture = *state;
    struct error error = {0};
    make_large(fixture, 8);
    set_form(fixture, ENCODING_DEFLATE, 3);
    struct output *output = output_fixture_open(fixture, false);
    struct output_encoders told;
    uint64_t n_bytes = 0, found = 0;
    const struct extent extent = extent_at_level(fixture->pyramid.extent, 1);
    double began = clock_seconds();
    assert_int_equal(write_all(fixture, output, 1, &n_bytes, &error), STATUS_OK);
    double seconds = clock_seconds() - began;
    output->ops->encoders(output, &told);
    assert_int_equal(told.nthreads, 3);
    assert_int_equal(told.n_bytes, extent_volume_bytes(extent, fixture->pyramid.type));
    assert_true(told.busy_seconds > 0 && told.busy_seconds < 3 * seconds);
    assert_true(told.waited_seconds >= 0 && told.waited_seconds < seconds);
    assert_int_equal(output->ops->finish(output, &error), STATUS_OK);
    output->ops->close(output);
    for (uint32_t z = 0; z < extent.nz; z++) {
        size_t n_file;
        free(temp_file_read(temp_path(fixture->folder, "1/%06u.tif", z), &n_file));
        found += n_file;
    }
    assert_int_equal(n_bytes, found);
}

/* Only whole slices are there, and the manifest does not say "complete". */
static void assert_unharmed(const struct output_fixture *fixture)
{
    struct manifest manifest;
    assert_int_equal(manifest_read(fixture->folder, &manifest, &(struct error){0}), STATUS_OK);
    assert_false(manifest.complete);
    manifest_end(&manifest);
    for (unsigned level = 1; level <= fixture->pyramid.nlevels; level++) {
        size_t nslices = 0;
        for (uint32_t z = 0; z < extent_at_level(fixture->pyramid.extent, level).nz; z++)
            if (temp_exists(temp_path(fixture->folder, "%u/%06u.tif", level, z))) {
                assert_read_by_libtiff(fixture, level, z);
                nslices++;
            }
        assert_int_equal(temp_count_entries(temp_path(fixture->folder, "%u", level)), nslices);
    }
}

/* Wherever an encoder fails, a later write or flush says so, and goes on saying so. */
static void test_encoder_fails(void **state)
{
    struct output_fixture *fixture = *state;
    uint64_t seed = 0;
    do /* of enough slices; the least strips are 2 in each of 6 then */
        make_large(fixture, ++seed);
    while (fixture->pyramid.extent.nz < 12);
    fixture->pyramid.extent.nx = 1400;
    fixture->pyramid.extent.ny = 1100;
    for (unsigned failing = 1; failing <= 12; failing++) {
        struct error error = {0}, again = {0};
        uint64_t n_bytes = 0;
        set_form(fixture, failing % 2 ? ENCODING_DEFLATE : ENCODING_ZSTD, 1 + failing % 3);
        atomic_store(&calls, 0);
        atomic_store(&failing_call, failing);
        struct output *output = output_fixture_open(fixture, false);
        assert_int_equal(write_all(fixture, output, failing, &n_bytes, &error), STATUS_FAILED);
        assert_string_equal(error.message, "this encoder was told to fail");
        assert_int_equal(output->ops->finish(output, &again), STATUS_FAILED);
        assert_string_equal(again.message, error.message);
        output->ops->close(output);
        assert_unharmed(fixture);
        temp_folder_remove(fixture->folder);
    }
    atomic_store(&failing_call, 0);
}

/* With nothing lost: finish alone flushes, too, and an end without it leaves no partial file. */
static void test_closed_at_any_time(void **state)
{
    struct output_fixture *fixture = *state;
    atomic_store(&delays, 1);
    for (uint64_t seed = 1; seed <= 30; seed++) {
        make_large(fixture, seed);
        set_form(fixture, seed % 2 ? ENCODING_DEFLATE : ENCODING_ZSTD, 1 + (unsigned)seed % 4);
        struct output *output = output_fixture_open(fixture, false);
        uint64_t random = seed, n_bytes = 0;
        struct error error = {0};
        const uint32_t nz = extent_at_level(fixture->pyramid.extent, 1).nz;
        for (uint32_t z = 0; z < nz; z++) {
            struct open_slice slice = {.z = z, .voxels = output_fixture_voxels(fixture, 1, z)};
            uint32_t runs = temp_random(&random) % 8;
            while (runs-- > 0 && slice.nrows < extent_at_level(fixture->pyramid.extent, 1).ny)
                assert_int_equal(write_some_rows(fixture, output, 1, &slice, &random, &n_bytes, &error),
                                 STATUS_OK);
            free(slice.voxels);
        }
        output->ops->close(output);
        assert_unharmed(fixture);
        temp_folder_remove(fixture->folder);
    }
    atomic_store(&delays, 0);
}

static void test_finish_flushes(void **state)
{
    struct output_fixture *fixture = *state;
    struct error error = {0};
    set_form(fixture, ENCODING_ZSTD, 2);
    struct output *output = output_fixture_open(fixture, false);
    output_fixture_write_all(fixture, output);
    if (output->ops->finish(output, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    output->ops->close(output);
    assert_whole(fixture);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, output_fixture_make, output_fixture_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_voxels_come_back), TEST(test_wide_rows),     TEST(test_rebuilt_with_another),
        TEST(test_counts),           TEST(test_encoder_fails), TEST(test_closed_at_any_time),
        TEST(test_finish_flushes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
