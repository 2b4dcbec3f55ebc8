/* SPDX-License-Identifier: MIT */
#include "downsample/plan.h"

#include "base/checked.h"

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

bool batch_next(struct batch *batch, struct extent extent, const struct downsample_plan *plan)
{
    if (batch->nslices == 0) { /* before the first */
        batch->z0 = 0;
        batch->y0 = 0;
    } else if (extent.ny - batch->y0 > batch->nrows) {
        batch->y0 += batch->nrows;
    } else if (extent.nz - batch->z0 > batch->nslices) {
        batch->y0 = 0;
        batch->z0 += batch->nslices;
    } else {
        return false;
    }
    batch->nslices = min_u32(plan->batch_slices, extent.nz - batch->z0);
    batch->nrows = min_u32(plan->band_rows, extent.ny - batch->y0);
    return true;
}

uint32_t batch_finished(uint32_t z0, uint32_t nslices, uint32_t nz, unsigned level, uint32_t *first)
{
    uint32_t end = z0 + nslices;
    *first = (uint32_t)((uint64_t)z0 >> level);
    uint32_t behind = end == nz ? extent_reduce(nz, level) : (uint32_t)((uint64_t)end >> level);
    return behind - *first;
}

uint32_t plan_depth(uint32_t wanted, uint32_t nz, unsigned nlevels)
{
    if (nz == 1)
        return 1;
    uint64_t box = (uint64_t)1 << nlevels;
    if (wanted >= box && nz >= box) {
        uint64_t whole = (nz + box - 1) / box; /* boxes that hold the stack */
        uint64_t n = wanted / box < whole ? wanted / box : whole;
        return (uint32_t)(n * box);
    }
    uint64_t depth = 2;
    while (depth * 2 <= wanted && depth * 2 <= box && depth < nz)
        depth *= 2;
    return (uint32_t)depth;
}

uint32_t plan_rows(uint64_t wanted, uint32_t ny, unsigned nlevels)
{
    uint64_t box = (uint64_t)1 << nlevels;
    uint64_t rows = wanted < box ? box : wanted / box * box;
    return rows < ny ? (uint32_t)rows : ny;
}

bool plan_set_batch(struct downsample_plan *plan, const struct pyramid *pyramid, uint32_t batch_slices,
                    uint32_t band_rows)
{
    uint64_t n_bytes;
    if (!checked_mul(batch_slices, band_rows, &n_bytes) ||
        !checked_mul(n_bytes, pyramid->extent.nx, &n_bytes) ||
        !checked_mul(n_bytes, voxel_bytes(pyramid->type), &n_bytes) || n_bytes > SIZE_MAX / 2)
        return false;
    plan->batch_slices = batch_slices;
    plan->band_rows = band_rows;
    plan->buffer_bytes = n_bytes;
    return true;
}

unsigned plan_buffers(const struct downsample_plan *plan, const struct pyramid *pyramid, unsigned wanted)
{
    uint64_t nslabs = ((uint64_t)pyramid->extent.nz + plan->batch_slices - 1) / plan->batch_slices;
    uint64_t nbands = ((uint64_t)pyramid->extent.ny + plan->band_rows - 1) / plan->band_rows;
    return nslabs < wanted && nslabs * nbands < wanted ? (unsigned)(nslabs * nbands) : wanted;
}

unsigned plan_buffers_to_decode(unsigned wanted, unsigned ndecoders)
{
    unsigned enough = ndecoders / 2 + ndecoders % 2 + 2; /* a buffer has two slices or more */
    return enough > wanted ? enough : wanted;
}

uint32_t plan_level_rows(const struct downsample_plan *plan, unsigned level)
{
    return extent_reduce(plan->band_rows, level);
}

uint32_t plan_level_slices(const struct downsample_plan *plan, unsigned level)
{
    uint32_t whole = (uint32_t)((uint64_t)plan->batch_slices >> level);
    return whole ? whole : 1;
}

uint32_t plan_slices(const struct downsample_plan *plan, const struct pyramid *pyramid)
{
    uint32_t n = 0; /* at most batch_slices and one for each level */
    for (unsigned level = 1; level <= pyramid->nlevels; level++)
        n += plan_level_slices(plan, level);
    return n;
}

uint64_t plan_level_bytes(const struct downsample_plan *plan, const struct pyramid *pyramid, unsigned level)
{
    uint64_t row_bytes =
        saturated_mul3(extent_reduce(pyramid->extent.nx, level), voxel_bytes(pyramid->type), 1);
    return saturated_mul3(row_bytes, plan_level_rows(plan, level), plan_level_slices(plan, level));
}
