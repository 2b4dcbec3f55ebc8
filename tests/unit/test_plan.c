/* SPDX-License-Identifier: MIT
 * How a volume is cut into batches: the walk over them, what each finishes, and what the planner chooses. */
#include "downsample/backends.h"
#include "downsample/cpu_layout.h"
#include "downsample/plan.h"
#include "downsample_harness.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool valid_depth(uint32_t depth, uint32_t nz, unsigned nlevels)
{
    uint32_t box = 1u << nlevels;
    if (nz == 1)
        return depth == 1;
    return depth >= 2 && (depth % box == 0 || (depth < box && (depth & (depth - 1)) == 0));
}

static bool valid_rows(uint32_t rows, uint32_t ny, unsigned nlevels)
{
    return rows == ny || (rows > 0 && rows < ny && rows % (1u << nlevels) == 0);
}

static void check_valid(const struct downsample_plan *plan, const struct pyramid *pyramid)
{
    assert_true(valid_depth(plan->batch_slices, pyramid->extent.nz, pyramid->nlevels));
    assert_true(valid_rows(plan->band_rows, pyramid->extent.ny, pyramid->nlevels));
    assert_true(plan->nbuffers >= 1);
    assert_true(plan->buffer_bytes == (uint64_t)plan->batch_slices * plan->band_rows * pyramid->extent.nx *
                                          voxel_bytes(pyramid->type));
    assert_true(plan->host_bytes > plan->nbuffers * plan->buffer_bytes);
    assert_true(plan->device_bytes == 0);
}

static struct pyramid random_pyramid(struct test_random *random)
{
    struct pyramid pyramid = {
        .type = (enum voxel_type)test_random_range(random, 0, VOXEL_TYPES - 1),
        .nlevels = test_random_range(random, 1, 7),
    };
    pyramid.extent.nx = test_random_range(random, 1, 200);
    pyramid.extent.ny = test_random_range(random, 1, 200);
    pyramid.extent.nz = test_random_range(random, 1, 200);
    return pyramid;
}

/* Every row of every slice belongs to exactly one batch, in the order that plan.h tells. */
static void test_batches_tile_the_volume(void **state)
{
    (void)state;
    struct test_random random = test_random_seeded(3);
    for (unsigned round = test_rounds(300); round > 0; round--) {
        struct pyramid pyramid = random_pyramid(&random);
        struct downsample_plan plan;
        test_plan_random(&plan, &pyramid, &random);
        assert_true(valid_depth(plan.batch_slices, pyramid.extent.nz, pyramid.nlevels));
        assert_true(valid_rows(plan.band_rows, pyramid.extent.ny, pyramid.nlevels));
        struct batch batch = {0};
        uint32_t z = 0, y = 0;
        while (batch_next(&batch, pyramid.extent, &plan)) {
            assert_int_equal(batch.z0, z);
            assert_int_equal(batch.y0, y);
            assert_true(batch.nrows > 0 && batch.nslices > 0);
            y += batch.nrows;
            assert_true(batch.nrows == plan.band_rows || y == pyramid.extent.ny);
            if (y == pyramid.extent.ny) {
                y = 0;
                z += batch.nslices;
                assert_true(batch.nslices == plan.batch_slices || z == pyramid.extent.nz);
            }
        }
        assert_int_equal(z, pyramid.extent.nz);
        assert_int_equal(y, 0);
    }
}

/* A slice of a level is finished by the batch that holds its last slice; and no batch finishes more than
 * plan_level_slices tells. */
static void test_batch_finished(void **state)
{
    (void)state;
    struct test_random random = test_random_seeded(4);
    for (unsigned round = test_rounds(300); round > 0; round--) {
        struct pyramid pyramid = random_pyramid(&random);
        uint32_t nz = pyramid.extent.nz;
        struct downsample_plan plan;
        test_plan_random(&plan, &pyramid, &random);
        for (unsigned level = 1; level <= pyramid.nlevels; level++) {
            uint32_t next = 0;
            for (uint32_t z0 = 0; z0 < nz; z0 += plan.batch_slices) {
                uint32_t end = z0 + plan.batch_slices < nz ? z0 + plan.batch_slices : nz;
                uint32_t first, n = batch_finished(z0, end - z0, nz, level, &first);
                assert_true(n <= plan_level_slices(&plan, level));
                for (uint32_t z = 0; z < extent_reduce(nz, level); z++) {
                    uint32_t last = ((z + 1) << level) < nz ? ((z + 1) << level) - 1 : nz - 1;
                    bool here = last >= z0 && last < end;
                    assert_int_equal(here, z >= first && z < first + n);
                }
                if (n > 0)
                    assert_int_equal(first, next);
                next += n;
            }
            assert_int_equal(next, extent_reduce(nz, level));
        }
    }
}

static void test_plan_depth(void **state)
{
    (void)state;
    assert_int_equal(plan_depth(7, 100, 3), 4);
    assert_int_equal(plan_depth(8, 100, 3), 8);
    assert_int_equal(plan_depth(23, 100, 3), 16);
    assert_int_equal(plan_depth(0, 100, 3), 2);
    assert_int_equal(plan_depth(100, 1, 3), 1);
    assert_int_equal(plan_depth(100, 3, 3), 4); /* no deeper than holds the stack */
    assert_int_equal(plan_depth(100, 17, 3), 24);
    assert_int_equal(plan_depth(UINT32_MAX, UINT32_MAX, 1), UINT32_MAX - 1);
    for (unsigned nlevels = 1; nlevels <= 5; nlevels++)
        for (uint32_t nz = 1; nz < 70; nz++)
            for (uint32_t wanted = 0; wanted < 140; wanted++) {
                uint32_t depth = plan_depth(wanted, nz, nlevels);
                assert_true(valid_depth(depth, nz, nlevels));
                assert_true(depth <= 2 || depth <= wanted);
                /* a deeper valid one would be too deep, or hold more than the stack for nothing */
                uint32_t deeper = depth + 1;
                while (nz > 1 && !valid_depth(deeper, nz, nlevels))
                    deeper++;
                assert_true(deeper > wanted || depth >= nz);
            }
}

static void test_plan_rows(void **state)
{
    (void)state;
    assert_int_equal(plan_rows(100, 1000, 3), 96);
    assert_int_equal(plan_rows(0, 1000, 3), 8);
    assert_int_equal(plan_rows(0, 5, 3), 5);
    assert_int_equal(plan_rows(UINT64_MAX, 1000, 3), 1000);
    assert_int_equal(plan_rows(999, 1000, 3), 992);
    assert_int_equal(plan_rows(1, UINT32_MAX, 16), 65536);
}

static void test_plan_buffers(void **state)
{
    (void)state;
    const struct pyramid pyramid = {.extent = {100, 100, 9}, .type = VOXEL_U8, .nlevels = 2};
    struct downsample_plan plan = {.batch_slices = 4, .band_rows = 64}; /* 3 slabs of 2 bands */
    assert_int_equal(plan_buffers(&plan, &pyramid, 4), 4);
    assert_int_equal(plan_buffers(&plan, &pyramid, 6), 6);
    assert_int_equal(plan_buffers(&plan, &pyramid, 7), 6);
    plan = (struct downsample_plan){.batch_slices = 12, .band_rows = 100};
    assert_int_equal(plan_buffers(&plan, &pyramid, 4), 1);
    assert_int_equal(plan_buffers(&plan,
                                  &(struct pyramid){.extent = {1, UINT32_MAX, UINT32_MAX}, .nlevels = 1},
                                  UINT32_MAX),
                     UINT32_MAX);
}

/* Every decoder finds a slice to decode while two buffers are not theirs. */
static void test_buffers_to_decode(void **state)
{
    (void)state;
    const struct pyramid pyramid = {.extent = {3000, 3000, 1000}, .type = VOXEL_U16, .nlevels = 3};
    for (unsigned ndecoders = 0; ndecoders < 40; ndecoders++) {
        struct downsample_limits limits = {.ndecoders = ndecoders, .nthreads = 1};
        struct downsample_plan plan, bands;
        struct error error = {0};
        assert_int_equal(cpu_plan(&plan, &pyramid, &limits, true, &error), STATUS_OK);
        assert_true((plan.nbuffers - 2) * plan.batch_slices >= ndecoders);
        assert_true(plan.nbuffers <= 4 || (plan.nbuffers - 3) * plan.batch_slices < ndecoders);
        assert_int_equal(cpu_plan(&bands, &pyramid, &limits, false, &error), STATUS_OK);
        assert_int_equal(bands.nbuffers, 8);
    }
    assert_int_equal(plan_buffers_to_decode(3, UINT_MAX), UINT_MAX / 2 + 3);
}

static void test_cpu_plan_is_valid(void **state)
{
    (void)state;
    struct test_random random = test_random_seeded(5);
    for (unsigned round = test_rounds(500); round > 0; round--) {
        struct pyramid pyramid = random_pyramid(&random);
        uint32_t box = 1u << pyramid.nlevels;
        struct downsample_limits limits = {0};
        if (test_random_range(&random, 0, 1))
            limits.buffer_bytes = test_random_range(&random, 1, 2000000);
        if (test_random_range(&random, 0, 1))
            limits.batch_slices = test_random_range(&random, 1, 300);
        if (test_random_range(&random, 0, 1))
            limits.band_rows = test_random_range(&random, 1, 300);
        limits.nbuffers = test_random_range(&random, 0, 4);
        limits.nthreads = test_random_range(&random, 0, 4);
        bool whole_slices = test_random_range(&random, 0, 2) == 0;
        struct downsample_plan plan;
        struct error error = {0};
        assert_int_equal(cpu_plan(&plan, &pyramid, &limits, whole_slices, &error), STATUS_OK);
        check_valid(&plan, &pyramid);
        if (whole_slices)
            assert_int_equal(plan.band_rows, pyramid.extent.ny);
        else if (limits.band_rows)
            assert_true(plan.band_rows == pyramid.extent.ny ||
                        (plan.band_rows >= limits.band_rows && plan.band_rows - limits.band_rows < box));
        if (limits.batch_slices > 1 && pyramid.extent.nz > 1)
            assert_true(plan.batch_slices <= limits.batch_slices);
        if (limits.nbuffers)
            assert_int_equal(plan.nbuffers, limits.nbuffers);
        bool smallest = plan.batch_slices <= 2 && (whole_slices || plan.band_rows <= box);
        if (limits.buffer_bytes && !limits.batch_slices && !limits.band_rows && !smallest)
            assert_true(plan.buffer_bytes <= limits.buffer_bytes);
    }
}

/* What is chosen for stacks as they are. */
static void test_cpu_plan_of_usual_stacks(void **state)
{
    (void)state;
    struct downsample_limits limits = {0};
    struct downsample_plan plan;
    struct error error = {0};
    struct pyramid large = {.extent = {3072, 3072, 3000}, .type = VOXEL_U16, .nlevels = 3};
    assert_int_equal(cpu_plan(&plan, &large, &limits, false, &error), STATUS_OK);
    assert_int_equal(plan.batch_slices, 2);
    assert_true(plan.buffer_bytes >= 512 << 10 && plan.buffer_bytes <= 4 << 20);
    assert_true(plan.host_bytes < 64 << 20);
    assert_int_equal(cpu_plan(&plan, &large, &limits, true, &error), STATUS_OK);
    assert_int_equal(plan.batch_slices, 2);
    assert_int_equal(plan.band_rows, 3072);
    struct pyramid small = {.extent = {256, 256, 200}, .type = VOXEL_U8, .nlevels = 3};
    assert_int_equal(cpu_plan(&plan, &small, &limits, false, &error), STATUS_OK);
    assert_int_equal(plan.batch_slices, 8); /* whole boxes fit a buffer: nothing is carried */
    assert_int_equal(plan.band_rows, 256);
    struct pyramid huge = {.extent = {UINT32_MAX, UINT32_MAX, 9}, .type = VOXEL_F32, .nlevels = 3};
    assert_int_equal(cpu_plan(&plan, &huge, &limits, true, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "address"));
}

/* The backends hold what was planned. */
static void test_host_bytes_are_told(void **state)
{
    (void)state;
    struct test_random random = test_random_seeded(6);
    for (unsigned round = test_rounds(50); round > 0; round--) {
        struct pyramid pyramid = random_pyramid(&random);
        struct downsample_limits limits = {.nthreads = test_random_range(&random, 1, 3)};
        struct downsample_plan plan;
        struct downsampler *downsampler;
        struct error error = {0};
        assert_int_equal(cpu_plan(&plan, &pyramid, &limits, false, &error), STATUS_OK);
        assert_int_equal(cpu_create(&downsampler, &pyramid, &plan, limits.nthreads, &error), STATUS_OK);
        assert_true(downsampler->plan.host_bytes == plan.host_bytes);
        downsampler->ops->destroy(downsampler);
        assert_int_equal(reference_plan(&plan, &pyramid, &limits, false, &error), STATUS_OK);
        assert_int_equal(reference_create(&downsampler, &pyramid, &plan, &error), STATUS_OK);
        assert_true(downsampler->plan.host_bytes == plan.host_bytes);
        downsampler->ops->destroy(downsampler);
    }
}

/* What a run holds besides: something for each buffer. */
static uint64_t besides(const void *context, const struct downsample_plan *plan)
{
    return *(const uint64_t *)context * plan->nbuffers;
}

typedef enum status (*planner)(struct downsample_plan *plan, const struct pyramid *pyramid,
                               const struct downsample_limits *limits, bool whole_slices,
                               struct error *error);

/* The MiB that a refusal says would do. */
static uint64_t told_least(const struct error *error)
{
    const char *allow = strstr(error->message, "allow --memory ");
    assert_non_null(allow);
    return strtoull(allow + strlen("allow --memory "), NULL, 10) << 20;
}

/* Plans keep within any budget that grants one, a larger budget is never refused what a smaller one is
 * granted, and the least that a refusal tells is granted. */
static void test_budget_is_kept(void **state)
{
    (void)state;
    const planner planners[] = {cpu_plan, reference_plan};
    struct test_random random = test_random_seeded(7);
    for (unsigned round = test_rounds(300); round > 0; round--) {
        struct pyramid pyramid = random_pyramid(&random);
        pyramid.extent.nx *= 20;
        pyramid.extent.ny *= 20;
        uint64_t each = test_random_range(&random, 0, 1000000);
        struct host_budget budget = {
            .held_bytes = test_random_range(&random, 0, 9000000), .besides = besides, .context = &each};
        struct downsample_limits limits = {.nthreads = 2, .budget = &budget};
        bool whole_slices = test_random_range(&random, 0, 1);
        planner plan_by = planners[test_random_range(&random, 0, 1)];
        struct downsample_plan plan;
        struct error refusal = {0};
        assert_int_equal(plan_by(&plan, &pyramid, &limits, whole_slices, &refusal), STATUS_USAGE);
        budget.most_bytes = budget.least_bytes;
        struct error error = {0};
        assert_int_equal(plan_by(&plan, &pyramid, &limits, whole_slices, &error), STATUS_OK);
        assert_true(host_budget_total(&budget, &plan) == budget.most_bytes);
        check_valid(&plan, &pyramid);
        budget.most_bytes--;
        assert_int_equal(plan_by(&plan, &pyramid, &limits, whole_slices, &error), STATUS_USAGE);
        for (budget.most_bytes = told_least(&refusal); budget.most_bytes < (uint64_t)1 << 33;
             budget.most_bytes *= 2) {
            error = (struct error){0};
            assert_int_equal(plan_by(&plan, &pyramid, &limits, whole_slices, &error), STATUS_OK);
            assert_true(host_budget_total(&budget, &plan) <= budget.most_bytes);
        }
    }
}

/* The message is one line and counts in MiB. */
static void test_budget_refusal(void **state)
{
    (void)state;
    const struct host_budget budget = {.most_bytes = 1 << 19, .least_bytes = 64 << 20};
    struct error error = {0};
    assert_int_equal(host_budget_refuse(&budget, &error), STATUS_USAGE);
    assert_string_equal(error.message,
                        "this run needs 67 MiB of host memory, and may hold 0.5 MiB; allow --memory 67MiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches_tile_the_volume),
        cmocka_unit_test(test_batch_finished),
        cmocka_unit_test(test_plan_depth),
        cmocka_unit_test(test_plan_rows),
        cmocka_unit_test(test_plan_buffers),
        cmocka_unit_test(test_buffers_to_decode),
        cmocka_unit_test(test_cpu_plan_is_valid),
        cmocka_unit_test(test_cpu_plan_of_usual_stacks),
        cmocka_unit_test(test_host_bytes_are_told),
        cmocka_unit_test(test_budget_is_kept),
        cmocka_unit_test(test_budget_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
