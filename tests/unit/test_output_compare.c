/* SPDX-License-Identifier: MIT
 * Comparing with level folders: one bit that differs is found, for every type, and so is everything else that
 * can be wrong. */
#include "codec/codec.h"
#include "output/compare.h"
#include "output_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Compares the folder with the pyramid; returns the result. */
static struct compare_result compared(const struct output_fixture *fixture)
{
    struct error error = {0};
    struct output *output = NULL;
    assert_int_equal(compare_open(&output, fixture->folder, &fixture->pyramid, &error), STATUS_OK);
    output_fixture_write_all(fixture, output);
    if (output->ops->finish(output, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    struct compare_result result = *compare_result(output);
    output->ops->close(output);
    return result;
}

/* Replaces a slice by one of nx * ny voxels. */
static void replace_slice(const struct output_fixture *fixture, unsigned level, uint32_t z, uint32_t nx,
                          uint32_t ny, enum voxel_type type, const void *voxels)
{
    struct error error = {0};
    struct bytes encoded = {0};
    assert_int_equal(codec_tiff.encode(nx, ny, type, (struct spacing){0}, voxels, &encoded, &error),
                     STATUS_OK);
    temp_file_write(temp_path(fixture->folder, "%u/%06u.tif", level, z), encoded.data, encoded.n_bytes);
    bytes_end(&encoded);
}

/* Replaces a slice by what it should be, but for the byte at `at`, which is changed by xor with `bits`. */
static void flip(const struct output_fixture *fixture, unsigned level, uint32_t z, size_t at, int bits)
{
    struct extent extent = extent_at_level(fixture->pyramid.extent, level);
    unsigned char *voxels = output_fixture_voxels(fixture, level, z);
    voxels[at] = (unsigned char)(voxels[at] ^ bits);
    replace_slice(fixture, level, z, extent.nx, extent.ny, fixture->pyramid.type, voxels);
    free(voxels);
}

static uint64_t total_slices(const struct output_fixture *fixture)
{
    uint64_t nslices = 0;
    for (unsigned level = 1; level <= fixture->pyramid.nlevels; level++)
        nslices += extent_at_level(fixture->pyramid.extent, level).nz;
    return nslices;
}

static void test_one_bit_of_each_type(void **state)
{
    struct output_fixture *fixture = *state;
    for (uint64_t seed = 0; seed < 10 * VOXEL_TYPES; seed++) {
        uint64_t random = seed;
        output_fixture_pyramid(fixture, seed);
        fixture->pyramid.type = (enum voxel_type)(seed % VOXEL_TYPES);
        output_fixture_build(fixture, false);
        struct compare_result result = compared(fixture);
        assert_true(compare_clean(&result));
        assert_true(result.nslices == total_slices(fixture));
        assert_int_equal(result.nfirst, 0);

        unsigned level = 1 + temp_random(&random) % fixture->pyramid.nlevels;
        struct extent extent = extent_at_level(fixture->pyramid.extent, level);
        size_t voxel = voxel_bytes(fixture->pyramid.type);
        uint32_t x = temp_random(&random) % extent.nx, y = temp_random(&random) % extent.ny,
                 z = temp_random(&random) % extent.nz;
        flip(fixture, level, z, ((size_t)y * extent.nx + x) * voxel + temp_random(&random) % voxel,
             1 << temp_random(&random) % 8);
        result = compared(fixture);
        assert_false(compare_clean(&result));
        assert_true(result.nvoxels_different == 1 && result.nslices_different == 1 && result.nextra == 0);
        assert_int_equal(result.nfirst, 1);
        const struct difference *first = &result.first[0];
        assert_int_equal(first->kind, DIFFERENCE_VOXEL);
        assert_true(first->level == level && first->z == z && first->y == y && first->x == x);
        assert_string_not_equal(first->expected, first->found);
        assert_non_null(strstr(first->message, temp_path(fixture->folder, "%u/%06u.tif: voxel", level, z)));
        assert_non_null(strstr(first->message, first->expected));
        assert_non_null(strstr(first->message, first->found));
    }
}

static void test_float_bits(void **state)
{
    struct output_fixture *fixture = *state;
    struct error error = {0};
    struct output *output = NULL;
    /* Equal by ==, or both NaN, and yet other bits; and the same NaN. */
    const uint32_t expected[4] = {0x00000000, 0x7fc00000, 0x7fc00000, 0x3f800000};
    const uint32_t found[4] = {0x80000000, 0x7fc00001, 0x7fc00000, 0x3f800000};
    fixture->pyramid = (struct pyramid){.extent = {4, 2, 1}, .type = VOXEL_F32, .nlevels = 1};
    fixture->pyramid.extent = (struct extent){8, 2, 1};
    assert_int_equal(mkdir(fixture->folder, 0700), 0);
    assert_int_equal(mkdir(temp_path(fixture->folder, "1"), 0700), 0);
    replace_slice(fixture, 1, 0, 4, 1, VOXEL_F32, found);
    assert_int_equal(compare_open(&output, fixture->folder, &fixture->pyramid, &error), STATUS_OK);
    uint64_t n_bytes = 0;
    const struct level_rows rows = {.level = 1, .nrows = 1, .voxels = expected};
    assert_int_equal(output->ops->write(output, &rows, &n_bytes, &error), STATUS_OK);
    const struct compare_result *result = compare_result(output);
    assert_true(result->nvoxels == 4 && result->nvoxels_different == 2);
    assert_string_equal(result->first[0].expected, "0 (0x00000000)");
    assert_string_equal(result->first[0].found, "-0 (0x80000000)");
    assert_non_null(strstr(result->first[1].expected, "(0x7fc00000)"));
    assert_non_null(strstr(result->first[1].found, "(0x7fc00001)"));
    output->ops->close(output);
}

static void test_many_voxels_differ(void **state)
{
    struct output_fixture *fixture = *state;
    output_fixture_pyramid(fixture, 3);
    fixture->pyramid.extent.nx = 40;
    output_fixture_build(fixture, false);
    struct extent extent = extent_at_level(fixture->pyramid.extent, 1);
    unsigned char *voxels = output_fixture_voxels(fixture, 1, 0);
    size_t voxel = voxel_bytes(fixture->pyramid.type), nvoxels = (size_t)extent.nx * extent.ny;
    for (size_t i = 0; i < nvoxels; i++)
        voxels[i * voxel] = (unsigned char)~voxels[i * voxel];
    replace_slice(fixture, 1, 0, extent.nx, extent.ny, fixture->pyramid.type, voxels);
    free(voxels);
    struct compare_result result = compared(fixture);
    assert_true(result.nvoxels_different == nvoxels && result.nslices_different == 1);
    assert_int_equal(result.nfirst, COMPARE_FIRST_MAX);
    for (unsigned i = 0; i < COMPARE_FIRST_MAX; i++)
        assert_int_equal(result.first[i].x, i); /* the first, in order */
}

/* One slice is wrong as a whole; the run goes on, and the message tells why. */
static void assert_slice_differs(const struct output_fixture *fixture, const char *part)
{
    struct compare_result result = compared(fixture);
    assert_true(result.nslices_different == 1 && result.nvoxels_different == 0);
    assert_true(result.nslices == total_slices(fixture));
    assert_int_equal(result.first[0].kind, DIFFERENCE_SLICE);
    assert_int_equal(result.first[0].level, 1);
    assert_int_equal(result.first[0].z, 0);
    if (!strstr(result.first[0].message, part))
        fail_msg("'%s' does not say '%s'", result.first[0].message, part);
}

static void test_slices_that_are_none(void **state)
{
    struct output_fixture *fixture = *state;
    static const unsigned char zeros[64 * 64 * 4];
    char path[TEMP_PATH_BYTES];
    strcpy(path, temp_path(fixture->folder, "1/000000.tif"));
    output_fixture_pyramid(fixture, 9);
    output_fixture_build(fixture, false);
    struct extent extent = extent_at_level(fixture->pyramid.extent, 1);
    enum voxel_type type = fixture->pyramid.type, other = type == VOXEL_U8 ? VOXEL_I8 : VOXEL_U8;
    replace_slice(fixture, 1, 0, extent.nx + 1, extent.ny, type, zeros);
    assert_slice_differs(fixture, "is expected");
    replace_slice(fixture, 1, 0, extent.nx, extent.ny + 1, type, zeros);
    assert_slice_differs(fixture, "is expected");
    replace_slice(fixture, 1, 0, extent.nx, extent.ny, other, zeros);
    assert_slice_differs(fixture, "is expected");
    temp_text_write(path, "not an image");
    assert_slice_differs(fixture, path);
    unlink(path);
    assert_slice_differs(fixture, path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_slice_differs(fixture, "not a regular file");
}

static void test_cut_short(void **state)
{
    struct output_fixture *fixture = *state;
    struct stat about;
    const char *path = temp_path(fixture->folder, "1/000000.tif");
    output_fixture_build(fixture, false);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(truncate(path, about.st_size - 1), 0);
    assert_slice_differs(fixture, "1/000000.tif");
}

static void test_too_much(void **state)
{
    struct output_fixture *fixture = *state;
    struct output_fixture less = *fixture;
    output_fixture_pyramid(fixture, 4);
    fixture->pyramid.extent.nz = 12;
    fixture->pyramid.nlevels = 3;
    less.pyramid = fixture->pyramid;
    less.seed = fixture->seed;
    free(fixture->slices);
    fixture->slices = calloc(12, sizeof *fixture->slices);
    fixture->source.slices = fixture->slices;
    fixture->source.nslices = 12;
    output_fixture_build(fixture, false);
    /* Other images in a level folder; hidden files and texts do not matter. */
    temp_text_write(temp_path(fixture->folder, "1/000006.tif"), "");
    temp_text_write(temp_path(fixture->folder, "1/preview.TIF"), "");
    temp_text_write(temp_path(fixture->folder, "1/.DS_Store"), "");
    temp_text_write(temp_path(fixture->folder, "1/notes.txt"), "");
    temp_text_write(temp_path(fixture->folder, "notes.txt"), "");
    struct compare_result result = compared(fixture);
    assert_false(compare_clean(&result));
    assert_true(result.nslices_different == 0 && result.nextra == 2 && result.nfirst == 2);
    assert_int_equal(result.first[0].kind, DIFFERENCE_EXTRA);
    assert_non_null(strstr(result.first[0].message, "does not belong to the pyramid"));
    /* A level more than there should be. */
    less.pyramid.nlevels = 2;
    unlink(temp_path(fixture->folder, "1/000006.tif"));
    unlink(temp_path(fixture->folder, "1/preview.TIF"));
    result = compared(&less);
    assert_true(result.nslices_different == 0 && result.nextra == 1);
    assert_non_null(strstr(result.first[0].message, "3: the pyramid has no such level"));
}

static void test_no_level_folder_at_all(void **state)
{
    struct output_fixture *fixture = *state;
    struct error error = {0};
    struct output *output = NULL;
    assert_int_equal(compare_open(&output, fixture->folder, &fixture->pyramid, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, fixture->folder));
    assert_int_equal(mkdir(fixture->folder, 0700), 0);
    struct compare_result result = compared(fixture);
    assert_true(result.nslices == total_slices(fixture) && result.nslices_different == result.nslices);
    assert_true(result.nvoxels == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, output_fixture_make, output_fixture_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_bit_of_each_type),   TEST(test_float_bits), TEST(test_many_voxels_differ),
        TEST(test_slices_that_are_none),   TEST(test_cut_short),  TEST(test_too_much),
        TEST(test_no_level_folder_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
