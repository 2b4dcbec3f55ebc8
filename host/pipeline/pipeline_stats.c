/* SPDX-License-Identifier: MIT */
#include "pipeline/pipeline_stats.h"

const char *pipeline_stage_name(enum pipeline_stage stage)
{
    static const char *const names[PIPELINE_STAGES] = {
        [STAGE_READ] = "read",     [STAGE_DECODE] = "decode",     [STAGE_UPLOAD] = "upload",
        [STAGE_KERNEL] = "kernel", [STAGE_DOWNLOAD] = "download", [STAGE_ENCODE] = "encode",
        [STAGE_WRITE] = "write",
    };
    return names[stage];
}

double pipeline_stage_share(const struct pipeline_stats *stats, enum pipeline_stage stage)
{
    const struct stage_stats *at = &stats->stages[stage];
    return at->nthreads > 0 && stats->seconds > 0 ? at->busy_seconds / at->nthreads / stats->seconds : 0;
}

double pipeline_lane_share(const struct pipeline_stats *stats, enum pipeline_lane lane)
{
    double share = 0;
    for (int stage = 0; stage < PIPELINE_STAGES; stage++)
        if (stats->stages[stage].lane == lane)
            share += pipeline_stage_share(stats, (enum pipeline_stage)stage);
    return share;
}

enum pipeline_lane pipeline_busiest_lane(const struct pipeline_stats *stats)
{
    int busiest = 0;
    for (int lane = 1; lane < PIPELINE_LANES; lane++)
        if (pipeline_lane_share(stats, (enum pipeline_lane)lane) >
            pipeline_lane_share(stats, (enum pipeline_lane)busiest))
            busiest = lane;
    return (enum pipeline_lane)busiest;
}
