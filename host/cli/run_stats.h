/* SPDX-License-Identifier: MIT
 * What a run took, on standard output: `build --stats`. */
#ifndef STACKTHUMB_CLI_RUN_STATS_H
#define STACKTHUMB_CLI_RUN_STATS_H

#include "pipeline/pipeline_stats.h"

#include <stdint.h>

struct run_stats {
    double started_at;      /* when the command began, as clock_seconds tells */
    double ended_at;        /* when its output was complete, or it failed */
    uint64_t planned_bytes; /* host memory at the peak, as told beforehand */
    struct pipeline_stats pipeline;
};

/* The stage table, the bottleneck, and the time, processors and memory of the process until now. */
void run_stats_print(const struct run_stats *stats);

#endif
