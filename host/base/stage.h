/* SPDX-License-Identifier: MIT
 * The threads of a run, of whatever room. */
#ifndef STACKTHUMB_BASE_STAGE_H
#define STACKTHUMB_BASE_STAGE_H

#include "base/error.h"

#include <pthread.h>
#include <stdbool.h>

struct stage {
    pthread_t thread;
    bool started; /* belongs to the thread that starts and joins */
};

/* Starts `main(context)` on a thread that debuggers and top show as `name` (at most 15 bytes). Signals that
 * come from outside are left to the threads that the program already had. */
enum status stage_start(struct stage *stage, const char *name, void *(*main)(void *), void *context,
                        struct error *error);

/* Waits for its end; does nothing when it was never started. */
void stage_join(struct stage *stage);

#endif
