/* SPDX-License-Identifier: MIT
 * Runs that go well: whatever the shape, the split and the timing, every slice of every level arrives once,
 * in order and right. */
#include "pipeline_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SHAPES = 150, SLOW_SHAPES = 40 };

static uint32_t count_level_slices(const struct rig *rig)
{
    uint32_t n = 0;
    for (unsigned level = 1; level <= rig->shape.nlevels; level++)
        n += rig->output.levels[level].extent.nz;
    return n;
}

static uint64_t bytes_to_read(const struct rig *rig)
{
    uint64_t sum_bytes = 0;
    for (uint32_t z = 0; z < rig->shape.extent.nz; z++) {
        const struct slice *slice = &rig->stack.slices[z];
        if (slice->path)
            sum_bytes += slice->header.plain ? extent_slice_bytes(rig->shape.extent, rig->shape.type)
                                             : slice->header.encoded_bytes;
    }
    return sum_bytes;
}

static uint64_t bytes_to_write(const struct rig *rig)
{
    uint64_t sum_bytes = 0;
    for (unsigned level = 1; level <= rig->shape.nlevels; level++)
        sum_bytes += (uint64_t)rig->output.levels[level].extent.ny * rig->output.levels[level].extent.nz *
                     STUB_BYTES_PER_ROW;
    return sum_bytes;
}

static uint32_t count_files(const struct rig *rig)
{
    uint32_t n = 0;
    for (uint32_t z = 0; z < rig->shape.extent.nz; z++)
        n += rig->stack.slices[z].path != NULL;
    return n;
}

static void check_shape(const struct rig_shape *shape)
{
    struct rig rig;
    struct error error = {0};
    rig_init(&rig, shape);
    enum status status = rig_run(&rig, &error);
    bool right = rig_is_right(&rig, true);
    if (status != STATUS_OK || !right)
        print_error("seed %llu: %d %s\n", (unsigned long long)shape->knobs.seed, status, error.message);
    assert_int_equal(status, STATUS_OK);
    assert_true(right);
    assert_true(rig.output.finished);
    assert_int_equal(rig.progress.slices_read, shape->extent.nz);
    assert_int_equal(rig.progress.slices_written, count_level_slices(&rig));
    assert_int_equal(rig.progress.bytes_read, bytes_to_read(&rig));
    assert_in_range(rig.nopened, count_files(&rig), 2 * count_files(&rig)); /* to read ahead, and to read */
    assert_int_equal(rig.progress.bytes_written, bytes_to_write(&rig));
    rig_end(&rig);
}

static void test_random_shapes(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SHAPES; seed++) {
        struct rig_shape shape = rig_random_shape(seed);
        check_shape(&shape);
    }
}

static void test_random_delays(void **state)
{
    (void)state;
    for (uint64_t seed = 1000; seed < 1000 + SLOW_SHAPES; seed++) {
        struct rig_shape shape = rig_random_shape(seed);
        shape.knobs.delay_us = 1000;
        check_shape(&shape);
    }
}

/* Without progress and without a cancel flag. */
static void test_bare_run(void **state)
{
    (void)state;
    struct rig_shape shape = rig_random_shape(7);
    struct rig rig;
    struct error error = {0};
    rig_init(&rig, &shape);
    rig.run.progress = NULL;
    rig.run.cancel = NULL;
    rig.run.nthreads = 0; /* as few as possible */
    assert_int_equal(rig_run(&rig, &error), STATUS_OK);
    assert_true(rig_is_right(&rig, true));
    rig_end(&rig);
}

static void test_all_slices_missing(void **state)
{
    (void)state;
    struct rig_shape shape = rig_random_shape(8);
    shape.percent_missing = 100;
    check_shape(&shape);
}

static void test_needs_whole_slices(void **state)
{
    (void)state;
    struct slice slices[2] = {{.path = NULL}, {.header.plain = true}};
    struct stack stack = {.extent = {1, 1, 2}, .slices = slices};
    slices[1].path = (char[]){"a"};
    assert_false(pipeline_needs_whole_slices(&stack)); /* the missing one does not count */
    slices[1].header.plain = false;
    assert_true(pipeline_needs_whole_slices(&stack));
}

/* Plain slices are read by bands from files that stay open for their slab, and no longer. */
static void test_open_files(void **state)
{
    (void)state;
    struct rig_shape shape = {.extent = {8, 32, 64},
                              .nlevels = 2,
                              .type = VOXEL_U16,
                              .batch_slices = 4,
                              .band_rows = 4,
                              .nbuffers = 3,
                              .nthreads = 2,
                              .knobs = {.seed = 1}};
    struct rig rig;
    struct error error = {0};
    for (unsigned whole = 0; whole < 2; whole++) {
        rig_init(&rig, &shape);
        unsigned before = count_open_files();
        assert_int_equal(rig_run(&rig, &error), STATUS_OK);
        assert_true(rig_is_right(&rig, true));
        assert_in_range(rig.downsampler.most_open_files, before, before + (whole ? 2 : 5));
        assert_int_equal(count_open_files(), before);
        rig_end(&rig);
        shape.band_rows = shape.extent.ny;
    }
}

/* On a disk with heads reading stops after every stretch, until the output has settled. */
static void test_turns(void **state)
{
    (void)state;
    for (unsigned percent_encoded = 0; percent_encoded <= 100; percent_encoded += 50) {
        struct rig_shape shape = {.extent = {64, 64, 40},
                                  .nlevels = 2,
                                  .type = VOXEL_U8,
                                  .batch_slices = 2,
                                  .band_rows = 32,
                                  .nbuffers = 3,
                                  .nthreads = 2,
                                  .percent_encoded = percent_encoded,
                                  .stretch_bytes = 5 * 64 * 64,
                                  .knobs = {.seed = percent_encoded, .delay_us = 200}};
        struct rig rig;
        struct error error = {0};
        rig_init(&rig, &shape);
        assert_int_equal(rig_run(&rig, &error), STATUS_OK);
        assert_true(rig_is_right(&rig, true));
        /* A stretch ends with a batch, at most a slab of two slices and their heads later. */
        assert_in_range(rig.output.nsettled, 40 / 8, 40 / 5);
        rig_end(&rig);
        shape.stretch_bytes = 0;
        rig_init(&rig, &shape);
        assert_int_equal(rig_run(&rig, &error), STATUS_OK);
        assert_int_equal(rig.output.nsettled, 0);
        rig_end(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_shapes),
        cmocka_unit_test(test_random_delays),
        cmocka_unit_test(test_bare_run),
        cmocka_unit_test(test_all_slices_missing),
        cmocka_unit_test(test_needs_whole_slices),
        cmocka_unit_test(test_open_files),
        cmocka_unit_test(test_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
