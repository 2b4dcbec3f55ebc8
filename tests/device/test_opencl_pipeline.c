/* SPDX-License-Identifier: MIT
 * The pipeline over every usable device: buffers filled on another thread, in any order, with batches in
 * flight. What it delivers is what the oracle says. */
#include "codec_fixture.h"
#include "device_harness.h"
#include "pipeline_damage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ROUNDS = 20 };

struct choice {
    const struct opencl_device *device;
    uint64_t seed;
};

static struct downsampler *make(void *context, const struct pyramid *pyramid)
{
    const struct choice *choice = context;
    struct test_random random = {.state = choice->seed};
    const struct opencl_options options = {.batch_slices = test_random_range(&random, 1, pyramid->extent.nz),
                                           .band_rows = test_random_range(&random, 1, pyramid->extent.ny)};
    bool whole_slices = test_random_range(&random, 0, 1);
    struct downsampler *downsampler;
    struct error error = {0};
    if (opencl_create(&downsampler, choice->device, pyramid, &options, whole_slices, NULL, &error) !=
        STATUS_OK)
        fail_msg("%s", error.message);
    return downsampler;
}

static void test_same_as_the_oracle(void **state)
{
    const struct opencl_devices *devices = *state;
    struct test_random random = test_random_seeded(21);
    for (unsigned round = test_rounds(ROUNDS); round > 0; round--) {
        struct pipeline_folder folder;
        struct test_levels expected;
        pipeline_folder_init(&folder, &random);
        test_oracle(&folder.volume, &expected);
        for (size_t i = 0; i < devices->n; i++)
            if (devices->devices[i].usable)
                pipeline_folder_check(&folder,
                                      make(&(struct choice){&devices->devices[i], test_random_next(&random)},
                                           &folder.volume.pyramid),
                                      &expected, &random);
        test_levels_free(&expected);
        pipeline_folder_end(&folder);
    }
}

/* Slices that turn out to be unreadable are as if they had been missing, whenever that is noticed. */
static void test_unreadable_slices(void **state)
{
    const struct opencl_devices *devices = *state;
    struct test_random random = test_random_seeded(22);
    for (unsigned round = test_rounds(ROUNDS); round > 0; round--)
        for (size_t i = 0; i < devices->n; i++) {
            struct choice choice = {&devices->devices[i], test_random_next(&random)};
            struct pipeline_folder folder;
            if (!devices->devices[i].usable)
                continue;
            pipeline_folder_init(&folder, &random);
            pipeline_damage_check(&folder, make, &choice, &random);
            pipeline_folder_end(&folder);
        }
}

int main(void)
{
    struct opencl_devices devices;
    test_devices_begin(&devices);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate_setup_teardown(test_same_as_the_oracle, NULL, NULL, &devices),
        cmocka_unit_test_prestate_setup_teardown(test_unreadable_slices, NULL, NULL, &devices),
    };
    int nfailed = cmocka_run_group_tests(tests, NULL, fixture_end);
    opencl_devices_end(&devices);
    return nfailed;
}
