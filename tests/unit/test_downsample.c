/* SPDX-License-Identifier: MIT
 * The backends that need no device against the oracle, over random volumes, plans and thread counts. */
#include "downsample/backends.h"
#include "downsample/cpu.h"
#include "downsample_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Where the voxels lie nothing is moved, and computing takes some time. */
static void check_times(const struct downsampler *downsampler)
{
    assert_true(downsampler->times.upload == 0 && downsampler->times.download == 0);
    assert_true(downsampler->times.kernel > 0);
}

static void run_reference(const struct test_volume *volume, const struct downsample_plan *plan,
                          unsigned in_flight, struct test_levels *levels)
{
    struct error error = {0};
    struct downsampler *downsampler;
    if (reference_create(&downsampler, &volume->pyramid, plan, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    test_run(downsampler, volume, in_flight, levels);
    check_times(downsampler);
    downsampler->ops->destroy(downsampler);
}

/* Runs the fast path with every set of inner loops, each with its own plan and number of threads. */
static void check_fast(const struct test_volume *volume, const struct test_levels *expected,
                       struct test_random *random)
{
    const struct cpu_rows *rows;
    for (unsigned i = 0; (rows = cpu_rows_usable(i)); i++) {
        struct error error = {0};
        struct downsampler *downsampler;
        struct downsample_plan plan;
        test_plan_random(&plan, &volume->pyramid, random);
        unsigned nthreads = test_random_range(random, 1, 4);
        struct cpu_tuning tuning = cpu_tuning_default;
        if (test_random_range(random, 0, 3)) /* several blocks in a small volume */
            tuning.block_bytes = test_random_range(random, 0, 2000);
        if (test_random_range(random, 0, 1))
            tuning.stream_bytes = 0;
        if (cpu_create_tuned(&downsampler, &volume->pyramid, &plan, nthreads, rows, &tuning, &error) !=
            STATUS_OK)
            fail_msg("%s", error.message);
        struct test_levels levels;
        test_run(downsampler, volume, test_random_range(random, 1, plan.nbuffers), &levels);
        check_times(downsampler);
        downsampler->ops->destroy(downsampler);
        test_compare(volume, &levels, expected, rows->name);
        test_levels_free(&levels);
    }
}

static void check_volume(const struct test_volume *volume, struct test_random *random)
{
    struct test_levels expected, levels;
    test_oracle(volume, &expected);
    struct downsample_plan plan;
    test_plan_random(&plan, &volume->pyramid, random);
    run_reference(volume, &plan, test_random_range(random, 1, plan.nbuffers), &levels);
    test_compare(volume, &levels, &expected, "reference");
    test_levels_free(&levels);
    check_fast(volume, &expected, random);
    test_levels_free(&expected);
}

static void test_random_volumes(void **state)
{
    (void)state;
    struct test_random random = test_random_seeded(1);
    for (unsigned round = test_rounds(400); round > 0; round--) {
        struct test_volume volume;
        test_volume_random(&volume, &random);
        check_volume(&volume, &random);
        test_volume_free(&volume);
    }
}

/* Every type with every kind of contents, at an extent that is clipped on all axes. */
static void test_types_and_contents(void **state)
{
    (void)state;
    struct test_random random = test_random_seeded(2);
    for (int type = 0; type < VOXEL_TYPES; type++)
        for (int contents = 0; contents < TEST_CONTENTS; contents++)
            for (unsigned missing = 0; missing <= 40; missing += 40) {
                struct test_volume volume;
                test_volume_create(&volume, (struct extent){37, 29, 23}, (enum voxel_type)type, 4,
                                   (enum test_contents)contents, missing, &random);
                check_volume(&volume, &random);
                test_volume_free(&volume);
            }
}

/* One case by hand, so that the oracle itself can fail: means of 2 x 1 x 1 boxes. */
static void test_known_means(void **state)
{
    (void)state;
    int16_t voxels[] = {1, 2, 2, 3, -1, -2, -2, -3, -3, -3, 7}; /* 1.5 2.5 -1.5 -2.5 -3 7 */
    const int16_t expected[] = {2, 2, -2, -2, -3, 7};
    bool present = true;
    struct test_volume volume = {
        .pyramid = {.extent = {11, 1, 1}, .type = VOXEL_I16, .nlevels = 1},
        .voxels = voxels,
        .present = &present,
    };
    struct downsample_plan plan = {.batch_slices = 1, .band_rows = 1, .nbuffers = 1};
    test_plan_finish(&plan, &volume.pyramid);
    struct test_levels levels;
    test_oracle(&volume, &levels);
    assert_memory_equal(levels.voxels[1], expected, sizeof expected);
    test_levels_free(&levels);
    run_reference(&volume, &plan, 1, &levels);
    assert_memory_equal(levels.voxels[1], expected, sizeof expected);
    test_levels_free(&levels);
}

/* A larger volume than the random ones, with the plans that users get. */
static void test_planned(void **state)
{
    (void)state;
    struct test_random random = test_random_seeded(7);
    struct test_volume volume;
    test_volume_create(&volume, (struct extent){701, 523, 11}, VOXEL_U16, 3, CONTENTS_RANDOM, 10, &random);
    struct test_levels expected;
    test_oracle(&volume, &expected);
    for (unsigned i = 0; i < 6; i++) {
        const struct downsample_limits limits = {
            .buffer_bytes = i % 3 ? 0 : 100000, .nbuffers = i % 3, .nthreads = 1 + i % 2};
        struct error error = {0};
        struct downsample_plan plan;
        struct downsampler *downsampler;
        struct test_levels levels;
        assert_int_equal(cpu_plan(&plan, &volume.pyramid, &limits, i >= 3, &error), STATUS_OK);
        assert_int_equal(cpu_create(&downsampler, &volume.pyramid, &plan, limits.nthreads, &error),
                         STATUS_OK);
        test_run(downsampler, &volume, plan.nbuffers, &levels);
        downsampler->ops->destroy(downsampler);
        test_compare(&volume, &levels, &expected, "cpu");
        test_levels_free(&levels);
    }
    test_levels_free(&expected);
    test_volume_free(&volume);
}

static enum status refuse(void *context, const struct level_rows *rows, struct error *error)
{
    (void)context;
    (void)rows;
    return error_set(error, STATUS_OUTPUT, "the sink refuses");
}

static enum status create_either(int which, struct downsampler **downsampler, const struct pyramid *pyramid,
                                 const struct downsample_plan *plan, struct error *error)
{
    return which ? cpu_create(downsampler, pyramid, plan, 2, error)
                 : reference_create(downsampler, pyramid, plan, error);
}

/* Misuse and refusals are told, not guessed around; and nothing leaks. */
static void test_refusals(void **state)
{
    (void)state;
    const struct pyramid pyramid = {.extent = {20, 20, 8}, .type = VOXEL_U8, .nlevels = 2};
    struct downsample_plan plan = {.batch_slices = 2, .band_rows = 20, .nbuffers = 2};
    bool present[2] = {true, true};
    test_plan_finish(&plan, &pyramid);
    for (int which = 0; which < 2; which++) {
        struct error error = {0};
        struct downsampler *downsampler;
        assert_int_equal(create_either(which, &downsampler, &pyramid, &plan, &error), STATUS_OK);
        const struct downsampler_ops *ops = downsampler->ops;
        assert_int_equal(ops->collect(downsampler, refuse, NULL, &error), STATUS_FAILED);
        struct batch batch = {.z0 = 2, .nslices = 2, .nrows = 20, .present = present};
        error = (struct error){0};
        assert_int_equal(ops->submit(downsampler, 0, &batch, &error), STATUS_FAILED);
        assert_non_null(strstr(error.message, "out of order"));
        for (batch.z0 = 0; batch.z0 < 4; batch.z0 += 2) {
            error = (struct error){0};
            memset(ops->buffer(downsampler, batch.z0 / 2), 0, (size_t)plan.buffer_bytes);
            assert_int_equal(ops->submit(downsampler, batch.z0 / 2, &batch, &error), STATUS_OK);
        }
        assert_int_equal(ops->submit(downsampler, 0, &batch, &error), STATUS_FAILED); /* both are waiting */
        error = (struct error){0};
        assert_int_equal(ops->collect(downsampler, refuse, NULL, &error), STATUS_OUTPUT);
        ops->destroy(downsampler);

        struct downsample_plan absurd = plan;
        absurd.buffer_bytes = UINT64_MAX;
        error = (struct error){0};
        assert_int_equal(create_either(which, &downsampler, &pyramid, &absurd, &error), STATUS_FAILED);
        assert_non_null(strstr(error.message, "memory"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_means),    cmocka_unit_test(test_types_and_contents),
        cmocka_unit_test(test_random_volumes), cmocka_unit_test(test_planned),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
