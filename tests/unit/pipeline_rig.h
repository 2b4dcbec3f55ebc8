/* SPDX-License-Identifier: MIT
 * A whole pipeline run with nothing real around it: a stack of files of a made-up format in a temporary
 * folder, and the stubs. A rig is good for one run. */
#ifndef STACKTHUMB_TESTS_PIPELINE_RIG_H
#define STACKTHUMB_TESTS_PIPELINE_RIG_H

#include "pipeline/pipeline.h"
#include "pipeline_stubs.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What a run is made of. */
struct rig_shape {
    struct extent extent;
    unsigned nlevels;
    enum voxel_type type;
    uint32_t batch_slices, band_rows;
    unsigned nbuffers, nthreads;
    unsigned percent_missing, percent_encoded; /* of the slices, by chance */
    uint64_t stretch_bytes;                    /* of struct pipeline_run */
    struct knobs knobs;
};

struct rig {
    struct rig_shape shape;
    char folder[64];
    struct cube input;
    struct stack stack;
    struct pyramid pyramid;
    struct stub_downsampler downsampler;
    struct stub_output output;
    struct pipeline_progress progress;
    atomic_bool cancel;
    struct pipeline_run run; /* tests may change it */
    unsigned nopened;        /* how often the run opened a slice file */
};

/* A shape that tries every path of the pipeline over many seeds; no delays, no fault. */
struct rig_shape rig_random_shape(uint64_t seed);

/* Makes the files and everything else; aborts on failure. */
void rig_init(struct rig *rig, const struct rig_shape *shape);
void rig_end(struct rig *rig);

/* pipeline_run under an alarm, so that a run that hangs ends the test; with knobs.delay_us, every stage
 * dawdles at its work and at its queues. */
enum status rig_run(struct rig *rig, struct error *error);

/* True when what has arrived so far is right and arrived in order; with `all`, when it is everything. */
bool rig_is_right(const struct rig *rig, bool all);

/* Path of slice z, whether or not it is missing. */
const char *rig_path(const struct rig *rig, uint32_t z, char path[128]);

#endif
