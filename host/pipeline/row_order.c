/* SPDX-License-Identifier: MIT */
#include "pipeline/row_order.h"

#include <inttypes.h>
#include <stdlib.h>

enum status row_order_init(struct row_order *order, const struct pyramid *pyramid,
                           const struct downsample_plan *plan, struct error *error)
{
    *order = (struct row_order){.nlevels = pyramid->nlevels};
    for (unsigned level = 1; level <= pyramid->nlevels; level++) {
        const struct extent extent = extent_at_level(pyramid->extent, level);
        const bool whole = plan->band_rows >= pyramid->extent.ny;
        struct level_order *at = &order->levels[level];
        *at = (struct level_order){.nrows = extent.ny, .nz = extent.nz};
        at->nopen = whole ? 1 : extent_reduce(plan->batch_slices, level);
        at->open = calloc(at->nopen, sizeof *at->open);
        if (!at->open) {
            row_order_end(order);
            return error_no_memory(error, at->nopen * sizeof *at->open, "slices of a level");
        }
    }
    return STATUS_OK;
}

void row_order_end(struct row_order *order)
{
    for (unsigned level = 1; level <= order->nlevels; level++)
        free(order->levels[level].open);
    *order = (struct row_order){0};
}

static enum status out_of_order(const struct level_rows *rows, struct error *error)
{
    return error_set(error, STATUS_DEVICE,
                     "level %u, slice %" PRIu32 ": the device delivered rows %" PRIu32 "+%" PRIu32
                     " where they do not belong; this is a defect of the program, try --device cpu",
                     rows->level, rows->z, rows->y0, rows->nrows);
}

enum status row_order_check(struct row_order *order, const struct level_rows *rows, struct error *error)
{
    if (rows->level < 1 || rows->level > order->nlevels)
        return out_of_order(rows, error);
    struct level_order *level = &order->levels[rows->level];
    struct open_slice *open = &level->open[rows->z % level->nopen];
    if (open->nrows == 0 && rows->z == level->next_z && rows->z < level->nz) {
        open->z = rows->z;
        level->next_z++;
    } else if (open->nrows == 0 || open->z != rows->z) {
        return out_of_order(rows, error);
    }
    if (rows->nrows == 0 || rows->y0 != open->nrows || rows->nrows > level->nrows - open->nrows)
        return out_of_order(rows, error);
    open->nrows += rows->nrows;
    if (open->nrows == level->nrows)
        open->nrows = 0;
    return STATUS_OK;
}

enum status row_order_check_complete(const struct row_order *order, struct error *error)
{
    for (unsigned i = 1; i <= order->nlevels; i++) {
        const struct level_order *level = &order->levels[i];
        bool complete = level->next_z == level->nz;
        for (unsigned j = 0; j < level->nopen; j++)
            complete = complete && level->open[j].nrows == 0;
        if (!complete)
            return error_set(error, STATUS_DEVICE,
                             "level %u: the device did not deliver all of its %" PRIu32
                             " slices; this is a defect of the program, try --device cpu",
                             i, level->nz);
    }
    return STATUS_OK;
}
