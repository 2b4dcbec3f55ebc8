/* SPDX-License-Identifier: MIT
 * The monotonic clock, which nobody sets. */
#ifndef STACKTHUMB_BASE_CLOCK_H
#define STACKTHUMB_BASE_CLOCK_H

#include <pthread.h>
#include <time.h>

/* Seconds on the monotonic clock; only differences mean something. */
double clock_seconds(void);

/* The moment `ms` milliseconds from now, for pthread_cond_timedwait on a condition of clock_condition_init.
 */
struct timespec clock_after_ms(long ms);

/* pthread_cond_init, with time-outs by this clock: a system clock that is set must not prolong a wait. */
void clock_condition_init(pthread_cond_t *condition);

#endif
