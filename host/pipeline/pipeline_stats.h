/* SPDX-License-Identifier: MIT
 * Where the time of a run went: what each stage did, and which of them kept the others waiting. */
#ifndef STACKTHUMB_PIPELINE_PIPELINE_STATS_H
#define STACKTHUMB_PIPELINE_PIPELINE_STATS_H

#include <stdint.h>

enum pipeline_stage {
    STAGE_READ,     /* slice files, or their voxels, into memory */
    STAGE_DECODE,   /* slice files that are not plain; bytes of their voxels */
    STAGE_UPLOAD,   /* voxels to the device */
    STAGE_KERNEL,   /* arithmetic; bytes of voxels of level 0 */
    STAGE_DOWNLOAD, /* voxels of all levels from the device */
    STAGE_ENCODE,   /* slices of all levels that are compressed; bytes of their voxels */
    STAGE_WRITE,    /* slices of all levels into their files */
};
enum { PIPELINE_STAGES = STAGE_WRITE + 1 };

/* "read", "decode" ... */
const char *pipeline_stage_name(enum pipeline_stage stage);

/* What takes turns: stages of one lane never work at the same time, so that their times add up. */
enum pipeline_lane {
    LANE_READER,
    LANE_DECODERS,
    LANE_UPLOAD,
    LANE_DEVICE,
    LANE_DOWNLOAD,
    LANE_DRIVER,
    LANE_ENCODERS,
    LANE_WRITER
};
enum { PIPELINE_LANES = LANE_WRITER + 1 };

struct stage_stats {
    enum pipeline_lane lane;
    unsigned nthreads;   /* that share the stage's work (a device is one); 0: there was none */
    double busy_seconds; /* in which they worked, waiting excluded, all added up */
    uint64_t n_bytes;
};

/* Filled by pipeline_run when its stages have ended, whether the run went well or was stopped. */
struct pipeline_stats {
    double seconds;       /* from the start of the first stage to the finished output, or to the stop */
    double first_read_at; /* when the first slice was opened, as clock_seconds tells; 0: none was */
    struct stage_stats stages[PIPELINE_STAGES];
};

/* The part of the run in which a stage, or a lane, was busy: 0 to about 1. */
double pipeline_stage_share(const struct pipeline_stats *stats, enum pipeline_stage stage);
double pipeline_lane_share(const struct pipeline_stats *stats, enum pipeline_lane lane);

/* The lane with the largest share. */
enum pipeline_lane pipeline_busiest_lane(const struct pipeline_stats *stats);

#endif
