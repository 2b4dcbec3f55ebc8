/* SPDX-License-Identifier: MIT
 * The OpenCL downsampler against the oracle, on every usable device: random volumes, batch depths, bands,
 * memory limits and both kernel shapes; then what must be refused. */
#include "device_harness.h"
#include "downsample_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(const struct opencl_device *device, const struct test_volume *volume,
                  const struct test_levels *expected, const struct opencl_options *options, bool whole_slices,
                  struct test_random *random)
{
    struct error error = {0};
    struct downsampler *downsampler = NULL;
    struct test_levels levels;
    char *log = NULL, text[128];
    if (opencl_create(&downsampler, device, &volume->pyramid, options, whole_slices, &log, &error) !=
        STATUS_OK)
        fail_msg("%s: %s\n%s", test_volume_name(volume, text), error.message, log ? log : "");
    const struct downsample_plan *plan = &downsampler->plan;
    assert_true(plan->device_bytes <= (options->memory_bytes ? options->memory_bytes : device->memory_bytes));
    if (options->max_buffer_bytes)
        assert_true(plan->buffer_bytes <= options->max_buffer_bytes);
    test_run(downsampler, volume, test_random_range(random, 1, plan->nbuffers), &levels);
    test_compare(volume, &levels, expected,
                 options->shape == OPENCL_SHAPE_VOXELS ? "opencl by voxels" : "opencl by runs");
    test_levels_free(&levels);
    const struct downsample_times *times = &downsampler->times;
    assert_true(options->profile ? times->kernel > 0 && times->upload >= 0 && times->download >= 0
                                 : times->kernel == 0 && times->upload == 0 && times->download == 0);
    downsampler->ops->destroy(downsampler);
}

static const enum opencl_shape shapes[2] = {OPENCL_SHAPE_RUNS, OPENCL_SHAPE_VOXELS};

static enum opencl_shape random_shape(struct test_random *random)
{
    return shapes[test_random_range(random, 0, 1)];
}

/* Options that force some batch depth, band height and number of buffers. */
static struct opencl_options random_options(const struct test_volume *volume,
                                            const struct opencl_device *device, struct test_random *random)
{
    const struct pyramid *pyramid = &volume->pyramid;
    struct opencl_options options = {.shape = random_shape(random),
                                     .profile = test_random_range(random, 0, 1)};
    if (test_random_range(random, 0, 3)) {
        options.batch_slices = test_random_range(random, 1, pyramid->extent.nz + 1);
        options.band_rows = test_random_range(random, 1, pyramid->extent.ny + 1);
    }
    if (test_random_range(random, 0, 2) == 0) { /* the least memory, or a little more */
        struct downsample_plan plan;
        struct error error = {0};
        options.memory_bytes = 1;
        assert_int_equal(opencl_plan(&plan, device, pyramid, &options, false, &error), STATUS_DEVICE);
        const char *least = strstr(error.message, "at least ");
        assert_non_null(least);
        options.memory_bytes = strtoull(least + 9, NULL, 10) * test_random_range(random, 10, 30) / 10;
    }
    return options;
}

static void test_random_volumes(void **state)
{
    const struct opencl_devices *devices = *state;
    struct test_random random = test_random_seeded(11);
    for (unsigned round = test_rounds(300); round > 0; round--) {
        struct test_volume volume;
        struct test_levels expected;
        test_volume_random(&volume, &random);
        test_oracle(&volume, &expected);
        for (size_t i = 0; i < devices->n; i++) {
            if (!devices->devices[i].usable)
                continue;
            struct opencl_options options = random_options(&volume, &devices->devices[i], &random);
            check(&devices->devices[i], &volume, &expected, &options, test_random_range(&random, 0, 4) == 0,
                  &random);
        }
        test_levels_free(&expected);
        test_volume_free(&volume);
    }
}

/* Every type, sum width, number of fused levels and kernel shape: all programs that can be built. */
static void test_all_programs(void **state)
{
    const struct opencl_devices *devices = *state;
    struct test_random random = test_random_seeded(12);
    for (int type = 0; type < VOXEL_TYPES; type++)
        for (unsigned shape = 0; shape < 2; shape++)
            for (uint32_t depth = 2; depth <= 8; depth *= 2)
                for (unsigned nlevels = 4; nlevels <= 9; nlevels += 5) {
                    struct opencl_options options = {.batch_slices = depth, .shape = shapes[shape]};
                    struct test_volume volume;
                    struct test_levels expected;
                    struct extent extent = {nlevels == 9 ? 130 : 33, 17, 29};
                    test_volume_create(&volume, extent, (enum voxel_type)type, nlevels, CONTENTS_RANDOM, 10,
                                       &random);
                    test_oracle(&volume, &expected);
                    for (size_t i = 0; i < devices->n; i++)
                        if (devices->devices[i].usable)
                            check(&devices->devices[i], &volume, &expected, &options, false, &random);
                    test_levels_free(&expected);
                    test_volume_free(&volume);
                }
}

/* 64-bit sums of 8-bit voxels need large boxes. */
static void test_wide_sums_of_bytes(void **state)
{
    const struct opencl_devices *devices = *state;
    struct test_random random = test_random_seeded(16);
    if (test_rounds(300) < 100)
        skip(); /* too slow where kernels are interpreted */
    for (int type = VOXEL_U8; type <= VOXEL_I8; type++) {
        struct test_volume volume;
        struct test_levels expected;
        struct extent extent = {260, 130, 130};
        test_volume_create(&volume, extent, (enum voxel_type)type, 9, CONTENTS_RANDOM, 10, &random);
        test_oracle(&volume, &expected);
        for (size_t i = 0; i < devices->n; i++)
            for (unsigned shape = 0; shape < 2 && devices->devices[i].usable; shape++)
                for (uint32_t depth = 2; depth <= 8; depth *= 2) {
                    struct opencl_options options = {.batch_slices = depth, .shape = shapes[shape]};
                    check(&devices->devices[i], &volume, &expected, &options, false, &random);
                }
        test_levels_free(&expected);
        test_volume_free(&volume);
    }
}

/* One slice passes the largest allocation: it goes up by bands. */
static void test_bands(void **state)
{
    const struct opencl_devices *devices = *state;
    struct test_random random = test_random_seeded(13);
    for (unsigned round = 0; round < 20; round++) {
        struct test_volume volume;
        struct test_levels expected;
        struct extent extent = {test_random_range(&random, 90, 110), test_random_range(&random, 100, 200),
                                test_random_range(&random, 1, 9)};
        test_volume_create(&volume, extent, VOXEL_U16, test_random_range(&random, 1, 4), CONTENTS_RANDOM, 0,
                           &random);
        test_oracle(&volume, &expected);
        struct opencl_options options = {.max_buffer_bytes = 110 * 16 * 2 * 2 + 2000,
                                         .shape = random_shape(&random)};
        for (size_t i = 0; i < devices->n; i++)
            if (devices->devices[i].usable)
                check(&devices->devices[i], &volume, &expected, &options, false, &random);
        test_levels_free(&expected);
        test_volume_free(&volume);
    }
}

/* Binaries of our own cache are used and give the same voxels; a broken one is passed over. */
static void test_binary_cache(void **state)
{
    const struct opencl_devices *devices = *state;
    struct test_random random = test_random_seeded(14);
    char folder[] = "/tmp/stackthumb-cache-XXXXXX", command[128];
    assert_non_null(mkdtemp(folder));
    struct opencl_options options = {.cache_folder = folder};
    struct test_volume volume;
    struct test_levels expected;
    test_volume_create(&volume, (struct extent){70, 50, 20}, VOXEL_I16, 5, CONTENTS_RANDOM, 0, &random);
    test_oracle(&volume, &expected);
    for (size_t i = 0; i < devices->n; i++) {
        if (!devices->devices[i].usable)
            continue;
        for (int time = 0; time < 3; time++) {
            check(&devices->devices[i], &volume, &expected, &options, false, &random);
            snprintf(command, sizeof command, "test \"$(ls %s/*.bin | wc -l)\" -ge 2", folder);
            assert_int_equal(system(command), 0);
            snprintf(command, sizeof command, "for f in %s/*.bin; do echo broken > $f; done", folder);
            if (time == 1)
                assert_int_equal(system(command), 0);
        }
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    test_levels_free(&expected);
    test_volume_free(&volume);
}

static void test_refusals(void **state)
{
    const struct opencl_devices *devices = *state;
    const struct pyramid pyramid = {.extent = {4000, 4000, 100}, .type = VOXEL_U16, .nlevels = 3};
    struct opencl_device device = devices->devices[0];
    struct downsampler *downsampler = NULL;
    struct downsample_plan plan;
    struct error error = {0};
    struct opencl_options options = {.memory_bytes = 100000};
    assert_int_equal(opencl_create(&downsampler, &device, &pyramid, &options, false, NULL, &error),
                     STATUS_DEVICE);
    assert_non_null(strstr(error.message, "--device-memory"));

    options = (struct opencl_options){.max_buffer_bytes = 4000};
    error = (struct error){0};
    assert_int_equal(opencl_plan(&plan, &device, &pyramid, &options, false, &error), STATUS_DEVICE);
    assert_non_null(strstr(error.message, "largest allocation"));

    device.usable = false;
    device.unusable_why = "older than OpenCL 1.2";
    options = (struct opencl_options){0};
    error = (struct error){0};
    assert_int_equal(opencl_create(&downsampler, &device, &pyramid, &options, false, NULL, &error),
                     STATUS_DEVICE);
    assert_non_null(strstr(error.message, "older than OpenCL 1.2"));
    assert_null(downsampler);
}

int main(void)
{
    struct opencl_devices devices;
    test_devices_begin(&devices);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_all_programs, &devices),
        cmocka_unit_test_prestate(test_wide_sums_of_bytes, &devices),
        cmocka_unit_test_prestate(test_bands, &devices),
        cmocka_unit_test_prestate(test_random_volumes, &devices),
        cmocka_unit_test_prestate(test_binary_cache, &devices),
        cmocka_unit_test_prestate(test_refusals, &devices),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    opencl_devices_end(&devices);
    return failures;
}
