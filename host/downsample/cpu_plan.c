/* SPDX-License-Identifier: MIT
 * How the CPU path cuts a volume. What is read should still lie in the caches when it is reduced, and what is
 * reduced when it is written, so a buffer is a few megabytes: bands of two slices, or, when whole slices are
 * smaller than that, deeper batches, which carry fewer sums. More than two slices in bands would be reduced a
 * little faster, but would read back and forth between more files. */
#include "downsample/cpu_plan.h"

#include "base/checked.h"
#include "downsample/cpu_layout.h"

#include <unistd.h>

enum {
    /* A few such buffers, sums and means stay within the share of a last-level cache that one process can
     * count on. Measured with two cores and 32 MB of it: 1.5 to 6 MB reduce at 31 GB/s, 12 MB at 27, 38 MB
     * at 19. */
    BUFFER_BYTES = 1 << 20,
    /* One being filled, one being reduced, one whose means are being written; the others bridge the moments
     * in which one of these is held up. 4 of 2 MB took 1.02 of the floor, 8 of 1 MB 0.97, 16 of 1 MB 0.95. */
    NBUFFERS = 8,
    /* Where each holds whole slices: one being filled, one waiting, one being reduced, one being written. */
    NBUFFERS_WHOLE = 4,
};

static unsigned processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : (unsigned)n;
}

/* Rows that two slices (or the depth that was asked for) may have in a buffer of `buffer_bytes`. */
static uint32_t choose_rows(const struct pyramid *pyramid, const struct downsample_limits *limits,
                            uint32_t depth, uint64_t buffer_bytes)
{
    uint64_t row_bytes = saturated_mul3(pyramid->extent.nx, voxel_bytes(pyramid->type), depth);
    if (limits->band_rows == 0)
        return plan_rows(buffer_bytes / row_bytes, pyramid->extent.ny, pyramid->nlevels);
    uint64_t box = (uint64_t)1 << pyramid->nlevels;
    return plan_rows(limits->band_rows + box - 1, pyramid->extent.ny, pyramid->nlevels);
}

/* The deepest batch of whole slices, up to one box, in a buffer of `buffer_bytes`. */
static uint32_t choose_depth(const struct pyramid *pyramid, uint64_t buffer_bytes)
{
    uint64_t n = buffer_bytes / extent_slice_bytes(pyramid->extent, pyramid->type);
    uint64_t box = (uint64_t)1 << pyramid->nlevels;
    return plan_depth((uint32_t)(n < box ? n : box), pyramid->extent.nz, pyramid->nlevels);
}

/* The plan with buffers of at most `buffer_bytes`, as far as that can be; false when it does not fit this
 * machine's addresses. */
static bool plan_with(struct downsample_plan *plan, const struct pyramid *pyramid,
                      const struct downsample_limits *limits, bool whole_slices, unsigned nbuffers,
                      uint64_t buffer_bytes)
{
    const struct extent extent = pyramid->extent;
    uint32_t depth = plan_depth(limits->batch_slices ? limits->batch_slices : 2, extent.nz, pyramid->nlevels);
    uint32_t rows = whole_slices ? extent.ny : choose_rows(pyramid, limits, depth, buffer_bytes);
    if (limits->batch_slices == 0 && rows == extent.ny)
        depth = choose_depth(pyramid, buffer_bytes);
    *plan = (struct downsample_plan){.nbuffers = nbuffers};
    if (plan_set_batch(plan, pyramid, depth, rows)) {
        if (limits->nbuffers == 0)
            plan->nbuffers = plan_buffers(plan, pyramid, nbuffers);
        return true;
    }
    plan->batch_slices = depth; /* for the message */
    plan->band_rows = rows;
    return false;
}

static uint64_t most_buffer_bytes(const struct downsample_limits *limits)
{
    return limits->buffer_bytes && limits->buffer_bytes < BUFFER_BYTES ? limits->buffer_bytes : BUFFER_BYTES;
}

enum status cpu_plan_within(struct downsample_plan *plan, const struct pyramid *pyramid,
                            const struct downsample_limits *limits, bool whole_slices,
                            plan_host_bytes host_bytes, struct error *error)
{
    unsigned nthreads = limits->nthreads ? limits->nthreads : processors();
    unsigned most_buffers = limits->nbuffers ? limits->nbuffers
                            : whole_slices   ? plan_buffers_to_decode(NBUFFERS_WHOLE, limits->ndecoders)
                                             : NBUFFERS;
    unsigned least_buffers = limits->nbuffers ? limits->nbuffers : 1;
    host_budget_begin(limits->budget);
    for (unsigned nbuffers = most_buffers; nbuffers >= least_buffers; nbuffers--)
        for (uint64_t buffer_bytes = most_buffer_bytes(limits); buffer_bytes > 0; buffer_bytes /= 2) {
            if (!plan_with(plan, pyramid, limits, whole_slices, nbuffers, buffer_bytes))
                return error_set(error, STATUS_FAILED,
                                 "%u slices of %u rows do not fit the memory that this machine can address; "
                                 "ask for smaller batches",
                                 (unsigned)plan->batch_slices, (unsigned)plan->band_rows);
            plan->host_bytes = host_bytes(pyramid, plan, nthreads);
            if (host_budget_fits(limits->budget, plan))
                return STATUS_OK;
            if (plan->buffer_bytes > buffer_bytes)
                break; /* it cannot be smaller */
        }
    return host_budget_refuse(limits->budget, error);
}

static uint64_t fast_path_bytes(const struct pyramid *pyramid, const struct downsample_plan *plan,
                                unsigned nthreads)
{
    struct cpu_layout layout;
    cpu_layout_init(&layout, pyramid, plan, nthreads, &cpu_tuning_default);
    return layout.host_bytes;
}

enum status cpu_plan(struct downsample_plan *plan, const struct pyramid *pyramid,
                     const struct downsample_limits *limits, bool whole_slices, struct error *error)
{
    return cpu_plan_within(plan, pyramid, limits, whole_slices, fast_path_bytes, error);
}
