/* SPDX-License-Identifier: MIT
 * What build, info and verify begin with: the stack, opened and checked, and the pyramid that is asked for.
 */
#ifndef STACKTHUMB_CLI_JOB_H
#define STACKTHUMB_CLI_JOB_H

#include "base/error.h"
#include "cli/backend.h"
#include "cli/options.h"
#include "cli/progress_text.h"
#include "output/output.h"
#include "pipeline/pipeline.h"
#include "stack/stack.h"
#include "volume/pyramid.h"

enum { JOB_OPTIONS_BYTES = 512 };

/* Everything in it is owned by the job. */
struct job {
    struct stack *stack;
    struct pyramid pyramid;             /* by the options; verify puts the manifest's in its place */
    bool whole_slices;                  /* as the pipeline needs it */
    struct source_slice *source_slices; /* extent.nz of them */
    char options[JOB_OPTIONS_BYTES];    /* that say how slices are read: "--gray" */
    struct output_source source;        /* borrows the two above */
    bool take_turns;                    /* at reading and writing: see stretch_bytes of the pipeline */
};

/* Opens the stack options->operands[0]. */
enum status job_open(struct job *job, const struct options *options, enum missing_policy missing,
                     struct error *error);
void job_close(struct job *job);

/* The part of a job from slice `first` on (a multiple of 2^nlevels below nz): it borrows from `job` and from
 * `stack`, which is set to that part of the stack, and is not to be closed. */
void job_part(const struct job *job, uint32_t first, struct job *part, struct stack *stack);

/* Runs the pipeline into `output` with progress shown; signals end it. `stats` may be NULL, and so may
 * `losses`: see struct pipeline_run. */
enum status job_run(const struct job *job, const struct options *options, struct downsampler *downsampler,
                    struct output *output, struct pipeline_progress *state, struct pipeline_stats *stats,
                    struct pipeline_losses *losses, struct error *error);

/* Slices of all levels that are made. */
uint64_t pyramid_slices(const struct pyramid *pyramid);

/* Bytes of their voxels; UINT64_MAX when that does not fit. */
uint64_t pyramid_bytes(const struct pyramid *pyramid);

#endif
