/* SPDX-License-Identifier: MIT
 * What happens when a device gives less memory than it claims to have. */
#include "device_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

int main(void)
{
    struct opencl_devices devices;
    test_devices_begin(&devices);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_refused_allocation_shrinks, &devices),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    opencl_devices_end(&devices);
    return failures;
}
