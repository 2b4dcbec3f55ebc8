/* SPDX-License-Identifier: MIT */
#include "downsample/plan.h"

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
