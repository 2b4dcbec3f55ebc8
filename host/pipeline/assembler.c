/* SPDX-License-Identifier: MIT */
#include "pipeline/assembler.h"

#include "base/checked.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* How many slices of a level may be partial at the same time. */
static unsigned count_partial(const struct pyramid *pyramid, const struct downsample_plan *plan,
                              unsigned level)
{
    return plan->band_rows >= pyramid->extent.ny ? 1 : extent_reduce(plan->batch_slices, level);
}

/* How many slices the pool of a level has. */
static unsigned count_slices(const struct pyramid *pyramid, const struct downsample_plan *plan,
                             unsigned level)
{
    uint64_t enough = count_partial(pyramid, plan, level) + 2u;
    uint32_t nz = extent_reduce(pyramid->extent.nz, level);
    return (unsigned)(nz < enough ? nz : enough);
}

static uint64_t level_slice_bytes(const struct pyramid *pyramid, unsigned level)
{
    return extent_slice_bytes(extent_at_level(pyramid->extent, level), pyramid->type);
}

uint64_t assembler_host_bytes(const struct pyramid *pyramid, const struct downsample_plan *plan)
{
    uint64_t sum_bytes = 0;
    for (unsigned level = 1; level <= pyramid->nlevels; level++)
        sum_bytes = saturated_add(sum_bytes, saturated_mul3(count_slices(pyramid, plan, level),
                                                            level_slice_bytes(pyramid, level), 1));
    return sum_bytes;
}

static enum status pool_init(struct level_pool *pool, const struct pyramid *pyramid,
                             const struct downsample_plan *plan, unsigned level, struct stop *stop,
                             struct error *error)
{
    struct extent extent = extent_at_level(pyramid->extent, level);
    uint64_t slice_bytes = level_slice_bytes(pyramid, level);
    pool->nrows = extent.ny;
    pool->nz = extent.nz;
    pool->row_bytes = extent.nx * voxel_bytes(pyramid->type);
    pool->npartial = count_partial(pyramid, plan, level);
    pool->nslices = count_slices(pyramid, plan, level);
    pool->partial = calloc(pool->npartial, sizeof *pool->partial);
    pool->slices = calloc(pool->nslices, sizeof *pool->slices);
    if (!pool->partial || !pool->slices)
        return error_no_memory(error, pool->nslices * sizeof *pool->slices, "slices of a level");
    enum status status = queue_init(&pool->free, stop, pool->nslices, error);
    for (unsigned i = 0; status == STATUS_OK && i < pool->nslices; i++) {
        pool->slices[i].level = level;
        pool->slices[i].voxels = malloc(slice_bytes);
        if (!pool->slices[i].voxels)
            return error_no_memory(error, slice_bytes, "a slice of a level");
        status = queue_push(&pool->free, &pool->slices[i], error);
    }
    return status;
}

static void pool_end(struct level_pool *pool)
{
    for (unsigned i = 0; pool->slices && i < pool->nslices; i++)
        free(pool->slices[i].voxels);
    queue_end(&pool->free);
    free(pool->slices);
    free(pool->partial);
}

enum status assembler_init(struct assembler *assembler, const struct pyramid *pyramid,
                           const struct downsample_plan *plan, struct stop *stop, struct error *error)
{
    enum status status = STATUS_OK;
    unsigned nslices = 0;
    *assembler = (struct assembler){.nlevels = pyramid->nlevels};
    for (unsigned level = 1; status == STATUS_OK && level <= pyramid->nlevels; level++) {
        status = pool_init(&assembler->levels[level], pyramid, plan, level, stop, error);
        nslices += assembler->levels[level].nslices;
    }
    if (status == STATUS_OK)
        status = queue_init(&assembler->finished, stop, nslices, error);
    if (status != STATUS_OK)
        assembler_end(assembler);
    return status;
}

void assembler_end(struct assembler *assembler)
{
    queue_end(&assembler->finished);
    for (unsigned level = 1; level <= assembler->nlevels; level++)
        pool_end(&assembler->levels[level]);
    *assembler = (struct assembler){0};
}

static enum status out_of_order(const struct level_rows *rows, struct error *error)
{
    return error_set(error, STATUS_DEVICE,
                     "level %u, slice %" PRIu32 ": the device delivered rows %" PRIu32 "+%" PRIu32
                     " where they do not belong; this is a defect of the program, try --device cpu",
                     rows->level, rows->z, rows->y0, rows->nrows);
}

/* Finds, or begins, the slice that the rows continue. */
static enum status partial_slice(struct level_pool *pool, const struct level_rows *rows,
                                 struct level_slice **found, struct error *error)
{
    if (rows->z >= pool->nz)
        return out_of_order(rows, error);
    struct level_slice **partial = &pool->partial[rows->z % pool->npartial];
    if (!*partial) {
        if (rows->z != pool->next_z)
            return out_of_order(rows, error);
        void *item;
        enum status status = queue_pop(&pool->free, &item, error);
        if (status != STATUS_OK)
            return status;
        *partial = item;
        (*partial)->z = rows->z;
        (*partial)->nrows = 0;
        pool->next_z++;
    }
    *found = *partial;
    if ((*found)->z != rows->z || (*found)->nrows != rows->y0 || rows->nrows > pool->nrows - rows->y0)
        return out_of_order(rows, error);
    return STATUS_OK;
}

enum status assembler_add(void *context, const struct level_rows *rows, struct error *error)
{
    struct assembler *assembler = context;
    if (rows->level < 1 || rows->level > assembler->nlevels)
        return out_of_order(rows, error);
    struct level_pool *pool = &assembler->levels[rows->level];
    struct level_slice *slice = NULL;
    enum status status = partial_slice(pool, rows, &slice, error);
    if (status != STATUS_OK)
        return status;
    double began = clock_seconds();
    memcpy(slice->voxels + rows->y0 * pool->row_bytes, rows->voxels, rows->nrows * pool->row_bytes);
    busy_add(&assembler->busy, began, rows->nrows * pool->row_bytes);
    slice->nrows += rows->nrows;
    if (slice->nrows < pool->nrows)
        return STATUS_OK;
    pool->partial[rows->z % pool->npartial] = NULL;
    return queue_push(&assembler->finished, slice, error);
}

enum status assembler_check_complete(const struct assembler *assembler, struct error *error)
{
    for (unsigned level = 1; level <= assembler->nlevels; level++) {
        const struct level_pool *pool = &assembler->levels[level];
        bool whole = pool->next_z == pool->nz;
        for (unsigned i = 0; i < pool->npartial; i++)
            whole = whole && !pool->partial[i];
        if (!whole)
            return error_set(error, STATUS_DEVICE,
                             "level %u: the device did not deliver all of its %" PRIu32
                             " slices; this is a defect of the program, try --device cpu",
                             level, pool->nz);
    }
    return STATUS_OK;
}

void assembler_release(struct assembler *assembler, struct level_slice *slice)
{
    queue_put_back(&assembler->levels[slice->level].free, slice);
}
