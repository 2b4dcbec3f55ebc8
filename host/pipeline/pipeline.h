/* SPDX-License-Identifier: MIT
 * A run: slices are read in order, reduced by a downsampler, encoded and written in order, side by side over
 * a few reused buffers.
 *
 *   reader thread           fills the downsampler's input buffers: pread for plain slices, read + decode (in
 * parallel, by the crew) for the others the calling thread      drives the downsampler and joins its rows
 * into whole slices of each level writer thread           encodes and writes them, in order
 *
 * The first error stops every stage and is the one that is returned. */
#ifndef STACKTHUMB_PIPELINE_PIPELINE_H
#define STACKTHUMB_PIPELINE_PIPELINE_H

#include "base/error.h"
#include "downsample/downsampler.h"
#include "output/output.h"
#include "stack/stack.h"
#include "volume/pyramid.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* How far a run is. Written by the stages, read by anyone at any time. */
struct pipeline_progress {
    atomic_uint slices_read;
    atomic_uint slices_written; /* of all levels */
    atomic_ullong bytes_read;   /* from slice files */
    atomic_ullong bytes_written;
};

struct pipeline_run {
    const struct stack *stack;
    const struct pyramid *pyramid;
    struct downsampler *downsampler;    /* borrowed */
    struct output *output;              /* borrowed; output->ops->finish is called at the end, close is not */
    unsigned nthreads;                  /* for decoding */
    struct pipeline_progress *progress; /* may be NULL */
    /* Set by anyone (a signal handler) to stop: the run then ends with STATUS_INTERRUPTED. May be NULL. */
    const atomic_bool *cancel;
};

/* Runs to the end or to the first error. Threads are joined and buffers freed in every case. */
enum status pipeline_run(const struct pipeline_run *run, struct error *error);

/* Host memory that a run holds besides plan->host_bytes: slices under assembly, encoded slices, file bytes.
 */
uint64_t pipeline_host_bytes(const struct stack *stack, const struct pyramid *pyramid,
                             const struct downsample_plan *plan, unsigned nthreads);

/* True when some slice of the stack is not plain, so that batches must hold whole slices. */
bool pipeline_needs_whole_slices(const struct stack *stack);

#endif
