/* SPDX-License-Identifier: MIT */
#include "cli/stage_table.h"

#include "cli/values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *stage_table_head(void)
{
    return "stage       busy for  of the time       bytes          rate";
}

const char *stage_table_row(char *text, const struct pipeline_stats *stats, enum pipeline_stage stage)
{
    const struct stage_stats *at = &stats->stages[stage];
    char amount[VALUE_BYTES], rate[VALUE_BYTES + 2] = "-";
    const char *name = pipeline_stage_name(stage);
    if (at->nthreads == 0) {
        snprintf(text, STAGE_ROW, "%-8s  %10s", name, "-");
        return text;
    }
    double seconds = at->busy_seconds / at->nthreads, share = pipeline_stage_share(stats, stage);
    /* What shares its memory with the device passes a buffer on in no time, whatever lies in it. */
    if (share >= 0.001) {
        value_bytes(rate, (uint64_t)((double)at->n_bytes / seconds));
        strcat(rate, "/s");
    }
    snprintf(text, STAGE_ROW, "%-8s  %8.3f s  %9.0f %%  %10s  %12s", name, seconds, 100 * share,
             value_bytes(amount, at->n_bytes), rate);
    return text;
}

const char *stage_table_note(char *text, const struct pipeline_stats *stats)
{
    size_t used = (size_t)snprintf(text, STAGE_NOTE, "(busy: working, not waiting");
    for (int stage = 0; stage < PIPELINE_STAGES; stage++)
        if (stats->stages[stage].nthreads > 1)
            used += (size_t)snprintf(text + used, STAGE_NOTE - used, "; %s: the mean of %u threads",
                                     pipeline_stage_name((enum pipeline_stage)stage),
                                     stats->stages[stage].nthreads);
    snprintf(text + used, STAGE_NOTE - used, ")");
    return text;
}

static const char *const doing[PIPELINE_STAGES] = {
    [STAGE_READ] = "reading",     [STAGE_DECODE] = "decoding",      [STAGE_UPLOAD] = "uploading",
    [STAGE_KERNEL] = "computing", [STAGE_DOWNLOAD] = "downloading", [STAGE_ENCODE] = "encoding",
    [STAGE_WRITE] = "writing",
};

/* "encoding and writing": the stages of a lane, without those that make less than a fifth of its time.
 * Returns how many there are. */
static unsigned name_lane(char *text, size_t n_bytes, const struct pipeline_stats *stats,
                          enum pipeline_lane lane)
{
    double whole = pipeline_lane_share(stats, lane);
    unsigned count = 0;
    text[0] = '\0';
    for (int stage = 0; stage < PIPELINE_STAGES; stage++) {
        double share = pipeline_stage_share(stats, (enum pipeline_stage)stage);
        if (stats->stages[stage].lane != lane || share < whole / 5 || share == 0)
            continue;
        size_t used = strlen(text);
        snprintf(text + used, n_bytes - used, "%s%s", count ? " and " : "", doing[stage]);
        count++;
    }
    return count;
}

const char *stage_bottleneck(char *text, const struct pipeline_stats *stats)
{
    char name[64];
    enum pipeline_lane lane = pipeline_busiest_lane(stats);
    double share = pipeline_lane_share(stats, lane), percent = round(100 * share);
    unsigned count = name_lane(name, sizeof name, stats, lane);
    if (count == 0)
        snprintf(text, STAGE_BOTTLENECK, "no stage took any time");
    else if (share < 0.5) /* more waiting than working */
        snprintf(text, STAGE_BOTTLENECK,
                 "no stage was the bottleneck: %s, busy for longest, took %.0f %% of the time", name,
                 percent);
    else
        snprintf(text, STAGE_BOTTLENECK, "%s %s the bottleneck: busy %.0f %% of the time", name,
                 count == 1 ? "was" : "were", percent);
    return text;
}
