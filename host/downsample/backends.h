/* SPDX-License-Identifier: MIT
 * The backends that need no device. */
#ifndef STACKTHUMB_DOWNSAMPLE_BACKENDS_H
#define STACKTHUMB_DOWNSAMPLE_BACKENDS_H

#include "downsample/downsampler.h"
#include "downsample/host_budget.h"

/* How to cut the volume; 0 anywhere means: choose what is fastest. */
struct downsample_limits {
    uint64_t buffer_bytes; /* the most bytes of one input buffer; it is exceeded only by what cannot be
                              smaller: two slices of 2^nlevels rows, or the depth or height asked for below */
    uint32_t batch_slices; /* exactly this depth, made valid for struct downsample_plan: rounded down, at
                              least 2 */
    uint32_t band_rows;    /* exactly this height, rounded up to a multiple of 2^nlevels, at most ny */
    unsigned nbuffers;
    unsigned ndecoders; /* threads that decode at the same time, with `whole_slices`: more buffers for more of
                           them; 0: few */
    unsigned nthreads;  /* what cpu_create will be given, for plan->host_bytes; 0: one per processor */
    struct host_budget *budget; /* NULL: no bound */
};

/* Fills `plan` for the fast path, without allocating anything; host_bytes is what cpu_create will hold. Whole
 * slices when `whole_slices` (the stack's files cannot be read by bands), whatever band_rows is. What does
 * not fit the budget is made smaller: the buffers first, then their number. STATUS_FAILED when a batch does
 * not fit this machine's addresses, STATUS_USAGE when no plan fits the budget. */
enum status cpu_plan(struct downsample_plan *plan, const struct pyramid *pyramid,
                     const struct downsample_limits *limits, bool whole_slices, struct error *error);

/* The same for the reference. */
enum status reference_plan(struct downsample_plan *plan, const struct pyramid *pyramid,
                           const struct downsample_limits *limits, bool whole_slices, struct error *error);

/* The reference: written for clarity, one thread, 64-bit sums and a plain division everywhere. A
 * plan of the fast path will do, too: the downsampler's own plan tells the host_bytes that it really holds.
 */
enum status reference_create(struct downsampler **downsampler, const struct pyramid *pyramid,
                             const struct downsample_plan *plan, struct error *error);

/* The fast path: vectorised by the compiler, `nthreads` threads. */
enum status cpu_create(struct downsampler **downsampler, const struct pyramid *pyramid,
                       const struct downsample_plan *plan, unsigned nthreads, struct error *error);

#endif
