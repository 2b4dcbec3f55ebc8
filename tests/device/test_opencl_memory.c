/* SPDX-License-Identifier: MIT
 * What happens when a device gives less memory than it claims to have, and with the longest row there can be.
 */
#include "base/resident.h"
#include "device_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A device that claims more than it gives: the first plan is refused by the driver, a smaller one is taken.
 */
static void test_refused_allocation_shrinks(void **state)
{
    const struct opencl_devices *devices = *state;
    for (size_t i = 0; i < devices->n; i++) {
        struct opencl_device device = devices->devices[i];
        if (!device.usable)
            continue;
        uint64_t real = device.max_buffer_bytes;
        if (real > (uint64_t)4 << 30)
            continue; /* too large to pass by a plan that a host can hold */
        uint32_t nx = 1u << 14, ny = (uint32_t)(real / nx / 2 / 2 + (1u << 10));
        device.max_buffer_bytes = UINT64_MAX;
        device.memory_bytes = UINT64_MAX;
        struct pyramid pyramid = {.extent = {nx, ny, 4}, .type = VOXEL_U16, .nlevels = 2};
        struct opencl_options options = {.batch_slices = 4, .band_rows = ny};
        struct downsample_plan plan;
        struct error error = {0};
        struct downsampler *downsampler = NULL;
        assert_int_equal(opencl_plan(&plan, &device, &pyramid, &options, false, &error), STATUS_OK);
        assert_true(plan.buffer_bytes > real);
        if (opencl_create(&downsampler, &device, &pyramid, &options, false, NULL, &error) != STATUS_OK)
            fail_msg("%s", error.message);
        assert_true(downsampler->plan.buffer_bytes <= real);
        downsampler->ops->destroy(downsampler);
    }
}

/* Once the kernels are built, what the process holds is looked at: a budget that took too little of it into
 * account is told, and refuses what does not fit it any more. */
static void test_driver_is_looked_at(void **state)
{
    const struct opencl_devices *devices = *state;
    const struct pyramid pyramid = {.extent = {64, 64, 8}, .type = VOXEL_U8, .nlevels = 3};
    for (size_t i = 0; i < devices->n; i++) {
        struct host_budget budget = {.most_bytes = UINT64_MAX};
        struct opencl_options options = {.budget = &budget};
        struct downsampler *downsampler = NULL;
        struct error error = {0};
        if (!devices->devices[i].usable)
            continue;
        if (opencl_create(&downsampler, &devices->devices[i], &pyramid, &options, false, NULL, &error) !=
            STATUS_OK)
            fail_msg("%s", error.message);
        assert_true(budget.held_bytes + downsampler->plan.driver_bytes >= resident_bytes() / 2);
        downsampler->ops->destroy(downsampler);
        downsampler = NULL;
        budget = (struct host_budget){.most_bytes = resident_bytes() / 2, .held_bytes = 1};
        assert_int_equal(
            opencl_create(&downsampler, &devices->devices[i], &pyramid, &options, false, NULL, &error),
            STATUS_USAGE);
        assert_non_null(strstr(error.message, "allow --memory "));
        assert_null(downsampler);
    }
}

/* Kernels that have been built before take less of the host's memory. */
static void test_built_kernels_are_remembered(void **state)
{
    const struct opencl_devices *devices = *state;
    const struct pyramid pyramid = {.extent = {64, 64, 8}, .type = VOXEL_I8, .nlevels = 3};
    for (size_t i = 0; i < devices->n; i++) {
        struct opencl_options options = {0};
        struct downsample_plan plan, unknown;
        struct opencl_device other = devices->devices[i];
        struct downsampler *downsampler;
        struct error error = {0};
        if (!other.usable)
            continue;
        strcpy(other.driver, "never heard of");
        assert_int_equal(opencl_plan(&unknown, &other, &pyramid, &options, false, &error), STATUS_OK);
        assert_int_equal(
            opencl_create(&downsampler, &devices->devices[i], &pyramid, &options, false, NULL, &error),
            STATUS_OK);
        downsampler->ops->destroy(downsampler);
        assert_int_equal(opencl_plan(&plan, &devices->devices[i], &pyramid, &options, false, &error),
                         STATUS_OK);
        assert_true(plan.driver_bytes < unknown.driver_bytes);
    }
}

/* Takes the means of the one slice of level 1 of test_longest_row. */
static enum status check_longest_row(void *context, const struct level_rows *rows, struct error *error)
{
    const unsigned char *means = rows->voxels;
    const size_t last = UINT32_MAX / 2; /* a box of one voxel: nx is odd */
    (void)error;
    assert_int_equal(rows->level, 1);
    assert_int_equal(rows->nrows, 1);
    assert_int_equal(means[0], 10);
    assert_int_equal(means[1], 0);
    assert_int_equal(means[last - 1], 20);
    assert_int_equal(means[last], 77);
    *(bool *)context = true;
    return STATUS_OK;
}

/* 2^32 - 1 voxels in a row: no index and no count of work-items may wrap. What is not written here are pages
 * of zeros that nobody has to hold; the means take 2 GiB. */
static void test_longest_row(void **state)
{
    const struct opencl_devices *devices = *state;
    const struct pyramid pyramid = {.extent = {UINT32_MAX, 1, 1}, .type = VOXEL_U8, .nlevels = 1};
    const bool present = true;
    const struct batch batch = {.nslices = 1, .nrows = 1, .present = &present};
    unsigned ntested = 0;
    for (size_t i = 0; i < devices->n; i++) {
        struct opencl_options options = {0};
        struct downsample_plan plan;
        struct downsampler *downsampler;
        struct error error = {0};
        if (!devices->devices[i].usable ||
            opencl_plan(&plan, &devices->devices[i], &pyramid, &options, false, &error) != STATUS_OK)
            continue;
        if (opencl_create(&downsampler, &devices->devices[i], &pyramid, &options, false, NULL, &error) !=
            STATUS_OK)
            fail_msg("%s", error.message);
        unsigned char *voxels = downsampler->ops->buffer(downsampler, 0);
        voxels[0] = 8;
        voxels[1] = 12;
        voxels[UINT32_MAX - 3] = 15;
        voxels[UINT32_MAX - 2] = 25;
        voxels[UINT32_MAX - 1] = 77;
        bool delivered = false;
        if (downsampler->ops->submit(downsampler, 0, &batch, &error) != STATUS_OK ||
            downsampler->ops->collect(downsampler, check_longest_row, &delivered, &error) != STATUS_OK)
            fail_msg("%s", error.message);
        assert_true(delivered);
        downsampler->ops->destroy(downsampler);
        ntested++;
    }
    if (ntested == 0)
        skip(); /* no device has so much memory */
}

int main(void)
{
    struct opencl_devices devices;
    test_devices_begin(&devices);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_refused_allocation_shrinks, &devices),
        cmocka_unit_test_prestate(test_driver_is_looked_at, &devices),
        cmocka_unit_test_prestate(test_built_kernels_are_remembered, &devices),
        cmocka_unit_test_prestate(test_longest_row, &devices),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    opencl_devices_end(&devices);
    return failures;
}
