/* SPDX-License-Identifier: MIT
 * What a run takes from the system. The linker wraps the allocator's calls of the program and pthread_create,
 * so that memory is counted while a run goes on (pipeline_host_bytes is true), and any one call can be
 * refused (the run says so, and ends). */
#include "pipeline_rig.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ODDMENTS_BYTES = 16 << 10 }; /* queues, slots, open files: what is not counted beforehand */

static atomic_llong held_bytes, most_bytes;
static atomic_int allocations_left = -1, threads_left = -1; /* until one is refused; negative: none is */

/* True for the call that is to fail. */
static bool refused(atomic_int *left)
{
    return atomic_load(left) >= 0 && atomic_fetch_sub(left, 1) == 0;
}

static void *took(void *memory)
{
    long long now = atomic_fetch_add(&held_bytes, (long long)malloc_usable_size(memory)) +
                    (long long)malloc_usable_size(memory);
    long long most = atomic_load(&most_bytes);
    while (now > most && !atomic_compare_exchange_weak(&most_bytes, &most, now))
        continue;
    return memory;
}

static void *gives(void *memory)
{
    atomic_fetch_sub(&held_bytes, (long long)malloc_usable_size(memory));
    return memory;
}

void *__real_malloc(size_t n_bytes);
void *__real_calloc(size_t n, size_t n_bytes);
void *__real_realloc(void *memory, size_t n_bytes);
void __real_free(void *memory);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*main)(void *),
                          void *context);
void *__wrap_malloc(size_t n_bytes);
void *__wrap_calloc(size_t n, size_t n_bytes);
void *__wrap_realloc(void *memory, size_t n_bytes);
void __wrap_free(void *memory);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*main)(void *),
                          void *context);

void *__wrap_malloc(size_t n_bytes)
{
    return refused(&allocations_left) ? NULL : took(__real_malloc(n_bytes));
}

void *__wrap_calloc(size_t n, size_t n_bytes)
{
    return refused(&allocations_left) ? NULL : took(__real_calloc(n, n_bytes));
}

void *__wrap_realloc(void *memory, size_t n_bytes)
{
    return refused(&allocations_left) ? NULL : took(__real_realloc(gives(memory), n_bytes));
}

void __wrap_free(void *memory)
{
    __real_free(gives(memory));
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*main)(void *),
                          void *context)
{
    return refused(&threads_left) ? EAGAIN : __real_pthread_create(thread, attributes, main, context);
}

/* The most bytes that a run of this shape holds at once, besides what the stubs do. */
static long long measure(const struct rig_shape *shape, long long *told_bytes)
{
    struct rig rig;
    struct error error = {0};
    rig_init(&rig, shape);
    const struct pipeline_load load = pipeline_load_of(&rig.stack);
    *told_bytes =
        (long long)pipeline_host_bytes(&load, &rig.pyramid, &rig.downsampler.base.plan, rig.run.nthreads);
    long long before = atomic_load(&held_bytes);
    atomic_store(&most_bytes, before);
    assert_int_equal(rig_run(&rig, &error), STATUS_OK);
    long long most = atomic_load(&most_bytes) - before;
    assert_int_equal(atomic_load(&held_bytes), before); /* nothing is kept */
    assert_true(rig_is_right(&rig, true));
    rig_end(&rig);
    return most;
}

static struct rig_shape shape_with(uint32_t nz, uint32_t band_rows, unsigned percent_encoded)
{
    return (struct rig_shape){.extent = {256, 128, nz},
                              .nlevels = 2,
                              .type = VOXEL_F32,
                              .batch_slices = 4,
                              .band_rows = band_rows,
                              .nbuffers = 3,
                              .nthreads = 3,
                              .percent_encoded = percent_encoded,
                              .knobs = {.seed = 11, .delay_us = 100}};
}

/* What is told is held, within 10 %, and is the same for a long stack. */
static void test_told_is_held(void **state)
{
    (void)state;
    const uint32_t bands[] = {128, 32};
    const unsigned percents[] = {0, 50, 100};
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned j = 0; j < 3; j++) {
            long long told_short, told_long;
            struct rig_shape short_shape = shape_with(16, bands[i], percents[j]);
            struct rig_shape long_shape = shape_with(64, bands[i], percents[j]);
            long long held_short = measure(&short_shape, &told_short);
            long long held_long = measure(&long_shape, &told_long);
            assert_int_equal(told_short, told_long);
            assert_in_range(held_short, told_short - told_short / 10, told_short + ODDMENTS_BYTES);
            assert_in_range(held_long, told_long - told_long / 10, told_long + ODDMENTS_BYTES);
        }
    }
}

/* Runs once with each call of a kind refused, until a run needs no more of them; returns how many it was. */
static int refuse_each(atomic_int *left, uint32_t band_rows, const char *message)
{
    struct rig_shape shape = shape_with(8, band_rows, 50);
    for (int n = 0;; n++) {
        struct rig rig;
        struct error error = {0};
        rig_init(&rig, &shape);
        long long before = atomic_load(&held_bytes);
        atomic_store(left, n);
        enum status status = rig_run(&rig, &error);
        bool went_through = atomic_exchange(left, -1) >= 0;
        assert_int_equal(atomic_load(&held_bytes), before);
        assert_int_equal(status, went_through ? STATUS_OK : STATUS_FAILED);
        assert_true(rig_is_right(&rig, went_through));
        if (!went_through)
            assert_non_null(strstr(error.message, message));
        rig_end(&rig);
        if (went_through)
            return n;
    }
}

static void test_refused_memory(void **state)
{
    (void)state;
    assert_in_range(refuse_each(&allocations_left, 128, "no memory: "), 10, 1000);
    assert_in_range(refuse_each(&allocations_left, 32, "no memory: "), 10, 1000);
}

static void test_refused_threads(void **state)
{
    (void)state;
    assert_int_equal(refuse_each(&threads_left, 128, "thread cannot be started"), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_told_is_held),
                                       cmocka_unit_test(test_refused_memory),
                                       cmocka_unit_test(test_refused_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
