/* SPDX-License-Identifier: MIT
 * How a run ends early, and the one lock that its stages share.
 *
 * Everything that two stages of a run both touch (queues, countdowns) lies under stop->lock. It is taken a
 * few times per slice, never while a slice is worked on, so that one lock is enough and no order of locks has
 * to be kept. The first error that is raised is kept and wakes every condition of the run; from then on every
 * wait returns that error. The caller's cancel flag, which a signal handler may set, is looked at by every
 * wait at least ten times a second and by stop_check between the steps of long work: nothing waits without an
 * end. */
#ifndef STACKTHUMB_PIPELINE_STOP_H
#define STACKTHUMB_PIPELINE_STOP_H

#include "base/error.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct condition;

struct stop {
    pthread_mutex_t lock;
    const atomic_bool *cancel;    /* set by anyone, at any time; may be NULL */
    struct error first;           /* under lock: STATUS_OK while the run goes on */
    struct condition *conditions; /* under lock: all that may have to be woken */
};

/* Something that threads wait for. */
struct condition {
    struct stop *stop;
    pthread_cond_t changed;
    struct condition *next;
};

void stop_init(struct stop *stop, const atomic_bool *cancel);
void stop_end(struct stop *stop); /* every condition has been ended */

/* Stops the run: keeps `error` (which holds one) unless an earlier one is kept, and wakes everyone. */
void stop_raise(struct stop *stop, const struct error *error);

/* STATUS_OK while the run goes on; else the first error, also copied into `error`. A cancel flag that has
 * been set is raised as STATUS_INTERRUPTED. */
enum status stop_check(struct stop *stop, struct error *error);
enum status stop_check_locked(struct stop *stop, struct error *error); /* with the lock held */

void condition_init(struct condition *condition, struct stop *stop);
void condition_end(struct condition *condition);

/* To be called with the lock held, in a loop that tests what is waited for: gives the lock up until the
 * condition is signalled, or for a while. STATUS_OK: test again. Otherwise the run has been stopped, as by
 * stop_check. */
enum status condition_wait(struct condition *condition, struct error *error);

/* Wakes one waiter, or all of them. With the lock held. */
void condition_signal(struct condition *condition);
void condition_broadcast(struct condition *condition);

#endif
