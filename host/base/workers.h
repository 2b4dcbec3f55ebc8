/* SPDX-License-Identifier: MIT
 * A fixed crew of threads that runs the jobs of one call at a time: a parallel for. */
#ifndef STACKTHUMB_BASE_WORKERS_H
#define STACKTHUMB_BASE_WORKERS_H

#include "base/error.h"

struct workers;

/* One job: `job` counts from 0 to njobs-1, `worker` from 0 to workers_count-1 (for per-worker scratch
 * memory). */
typedef void (*workers_job)(void *context, unsigned job, unsigned worker);

/* A crew of `count` (>= 1), the calling thread being one of them: count - 1 threads are started. */
enum status workers_create(struct workers **workers, unsigned count, struct error *error);
void workers_free(struct workers *workers); /* NULL is allowed */

unsigned workers_count(const struct workers *workers);

/* Runs all jobs and returns when the last is done. Jobs start in order; which worker takes which is not
 * fixed. Calls on one crew must not overlap. */
void workers_run(struct workers *workers, unsigned njobs, workers_job job, void *context);

#endif
