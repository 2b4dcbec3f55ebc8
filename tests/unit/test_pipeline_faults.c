/* SPDX-License-Identifier: MIT
 * Runs that do not go well: an error in every stage, a cancel at any moment, with every stage slow at random.
 * The run always ends, tells the error that was made, and leaves nothing wrong behind. */
#include "pipeline_rig.h"

#include "base/clock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { RUNS_PER_FAULT = 12, CANCELS = 60 };

/* Random, but with work for every stage. */
static struct rig_shape faulty_shape(uint64_t seed)
{
    struct rig_shape shape = rig_random_shape(seed);
    shape.extent.nz = 8 + shape.extent.nz / 2;
    if (shape.batch_slices == 1)
        shape.batch_slices = 2;
    shape.percent_missing = 0;
    shape.knobs.delay_us = seed % 2 ? 500 : 0;
    return shape;
}

/* Runs with the fault at hand; checks what every failed run has to keep. */
static void run_into(const struct rig_shape *shape, enum status status, const char *message)
{
    struct rig rig;
    struct error error = {0};
    rig_init(&rig, shape);
    enum status returned = rig_run(&rig, &error);
    if (returned != status || !strstr(error.message, message))
        print_error("seed %llu, fault %d: %d %s\n", (unsigned long long)shape->knobs.seed, shape->knobs.fault,
                    returned, error.message);
    assert_int_equal(returned, status);
    assert_int_equal(error.status, status);
    assert_non_null(strstr(error.message, message));
    assert_true(rig_is_right(&rig, false));
    assert_false(rig.output.finished);
    rig_end(&rig);
}

static uint32_t count_batches(const struct rig_shape *shape)
{
    const struct downsample_plan plan = {.batch_slices = shape->batch_slices, .band_rows = shape->band_rows};
    struct batch batch = {0};
    uint32_t n = 0;
    while (batch_next(&batch, shape->extent, &plan))
        n++;
    return n;
}

static void test_backend_faults(void **state)
{
    (void)state;
    const struct {
        enum fault fault;
        const char *message;
    } cases[] = {
        {FAULT_SUBMIT, "submit fails"},
        {FAULT_COLLECT, "collect fails"},
        {FAULT_SHORTFALL, "did not deliver"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (uint64_t seed = 0; seed < RUNS_PER_FAULT; seed++) {
            struct rig_shape shape = faulty_shape(seed);
            shape.knobs.fault = cases[i].fault;
            shape.knobs.fault_at = (uint32_t)(mix(seed, i) % count_batches(&shape));
            run_into(&shape, STATUS_DEVICE, cases[i].message);
        }
    }
}

/* Rows of a wrong slice, in every batch that finishes any: never taken for the right ones, nor waited for. */
static void test_rows_out_of_order(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < RUNS_PER_FAULT; seed++) {
        struct rig_shape shape = faulty_shape(seed);
        shape.knobs.fault = FAULT_DISORDER;
        run_into(&shape, STATUS_DEVICE, "where they do not belong");
    }
}

static void test_output_faults(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < RUNS_PER_FAULT; seed++) {
        struct rig_shape shape = faulty_shape(seed);
        shape.knobs.fault_at = (uint32_t)(mix(seed, 1) % 4); /* 8 slices make at least 4 of level 1 */
        shape.knobs.fault = FAULT_WRITE;
        run_into(&shape, STATUS_OUTPUT, "write fails");
        shape.knobs.fault = FAULT_FLUSH;
        run_into(&shape, STATUS_OUTPUT, "flush fails");
        shape.knobs.fault = FAULT_FINISH;
        run_into(&shape, STATUS_OUTPUT, "finish fails");
        shape.stretch_bytes = 1;
        shape.knobs.fault_at = 0;
        shape.knobs.fault = FAULT_SETTLE;
        run_into(&shape, STATUS_OUTPUT, "settle fails");
    }
}

/* A slice that is not what it was: the error names it, whether it is plain or encoded, whole or in bands. */
static void test_input_faults(void **state)
{
    (void)state;
    const struct {
        enum fault fault;
        const char *message;
    } cases[] = {
        {FAULT_DECODE, "decode fails"},
        {FAULT_TRUNCATED, "was changed since"},
        {FAULT_TOUCHED, "was changed since"},
        {FAULT_VANISHED, "cannot be opened"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (uint64_t seed = 0; seed < RUNS_PER_FAULT; seed++) {
            struct rig_shape shape = faulty_shape(seed);
            char message[64];
            shape.knobs.fault = cases[i].fault;
            shape.knobs.fault_at = (uint32_t)(mix(seed, i) % shape.extent.nz);
            if (cases[i].fault == FAULT_DECODE)
                shape.percent_encoded = 100;
            snprintf(message, sizeof message, "slice_%04u.raw: %s", shape.knobs.fault_at, cases[i].message);
            run_into(&shape, STATUS_INPUT, message);
        }
    }
}

/* A slice that changes between two of its bands. One buffer: the reader cannot be past it yet. */
static void test_change_while_open(void **state)
{
    (void)state;
    struct rig_shape shape = {.extent = {5, 12, 8},
                              .nlevels = 1,
                              .type = VOXEL_U8,
                              .batch_slices = 2,
                              .band_rows = 4,
                              .nbuffers = 1,
                              .nthreads = 1,
                              .knobs = {.seed = 3, .fault = FAULT_MEANWHILE, .fault_at = 1}};
    run_into(&shape, STATUS_INPUT, "slice_0001.raw: was changed since");
}

/* Errors everywhere at once: one of them is told. */
static void test_many_errors(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < RUNS_PER_FAULT; seed++) {
        struct rig_shape shape = faulty_shape(seed);
        struct rig rig;
        struct error error = {0};
        rig_init(&rig, &shape);
        for (uint32_t z = 0; z < shape.extent.nz; z++)
            if (mix(seed, z) % 2)
                unlink(rig.stack.slices[z].path);
        rig.shape.knobs.fault = seed % 2 ? FAULT_WRITE : FAULT_COLLECT;
        rig.shape.knobs.fault_at = 1;
        assert_int_not_equal(rig_run(&rig, &error), STATUS_OK);
        assert_int_not_equal(error.message[0], 0);
        assert_true(rig_is_right(&rig, false));
        assert_false(rig.output.finished);
        rig_end(&rig);
    }
}

struct canceller {
    atomic_bool *cancel;
    useconds_t after_us;
    double when; /* read after the thread has been joined */
};

static void *cancel_later(void *context)
{
    struct canceller *canceller = context;
    usleep(canceller->after_us);
    canceller->when = clock_seconds();
    atomic_store(canceller->cancel, true);
    return NULL;
}

static void test_cancel_at_any_moment(void **state)
{
    (void)state;
    unsigned ninterrupted = 0;
    for (uint64_t seed = 0; seed < CANCELS; seed++) {
        struct rig_shape shape = faulty_shape(seed);
        struct rig rig;
        struct error error = {0};
        pthread_t thread;
        shape.knobs.delay_us = 1000;
        rig_init(&rig, &shape);
        struct canceller canceller = {.cancel = &rig.cancel, .after_us = (useconds_t)(mix(seed, 5) % 20000)};
        assert_int_equal(pthread_create(&thread, NULL, cancel_later, &canceller), 0);
        enum status status = rig_run(&rig, &error);
        double end = clock_seconds();
        pthread_join(thread, NULL);
        if (status == STATUS_INTERRUPTED) {
            ninterrupted++;
            assert_true(end - canceller.when < 10);
            assert_string_equal(error.message, "interrupted; what was finished stays");
        } else {
            assert_int_equal(status, STATUS_OK);
        }
        assert_int_equal(rig.output.finished, status == STATUS_OK);
        assert_true(rig_is_right(&rig, status == STATUS_OK));
        rig_end(&rig);
    }
    assert_in_range(ninterrupted, 1, CANCELS);
}

static void test_cancelled_before_it_begins(void **state)
{
    (void)state;
    struct rig_shape shape = faulty_shape(2);
    struct rig rig;
    struct error error = {0};
    rig_init(&rig, &shape);
    atomic_store(&rig.cancel, true);
    assert_int_equal(rig_run(&rig, &error), STATUS_INTERRUPTED);
    assert_int_equal(rig.output.nwrites, 0);
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backend_faults),       cmocka_unit_test(test_rows_out_of_order),
        cmocka_unit_test(test_output_faults),        cmocka_unit_test(test_input_faults),
        cmocka_unit_test(test_change_while_open),    cmocka_unit_test(test_many_errors),
        cmocka_unit_test(test_cancel_at_any_moment), cmocka_unit_test(test_cancelled_before_it_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
