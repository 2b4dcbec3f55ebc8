/* SPDX-License-Identifier: MIT
 * A watch over calls that may never come back, such as those of a driver whose device hangs. Nothing can make
 * such a call return, nor free what it uses; so what follows has to end the process. */
#ifndef STACKTHUMB_BASE_WATCHDOG_H
#define STACKTHUMB_BASE_WATCHDOG_H

#include "base/error.h"
#include "base/stage.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Called on the watchdog's own thread, once: a call to `who`, for `what`, has not come back for so many
 * seconds. Does not return. */
typedef void (*watchdog_bark)(void *context, const char *who, const char *what, double seconds);

struct watchdog {
    watchdog_bark bark; /* with `context` and `limit_seconds` written by watchdog_init only */
    void *context;
    double limit_seconds;
    struct stage thread;
    pthread_mutex_t lock; /* over all below */
    pthread_cond_t changed;
    const char *who, *what; /* `what` is NULL: nothing is waited for */
    double allowed_seconds;
    uint64_t ncalls; /* so far */
    bool is_asleep, is_ending;
};

/* A call may take `limit_seconds`, and a second for each MiB that it works on; 0: as long as it likes. On
 * failure nothing is to be ended. */
enum status watchdog_init(struct watchdog *dog, double limit_seconds, watchdog_bark bark, void *context,
                          struct error *error);
void watchdog_end(struct watchdog *dog);

/* A call, or several, to `who` begin, which are to do `what` with `n_bytes`; the texts stay the caller's and
 * as they are until the next watchdog_relax. What was expected before has come back. Seconds in which the
 * whole process was stopped do not count. NULL for `dog` is allowed, here and below: nothing is watched. */
void watchdog_expect(struct watchdog *dog, const char *who, const char *what, uint64_t n_bytes);

/* It has come back. */
void watchdog_relax(struct watchdog *dog);

#endif
