/* SPDX-License-Identifier: MIT
 * The pieces that the stages of a run wait for each other with. */
#include "base/clock.h"
#include "base/stage.h"
#include "pipeline/countdown.h"
#include "pipeline/queue.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { ITEMS = 20000, CONSUMERS = 3 };

static void test_order_and_bound(void **state)
{
    (void)state;
    struct stop stop;
    struct queue queue;
    struct error error = {0};
    int items[3];
    void *item;
    stop_init(&stop, NULL);
    assert_int_equal(queue_init(&queue, &stop, 3, &error), STATUS_OK);
    assert_null(queue_try_pop(&queue));
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 3; i++)
            assert_int_equal(queue_push(&queue, &items[i], &error), STATUS_OK);
        assert_int_equal(queue.count, 3);
        assert_int_equal(queue_pop(&queue, &item, &error), STATUS_OK);
        assert_ptr_equal(item, &items[0]);
        assert_ptr_equal(queue_try_pop(&queue), &items[1]);
        assert_ptr_equal(queue_try_pop(&queue), &items[2]);
        assert_null(queue_try_pop(&queue));
    }
    assert_int_equal(queue_push(&queue, &items[0], &error), STATUS_OK);
    queue_close(&queue);
    assert_int_equal(queue_pop(&queue, &item, &error), STATUS_OK);
    assert_ptr_equal(item, &items[0]);
    assert_int_equal(queue_pop(&queue, &item, &error), STATUS_OK);
    assert_null(item);
    queue_end(&queue);
    stop_end(&stop);
}

/* Buffers that are put back are first used in turn, then the one used last again and again. */
static void test_put_back(void **state)
{
    (void)state;
    struct stop stop;
    struct queue queue;
    struct error error = {0};
    int items[3];
    stop_init(&stop, NULL);
    assert_int_equal(queue_init(&queue, &stop, 3, &error), STATUS_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(queue_push(&queue, &items[i], &error), STATUS_OK);
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(queue_try_pop(&queue), &items[i]);
        queue_put_back(&queue, &items[i]);
    }
    for (int i = 0; i < 5; i++) {
        assert_ptr_equal(queue_try_pop(&queue), &items[0]);
        queue_put_back(&queue, &items[0]);
    }
    for (int i = 0; i < 3; i++)
        assert_ptr_equal(queue_try_pop(&queue), &items[i]);
    queue_put_back(&queue, &items[1]);
    queue_put_back(&queue, &items[2]);
    assert_ptr_equal(queue_try_pop(&queue), &items[2]);
    queue_end(&queue);
    stop_end(&stop);
}

struct consumer {
    struct stage stage;
    struct queue *queue;
    uint64_t sum;
    size_t n;
    bool in_order;
    struct error error;
};

static void *consume(void *context)
{
    struct consumer *consumer = context;
    uintptr_t last = 0;
    void *item;
    consumer->in_order = true;
    while (queue_pop(consumer->queue, &item, &consumer->error) == STATUS_OK && item) {
        consumer->in_order = consumer->in_order && (uintptr_t)item > last;
        last = (uintptr_t)item;
        consumer->sum += last;
        consumer->n++;
    }
    return NULL;
}

/* Every item arrives once, and no consumer sees two of them out of order. */
static void test_many_consumers(void **state)
{
    (void)state;
    struct stop stop;
    struct queue queue;
    struct error error = {0};
    struct consumer consumers[CONSUMERS] = {0};
    uint64_t sum = 0, n = 0;
    stop_init(&stop, NULL);
    assert_int_equal(queue_init(&queue, &stop, 4, &error), STATUS_OK);
    for (int i = 0; i < CONSUMERS; i++) {
        consumers[i].queue = &queue;
        assert_int_equal(stage_start(&consumers[i].stage, "consumer", consume, &consumers[i], &error),
                         STATUS_OK);
    }
    for (uintptr_t i = 1; i <= ITEMS; i++)
        assert_int_equal(queue_push(&queue, (void *)i, &error), STATUS_OK);
    queue_close(&queue);
    for (int i = 0; i < CONSUMERS; i++) {
        stage_join(&consumers[i].stage);
        assert_true(consumers[i].in_order);
        sum += consumers[i].sum;
        n += consumers[i].n;
    }
    assert_int_equal(n, ITEMS);
    assert_int_equal(sum, (uint64_t)ITEMS * (ITEMS + 1) / 2);
    queue_end(&queue);
    stop_end(&stop);
}

/* An error wakes who waits for items, at once; the second error is not kept. */
static void test_error_wakes(void **state)
{
    (void)state;
    struct stop stop;
    struct queue queue;
    struct error error = {0}, second = {0};
    stop_init(&stop, NULL);
    assert_int_equal(queue_init(&queue, &stop, 1, &error), STATUS_OK);
    struct consumer consumer = {.queue = &queue};
    assert_int_equal(stage_start(&consumer.stage, "consumer", consume, &consumer, &error), STATUS_OK);
    usleep(10000);
    error_set(&error, STATUS_DEVICE, "the first");
    error_set(&second, STATUS_OUTPUT, "the second");
    double start = clock_seconds();
    stop_raise(&stop, &error);
    stop_raise(&stop, &second);
    stage_join(&consumer.stage);
    assert_true(clock_seconds() - start < 5);
    assert_int_equal(consumer.error.status, STATUS_DEVICE);
    assert_string_equal(consumer.error.message, "the first");
    struct error third = {0};
    assert_int_equal(queue_push(&queue, &queue, &third), STATUS_DEVICE);
    assert_int_equal(queue.count, 0);
    queue_end(&queue);
    stop_end(&stop);
}

/* A cancel flag that nobody announces is seen by who waits for room. */
static void test_cancel_is_seen(void **state)
{
    (void)state;
    atomic_bool cancel = false;
    struct stop stop;
    struct queue queue;
    struct error error = {0};
    stop_init(&stop, &cancel);
    assert_int_equal(queue_init(&queue, &stop, 1, &error), STATUS_OK);
    struct consumer consumer = {.queue = &queue};
    assert_int_equal(stage_start(&consumer.stage, "consumer", consume, &consumer, &error), STATUS_OK);
    usleep(10000);
    double start = clock_seconds();
    atomic_store(&cancel, true);
    stage_join(&consumer.stage);
    assert_true(clock_seconds() - start < 5);
    assert_int_equal(consumer.error.status, STATUS_INTERRUPTED);
    assert_string_equal(consumer.error.message, "interrupted; what was finished stays");
    assert_int_equal(stop_check(&stop, &error), STATUS_INTERRUPTED);
    queue_end(&queue);
    stop_end(&stop);
}

static void *lower_later(void *context)
{
    usleep(20000);
    countdown_lower(context);
    return NULL;
}

static void test_countdown(void **state)
{
    (void)state;
    struct stop stop;
    struct countdown countdown;
    struct error error = {0};
    struct stage stages[2] = {0};
    stop_init(&stop, NULL);
    countdown_init(&countdown, &stop);
    assert_true(countdown_is_zero(&countdown));
    assert_int_equal(countdown_wait(&countdown, &error), STATUS_OK);
    for (int i = 0; i < 2; i++) {
        countdown_raise(&countdown);
        assert_int_equal(stage_start(&stages[i], "lower", lower_later, &countdown, &error), STATUS_OK);
    }
    assert_int_equal(countdown_wait(&countdown, &error), STATUS_OK);
    assert_true(countdown_is_zero(&countdown));
    for (int i = 0; i < 2; i++)
        stage_join(&stages[i]);
    countdown_raise(&countdown);
    error_set(&error, STATUS_INPUT, "gone");
    stop_raise(&stop, &error);
    struct error told = {0};
    assert_int_equal(countdown_wait(&countdown, &told), STATUS_INPUT);
    countdown_end(&countdown);
    stop_end(&stop);
}

static void *look_at_mask(void *context)
{
    pthread_sigmask(SIG_BLOCK, NULL, context);
    return NULL;
}

/* Signals from outside go to the threads that were there before; faults of a stage are its own. */
static void test_stage_signals(void **state)
{
    (void)state;
    struct stage stage = {0};
    struct error error = {0};
    sigset_t mask;
    stage_join(&stage); /* never started */
    assert_int_equal(stage_start(&stage, "mask", look_at_mask, &mask, &error), STATUS_OK);
    stage_join(&stage);
    assert_true(sigismember(&mask, SIGINT) && sigismember(&mask, SIGTERM) && sigismember(&mask, SIGALRM));
    assert_false(sigismember(&mask, SIGSEGV) || sigismember(&mask, SIGBUS));
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    assert_false(sigismember(&mask, SIGINT) || sigismember(&mask, SIGALRM));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_bound), cmocka_unit_test(test_put_back),
        cmocka_unit_test(test_many_consumers),  cmocka_unit_test(test_error_wakes),
        cmocka_unit_test(test_cancel_is_seen),  cmocka_unit_test(test_countdown),
        cmocka_unit_test(test_stage_signals),
    };
    alarm(120); /* a wait without an end ends here */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
