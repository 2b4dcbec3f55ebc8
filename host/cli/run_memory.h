/* SPDX-License-Identifier: MIT
 * The host memory of a run: how much is allowed, how much the process holds before it, and what a plan adds.
 * Everything that tells it or keeps within it (info, --dry-run, --stats, every planner) goes through here. */
#ifndef STACKTHUMB_CLI_RUN_MEMORY_H
#define STACKTHUMB_CLI_RUN_MEMORY_H

#include "cli/job.h"
#include "cli/options.h"
#include "downsample/host_budget.h"

#include <stdint.h>

/* What becomes of the levels: both hold memory, too. */
enum run_output { RUN_WRITES, RUN_COMPARES };

/* Stays where it is while `budget` is in use, which points to it. */
struct run_memory {
    struct host_budget budget; /* for planners */
    struct pipeline_load load;
    struct pyramid pyramid;
    bool verify;             /* what --verify holds comes on top */
    struct output_form form; /* and its threads are those that decode, too */
    enum run_output output;
};

/* To be called when the stack is open and the backend chosen, so that what these hold is counted. */
void run_memory_init(struct run_memory *memory, const struct options *options, const struct job *job,
                     enum run_output output);

/* The most that a run may hold: --memory, or by default a quarter of the machine's memory, 2 GiB at most. */
uint64_t run_memory_allowed(const struct options *options);

/* What the process will hold at its peak by `plan`. It is the sum of budget.held_bytes, plan->driver_bytes,
 * plan->host_bytes and run_memory_pipeline. */
uint64_t run_memory_total(const struct run_memory *memory, const struct downsample_plan *plan);

/* Of that, what the stages around the backend hold, and the output, and all that is too small to be counted.
 */
uint64_t run_memory_pipeline(const struct run_memory *memory, const struct downsample_plan *plan);

#endif
