/* SPDX-License-Identifier: MIT */
#include "downsample/cpu_layout.h"

#include "base/checked.h"
#include "downsample/intake.h"

enum {
    BLOCK_LEVELS_MAX = 3,
    BLOCKS_PER_THREAD = 4, /* so that the threads end together */
    CACHE_LINE_BYTES = 64,
    /* A block's rows of one slice: shorter runs are read more slowly from memory, longer ones hardly faster.
     */
    BLOCK_RUN_BYTES = 384 << 10,
    /* A row is worked on in pieces, so that what is made of a piece is still in the first cache. */
    PIECE_BYTES = 1 << 10,
};

const struct cpu_tuning cpu_tuning_default = {
    .block_bytes = 256 << 10,
    .stream_bytes = 32 << 20,
};

static uint64_t round_up(uint64_t n, uint64_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* Rows of a block: whole boxes of the block levels; a long run of memory, if that leaves enough blocks, but
 * worth a thread's while. */
static uint32_t choose_block_rows(const struct cpu_layout *layout, const struct pyramid *pyramid,
                                  const struct downsample_plan *plan, unsigned nthreads,
                                  const struct cpu_tuning *tuning)
{
    uint64_t box_rows = (uint64_t)1 << layout->nblock_levels;
    uint64_t row_bytes = saturated_mul3(pyramid->extent.nx, voxel_bytes(pyramid->type), 1);
    uint64_t run_rows = BLOCK_RUN_BYTES / row_bytes;
    uint64_t share_rows = plan->band_rows / ((uint64_t)nthreads * BLOCKS_PER_THREAD);
    uint64_t least_rows = tuning->block_bytes / saturated_mul3(row_bytes, plan->batch_slices, 1);
    uint64_t rows = run_rows < share_rows ? run_rows : share_rows;
    if (rows < least_rows)
        rows = least_rows < plan->band_rows ? least_rows : plan->band_rows;
    return (uint32_t)(rows < box_rows ? box_rows : rows / box_rows * box_rows);
}

/* The narrowest sums that the rows have loops for and that are wide enough. */
static enum sum_kind choose_sum_kind(const struct pyramid *pyramid, unsigned level)
{
    enum sum_kind first = rows_first_sum(voxel_kind(pyramid->type));
    if (level == 1 || first == SUM_64 || first == SUM_FLOAT)
        return first;
    return extent_sum_bits(pyramid->extent, pyramid->type, level) > 32 ? SUM_64 : SUM_32;
}

static void init_level(struct cpu_layout *layout, const struct pyramid *pyramid,
                       const struct downsample_plan *plan, unsigned nthreads, unsigned level)
{
    struct cpu_level *l = &layout->levels[level];
    struct extent extent = extent_at_level(pyramid->extent, level);
    *l = (struct cpu_level){.nx = extent.nx, .ny = extent.ny, .nz = extent.nz};
    l->sum_kind = choose_sum_kind(pyramid, level);
    l->sum_row_bytes = round_up((uint64_t)l->nx * sum_kind_bytes(l->sum_kind), CACHE_LINE_BYTES);

    bool carried = plan->batch_slices >> level == 0 && pyramid->extent.nz > plan->batch_slices;
    bool handed_over = level == layout->nblock_levels && level < pyramid->nlevels;
    l->planes = carried || handed_over || level > layout->nblock_levels;
    l->nsum_planes = l->planes ? (handed_over ? plan_level_slices(plan, level) : 1) : nthreads;
    l->nsum_rows = l->planes ? l->ny : layout->block_rows >> level;
    /* Sums of level 1 are passed on as they are made. */
    l->sums_bytes = level == 1 ? 0 : saturated_mul3(l->nsum_planes, l->nsum_rows, l->sum_row_bytes);
    layout->host_bytes = saturated_add(layout->host_bytes, l->sums_bytes);
}

void cpu_layout_init(struct cpu_layout *layout, const struct pyramid *pyramid,
                     const struct downsample_plan *plan, unsigned nthreads, const struct cpu_tuning *tuning)
{
    *layout = (struct cpu_layout){0};
    layout->nblock_levels = pyramid->nlevels < BLOCK_LEVELS_MAX ? pyramid->nlevels : BLOCK_LEVELS_MAX;
    layout->block_rows = choose_block_rows(layout, pyramid, plan, nthreads, tuning);
    layout->absent_bytes = saturated_mul3(pyramid->extent.nx, voxel_bytes(pyramid->type), 1);
    layout->stream_means = plan->buffer_bytes > tuning->stream_bytes;
    layout->piece_voxels = PIECE_BYTES / (uint32_t)voxel_bytes(pyramid->type);
    layout->scratch_sums_bytes = round_up((uint64_t)extent_reduce(pyramid->extent.nx, 1) *
                                              sum_kind_bytes(rows_first_sum(voxel_kind(pyramid->type))),
                                          CACHE_LINE_BYTES);
    layout->scratch_bytes = 2 * layout->scratch_sums_bytes + PIECE_BYTES;
    layout->host_bytes = saturated_add(intake_bytes(pyramid, plan), layout->absent_bytes);
    layout->host_bytes =
        saturated_add(layout->host_bytes, saturated_mul3(layout->scratch_bytes, nthreads, 1));
    for (unsigned level = 1; level <= pyramid->nlevels; level++)
        init_level(layout, pyramid, plan, nthreads, level);
}
