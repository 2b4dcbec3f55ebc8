/* SPDX-License-Identifier: MIT
 * How the OpenCL planner cuts volumes, for devices that are made up: no driver is asked. */
#include "downsample_harness.h"
#include "opencl/planner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct opencl_device make_device(enum opencl_kind kind, uint64_t memory_bytes)
{
    return (struct opencl_device){.kind = kind,
                                  .name = "made up",
                                  .platform = "nobody's",
                                  .memory_bytes = memory_bytes,
                                  .max_buffer_bytes = memory_bytes / 4,
                                  .unified_memory = kind == OPENCL_CPU,
                                  .usable = true};
}

static void check_valid(const struct downsample_plan *plan, const struct pyramid *pyramid)
{
    uint32_t depth = plan->batch_slices, rows = plan->band_rows, box = 1u << pyramid->nlevels;
    if (pyramid->extent.nz == 1)
        assert_int_equal(depth, 1);
    else
        assert_true(depth >= 2 && (depth % box == 0 || (depth < box && (depth & (depth - 1)) == 0)));
    assert_true(rows == pyramid->extent.ny || (rows > 0 && rows < pyramid->extent.ny && rows % box == 0));
    assert_true(plan->nbuffers >= 1);
    assert_true(plan->buffer_bytes ==
                (uint64_t)depth * rows * pyramid->extent.nx * voxel_bytes(pyramid->type));
    assert_true(plan->device_bytes > plan->nbuffers * plan->buffer_bytes);
}

static struct pyramid random_pyramid(struct test_random *random)
{
    return (struct pyramid){.extent = {test_random_range(random, 1, 9000), test_random_range(random, 1, 9000),
                                       test_random_range(random, 1, 300)},
                            .type = (enum voxel_type)test_random_range(random, 0, VOXEL_TYPES - 1),
                            .nlevels = test_random_range(random, 1, 9)};
}

/* A plan is valid whatever is asked for, and is what was asked for where that is possible. */
static void test_plans_are_valid(void **state)
{
    (void)state;
    struct test_random random = test_random_seeded(31);
    for (unsigned round = test_rounds(2000); round > 0; round--) {
        struct pyramid pyramid = random_pyramid(&random);
        struct opencl_device device =
            make_device(test_random_range(&random, 0, 1) ? OPENCL_GPU : OPENCL_CPU, (uint64_t)1 << 50);
        struct opencl_options options = {0};
        struct downsample_plan plan;
        struct error error = {0};
        uint32_t box = 1u << pyramid.nlevels;
        bool whole_slices = test_random_range(&random, 0, 2) == 0;
        if (test_random_range(&random, 0, 1))
            options.batch_slices = test_random_range(&random, 1, 400);
        if (test_random_range(&random, 0, 1))
            options.band_rows = test_random_range(&random, 1, 9999);
        assert_int_equal(opencl_plan(&plan, &device, &pyramid, &options, whole_slices, &error), STATUS_OK);
        check_valid(&plan, &pyramid);
        if (options.batch_slices)
            assert_int_equal(plan.batch_slices,
                             plan_depth(options.batch_slices, pyramid.extent.nz, pyramid.nlevels));
        if (whole_slices)
            assert_int_equal(plan.band_rows, pyramid.extent.ny);
        else if (options.band_rows) /* rounded up */
            assert_true(plan.band_rows == pyramid.extent.ny ||
                        (plan.band_rows >= options.band_rows && plan.band_rows - options.band_rows < box));
    }
}

/* What is told as the least is granted, and nothing less is. */
static void test_least_device_memory(void **state)
{
    (void)state;
    struct test_random random = test_random_seeded(32);
    for (unsigned round = test_rounds(500); round > 0; round--) {
        struct pyramid pyramid = random_pyramid(&random);
        struct opencl_device device = make_device(OPENCL_GPU, (uint64_t)1 << 50);
        struct opencl_options options = {.memory_bytes = 1};
        struct downsample_plan plan;
        struct error error = {0};
        bool whole_slices = test_random_range(&random, 0, 2) == 0;
        assert_int_equal(opencl_plan(&plan, &device, &pyramid, &options, whole_slices, &error),
                         STATUS_DEVICE);
        const char *least = strstr(error.message, "needs at least ");
        assert_non_null(least);
        options.memory_bytes = strtoull(least + strlen("needs at least "), NULL, 10);
        error = (struct error){0};
        assert_int_equal(opencl_plan(&plan, &device, &pyramid, &options, whole_slices, &error), STATUS_OK);
        assert_true(plan.device_bytes == options.memory_bytes);
        options.memory_bytes--;
        assert_int_equal(opencl_plan(&plan, &device, &pyramid, &options, whole_slices, &error),
                         STATUS_DEVICE);
    }
}

/* The same of the host's: plans keep within any budget that grants one, and a larger one grants no less. */
static void test_budget_is_kept(void **state)
{
    (void)state;
    struct test_random random = test_random_seeded(33);
    for (unsigned round = test_rounds(300); round > 0; round--) {
        struct pyramid pyramid = random_pyramid(&random);
        struct opencl_device device =
            make_device(test_random_range(&random, 0, 1) ? OPENCL_GPU : OPENCL_CPU, (uint64_t)1 << 50);
        struct host_budget budget = {.held_bytes = test_random_range(&random, 0, 9000000)};
        struct opencl_options options = {.budget = &budget};
        struct downsample_plan plan;
        struct error error = {0};
        bool whole_slices = test_random_range(&random, 0, 2) == 0;
        assert_int_equal(opencl_plan(&plan, &device, &pyramid, &options, whole_slices, &error), STATUS_USAGE);
        assert_non_null(strstr(error.message, "allow --memory "));
        error = (struct error){0};
        uint64_t least_bytes = budget.most_bytes = budget.least_bytes;
        assert_int_equal(opencl_plan(&plan, &device, &pyramid, &options, whole_slices, &error), STATUS_OK);
        assert_true(host_budget_total(&budget, &plan) == least_bytes);
        check_valid(&plan, &pyramid);
        budget.most_bytes--;
        assert_int_equal(opencl_plan(&plan, &device, &pyramid, &options, whole_slices, &error), STATUS_USAGE);
        for (unsigned i = 1; i < 8; i++) {
            budget.most_bytes = least_bytes + least_bytes / 4 * i;
            error = (struct error){0};
            assert_int_equal(opencl_plan(&plan, &device, &pyramid, &options, whole_slices, &error),
                             STATUS_OK);
            assert_true(host_budget_total(&budget, &plan) <= budget.most_bytes);
        }
    }
}

/* Shallow batches of a pyramid of many levels carry the sums of whole slices of level 1. */
static void test_deep_where_that_is_less(void **state)
{
    (void)state;
    const struct pyramid pyramid = {.extent = {9001, 7003, 1000}, .type = VOXEL_U16, .nlevels = 7};
    struct opencl_device device = make_device(OPENCL_CPU, (uint64_t)16 << 30);
    struct opencl_options options = {0};
    struct downsample_plan plan, shallow;
    struct error error = {0};
    assert_int_equal(opencl_plan(&plan, &device, &pyramid, &options, false, &error), STATUS_OK);
    options.batch_slices = 2;
    assert_int_equal(opencl_plan(&shallow, &device, &pyramid, &options, false, &error), STATUS_OK);
    assert_true(plan.batch_slices > 2);
    assert_true(plan.device_bytes < 80u << 20 && shallow.device_bytes > 150u << 20);
}

static const char *message_within(const struct opencl_device *device, const struct opencl_options *options,
                                  const struct planner_limits *limits)
{
    static struct error error;
    const struct pyramid pyramid = {.extent = {2000, 2000, 100}, .type = VOXEL_U16, .nlevels = 3};
    struct downsample_plan plan;
    error = (struct error){0};
    assert_int_equal(planner_plan(&plan, device, &pyramid, options, false, limits, &error), STATUS_DEVICE);
    return error.message;
}

/* A message blames what is to blame: the option, the device's size, or its driver. */
static void test_refusals(void **state)
{
    (void)state;
    struct opencl_device device = make_device(OPENCL_GPU, 100000);
    device.max_buffer_bytes = UINT64_MAX;
    struct opencl_options options = {0};
    struct planner_limits limits = {.device_bytes = 50000};
    const char *message = message_within(&device, &options, &limits);
    assert_non_null(strstr(message, "50000 bytes of device memory are allowed (half of what it has)"));
    options.memory_bytes = limits.device_bytes;
    message = message_within(&device, &options, &limits);
    assert_non_null(strstr(message, "50000 bytes of device memory are allowed, and"));
    options.memory_bytes = 0;
    limits.refused_bytes = 100000;
    message = message_within(&device, &options, &limits);
    assert_non_null(strstr(message, "its driver refuses the "));
    assert_null(strstr(message, "--device-memory"));
}

/* After a refusal the least is tried, however much less than half of what was refused is wanted. */
static void test_least_is_tried_after_a_refusal(void **state)
{
    (void)state;
    const struct pyramid pyramid = {.extent = {2000, 2000, 100}, .type = VOXEL_U16, .nlevels = 3};
    struct opencl_device device = make_device(OPENCL_GPU, (uint64_t)1 << 40);
    struct opencl_options options = {0};
    struct planner_limits limits = {.device_bytes = UINT64_MAX};
    struct downsample_plan plan;
    struct error error = {0};
    uint64_t last = UINT64_MAX;
    unsigned nplans = 0;
    while (planner_plan(&plan, &device, &pyramid, &options, false, &limits, &error) == STATUS_OK) {
        assert_true(plan.device_bytes < last);
        last = limits.refused_bytes = plan.device_bytes;
        limits.device_bytes = last / 2;
        assert_true(++nplans < 100);
    }
    assert_true(nplans >= 2);
    options.memory_bytes = last - 1;
    limits = (struct planner_limits){.device_bytes = last - 1};
    assert_int_equal(planner_plan(&plan, &device, &pyramid, &options, false, &limits, &error), STATUS_DEVICE);
}

static void test_work_groups(void **state)
{
    (void)state;
    size_t local[3];
    planner_work_group(local, false, 1024);
    assert_true(local[0] == 1 && local[1] == 1 && local[2] == 1);
    planner_work_group(local, true, 1024);
    assert_true(local[0] == 32 && local[1] == 4 && local[2] == 1);
    planner_work_group(local, true, 127);
    assert_true(local[0] == 32 && local[1] == 2 && local[2] == 1);
    planner_work_group(local, true, 24);
    assert_true(local[0] == 16 && local[1] == 1 && local[2] == 1);
    planner_work_group(local, true, 0); /* the driver does not tell */
    assert_true(local[0] == 1 && local[1] == 1 && local[2] == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans_are_valid), cmocka_unit_test(test_least_device_memory),
        cmocka_unit_test(test_budget_is_kept),  cmocka_unit_test(test_deep_where_that_is_less),
        cmocka_unit_test(test_refusals),        cmocka_unit_test(test_least_is_tried_after_a_refusal),
        cmocka_unit_test(test_work_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
