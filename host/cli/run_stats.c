/* SPDX-License-Identifier: MIT */
#include "cli/run_stats.h"

#include "base/resident.h"
#include "cli/options.h"
#include "cli/stage_table.h"
#include "cli/values.h"

#include <stdio.h>
#include <sys/resource.h>

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

void run_stats_print(const struct run_stats *stats)
{
    char text[STAGE_ROW], note[STAGE_NOTE], bottleneck[STAGE_BOTTLENECK];
    char peak[VALUE_BYTES], planned[VALUE_BYTES];
    double seconds = stats->ended_at - stats->started_at;
    printf("%s\n", stage_table_head());
    for (int stage = 0; stage < PIPELINE_STAGES; stage++)
        printf("%s\n", stage_table_row(text, &stats->pipeline, (enum pipeline_stage)stage));
    printf("%s\n\n", stage_table_note(note, &stats->pipeline));
    printf("%s\n", stage_bottleneck(bottleneck, &stats->pipeline));

    struct rusage usage;
    printf("%-14s %.3f s\n", "whole run", seconds);
    if (stats->pipeline.first_read_at > 0) /* otherwise every slice is missing */
        printf("%-14s %.3f s of it, until the first read\n", "start-up",
               stats->pipeline.first_read_at - stats->started_at);
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return; /* never: the arguments are right */
    double busy = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    unsigned nprocessors = options_processors();
    printf("%-14s %.3f s busy, %.0f %% of %u\n", "processors", busy,
           seconds > 0 ? 100 * busy / seconds / nprocessors : 0, nprocessors);
    printf("%-14s %s at the peak, %s expected\n", "memory", value_memory(peak, resident_peak_bytes()),
           value_memory(planned, stats->planned_bytes));
}
