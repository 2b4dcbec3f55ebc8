/* SPDX-License-Identifier: MIT
 * What memory the fast path holds for a plan and how its work is cut: pure arithmetic, used by the planner to
 * tell and by cpu.c to allocate.
 *
 * A band is cut into blocks of rows that the workers take; a block is a whole number of boxes of the block
 * levels 1 .. nblock_levels, so that no two workers meet there. The levels above them, 1/512 of the work or
 * less, are left to the calling thread, or a deep pyramid would leave too few blocks for the workers. */
#ifndef STACKTHUMB_DOWNSAMPLE_CPU_LAYOUT_H
#define STACKTHUMB_DOWNSAMPLE_CPU_LAYOUT_H

#include "base/error.h"
#include "downsample/cpu_rows.h"
#include "downsample/plan.h"
#include "volume/pyramid.h"

/* Thresholds that were found by measuring; cpu_tuning_default is what cpu_create uses. */
struct cpu_tuning {
    /* A block holds at least so many bytes of a batch: waking a thread for less costs more than it saves. */
    uint64_t block_bytes;
    /* Means of batches larger than this are streamed past the caches: they would be gone from them before
     * anyone reads them, and would push out voxels. */
    uint64_t stream_bytes;
};
extern const struct cpu_tuning cpu_tuning_default;

/* One reduced level. Its sums are kept in rows of sum_row_bytes: either each worker has the rows of its own
 * block (nsum_rows each), or there are nsum_planes planes of nsum_rows = ny rows; these stay from batch to
 * batch (a batch is thinner than a box), or wait for the levels above the block levels. */
struct cpu_level {
    uint32_t nx, ny, nz;
    enum sum_kind sum_kind;
    bool planes; /* false: rows of the workers */
    uint32_t nsum_planes, nsum_rows;
    uint64_t sum_row_bytes; /* a multiple of a cache line */
    uint64_t sums_bytes;    /* all of them; none for level 1 */
};

struct cpu_layout {
    unsigned nblock_levels;
    uint32_t block_rows; /* rows of level 0 in a block */
    struct cpu_level levels[LEVELS_MAX + 1];
    uint64_t absent_bytes; /* a row of absent voxels */
    /* Each worker's scratch: a row of sums of level 1, another for f32's far rows, and the means of one piece
     * of a row where they are streamed past the caches. */
    uint32_t piece_voxels; /* of level 0; even */
    uint64_t scratch_sums_bytes, scratch_bytes;
    bool stream_means;   /* means of level 1 */
    uint64_t host_bytes; /* everything, input buffers included; UINT64_MAX when it does not fit */
};

void cpu_layout_init(struct cpu_layout *layout, const struct pyramid *pyramid,
                     const struct downsample_plan *plan, unsigned nthreads, const struct cpu_tuning *tuning);

#endif
