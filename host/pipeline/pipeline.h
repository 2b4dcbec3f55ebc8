/* SPDX-License-Identifier: MIT
 * A run: slices are read in order, reduced by a downsampler, and written in order, side by side over a few
 * reused buffers.
 *
 *   reader thread       fills the downsampler's input buffers: plain slices by pread straight into them
 *   decoder threads     decode the other slices, from the bytes that the reader has read
 *   the calling thread  drives the downsampler
 *   writer thread       writes the finished rows of each level, in order
 *
 * The first error stops every stage and is the one that is returned. */
#ifndef STACKTHUMB_PIPELINE_PIPELINE_H
#define STACKTHUMB_PIPELINE_PIPELINE_H

#include "base/error.h"
#include "downsample/downsampler.h"
#include "output/output.h"
#include "pipeline/losses.h"
#include "pipeline/pipeline_load.h"
#include "pipeline/pipeline_stats.h"
#include "stack/stack.h"
#include "volume/pyramid.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* How far a run is. Zeroed by the caller, counted up by the stages, read by anyone at any time. */
struct pipeline_progress {
    atomic_uint slices_read;     /* of level 0, missing ones included: nz at the end */
    atomic_uint slices_written;  /* of all levels */
    atomic_ullong bytes_read;    /* from slice files: their voxels when plain, else what is encoded */
    atomic_ullong bytes_written; /* to files */
    atomic_ullong surplus_bytes; /* that streams gave behind the voxels of their last slices */
};

struct pipeline_run {
    const struct stack *stack;
    const struct pyramid *pyramid;
    struct downsampler *downsampler;    /* borrowed; after a failed run, only to be destroyed */
    struct output *output;              /* borrowed; output->ops->finish is called at the end, close is not */
    unsigned nthreads;                  /* for decoding */
    struct pipeline_progress *progress; /* may be NULL */
    struct pipeline_stats *stats;       /* filled once the stages have run; may be NULL */
    /* Not 0 where slices and output share a disk with heads: after about so many bytes from it, nothing is
     * read until the output has settled, so that the heads go to and fro once for each such stretch. */
    uint64_t stretch_bytes;
    /* Set by anyone (a signal handler) to stop: the run then ends with STATUS_INTERRUPTED, after at most what
     * one slice or batch takes. May be NULL. */
    const atomic_bool *cancel;
    /* Lets the run go on without slices that cannot be read; NULL: the first of them ends it. What lies in a
     * gzip or zlib stream is never gone on without: its checksum speaks for all of it, at its end. */
    struct pipeline_losses *losses;
};

/* Runs to the end or to the first error. Threads are joined and buffers freed in every case. */
enum status pipeline_run(const struct pipeline_run *run, struct error *error);

/* Host memory that a run with `nthreads` decoders holds besides plan->host_bytes: file bytes of slices that
 * are not plain, what decoders take, slices decoded for bands of rows. It does not depend on the number of
 * slices.
 */
uint64_t pipeline_host_bytes(const struct pipeline_load *load, const struct pyramid *pyramid,
                             const struct downsample_plan *plan, unsigned nthreads);

/* True when some slice of the stack is not plain. Batches should then hold whole slices; a plan with bands
 * of rows works too, and costs a slab of decoded slices on the host. */
bool pipeline_needs_whole_slices(const struct stack *stack);

#endif
