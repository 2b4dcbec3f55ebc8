/* SPDX-License-Identifier: MIT
 * A batch is wanted that is large enough to keep the device busy and small enough to stay in a cache (unified
 * memory) or to be copied while others are computed (discrete memory). Where that does not fit the budget or
 * one allocation, it is made lower (fewer rows), then shallower (fewer slices, sums carried between batches),
 * then fewer batches are kept in flight. */
#include "opencl/planner.h"

#include "opencl/divisors.h"
#include "opencl/driver_memory.h"

#include "base/checked.h"

#include <string.h>

/* Bytes of voxels in a batch that is large enough. On a CPU device a ring of these stays in a last-level
 * cache; on a discrete one a copy of this length runs at full rate. */
static const uint64_t unified_batch_bytes = 8ull << 20, discrete_batch_bytes = 32ull << 20;

static const unsigned nbuffers_wanted = 3;

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static unsigned min_unsigned(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

bool planner_per_voxel(const struct opencl_device *device, const struct opencl_options *options)
{
    if (options->shape == OPENCL_SHAPE_AUTO)
        return device->kind != OPENCL_CPU;
    return options->shape == OPENCL_SHAPE_VOXELS;
}

/* Levels that the pyramid kernel can compute of batches this deep. */
static unsigned fused_levels(uint32_t batch_slices, const struct pyramid *pyramid, bool per_voxel)
{
    unsigned fused = min_unsigned(pyramid->nlevels, per_voxel ? 2 : FUSED_LEVELS_MAX);
    if (batch_slices < pyramid->extent.nz)
        fused = min_unsigned(fused, (unsigned)__builtin_ctz(batch_slices));
    return fused;
}

/* Slices of `level` that one batch can finish. */
static uint32_t most_finished(uint32_t batch_slices, uint32_t nz, unsigned level)
{
    return extent_reduce(min_u32(batch_slices, nz), level);
}

void planner_layout(struct device_layout *layout, const struct downsample_plan *plan,
                    const struct pyramid *pyramid, bool per_voxel)
{
    *layout = (struct device_layout){.shape.type = pyramid->type};
    program_set_sums(&layout->shape, pyramid, fused_levels(plan->batch_slices, pyramid, per_voxel));
    program_set_chunks(&layout->shape, per_voxel);
    bool single_slab = plan->batch_slices >= pyramid->extent.nz;
    for (unsigned level = 1; level <= pyramid->nlevels; level++) {
        uint32_t nfinished = most_finished(plan->batch_slices, pyramid->extent.nz, level);
        uint64_t plane =
            (uint64_t)extent_reduce(plan->band_rows, level) * extent_reduce(pyramid->extent.nx, level);
        layout->means_bytes += nfinished * plane * voxel_bytes(pyramid->type);
        layout->ndivisors += nfinished * DIVISORS_PER_SLICE;
        if (level < layout->shape.fused || level == pyramid->nlevels)
            continue;
        layout->sums_bytes[level] = nfinished * plane * program_sum_bytes(&layout->shape);
        if (!single_slab && plan->batch_slices >> level <= 1)
            layout->carried_bytes[level] = plane * program_sum_bytes(&layout->shape);
    }
}

static uint32_t nbands(const struct downsample_plan *plan, const struct pyramid *pyramid)
{
    return (uint32_t)(((uint64_t)pyramid->extent.ny + plan->band_rows - 1) / plan->band_rows);
}

/* Completes `plan` from its batch_slices, band_rows and nbuffers; false when a single buffer passes
 * max_buffer_bytes. */
static bool fill_bytes(struct downsample_plan *plan, const struct opencl_device *device,
                       const struct pyramid *pyramid, bool per_voxel, uint64_t max_buffer_bytes,
                       const struct planner_limits *limits)
{
    struct device_layout layout;
    planner_layout(&layout, plan, pyramid, per_voxel);
    plan->buffer_bytes = saturated_mul3(plan->batch_slices, plan->band_rows,
                                        (uint64_t)pyramid->extent.nx * voxel_bytes(pyramid->type));
    uint64_t slot = saturated_add(plan->buffer_bytes, layout.means_bytes);
    plan->device_bytes =
        saturated_mul3(plan->nbuffers, saturated_add(slot, layout.ndivisors * sizeof(struct divisor)), 1);
    uint64_t largest = plan->buffer_bytes;
    for (unsigned level = 1; level < pyramid->nlevels; level++) {
        uint64_t carried = saturated_mul3(layout.carried_bytes[level], nbands(plan, pyramid), 1);
        plan->device_bytes =
            saturated_add(plan->device_bytes, saturated_add(layout.sums_bytes[level], carried));
        if (layout.sums_bytes[level] > largest)
            largest = layout.sums_bytes[level];
    }
    plan->driver_bytes = limits->driver_bytes[layout.shape.fused];
    plan->host_bytes = device->unified_memory ? plan->device_bytes : saturated_mul3(plan->nbuffers, slot, 1);
    return largest <= max_buffer_bytes;
}

/* The deepest batch that is of use: 2^nlevels slices, or the whole stack, and not so deep that a band of the
 * fewest rows passes `wanted_bytes`. Even, and a power of two unless it is the whole stack. */
static uint32_t wanted_slices(const struct pyramid *pyramid, uint64_t rows, uint64_t wanted_bytes)
{
    uint64_t slices = (uint64_t)1 << min_unsigned(pyramid->nlevels, 3);
    uint64_t row_bytes = (uint64_t)pyramid->extent.nx * voxel_bytes(pyramid->type);
    while (slices > 2 && saturated_mul3(slices, rows, row_bytes) > wanted_bytes)
        slices /= 2;
    return slices >= pyramid->extent.nz ? pyramid->extent.nz : (uint32_t)slices;
}

/* Slices asked for, made valid: at least 2, down to a power of two or to a multiple of 2^nlevels. */
static uint32_t valid_slices(uint32_t slices, const struct pyramid *pyramid)
{
    uint32_t group = (uint32_t)1 << pyramid->nlevels;
    if (slices >= pyramid->extent.nz)
        return pyramid->extent.nz;
    if (slices >= group)
        return slices / group * group;
    return slices < 2 ? 2 : (uint32_t)1 << (31 - __builtin_clz(slices));
}

/* `rows` rounded down to a multiple of 2^nlevels, at least that and at most ny. */
static uint32_t valid_rows(uint64_t rows, const struct pyramid *pyramid)
{
    uint64_t group = (uint64_t)1 << pyramid->nlevels;
    rows = rows < group ? group : rows / group * group;
    return rows >= pyramid->extent.ny ? pyramid->extent.ny : (uint32_t)rows;
}

/* Halves a depth towards 2; 0 when it cannot be less. */
static uint32_t fewer_slices(uint32_t slices)
{
    if (slices <= 2)
        return 0;
    uint32_t half = (uint32_t)1 << (31 - __builtin_clz(slices - 1)); /* the power of two below */
    return half;
}

static uint32_t fewer_rows(uint32_t rows, const struct pyramid *pyramid)
{
    uint32_t half = valid_rows(rows / 2, pyramid);
    return half < rows ? half : 0;
}

uint64_t planner_budget(const struct opencl_device *device, const struct opencl_options *options)
{
    if (options->memory_bytes)
        return options->memory_bytes;
    return device->memory_bytes ? device->memory_bytes / 2 : UINT64_MAX; /* half is left to others */
}

void planner_limits_init(struct planner_limits *limits, const struct opencl_device *device,
                         const struct pyramid *pyramid, const struct opencl_options *options)
{
    const struct program_build build = {
        .device = device, .cache_folder = options->cache_folder, .cache_always = options->cache_always};
    struct program_shape shape = {.type = pyramid->type};
    program_set_chunks(&shape, planner_per_voxel(device, options));
    *limits = (struct planner_limits){.device_bytes = planner_budget(device, options)};
    for (unsigned fused = 1; fused <= FUSED_LEVELS_MAX; fused++) {
        program_set_sums(&shape, pyramid, fused);
        limits->driver_bytes[fused] = driver_memory_bytes(&build, &shape, fused < pyramid->nlevels);
    }
}

/* How planner_plan failed, or why the plans that it looked at did not do. */
struct refusals {
    uint64_t least_bytes; /* of device memory, among those whose buffers the device would grant */
    bool by_device, by_budget;
};

/* Whether `plan`, completed, keeps within all limits; if not, `refusals` tells. */
static bool fits(struct downsample_plan *plan, const struct opencl_device *device,
                 const struct pyramid *pyramid, const struct opencl_options *options,
                 const struct planner_limits *limits, struct refusals *refusals)
{
    uint64_t largest = options->max_buffer_bytes ? options->max_buffer_bytes : device->max_buffer_bytes;
    if (!fill_bytes(plan, device, pyramid, planner_per_voxel(device, options), largest, limits))
        return false;
    if (plan->device_bytes > limits->device_bytes) {
        refusals->by_device = true;
        if (plan->device_bytes < refusals->least_bytes)
            refusals->least_bytes = plan->device_bytes;
        return false;
    }
    if (host_budget_fits(options->budget, plan))
        return true;
    refusals->by_budget = true;
    return false;
}

static enum status refuse(const struct refusals *refusals, const struct opencl_device *device,
                          const struct opencl_options *options, const struct planner_limits *limits,
                          struct error *error)
{
    uint64_t largest = options->max_buffer_bytes ? options->max_buffer_bytes : device->max_buffer_bytes;
    if (refusals->by_budget)
        return host_budget_refuse(options->budget, error);
    if (refusals->by_device)
        return error_set(
            error, STATUS_DEVICE,
            "%s: %llu bytes of device memory are allowed, and this stack needs at least %llu; allow more by "
            "--device-memory, ask for fewer levels, or use --device cpu",
            device->name, (unsigned long long)limits->device_bytes,
            (unsigned long long)refusals->least_bytes);
    return error_set(
        error, STATUS_DEVICE,
        "%s: a row of blocks of this stack passes its largest allocation (%llu bytes); ask for fewer "
        "levels, or use --device cpu",
        device->name, (unsigned long long)largest);
}

enum status planner_plan(struct downsample_plan *plan, const struct opencl_device *device,
                         const struct pyramid *pyramid, const struct opencl_options *options,
                         bool whole_slices, const struct planner_limits *limits, struct error *error)
{
    uint64_t wanted_bytes = device->unified_memory ? unified_batch_bytes : discrete_batch_bytes;
    uint64_t least_rows = whole_slices ? pyramid->extent.ny : (uint64_t)1 << pyramid->nlevels;
    uint32_t slices = options->batch_slices ? valid_slices(options->batch_slices, pyramid)
                                            : wanted_slices(pyramid, least_rows, wanted_bytes);
    uint64_t row_bytes = (uint64_t)pyramid->extent.nx * voxel_bytes(pyramid->type);
    uint64_t rows =
        options->band_rows ? options->band_rows : wanted_bytes / saturated_mul3(slices, row_bytes, 1);
    uint32_t most_rows = whole_slices ? pyramid->extent.ny : valid_rows(rows, pyramid);
    struct refusals refusals = {.least_bytes = UINT64_MAX};
    for (unsigned nbuffers = nbuffers_wanted; nbuffers > 0; nbuffers--)
        for (uint32_t depth = slices; depth > 0; depth = fewer_slices(depth))
            for (uint32_t height = most_rows; height > 0; height = fewer_rows(height, pyramid)) {
                *plan = (struct downsample_plan){
                    .batch_slices = depth, .band_rows = height, .nbuffers = nbuffers};
                if (fits(plan, device, pyramid, options, limits, &refusals))
                    return STATUS_OK;
            }
    return refuse(&refusals, device, options, limits, error);
}

enum status opencl_plan(struct downsample_plan *plan, const struct opencl_device *device,
                        const struct pyramid *pyramid, const struct opencl_options *options,
                        bool whole_slices, struct error *error)
{
    struct planner_limits limits;
    planner_limits_init(&limits, device, pyramid, options);
    return planner_plan(plan, device, pyramid, options, whole_slices, &limits, error);
}
