/* SPDX-License-Identifier: MIT
 * A batch is wanted that is large enough to keep the device busy and small enough to stay in a cache (unified
 * memory) or to be copied while others are computed (discrete memory). Where that does not fit the limits or
 * one allocation, it is made lower (fewer rows), then shallower (fewer slices, sums carried between batches),
 * then deeper (fewer sums carried), then fewer batches are kept in flight. */
#include "opencl/planner.h"

#include "opencl/divisors.h"
#include "opencl/driver_memory.h"

#include "base/checked.h"

#include <string.h>

/* Bytes of voxels in a batch that is large enough. On a CPU device a ring of these stays in a last-level
 * cache; on a discrete one a copy of this length runs at full rate. */
static const uint64_t unified_batch_bytes = 4ull << 20, discrete_batch_bytes = 32ull << 20;

static const unsigned nbuffers_wanted = 3;

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

void planner_layout(struct device_layout *layout, const struct downsample_plan *plan,
                    const struct pyramid *pyramid, bool per_voxel)
{
    *layout = (struct device_layout){.shape.type = pyramid->type};
    program_set_sums(&layout->shape, pyramid, fused_levels(plan->batch_slices, pyramid, per_voxel));
    program_set_chunks(&layout->shape, per_voxel);
    bool single_slab = plan->batch_slices >= pyramid->extent.nz;
    for (unsigned level = 1; level <= pyramid->nlevels; level++) {
        uint32_t nfinished = plan_level_slices(plan, level);
        uint64_t plane = (uint64_t)plan_level_rows(plan, level) * extent_reduce(pyramid->extent.nx, level);
        layout->means_bytes = saturated_add(layout->means_bytes, plan_level_bytes(plan, pyramid, level));
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

uint64_t planner_budget(const struct opencl_device *device, const struct opencl_options *options)
{
    if (options->memory_bytes)
        return options->memory_bytes;
    return device->memory_bytes ? device->memory_bytes / 2 : UINT64_MAX; /* half is left to others */
}

void planner_limits_init(struct planner_limits *limits, const struct opencl_device *device,
                         const struct pyramid *pyramid, const struct opencl_options *options)
{
    const struct program_build build = {.device = device, .cache_folder = options->cache_folder};
    struct program_shape shape = {.type = pyramid->type};
    program_set_chunks(&shape, planner_per_voxel(device, options));
    *limits = (struct planner_limits){.device_bytes = planner_budget(device, options),
                                      .refused_bytes = options->refused_bytes};
    if (limits->refused_bytes && limits->device_bytes > limits->refused_bytes / 2)
        limits->device_bytes = limits->refused_bytes / 2;
    for (unsigned fused = 1; fused <= FUSED_LEVELS_MAX; fused++) {
        program_set_sums(&shape, pyramid, fused);
        limits->driver_bytes[fused] = driver_memory_bytes(&build, &shape, fused < pyramid->nlevels);
    }
}

/* The search for a plan. */
struct search {
    const struct opencl_device *device;
    const struct pyramid *pyramid;
    const struct opencl_options *options;
    bool whole_slices; /* batches of these only */
    struct planner_limits limits;
    uint64_t largest_bytes; /* of one buffer */
    uint64_t wanted_bytes;  /* of a batch's voxels */

    struct downsample_plan *plan; /* the one that is looked at */
    /* Why those before it did not do. */
    uint64_t least_bytes; /* of device memory, among plans whose buffers the device would grant */
    bool by_device, by_budget;
};

static uint64_t row_bytes(const struct pyramid *pyramid)
{
    return saturated_mul3(pyramid->extent.nx, voxel_bytes(pyramid->type), 1);
}

/* Makes search->plan of that depth, height and number of buffers; false when a single buffer would be larger
 * than the device, or this machine's addresses, allow. */
static bool set_plan(struct search *search, uint32_t depth, uint32_t height, unsigned nbuffers)
{
    const struct pyramid *pyramid = search->pyramid;
    struct downsample_plan *plan = search->plan;
    struct device_layout layout;
    *plan = (struct downsample_plan){.nbuffers = nbuffers};
    if (!plan_set_batch(plan, pyramid, depth, height))
        return false;
    plan->nbuffers = nbuffers = plan_buffers(plan, pyramid, nbuffers);
    planner_layout(&layout, plan, pyramid, planner_per_voxel(search->device, search->options));
    uint64_t slot = saturated_add(plan->buffer_bytes, layout.means_bytes);
    plan->device_bytes =
        saturated_mul3(nbuffers, saturated_add(slot, layout.ndivisors * sizeof(struct divisor)), 1);
    uint64_t largest = plan->buffer_bytes;
    for (unsigned level = 1; level < pyramid->nlevels; level++) {
        uint64_t carried = saturated_mul3(layout.carried_bytes[level], nbands(plan, pyramid), 1);
        plan->device_bytes =
            saturated_add(plan->device_bytes, saturated_add(layout.sums_bytes[level], carried));
        if (layout.sums_bytes[level] > largest)
            largest = layout.sums_bytes[level];
    }
    plan->driver_bytes = search->limits.driver_bytes[layout.shape.fused];
    plan->host_bytes =
        search->device->unified_memory ? plan->device_bytes : saturated_mul3(nbuffers, slot, 1);
    return largest <= search->largest_bytes;
}

/* The most rows that a batch of this depth should have. */
static uint32_t most_rows(const struct search *search, uint32_t depth)
{
    const struct pyramid *pyramid = search->pyramid;
    uint64_t box = (uint64_t)1 << pyramid->nlevels;
    if (search->whole_slices)
        return pyramid->extent.ny;
    if (search->options->band_rows)
        return plan_rows(search->options->band_rows + box - 1, pyramid->extent.ny, pyramid->nlevels);
    return plan_rows(search->wanted_bytes / saturated_mul3(depth, row_bytes(pyramid), 1), pyramid->extent.ny,
                     pyramid->nlevels);
}

/* Device memory of the highest batches of this depth; UINT64_MAX when they cannot be. */
static uint64_t bytes_at_depth(struct search *search, uint32_t depth)
{
    return set_plan(search, depth, most_rows(search, depth), nbuffers_wanted) ? search->plan->device_bytes
                                                                              : UINT64_MAX;
}

static uint32_t deeper(const struct pyramid *pyramid, uint32_t depth)
{
    return plan_depth(2 * depth, pyramid->extent.nz, pyramid->nlevels);
}

/* The depth to begin with: as many slices as the pyramid kernel takes up to its last level, but fewer where
 * rows that are the least there can be would pass wanted_bytes; and then again more where that takes less
 * memory, as sums of low levels, which shallow batches carry, are large. */
static uint32_t wanted_depth(struct search *search)
{
    const struct pyramid *pyramid = search->pyramid;
    uint64_t box = (uint64_t)1 << pyramid->nlevels;
    uint64_t least_rows = search->whole_slices || box > pyramid->extent.ny ? pyramid->extent.ny : box;
    uint32_t depth = plan_depth(1u << min_unsigned(pyramid->nlevels, FUSED_LEVELS_MAX), pyramid->extent.nz,
                                pyramid->nlevels);
    if (search->options->batch_slices)
        return plan_depth(search->options->batch_slices, pyramid->extent.nz, pyramid->nlevels);
    while (depth > 2 && saturated_mul3(depth, least_rows, row_bytes(pyramid)) > search->wanted_bytes)
        depth /= 2;
    for (uint32_t next = deeper(pyramid, depth); next > depth && next <= box; next = deeper(pyramid, depth)) {
        if (bytes_at_depth(search, next) >= bytes_at_depth(search, depth))
            break;
        depth = next;
    }
    return depth;
}

/* Whether search->plan keeps within all limits. */
static bool fits(struct search *search)
{
    const struct downsample_plan *plan = search->plan;
    if (plan->device_bytes > search->limits.device_bytes) {
        search->by_device = true;
        if (plan->device_bytes < search->least_bytes)
            search->least_bytes = plan->device_bytes;
        return false;
    }
    if (host_budget_fits(search->options->budget, plan))
        return true;
    search->by_budget = true;
    return false;
}

/* Batches of one depth, lower and lower ones. */
static bool find_height(struct search *search, uint32_t depth, unsigned nbuffers)
{
    uint32_t height = most_rows(search, depth), next;
    for (;; height = next) {
        if (set_plan(search, depth, height, nbuffers) && fits(search))
            return true;
        next = plan_rows(height / 2, search->pyramid->extent.ny, search->pyramid->nlevels);
        if (search->whole_slices || next >= height)
            return false;
    }
}

/* Depths from the wanted one down, then those that nobody wanted, as they carry fewer sums. */
static bool find_depth(struct search *search, uint32_t wanted, unsigned nbuffers)
{
    const struct pyramid *pyramid = search->pyramid;
    uint64_t box = (uint64_t)1 << pyramid->nlevels;
    uint32_t depth, next;
    for (depth = wanted;; depth = next) {
        if (find_height(search, depth, nbuffers))
            return true;
        next = plan_depth(depth / 2, pyramid->extent.nz, pyramid->nlevels);
        if (next >= depth)
            break;
    }
    if (search->options->batch_slices)
        return false;
    for (depth = wanted, next = deeper(pyramid, depth); next > depth && next <= box;
         depth = next, next = deeper(pyramid, depth))
        if (find_height(search, next, nbuffers))
            return true;
    return false;
}

static bool find_any(struct search *search)
{
    uint32_t wanted = wanted_depth(search);
    unsigned most_buffers = search->whole_slices
                                ? plan_buffers_to_decode(nbuffers_wanted, search->options->ndecoders)
                                : nbuffers_wanted;
    for (unsigned nbuffers = most_buffers; nbuffers > 0; nbuffers--)
        if (find_depth(search, wanted, nbuffers))
            return true;
    return false;
}

/* Where whole slices are wanted and none of their batches will do, bands of rows are the last resort. */
static bool find_plan(struct search *search, bool whole_slices)
{
    search->least_bytes = UINT64_MAX;
    search->by_device = search->by_budget = false;
    host_budget_begin(search->options->budget);
    search->whole_slices = whole_slices;
    if (find_any(search))
        return true;
    search->whole_slices = false;
    return whole_slices && find_any(search);
}

/* Says why there is no plan. */
static enum status refuse(const struct search *search, struct error *error)
{
    const char *name = search->device->name;
    unsigned long long least = search->least_bytes;
    if (search->by_budget)
        return host_budget_refuse(search->options->budget, error);
    if (!search->by_device)
        return error_set(
            error, STATUS_DEVICE,
            "%s: a row of blocks of this stack passes its largest allocation (%llu bytes); ask for fewer "
            "levels, or use --device cpu",
            name, (unsigned long long)search->largest_bytes);
    if (search->limits.refused_bytes)
        return error_set(
            error, STATUS_DEVICE,
            "%s: its driver refuses the %llu bytes of memory that this stack needs at least; end other "
            "programs that use the device, ask for fewer levels, or use --device cpu",
            name, least);
    return error_set(
        error, STATUS_DEVICE,
        "%s: %llu bytes of device memory are allowed%s, and this stack needs at least %llu; allow "
        "more by --device-memory, ask for fewer levels, or use --device cpu",
        name, (unsigned long long)search->limits.device_bytes,
        search->options->memory_bytes ? "" : " (half of what it has)", least);
}

enum status planner_plan(struct downsample_plan *plan, const struct opencl_device *device,
                         const struct pyramid *pyramid, const struct opencl_options *options,
                         bool whole_slices, const struct planner_limits *limits, struct error *error)
{
    struct search search = {
        .device = device,
        .pyramid = pyramid,
        .options = options,
        .limits = *limits,
        .largest_bytes = options->max_buffer_bytes ? options->max_buffer_bytes : device->max_buffer_bytes,
        .wanted_bytes = device->unified_memory ? unified_batch_bytes : discrete_batch_bytes,
        .plan = plan,
    };
    if (find_plan(&search, whole_slices))
        return STATUS_OK;
    /* Between what is asked for now and what was refused there may be one that the driver grants. */
    if (search.by_device && !search.by_budget && search.least_bytes < limits->refused_bytes) {
        search.limits.device_bytes = search.least_bytes;
        if (find_plan(&search, whole_slices))
            return STATUS_OK;
    }
    return refuse(&search, error);
}

void planner_work_group(size_t local[3], bool per_voxel, size_t most)
{
    static const size_t lanes[3] = {32, 4, 1}, threads[3] = {1, 1, 1};
    memcpy(local, per_voxel ? lanes : threads, sizeof lanes);
    while (local[1] > 1 && local[0] * local[1] > most)
        local[1] /= 2;
    while (local[0] > 1 && local[0] > most)
        local[0] /= 2;
}

enum status opencl_plan(struct downsample_plan *plan, const struct opencl_device *device,
                        const struct pyramid *pyramid, const struct opencl_options *options,
                        bool whole_slices, struct error *error)
{
    struct planner_limits limits;
    planner_limits_init(&limits, device, pyramid, options);
    return planner_plan(plan, device, pyramid, options, whole_slices, &limits, error);
}
