/* SPDX-License-Identifier: MIT
 * The OpenCL downsampler's state. backend.c creates and drives it, memory.c holds its buffers, batch.c
 * enqueues one batch. Everything here belongs to the thread that calls submit and collect, but for what
 * `buffer` returns. */
#ifndef STACKTHUMB_OPENCL_BACKEND_H
#define STACKTHUMB_OPENCL_BACKEND_H

#include "opencl/call.h"
#include "opencl/divisors.h"
#include "opencl/planner.h"
#include "opencl/profile.h"

#include "downsample/downsampler.h"

/* One batch in flight. On unified memory voxels and means are buffers in the
 * host's own memory (page-aligned, so that drivers use it as it is) that are mapped; on a discrete
 * device they are copied from and to pinned staging buffers that stay mapped. */
struct slot {
    cl_mem voxels, means, divisors;
    cl_mem voxels_staging, means_staging; /* NULL on unified memory */
    void *voxels_memory, *means_memory;   /* what voxels and means lie in on unified memory; else NULL */
    void *voxels_host;                    /* mapped: voxels or voxels_staging; what buffer() returns */
    void *means_host; /* mapped: means (from collect to the next submit) or means_staging */
    struct divisor *divisors_host;
    struct batch_events events; /* events.download: the means are on the host */

    struct batch batch;
    uint32_t first[LEVELS_MAX + 1],
        finished[LEVELS_MAX + 1];         /* slices of each level that this batch finishes */
    uint64_t means_at[LEVELS_MAX + 2];    /* in voxels; [nlevels + 1] is the end */
    uint32_t divisors_at[LEVELS_MAX + 2]; /* in divisors; likewise */
};

struct opencl_downsampler {
    struct downsampler base;   /* first */
    const char *name;          /* of the device; for messages */
    struct watchdog *watchdog; /* over all calls to its driver; NULL: none */
    struct pyramid pyramid;
    struct device_layout layout;
    bool unified;
    bool profile;    /* batches are timed (the warm-up is not) */
    size_t local[3]; /* work-group */

    cl_context context;
    cl_command_queue upload, compute, download; /* in-order each; joined by events */
    cl_kernel pyramid_kernel,
        level_kernel; /* level_kernel is NULL when pyramid_kernel computes every level */

    struct slot *slots; /* plan.nbuffers */
    unsigned *pending;  /* slot indices in the order of submission: a ring of plan.nbuffers */
    unsigned first_pending, npending;

    uint32_t nbands;
    cl_mem sums[LEVELS_MAX];     /* by level; used in turn by all batches, in the compute queue's order */
    cl_mem *carried[LEVELS_MAX]; /* [level][band]: a slice's sums that wait for the next slab */
    uint32_t carried_present[LEVELS_MAX +
                             1]; /* slices present in the box of each level that earlier slabs began */
};

/* memory.c: creates all buffers of base.plan and layout, mapped as struct slot says. On failure everything is
 * released; a refusal of memory is told by *refused (the caller may try a smaller plan). */
enum status memory_create(struct opencl_downsampler *d, bool *refused, struct error *error);
void memory_release(struct opencl_downsampler *d);

/* batch.c: works out what slots[index].batch finishes, and enqueues its upload, kernels and download. */
enum status batch_enqueue(struct opencl_downsampler *d, unsigned index, struct error *error);

/* batch.c: waits for that. */
enum status batch_wait(struct opencl_downsampler *d, unsigned index, struct error *error);

/* batch.c: runs both kernels once on next to nothing, so that the driver compiles them and commits memory
 * now. *refused as for memory_create. */
enum status batch_warm_up(struct opencl_downsampler *d, bool *refused, struct error *error);

#endif
