/* SPDX-License-Identifier: MIT
 * The backends that need no device against the oracle, over random volumes, plans and thread counts. */
#include "downsample/backends.h"
#include "downsample_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void run_reference(const struct test_volume *volume, const struct downsample_plan *plan,
                          unsigned in_flight, struct test_levels *levels)
{
    struct error error = {0};
    struct downsampler *downsampler;
    if (reference_create(&downsampler, &volume->pyramid, plan, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    test_run(downsampler, volume, in_flight, levels);
    downsampler->ops->destroy(downsampler);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_means),
        cmocka_unit_test(test_types_and_contents),
        cmocka_unit_test(test_random_volumes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
