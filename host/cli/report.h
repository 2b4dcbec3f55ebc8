/* SPDX-License-Identifier: MIT
 * What a stack is and what a run will do, on standard output: `info` and `build --dry-run`. */
#ifndef STACKTHUMB_CLI_REPORT_H
#define STACKTHUMB_CLI_REPORT_H

#include "cli/backend.h"
#include "cli/job.h"
#include "cli/run_memory.h"
#include "downsample/plan.h"

/* The stack: pattern, slices, extent, type, layout, spacing, missing and ignored names. */
void report_stack(const struct job *job);

/* The level table. */
void report_levels(const struct job *job);

/* Bytes read and written, memory, device, batches. */
void report_plan(const struct job *job, const struct backend *backend, const struct run_memory *memory,
                 const struct downsample_plan *plan);

#endif
