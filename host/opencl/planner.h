/* SPDX-License-Identifier: MIT
 * How a run is laid out in device memory: pure arithmetic. */
#ifndef STACKTHUMB_OPENCL_PLANNER_H
#define STACKTHUMB_OPENCL_PLANNER_H

#include "opencl/opencl.h"
#include "opencl/program.h"

/* What is held, in bytes; indices are levels. */
struct device_layout {
    struct program_shape shape;
    uint64_t means_bytes; /* of one slot: every level's slices that one batch can finish */
    uint32_t ndivisors;   /* of one slot */
    uint64_t
        sums_bytes[LEVELS_MAX]; /* sums that one batch hands from level to level; 0: none at that level */
    uint64_t carried_bytes[LEVELS_MAX]; /* sums of one band that wait for the next slab; 0: none */
};

/* True when the kernels are shaped for a device whose work-items are vector lanes (a GPU) and not threads. */
bool planner_per_voxel(const struct opencl_device *device, const struct opencl_options *options);

/* The layout of a plan (as opencl_plan gives it). */
void planner_layout(struct device_layout *layout, const struct downsample_plan *plan,
                    const struct pyramid *pyramid, bool per_voxel);

/* The most levels that one kernel computes of the voxels. */
enum { FUSED_LEVELS_MAX = 3 };

/* What a plan is to keep within, besides options->budget. */
struct planner_limits {
    uint64_t device_bytes;
    uint64_t refused_bytes; /* of device memory, by the driver, so that device_bytes is less; 0: none */
    uint64_t driver_bytes[FUSED_LEVELS_MAX + 1]; /* plan->driver_bytes by the number of fused levels */
};

/* opencl_plan within `limits`. */
enum status planner_plan(struct downsample_plan *plan, const struct opencl_device *device,
                         const struct pyramid *pyramid, const struct opencl_options *options,
                         bool whole_slices, const struct planner_limits *limits, struct error *error);

/* The limits of a run: planner_budget, and what the driver is likely to hold. */
void planner_limits_init(struct planner_limits *limits, const struct opencl_device *device,
                         const struct pyramid *pyramid, const struct opencl_options *options);

/* The work-group of kernels that the device runs with `most` work-items at most. */
void planner_work_group(size_t local[3], bool per_voxel, size_t most);

/* The budget of a run: options->memory_bytes, or what leaves room for others. */
uint64_t planner_budget(const struct opencl_device *device, const struct opencl_options *options);

#endif
