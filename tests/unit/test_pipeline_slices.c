/* SPDX-License-Identifier: MIT
 * The pipeline with what is real of it: TIFF slices in a folder, found by the stack room, plain and
 * compressed, some missing, through the reference downsampler under any split into batches and bands. What
 * reaches the output has the same bits as the reference fed from memory. */
#include "codec_fixture.h"
#include "downsample/backends.h"
#include "downsample_harness.h"
#include "pipeline/pipeline.h"
#include "pipeline_stubs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <tiffio.h>

enum { ROUNDS = 40, RUN_SECONDS = 60 };

static void slice_path(char path[128], const char *folder, uint32_t z)
{
    snprintf(path, 128, "%s/s%u.tif", folder, z);
}

/* Writes slice z plain by the codec's own encoder, or in one of the layouts that have to be decoded. */
static void write_slice(const char *folder, const struct test_volume *volume, uint32_t z, bool compressed,
                        struct test_random *random)
{
    const struct pyramid *pyramid = &volume->pyramid;
    const struct tiff_layout layouts[] = {
        {.mode = "wl", .compression = COMPRESSION_ADOBE_DEFLATE, .rows_per_strip = 7},
        {.mode = "wb", .compression = COMPRESSION_LZW, .rows_per_strip = 1000},
        {.mode = "w8l", .compression = COMPRESSION_PACKBITS, .tile_nx = 16, .tile_ny = 32},
        {.mode = "wb", .compression = COMPRESSION_NONE, .rows_per_strip = 3},
    };
    uint64_t slice_bytes = extent_slice_bytes(pyramid->extent, pyramid->type);
    const unsigned char *voxels = (const unsigned char *)volume->voxels + z * slice_bytes;
    const uint32_t nx = pyramid->extent.nx, ny = pyramid->extent.ny;
    char path[128];
    if (compressed) {
        assert_true(
            fixture_write_tiff(&layouts[test_random_range(random, 0, 3)], nx, ny, pyramid->type, voxels));
    } else {
        struct bytes encoded = {0};
        struct error error = {0};
        assert_int_equal(codec_tiff.encode(nx, ny, pyramid->type, pyramid->spacing, voxels, &encoded, &error),
                         STATUS_OK);
        fixture_write(encoded.data, encoded.n_bytes);
        bytes_end(&encoded);
    }
    slice_path(path, folder, z);
    assert_int_equal(rename(fixture_path(), path), 0);
}

static void write_slices(const char *folder, const struct test_volume *volume, struct test_random *random)
{
    const unsigned percents[] = {0, 50, 100};
    unsigned percent = percents[test_random_range(random, 0, 2)];
    for (uint32_t z = 0; z < volume->pyramid.extent.nz; z++)
        if (volume->present[z])
            write_slice(folder, volume, z, test_random_range(random, 1, 100) <= percent, random);
}

static void remove_slices(const char *folder, uint32_t nz)
{
    for (uint32_t z = 0; z < nz; z++) {
        char path[128];
        slice_path(path, folder, z);
        unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

/* Runs the folder's slices through the pipeline, into `output`. */
static void run_folder(const char *folder, const struct test_volume *volume, struct stub_output *output,
                       struct test_random *random)
{
    struct downsample_plan plan;
    struct downsampler *downsampler;
    struct stack *stack;
    struct error error = {0};
    if (stack_open(&stack, folder, MISSING_IGNORE, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_memory_equal(&stack->extent, &volume->pyramid.extent, sizeof stack->extent);
    test_plan_random(&plan, &volume->pyramid, random);
    assert_int_equal(reference_create(&downsampler, &volume->pyramid, &plan, &error), STATUS_OK);
    const struct pipeline_run run = {.stack = stack,
                                     .pyramid = &volume->pyramid,
                                     .downsampler = downsampler,
                                     .output = &output->base,
                                     .nthreads = test_random_range(random, 1, 4)};
    alarm(RUN_SECONDS);
    if (pipeline_run(&run, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    alarm(0);
    assert_true(output->finished);
    assert_false(output->wrong);
    downsampler->ops->destroy(downsampler);
    stack_close(stack);
}

static void run_direct(const struct test_volume *volume, struct test_levels *levels,
                       struct test_random *random)
{
    struct downsample_plan plan;
    struct downsampler *downsampler;
    struct error error = {0};
    test_plan_random(&plan, &volume->pyramid, random);
    assert_int_equal(reference_create(&downsampler, &volume->pyramid, &plan, &error), STATUS_OK);
    test_run(downsampler, volume, 1, levels);
    downsampler->ops->destroy(downsampler);
}

/* Missing slices as the stack room accepts them: not the first, not the last, and at most every other one. */
static void keep_a_stack(struct test_volume *volume)
{
    uint32_t nz = volume->pyramid.extent.nz;
    for (uint32_t z = 0; z < nz; z += 2)
        volume->present[z] = true;
    volume->present[nz - 1] = true;
}

static void test_same_as_from_memory(void **state)
{
    (void)state;
    const struct knobs knobs = {0};
    struct test_random random = test_random_seeded(20);
    unsigned nrounds = test_rounds(ROUNDS);
    for (unsigned i = 0; i < nrounds; i++) {
        struct test_volume volume;
        struct test_levels expected, levels = {0};
        struct stub_output output;
        char folder[] = "/tmp/stackthumb-slices-XXXXXX";
        assert_non_null(mkdtemp(folder));
        test_volume_random(&volume, &random);
        keep_a_stack(&volume);
        write_slices(folder, &volume, &random);
        stub_output_init(&output, &volume.pyramid, &knobs);
        run_folder(folder, &volume, &output, &random);
        run_direct(&volume, &expected, &random);
        for (unsigned level = 1; level <= volume.pyramid.nlevels; level++)
            levels.voxels[level] = output.levels[level].voxels;
        test_compare(&volume, &levels, &expected, "pipeline");
        remove_slices(folder, volume.pyramid.extent.nz);
        stub_output_end(&output);
        test_levels_free(&expected);
        test_volume_free(&volume);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(test_same_as_from_memory, fixture_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
