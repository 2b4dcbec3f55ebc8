/* SPDX-License-Identifier: MIT
 * The fast path. The work of a batch is done in collect: a crew takes the blocks of rows of the band; for
 * every pair of slices and pair of rows, two passes over two rows of voxels each make a row of sums and a row
 * of means of level 1. The row of sums, still in the first cache, is added to its row of level 2; when that
 * has all its children its means are made and it is added to level 3, and so on up to the block levels. The
 * levels above are done behind that by the calling thread, from the sums of the highest block level. Then all
 * finished rows go to the sink.
 *
 * Voxels are read from memory once, means written once; sums of the levels stay in caches. cpu_rows.h tells
 * why there are only unsigned sums. */
#include "downsample/cpu.h"
#include "base/checked.h"
#include "base/clock.h"
#include "base/workers.h"
#include "downsample/big_memory.h"
#include "downsample/cpu_layout.h"
#include "downsample/intake.h"

#include <stdlib.h>
#include <string.h>

struct cpu {
    struct downsampler base;
    struct pyramid pyramid;
    struct cpu_layout layout;
    const struct cpu_rows *rows;
    enum voxel_kind kind;
    uint32_t flip; /* sign bit of a signed integer type, or 0 */
    void *absent;  /* a row of level 0 that adds nothing */
    void *scratch; /* of every worker, layout.scratch_bytes each */
    void *sums[LEVELS_MAX + 1];
    struct workers *workers;
    struct intake intake;
    struct submitted current; /* the batch in work; written by the caller of the crew */
};

/* Voxels along one axis in the box at `at` of `level`, clipped to n. */
static uint64_t clipped_length(uint32_t n, unsigned level, uint32_t at)
{
    uint64_t begin = (uint64_t)at << level, length = (uint64_t)1 << level;
    return n - begin < length ? n - begin : length;
}

static uint64_t slices_present(const struct cpu *cpu, unsigned level, uint32_t z)
{
    uint64_t begin = (uint64_t)z << level, n = 0;
    uint64_t end = begin + clipped_length(cpu->pyramid.extent.nz, level, z);
    for (uint64_t i = begin; i < end; i++)
        n += cpu->intake.present[i];
    return n;
}

static void *sums_row(const struct cpu *cpu, unsigned worker, unsigned level, uint32_t z, uint32_t y)
{
    const struct cpu_level *l = &cpu->layout.levels[level];
    uint64_t plane = l->planes ? z % l->nsum_planes : worker;
    return (unsigned char *)cpu->sums[level] + (plane * l->nsum_rows + y % l->nsum_rows) * l->sum_row_bytes;
}

/* Where slice z of a level begins among the means of the current batch. */
static unsigned char *means_slice(const struct cpu *cpu, unsigned level, uint32_t z)
{
    const struct batch *batch = &cpu->current.batch;
    const struct cpu_level *l = &cpu->layout.levels[level];
    uint32_t nrows = extent_reduce(batch->y0 + batch->nrows, level) - (batch->y0 >> level);
    size_t i = (size_t)(z - (batch->z0 >> level)) * nrows * l->nx;
    return cpu->current.means + cpu->intake.means_at[level] + i * voxel_bytes(cpu->pyramid.type);
}

static unsigned char *means_row(const struct cpu *cpu, unsigned level, uint32_t z, uint32_t y)
{
    size_t i = (size_t)(y - (cpu->current.batch.y0 >> level)) * cpu->layout.levels[level].nx;
    return means_slice(cpu, level, z) + i * voxel_bytes(cpu->pyramid.type);
}

/* What the boxes of a row of a level are divided by; false when they have no voxel. */
struct row_divisors {
    struct divisor inner, last; /* all columns but the last; the last, which may be clipped */
};
static bool row_divisors(const struct cpu *cpu, unsigned level, uint32_t z, uint32_t y,
                         struct row_divisors *divisors)
{
    const struct extent *extent = &cpu->pyramid.extent;
    uint64_t n = clipped_length(extent->ny, level, y) * slices_present(cpu, level, z);
    if (n == 0)
        return false;
    divisors->inner = divisor_of(n << level);
    divisors->last = divisor_of(n * clipped_length(extent->nx, level, cpu->layout.levels[level].nx - 1));
    return true;
}

static void write_means(const struct cpu *cpu, unsigned level, uint32_t z, uint32_t y, const void *sums)
{
    const struct cpu_level *l = &cpu->layout.levels[level];
    rows_mean mean = cpu->rows->mean[cpu->kind][l->sum_kind];
    unsigned char *means = means_row(cpu, level, z, y);
    struct row_divisors divisors;
    if (!row_divisors(cpu, level, z, y, &divisors)) {
        voxels_fill_empty(cpu->pyramid.type, means, l->nx);
        return;
    }
    size_t last = l->nx - 1;
    mean(sums, last, cpu->flip, &divisors.inner, means);
    mean((const unsigned char *)sums + last * sum_kind_bytes(l->sum_kind), 1, cpu->flip, &divisors.last,
         means + last * voxel_bytes(cpu->pyramid.type));
}

/* Row y of slice z of a level is the first, or the last, of those that make a row of its parent. */
static bool first_child(uint32_t z, uint32_t y)
{
    return z % 2 == 0 && y % 2 == 0;
}

static bool last_child(const struct cpu_level *level, uint32_t z, uint32_t y)
{
    return (z % 2 == 1 || z == level->nz - 1) && (y % 2 == 1 || y == level->ny - 1);
}

/* Adds a complete row of sums of `level` to its parent, and on upwards as long as that completes a row, up to
 * level `top`. */
static void feed(const struct cpu *cpu, unsigned worker, unsigned level, unsigned top, uint32_t z, uint32_t y,
                 const void *sums)
{
    for (; level < top; level++) {
        const struct cpu_level *child = &cpu->layout.levels[level];
        void *parent_sums = sums_row(cpu, worker, level + 1, z / 2, y / 2);
        cpu->rows->fold[child->sum_kind][child[1].sum_kind](sums, child->nx, first_child(z, y), parent_sums);
        if (!last_child(child, z, y))
            return;
        z /= 2;
        y /= 2;
        sums = parent_sums;
        write_means(cpu, level + 1, z, y, sums);
    }
}

/* The row of voxels at y of slice z, or absent voxels where there is none. */
static const void *voxel_row(const struct cpu *cpu, uint32_t z, uint32_t y)
{
    const struct batch *batch = &cpu->current.batch;
    if (z - batch->z0 >= batch->nslices || y - batch->y0 >= batch->nrows || !cpu->intake.present[z])
        return cpu->absent;
    size_t row = (size_t)(z - batch->z0) * batch->nrows + (y - batch->y0);
    return (const unsigned char *)cpu->current.voxels +
           row * cpu->pyramid.extent.nx * voxel_bytes(cpu->pyramid.type);
}

/* A worker's scratch memory; see cpu_layout.h. */
struct scratch {
    unsigned char *sums, *far_sums; /* of a row of level 1 */
    unsigned char *means;           /* of a piece */
};

static struct scratch scratch_of(const struct cpu *cpu, unsigned worker)
{
    const struct cpu_layout *layout = &cpu->layout;
    unsigned char *memory = (unsigned char *)cpu->scratch + worker * layout->scratch_bytes;
    return (struct scratch){
        .sums = memory,
        .far_sums = memory + layout->scratch_sums_bytes,
        .means = memory + 2 * layout->scratch_sums_bytes,
    };
}

/* Second pass over the rows of voxels `near` and `far`, which are row 2y+1 of slices 2z and 2z+1: writes row
 * y of slice z of level 1 and adds its sums to level 2 (at `parent_sums`, NULL when there is no level 2). */
static void finish_row(const struct cpu *cpu, const struct scratch *scratch, uint32_t z, uint32_t y,
                       const unsigned char *near, const unsigned char *far, unsigned char *parent_sums)
{
    const struct cpu_layout *layout = &cpu->layout;
    const struct cpu_rows *rows = cpu->rows;
    const rows_fold fold = rows->fold[layout->levels[1].sum_kind][layout->levels[2].sum_kind];
    const size_t voxel = voxel_bytes(cpu->pyramid.type), nx = cpu->pyramid.extent.nx;
    const size_t sum = sum_kind_bytes(layout->levels[1].sum_kind);
    const size_t parent_sum = sum_kind_bytes(layout->levels[2].sum_kind);
    const bool stream = layout->stream_means && rows->stream;
    unsigned char *row_means = means_row(cpu, 1, z, y);
    struct row_divisors divisors = {.inner = divisor_of(1), .last = divisor_of(1)};
    const bool any = row_divisors(cpu, 1, z, y, &divisors);
    for (size_t x = 0; x < nx; x += layout->piece_voxels) {
        size_t n = nx - x < layout->piece_voxels ? nx - x : layout->piece_voxels;
        size_t nmeans = (n + 1) / 2;
        unsigned char *means = stream ? scratch->means : row_means + x / 2 * voxel;
        unsigned char *sums = scratch->sums + x / 2 * sum;
        rows->finish[cpu->kind](near + x * voxel, far + x * voxel, n, cpu->flip, &divisors.inner,
                                &divisors.last, sums, scratch->far_sums + x / 2 * sum, means);
        if (parent_sums)
            fold(sums, nmeans, first_child(z, y), parent_sums + x / 4 * parent_sum);
        if (!any)
            voxels_fill_empty(cpu->pyramid.type, means, nmeans);
        if (stream)
            rows->stream(row_means + x / 2 * voxel, means, nmeans * voxel);
    }
}

/* Makes row y of slice z of level 1 and all that it completes. */
static void reduce_rows(const struct cpu *cpu, unsigned worker, uint32_t z, uint32_t y)
{
    struct scratch scratch = scratch_of(cpu, worker);
    unsigned char *parent_sums = cpu->pyramid.nlevels > 1 ? sums_row(cpu, worker, 2, z / 2, y / 2) : NULL;
    cpu->rows->begin[cpu->kind](voxel_row(cpu, 2 * z, 2 * y), voxel_row(cpu, 2 * z + 1, 2 * y),
                                cpu->pyramid.extent.nx, cpu->flip, scratch.sums, scratch.far_sums);
    finish_row(cpu, &scratch, z, y, voxel_row(cpu, 2 * z, 2 * y + 1), voxel_row(cpu, 2 * z + 1, 2 * y + 1),
               parent_sums);
    if (parent_sums && last_child(&cpu->layout.levels[1], z, y)) {
        write_means(cpu, 2, z / 2, y / 2, parent_sums);
        feed(cpu, worker, 2, cpu->layout.nblock_levels, z / 2, y / 2, parent_sums);
    }
}

/* A job of the crew: block number `job` of the band, all its slices, all block levels. */
static void reduce_block(void *context, unsigned job, unsigned worker)
{
    const struct cpu *cpu = context;
    const struct batch *batch = &cpu->current.batch;
    uint32_t offset = job * cpu->layout.block_rows; /* less than nrows */
    uint32_t nrows = batch->nrows - offset;
    if (nrows > cpu->layout.block_rows)
        nrows = cpu->layout.block_rows;
    uint32_t y0 = (batch->y0 + offset) / 2, y_end = y0 + (nrows + 1) / 2;
    uint32_t z0 = batch->z0 / 2, z_end = z0 + (batch->nslices + 1) / 2;
    for (uint32_t z = z0; z < z_end; z++)
        for (uint32_t y = y0; y < y_end; y++)
            reduce_rows(cpu, worker, z, y);
    if (cpu->rows->stream_end)
        cpu->rows->stream_end();
}

/* The levels above the block levels, from the sums of the highest of these that the batch has finished. */
static void reduce_above(const struct cpu *cpu)
{
    const struct batch *batch = &cpu->current.batch;
    unsigned level = cpu->layout.nblock_levels;
    if (level == cpu->pyramid.nlevels)
        return;
    uint32_t z0, nslices = batch_finished(batch->z0, batch->nslices, cpu->pyramid.extent.nz, level, &z0);
    uint32_t y_end = extent_reduce(batch->y0 + batch->nrows, level);
    for (uint32_t z = z0; z < z0 + nslices; z++)
        for (uint32_t y = batch->y0 >> level; y < y_end; y++)
            feed(cpu, 0, level, cpu->pyramid.nlevels, z, y, sums_row(cpu, 0, level, z, y));
}

static enum status deliver(const struct cpu *cpu, level_sink sink, void *context, struct error *error)
{
    const struct batch *batch = &cpu->current.batch;
    for (unsigned level = 1; level <= cpu->pyramid.nlevels; level++) {
        uint32_t z0, nslices = batch_finished(batch->z0, batch->nslices, cpu->pyramid.extent.nz, level, &z0);
        uint32_t y0 = batch->y0 >> level;
        for (uint32_t z = z0; z < z0 + nslices; z++) {
            struct level_rows rows = {
                .level = level,
                .z = z,
                .y0 = y0,
                .nrows = extent_reduce(batch->y0 + batch->nrows, level) - y0,
                .voxels = means_slice(cpu, level, z),
            };
            enum status status = sink(context, &rows, error);
            if (status != STATUS_OK)
                return status;
        }
    }
    return STATUS_OK;
}

static void *cpu_buffer(struct downsampler *downsampler, unsigned index)
{
    return ((struct cpu *)downsampler)->intake.buffers[index];
}

static enum status cpu_submit(struct downsampler *downsampler, unsigned index, const struct batch *batch,
                              struct error *error)
{
    return intake_submit(&((struct cpu *)downsampler)->intake, index, batch, error);
}

static enum status cpu_collect(struct downsampler *downsampler, level_sink sink, void *context,
                               struct error *error)
{
    struct cpu *cpu = (struct cpu *)downsampler;
    if (intake_take(&cpu->intake, &cpu->current, error) != STATUS_OK)
        return error->status;
    double began = clock_seconds();
    unsigned nblocks = (cpu->current.batch.nrows - 1) / cpu->layout.block_rows + 1;
    workers_run(cpu->workers, nblocks, reduce_block, cpu);
    reduce_above(cpu);
    cpu->base.times.kernel += clock_seconds() - began;
    return deliver(cpu, sink, context, error);
}

static void cpu_destroy(struct downsampler *downsampler)
{
    struct cpu *cpu = (struct cpu *)downsampler;
    workers_free(cpu->workers);
    for (unsigned level = 0; level <= LEVELS_MAX; level++)
        free(cpu->sums[level]);
    free(cpu->absent);
    free(cpu->scratch);
    intake_end(&cpu->intake);
    free(cpu);
}

static const struct downsampler_ops cpu_ops = {
    .name = "cpu",
    .buffer = cpu_buffer,
    .submit = cpu_submit,
    .collect = cpu_collect,
    .destroy = cpu_destroy,
};

/* A row that adds nothing: for signed integers the smallest value, which the flip makes 0. */
static void fill_absent_row(struct cpu *cpu)
{
    size_t nx = cpu->pyramid.extent.nx;
    voxels_fill_absent(cpu->pyramid.type, cpu->absent, nx);
    for (size_t x = 0; cpu->flip && x < nx; x++)
        switch (cpu->kind) {
        case KIND_8:
            ((uint8_t *)cpu->absent)[x] = (uint8_t)cpu->flip;
            break;
        case KIND_16:
            ((uint16_t *)cpu->absent)[x] = (uint16_t)cpu->flip;
            break;
        default:
            ((uint32_t *)cpu->absent)[x] = cpu->flip;
            break;
        }
}

static enum status allocate_rows(struct cpu *cpu, unsigned nthreads, struct error *error)
{
    const struct cpu_layout *layout = &cpu->layout;
    cpu->absent = big_alloc(layout->absent_bytes);
    cpu->scratch = big_alloc(saturated_mul3(layout->scratch_bytes, nthreads, 1));
    bool refused = !cpu->absent || !cpu->scratch;
    for (unsigned level = 1; level <= cpu->pyramid.nlevels && !refused; level++) {
        cpu->sums[level] = big_alloc(layout->levels[level].sums_bytes);
        refused = !cpu->sums[level];
    }
    if (refused)
        return error_no_memory(error, layout->host_bytes, "the sums of the levels");
    fill_absent_row(cpu);
    return STATUS_OK;
}

enum status cpu_create_tuned(struct downsampler **downsampler, const struct pyramid *pyramid,
                             const struct downsample_plan *plan, unsigned nthreads,
                             const struct cpu_rows *rows, const struct cpu_tuning *tuning,
                             struct error *error)
{
    struct cpu *cpu = calloc(1, sizeof *cpu);
    if (!cpu)
        return error_no_memory(error, sizeof *cpu, "the CPU path");
    cpu->base = (struct downsampler){.ops = &cpu_ops, .plan = *plan};
    cpu->pyramid = *pyramid;
    cpu->rows = rows;
    cpu->kind = voxel_kind(pyramid->type);
    if (cpu->kind != KIND_FLOAT && voxel_is_signed(pyramid->type))
        cpu->flip = (uint32_t)1 << (voxel_bytes(pyramid->type) * 8 - 1);
    cpu_layout_init(&cpu->layout, pyramid, plan, nthreads, tuning);
    cpu->base.plan.host_bytes = cpu->layout.host_bytes;
    if (intake_init(&cpu->intake, pyramid, plan, error) != STATUS_OK)
        goto destroy_cpu;
    if (allocate_rows(cpu, nthreads, error) != STATUS_OK)
        goto destroy_cpu;
    if (workers_create(&cpu->workers, nthreads, error) != STATUS_OK)
        goto destroy_cpu;
    *downsampler = &cpu->base;
    return STATUS_OK;

destroy_cpu:
    cpu_destroy(&cpu->base);
    return error->status;
}

enum status cpu_create(struct downsampler **downsampler, const struct pyramid *pyramid,
                       const struct downsample_plan *plan, unsigned nthreads, struct error *error)
{
    return cpu_create_tuned(downsampler, pyramid, plan, nthreads, cpu_rows_usable(0), &cpu_tuning_default,
                            error);
}
