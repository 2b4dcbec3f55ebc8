/* SPDX-License-Identifier: MIT
 * Slices that turn out to be unreadable after the headers of all have been read: while a run goes on, or
 * because an earlier run could not read them and they still cannot be. With --missing ignore they count as
 * missing; each is named once, when the run is over. */
#ifndef STACKTHUMB_CLI_LOST_SLICES_H
#define STACKTHUMB_CLI_LOST_SLICES_H

#include "cli/job.h"
#include "cli/options.h"
#include "pipeline/losses.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lost_slices {
    struct pipeline_losses losses; /* for the run: where it finds this again */
    struct job *job;               /* the whole one; its source_slices and stack->unreadable are written */
    const struct options *options;
    struct output *output; /* of the run */
    uint32_t first;        /* slice of the job with which the run begins */
    uint32_t nleft;        /* slices that are there */
    size_t ntold;          /* of stack->unreadable */
};

/* Everything is borrowed. */
void lost_slices_init(struct lost_slices *lost, struct job *job, const struct options *options);

/* What a run from slice `first` on, into `output`, is to be given: NULL when it may not go on without slices.
 */
struct pipeline_losses *lost_slices_begin(struct lost_slices *lost, struct output *output, uint32_t first);

/* That run is over: takes what it lost out of the stack. True when it is to be run again. */
bool lost_slices_end_run(struct lost_slices *lost);

/* Reads those slices of the job again that are `doubtful` (see struct output_request), and takes those out of
 * the stack that still cannot be read; *any when there are such. Without --missing ignore the first of them
 * is an error, STATUS_INPUT. */
enum status lost_slices_read_again(struct lost_slices *lost, const bool *doubtful, bool *any,
                                   struct error *error);

/* All that are known have been named (by notes_on_stack). */
void lost_slices_told(struct lost_slices *lost);

/* Names those that have not been named yet. */
void lost_slices_tell(struct lost_slices *lost);

#endif
