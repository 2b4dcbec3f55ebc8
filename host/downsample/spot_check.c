/* SPDX-License-Identifier: MIT
 * A column is a small volume of its own, of as many slices as its slab has, and its reference is created when
 * the slab's first slices come and destroyed behind its last. A band of rows and a slab of the batches hold
 * columns whole (batch_next), so that a column is fed from one place, two slices at a time. What its
 * reference delivers meanwhile is what the batch in that buffer is to deliver there. */
#include "downsample/spot_check.h"

#include "base/bytes.h"
#include "base/checked.h"
#include "base/clock.h"
#include "downsample/backends.h"
#include "downsample/spot_sample.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIR = 2 }; /* slices that a reference takes at a time */

/* Voxels of one slice of a level, as they have to be. */
struct expected_rows {
    unsigned level;
    uint32_t z, y0, x0, nrows, nx;
    size_t at; /* in expected.voxels, without padding */
};

/* What the batch of one input buffer has to deliver, of the sample. */
struct expected {
    struct expected_rows *rows; /* nrows of them; owned, room for the most that there can be */
    size_t nrows;
    struct bytes voxels;
};

struct spot_check {
    struct downsampler base;
    struct downsampler *checked; /* owned */
    struct pyramid pyramid;
    struct spot_sample sample;
    uint32_t first_slice;
    char device[256];
    struct downsampler **references; /* of each column of the slab, or NULL; owned */
    struct expected *expected;       /* for each input buffer; owned */
    unsigned *submitted;             /* a circle of plan.nbuffers: their indices, the oldest first; owned */
    unsigned first, count;
    uint64_t nvoxels; /* compared */
    bool found;       /* a wrong one */
};

static uint32_t slab_slices(const struct spot_sample *sample)
{
    return UINT32_C(1) << sample->nlevels;
}

/* The volume that a column of a slab is, when the slab begins with slice z0. */
static struct pyramid column_pyramid(const struct spot_sample *sample, enum voxel_type type,
                                     const struct spot_column *column, uint32_t z0)
{
    const uint32_t left = sample->extent.nz - z0, nz = slab_slices(sample);
    return (struct pyramid){.extent = {.nx = column->nx, .ny = column->ny, .nz = left < nz ? left : nz},
                            .type = type,
                            .nlevels = sample->nlevels};
}

static struct downsample_plan column_plan(const struct pyramid *pyramid)
{
    struct downsample_plan plan = {.nbuffers = 1};
    plan_set_batch(&plan, pyramid, pyramid->extent.nz == 1 ? 1 : PAIR, pyramid->extent.ny); /* it is small */
    return plan;
}

/* Runs of rows that the columns of one batch are to deliver at most, and the bytes of one of each level. */
static uint64_t expected_most(const struct spot_sample *sample, const struct downsample_plan *plan,
                              enum voxel_type type, uint64_t *voxel_bytes_most)
{
    uint64_t nruns = 0, n_bytes = 0;
    for (unsigned level = 1; level <= sample->nlevels; level++) {
        const uint64_t nslices = plan_level_slices(plan, level);
        nruns += nslices;
        n_bytes += saturated_mul3(nslices, sample->width >> level,
                                  (UINT64_C(1) << (sample->nlevels - level)) * voxel_bytes(type));
    }
    *voxel_bytes_most = saturated_mul3(n_bytes, sample->ncolumns, 1);
    return saturated_mul3(nruns, sample->ncolumns, 1);
}

uint64_t spot_check_bytes(const struct pyramid *pyramid, const struct downsample_plan *plan)
{
    enum { REFERENCE_BYTES = 1024 }; /* what it does not tell */
    struct spot_sample sample;
    uint64_t of_voxels;
    spot_sample_init(&sample, pyramid, 0);
    const struct spot_column column = {.nx = sample.width, .ny = slab_slices(&sample)};
    const struct pyramid small = {.extent = {column.nx, column.ny, slab_slices(&sample)},
                                  .type = pyramid->type,
                                  .nlevels = sample.nlevels};
    struct downsample_plan of_column = column_plan(&small);
    struct error ignored = {0};
    const uint64_t nruns = expected_most(&sample, plan, pyramid->type, &of_voxels);
    uint64_t n_bytes = saturated_add(saturated_mul3(nruns, sizeof(struct expected_rows), 1), of_voxels);
    n_bytes = saturated_mul3(n_bytes, plan->nbuffers, 1);
    /* The slices of a column come by twos, unless a batch has them all. */
    struct downsample_limits limits = {.batch_slices = PAIR, .nbuffers = 1};
    if (reference_plan(&of_column, &small, &limits, true, &ignored) == STATUS_OK)
        n_bytes = saturated_add(n_bytes, saturated_mul3(saturated_add(of_column.host_bytes, REFERENCE_BYTES),
                                                        sample.ncolumns, 1));
    return n_bytes;
}

/* Where the rows of a column that its reference delivers go. */
struct column_sink {
    struct expected *expected;
    const struct spot_column *column;
    const struct pyramid *pyramid; /* of the column */
    uint32_t z0;                   /* of its slab */
};

static enum status take_expected(void *context, const struct level_rows *rows, struct error *error)
{
    const struct column_sink *sink = context;
    struct expected *expected = sink->expected;
    const size_t n_bytes = (size_t)level_rows_bytes(rows, sink->pyramid);
    if (bytes_reserve(&expected->voxels, expected->voxels.n_bytes + n_bytes, error) != STATUS_OK)
        return error->status;
    memcpy(expected->voxels.data + expected->voxels.n_bytes, rows->voxels, n_bytes);
    expected->rows[expected->nrows++] = (struct expected_rows){
        .level = rows->level,
        .z = (sink->z0 >> rows->level) + rows->z,
        .y0 = (sink->column->y0 >> rows->level) + rows->y0,
        .x0 = sink->column->x0 >> rows->level,
        .nrows = rows->nrows,
        .nx = extent_reduce(sink->column->nx, rows->level),
        .at = expected->voxels.n_bytes,
    };
    expected->voxels.n_bytes += n_bytes;
    return STATUS_OK;
}

/* Feeds slices z .. z+nslices-1 of a column, one or two, which lie in `batch` at `voxels`, to its reference.
 */
static enum status feed(const struct spot_check *check, struct downsampler *reference,
                        const struct column_sink *sink, const struct batch *batch,
                        const unsigned char *voxels, uint32_t z, uint32_t nslices, struct error *error)
{
    const size_t voxel = voxel_bytes(check->pyramid.type);
    const size_t row_bytes = check->pyramid.extent.nx * voxel, column_bytes = sink->column->nx * voxel;
    unsigned char *to = reference->ops->buffer(reference, 0);
    for (uint32_t s = 0; s < nslices; s++)
        for (uint32_t y = 0; y < sink->column->ny; y++, to += column_bytes) {
            const size_t row =
                (size_t)(z + s - batch->z0) * batch->nrows + (sink->column->y0 - batch->y0) + y;
            memcpy(to, voxels + row * row_bytes + sink->column->x0 * voxel, column_bytes);
        }
    const struct batch small = {.z0 = z - sink->z0,
                                .nslices = nslices,
                                .nrows = sink->column->ny,
                                .present = batch->present + (z - batch->z0)};
    enum status status = reference->ops->submit(reference, 0, &small, error);
    return status == STATUS_OK ? reference->ops->collect(reference, take_expected, (void *)sink, error)
                               : status;
}

/* Takes column i of the slab that begins with slice z0 through those of its slices that are in the batch. */
static enum status take_column(struct spot_check *check, const struct batch *batch,
                               const unsigned char *voxels, struct expected *expected, uint32_t z0,
                               uint32_t i, struct error *error)
{
    const uint64_t slab = ((uint64_t)check->first_slice + z0) >> check->sample.nlevels;
    const struct spot_column column = spot_sample_column(&check->sample, slab, i);
    if (column.y0 < batch->y0 || column.y0 >= batch->y0 + batch->nrows)
        return STATUS_OK;
    const struct pyramid pyramid = column_pyramid(&check->sample, check->pyramid.type, &column, z0);
    const struct column_sink sink = {expected, &column, &pyramid, z0};
    const uint32_t slab_end = z0 + pyramid.extent.nz, batch_end = batch->z0 + batch->nslices;
    const uint32_t end = slab_end < batch_end ? slab_end : batch_end;
    uint32_t z = z0 > batch->z0 ? z0 : batch->z0;
    enum status status = STATUS_OK;
    if (z == z0) {
        const struct downsample_plan plan = column_plan(&pyramid);
        status = reference_create(&check->references[i], &pyramid, &plan, error);
    }
    for (; z < end && status == STATUS_OK; z += PAIR)
        status = feed(check, check->references[i], &sink, batch, voxels, z, end - z < PAIR ? end - z : PAIR,
                      error);
    if (status == STATUS_OK && end == slab_end) {
        check->references[i]->ops->destroy(check->references[i]);
        check->references[i] = NULL;
    }
    return status;
}

static enum status take_batch(struct spot_check *check, unsigned index, const struct batch *batch,
                              struct error *error)
{
    struct expected *expected = &check->expected[index];
    const unsigned char *voxels = check->checked->ops->buffer(check->checked, index);
    const uint32_t nslab = slab_slices(&check->sample);
    enum status status = STATUS_OK;
    expected->nrows = 0;
    expected->voxels.n_bytes = 0;
    for (uint32_t z0 = batch->z0 / nslab * nslab; z0 < batch->z0 + batch->nslices; z0 += nslab)
        for (uint32_t i = 0; i < check->sample.ncolumns && status == STATUS_OK; i++)
            status = take_column(check, batch, voxels, expected, z0, i, error);
    return status;
}

static enum status spot_submit(struct downsampler *downsampler, unsigned index, const struct batch *batch,
                               struct error *error)
{
    struct spot_check *check = (struct spot_check *)downsampler;
    enum status status = take_batch(check, index, batch, error);
    if (status != STATUS_OK)
        return status;
    check->submitted[(check->first + check->count++) % check->base.plan.nbuffers] = index;
    status = check->checked->ops->submit(check->checked, index, batch, error);
    check->base.memory_refused = check->checked->memory_refused;
    return status;
}

static enum status tell(struct spot_check *check, const struct level_rows *rows, uint32_t y, uint32_t x,
                        const unsigned char *got, const unsigned char *wanted, struct error *error)
{
    char got_text[VOXEL_TEXT], wanted_text[VOXEL_TEXT];
    const enum voxel_type type = check->pyramid.type;
    check->found = true;
    return error_set(
        error, STATUS_DEVICE,
        "%s: computed a wrong voxel: level %u, slice %06" PRIu32 ", x %" PRIu32 ", y %" PRIu32
        " came out as %s and is %s (--verify-seed %" PRIu64
        " looks at it again); trust neither this device nor what it wrote: run again with --device cpu, "
        "which builds all anew",
        check->device, rows->level, (check->first_slice >> rows->level) + rows->z, x, y,
        voxel_show(got_text, type, got), voxel_show(wanted_text, type, wanted), check->sample.seed);
}

/* Compares those of the expected rows that are among `rows`. */
static enum status compare_rows(struct spot_check *check, const struct expected *expected,
                                const struct expected_rows *wanted, const struct level_rows *rows,
                                struct error *error)
{
    const size_t voxel = voxel_bytes(check->pyramid.type);
    const size_t row_bytes = extent_reduce(check->pyramid.extent.nx, rows->level) * voxel;
    const uint32_t begin = wanted->y0 > rows->y0 ? wanted->y0 : rows->y0;
    const uint32_t wanted_end = wanted->y0 + wanted->nrows, rows_end = rows->y0 + rows->nrows;
    const uint32_t end = wanted_end < rows_end ? wanted_end : rows_end;
    for (uint32_t y = begin; y < end; y++) {
        const unsigned char *got =
            (const unsigned char *)rows->voxels + (y - rows->y0) * row_bytes + wanted->x0 * voxel;
        const unsigned char *right =
            expected->voxels.data + wanted->at + (size_t)(y - wanted->y0) * wanted->nx * voxel;
        check->nvoxels += wanted->nx;
        if (memcmp(got, right, wanted->nx * voxel) == 0)
            continue;
        for (uint32_t x = 0; x < wanted->nx; x++)
            if (memcmp(got + x * voxel, right + x * voxel, voxel) != 0)
                return tell(check, rows, y, wanted->x0 + x, got + x * voxel, right + x * voxel, error);
    }
    return STATUS_OK;
}

/* What stands between the other downsampler and the sink. */
struct between {
    struct spot_check *check;
    const struct expected *expected;
    level_sink sink;
    void *context;
    double sink_seconds;
};

static enum status look(void *context, const struct level_rows *rows, struct error *error)
{
    struct between *between = context;
    const struct expected *expected = between->expected;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < expected->nrows && status == STATUS_OK; i++)
        if (expected->rows[i].level == rows->level && expected->rows[i].z == rows->z)
            status = compare_rows(between->check, expected, &expected->rows[i], rows, error);
    return status == STATUS_OK ? between->sink(between->context, rows, error) : status;
}

static enum status spot_collect(struct downsampler *downsampler, level_sink sink, void *context,
                                struct error *error)
{
    struct spot_check *check = (struct spot_check *)downsampler;
    if (check->count == 0)
        return check->checked->ops->collect(check->checked, sink, context, error); /* which refuses */
    struct between between = {.check = check,
                              .expected = &check->expected[check->submitted[check->first]],
                              .sink = sink,
                              .context = context};
    check->first = (check->first + 1) % check->base.plan.nbuffers;
    check->count--;
    enum status status = check->checked->ops->collect(check->checked, look, &between, error);
    check->base.times = check->checked->times;
    check->base.memory_refused = check->checked->memory_refused;
    return status;
}

static void *spot_buffer(struct downsampler *downsampler, unsigned index)
{
    struct downsampler *checked = ((struct spot_check *)downsampler)->checked;
    return checked->ops->buffer(checked, index);
}

/* All but the downsampler that is checked. */
static void spot_free(struct spot_check *check)
{
    for (uint32_t i = 0; check->references && i < check->sample.ncolumns; i++)
        if (check->references[i])
            check->references[i]->ops->destroy(check->references[i]);
    for (unsigned i = 0; check->expected && i < check->base.plan.nbuffers; i++) {
        bytes_end(&check->expected[i].voxels);
        free(check->expected[i].rows);
    }
    free(check->references);
    free(check->expected);
    free(check->submitted);
    free(check);
}

static void spot_destroy(struct downsampler *downsampler)
{
    struct spot_check *check = (struct spot_check *)downsampler;
    check->checked->ops->destroy(check->checked);
    spot_free(check);
}

static const struct downsampler_ops spot_ops = {
    .name = "spot check",
    .buffer = spot_buffer,
    .submit = spot_submit,
    .collect = spot_collect,
    .destroy = spot_destroy,
};

static enum status allocate(struct spot_check *check, struct error *error)
{
    const struct downsample_plan *plan = &check->base.plan;
    uint64_t n_bytes;
    const uint64_t nruns = expected_most(&check->sample, plan, check->pyramid.type, &n_bytes);
    bool refused = nruns > SIZE_MAX || n_bytes > SIZE_MAX;
    check->references = calloc(check->sample.ncolumns, sizeof *check->references);
    check->submitted = calloc(plan->nbuffers, sizeof *check->submitted);
    check->expected = calloc(plan->nbuffers, sizeof *check->expected);
    refused |= !check->references || !check->submitted || !check->expected;
    for (unsigned i = 0; !refused && i < plan->nbuffers; i++) {
        struct error ignored = {0};
        check->expected[i].rows = calloc((size_t)nruns, sizeof *check->expected[i].rows);
        refused = !check->expected[i].rows ||
                  bytes_reserve(&check->expected[i].voxels, (size_t)n_bytes, &ignored) != STATUS_OK;
    }
    return refused ? error_no_memory(error, spot_check_bytes(&check->pyramid, plan), "the sample of --verify")
                   : STATUS_OK;
}

enum status spot_check_create(struct downsampler **downsampler, struct downsampler *checked,
                              const struct pyramid *pyramid, const struct spot_check_options *options,
                              struct error *error)
{
    struct spot_check *check = calloc(1, sizeof *check);
    if (!check)
        return error_no_memory(error, sizeof *check, "the sample of --verify");
    check->base = (struct downsampler){.ops = &spot_ops, .plan = checked->plan, .times = checked->times};
    check->checked = checked;
    check->pyramid = *pyramid;
    check->first_slice = options->first_slice;
    snprintf(check->device, sizeof check->device, "%s", options->device);
    spot_sample_init(&check->sample, pyramid, options->seed);
    if (allocate(check, error) != STATUS_OK) {
        spot_free(check);
        return error->status;
    }
    *downsampler = &check->base;
    return STATUS_OK;
}

uint64_t spot_check_voxels(const struct downsampler *downsampler)
{
    return ((const struct spot_check *)downsampler)->nvoxels;
}

bool spot_check_found(const struct downsampler *downsampler)
{
    return ((const struct spot_check *)downsampler)->found;
}
