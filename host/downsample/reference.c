/* SPDX-License-Identifier: MIT
 * The reference: what every other backend must equal, bit for bit. Written to be read, not to be fast.
 *
 * One plane of sums per level, as wide and high as a slice of that level, holds the boxes that are being
 * summed. Slices come in z order; each is a slice of "level 0 sums", its voxels. A slice of level k-1 whose
 * sums are complete is added, row by row, to the plane of level k: row y to row y / 2, voxel x to voxel x
 * / 2. When it was the last slice of its boxes (odd, or the last of the volume) the plane of level k is
 * complete as well: each sum is divided by the number of voxels that its box has, the means go to the sink,
 * and the plane is in turn added to level k+1. A band of rows never shares a box with another band, so all
 * this holds for the rows of one band at a time.
 *
 * Sums of integers are 64-bit two's complement, which extent_check_levels has found to be wide enough; sums
 * of f32 are f32, begin at -0.0 (which adds nothing), and grow in the order that downsampler.h fixes: within
 * a row the pair along x first, then row after row, then slice after slice. */
#include "base/checked.h"
#include "base/clock.h"
#include "downsample/backends.h"
#include "downsample/big_memory.h"
#include "downsample/cpu_plan.h"
#include "downsample/intake.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(FLT_EVAL_METHOD == 0, "f32 sums must be rounded to f32 after every addition");

struct reference {
    struct downsampler base;
    struct pyramid pyramid;
    struct intake intake;
    /* sums[k]: ny * nx sums of level k; sums[0]: the one row of level 0 that is being added. One of the two
     * kinds is used, according to the voxel type. */
    uint64_t *integer_sums[LEVELS_MAX + 1];
    float *float_sums[LEVELS_MAX + 1];
};

static bool is_float(const struct reference *reference)
{
    return reference->pyramid.type == VOXEL_F32;
}

/* The rows of level `level` that the band of rows y0 .. y0+nrows-1 of level 0 covers. */
struct row_range {
    uint32_t y0, y_end;
};

static struct row_range rows_of_band(const struct batch *batch, unsigned level)
{
    return (struct row_range){
        .y0 = batch->y0 >> level,
        .y_end = extent_reduce(batch->y0 + batch->nrows, level),
    };
}

/* Voxels along one axis in the box at `at` of level `level`: 2^level, less what sticks out of the volume. */
static uint64_t box_length(uint32_t n, unsigned level, uint32_t at)
{
    uint64_t begin = (uint64_t)at << level;
    uint64_t end = begin + ((uint64_t)1 << level);
    return (end < n ? end : n) - begin;
}

/* The same along z, counting the slices that are present. */
static uint64_t box_slices(const struct reference *reference, unsigned level, uint32_t z)
{
    uint64_t begin = (uint64_t)z << level;
    uint64_t length = box_length(reference->pyramid.extent.nz, level, z);
    uint64_t n = 0;
    for (uint64_t i = begin; i < begin + length; i++)
        n += reference->intake.present[i];
    return n;
}

/* One voxel as a 64-bit two's complement number. */
static uint64_t load_integer(enum voxel_type type, const void *voxels, size_t i)
{
    switch (type) {
    case VOXEL_U8:
        return ((const uint8_t *)voxels)[i];
    case VOXEL_I8:
        return (uint64_t)(int64_t)((const int8_t *)voxels)[i];
    case VOXEL_U16:
        return ((const uint16_t *)voxels)[i];
    case VOXEL_I16:
        return (uint64_t)(int64_t)((const int16_t *)voxels)[i];
    case VOXEL_U32:
        return ((const uint32_t *)voxels)[i];
    case VOXEL_I32:
        return (uint64_t)(int64_t)((const int32_t *)voxels)[i];
    case VOXEL_F32:
        break;
    }
    return 0;
}

/* Stores the low bits of a two's complement number, which hold it whole: a mean lies between its voxels. */
static void store_integer(enum voxel_type type, void *voxels, size_t i, uint64_t value)
{
    switch (voxel_bytes(type)) {
    case 1:
        ((uint8_t *)voxels)[i] = (uint8_t)value;
        break;
    case 2:
        ((uint16_t *)voxels)[i] = (uint16_t)value;
        break;
    default:
        ((uint32_t *)voxels)[i] = (uint32_t)value;
        break;
    }
}

/* sum / n to the nearest integer, ties to even: the floor and the remainder of the division, then one up when
 * the remainder is more than half of n, or half of it and the floor odd. */
static uint64_t mean_unsigned(uint64_t sum, uint64_t n)
{
    uint64_t floor = sum / n;
    uint64_t remainder = sum % n;
    uint64_t rest = n - remainder;
    bool up = remainder > rest || (remainder == rest && floor % 2 == 1);
    return up ? floor + 1 : floor;
}

static int64_t mean_signed(int64_t sum, int64_t n)
{
    int64_t floor = sum / n; /* C rounds towards zero ... */
    int64_t remainder = sum % n;
    if (remainder < 0) { /* ... so a negative quotient that is not whole lies one too high */
        floor--;
        remainder += n;
    }
    int64_t rest = n - remainder;
    bool up = remainder > rest || (remainder == rest && floor % 2 != 0);
    return up ? floor + 1 : floor;
}

static void mean_row_integer(enum voxel_type type, const uint64_t *sums, void *means, size_t i, uint64_t n)
{
    uint64_t mean = voxel_is_signed(type) ? (uint64_t)mean_signed((int64_t)sums[i], (int64_t)n)
                                          : mean_unsigned(sums[i], n);
    store_integer(type, means, i, mean);
}

static void mean_row_float(const float *sums, void *means, size_t i, uint64_t n)
{
    float reciprocal = 1.0f / (float)n;
    float mean = sums[i] * reciprocal;
    if (mean != mean)
        voxels_fill_empty(VOXEL_F32, (float *)means + i, 1); /* the one NaN that is written */
    else
        ((float *)means)[i] = mean;
}

/* Adds one row of sums of level k-1 (`nx` of them) to their parents. */
static void add_row_integer(const uint64_t *child, uint32_t nx, uint64_t *parent)
{
    for (size_t x = 0; x < nx; x += 2)
        parent[x / 2] += x + 1 < nx ? child[x] + child[x + 1] : child[x];
}

static void add_row_float(const float *child, uint32_t nx, float *parent)
{
    for (size_t x = 0; x < nx; x += 2)
        parent[x / 2] += x + 1 < nx ? child[x] + child[x + 1] : child[x];
}

/* Adds the row at `child_offset` of level `level` - 1 to row `y` of level `level`. */
static void add_row(struct reference *reference, unsigned level, uint32_t y, size_t child_offset)
{
    uint32_t child_nx = extent_reduce(reference->pyramid.extent.nx, level - 1);
    size_t offset = (size_t)y * extent_reduce(reference->pyramid.extent.nx, level);
    if (is_float(reference))
        add_row_float(reference->float_sums[level - 1] + child_offset, child_nx,
                      reference->float_sums[level] + offset);
    else
        add_row_integer(reference->integer_sums[level - 1] + child_offset, child_nx,
                        reference->integer_sums[level] + offset);
}

/* Makes the rows of `level` that the band covers ready for the first slice of their boxes. */
static void clear_rows(struct reference *reference, const struct batch *batch, unsigned level)
{
    struct row_range rows = rows_of_band(batch, level);
    size_t nx = extent_reduce(reference->pyramid.extent.nx, level);
    size_t n = (rows.y_end - rows.y0) * nx;
    if (is_float(reference))
        voxels_fill_absent(VOXEL_F32, reference->float_sums[level] + rows.y0 * nx, n);
    else
        memset(reference->integer_sums[level] + rows.y0 * nx, 0, n * sizeof(uint64_t));
}

/* Adds the band's rows of a slice of level 0, whose voxels lie at `voxels`, to level 1. */
static void add_voxels(struct reference *reference, const struct batch *batch, const void *voxels)
{
    enum voxel_type type = reference->pyramid.type;
    size_t nx = reference->pyramid.extent.nx;
    for (uint32_t row = 0; row < batch->nrows; row++) {
        const unsigned char *from = (const unsigned char *)voxels + row * nx * voxel_bytes(type);
        if (is_float(reference))
            memcpy(reference->float_sums[0], from, nx * sizeof(float));
        else
            for (size_t x = 0; x < nx; x++)
                reference->integer_sums[0][x] = load_integer(type, from, x);
        add_row(reference, 1, (batch->y0 + row) / 2, 0);
    }
}

/* Adds the band's rows of the complete plane of `level` - 1 to `level`. */
static void add_plane(struct reference *reference, const struct batch *batch, unsigned level)
{
    struct row_range rows = rows_of_band(batch, level - 1);
    size_t child_nx = extent_reduce(reference->pyramid.extent.nx, level - 1);
    for (uint32_t y = rows.y0; y < rows.y_end; y++)
        add_row(reference, level, y / 2, y * child_nx);
}

/* Divides the band's rows of the complete plane of `level` and gives them to the sink as slice `z`. */
static enum status deliver(struct reference *reference, const struct submitted *submitted, unsigned level,
                           uint32_t z, level_sink sink, void *context, struct error *error)
{
    const struct pyramid *pyramid = &reference->pyramid;
    struct row_range rows = rows_of_band(&submitted->batch, level);
    uint32_t nx = extent_reduce(pyramid->extent.nx, level);
    size_t band_bytes = (size_t)(rows.y_end - rows.y0) * nx * voxel_bytes(pyramid->type);
    unsigned char *first_row = submitted->means + reference->intake.means_at[level] +
                               (z - (submitted->batch.z0 >> level)) * band_bytes;
    uint64_t nslices = box_slices(reference, level, z);
    for (uint32_t y = rows.y0; y < rows.y_end; y++) {
        uint64_t nrows = box_length(pyramid->extent.ny, level, y);
        size_t offset = (size_t)y * nx;
        unsigned char *means = first_row + (size_t)(y - rows.y0) * nx * voxel_bytes(pyramid->type);
        for (uint32_t x = 0; x < nx; x++) {
            uint64_t n = box_length(pyramid->extent.nx, level, x) * nrows * nslices;
            if (n == 0)
                voxels_fill_empty(pyramid->type, means + x * voxel_bytes(pyramid->type), 1);
            else if (is_float(reference))
                mean_row_float(reference->float_sums[level] + offset, means, x, n);
            else
                mean_row_integer(pyramid->type, reference->integer_sums[level] + offset, means, x, n);
        }
    }
    struct level_rows finished = {
        .level = level, .z = z, .y0 = rows.y0, .nrows = rows.y_end - rows.y0, .voxels = first_row};
    double began = clock_seconds();
    enum status status = sink(context, &finished, error);
    reference->base.times.kernel -= clock_seconds() - began; /* collect adds it with all the rest */
    return status;
}

/* Takes the band's rows of slice `z`, at `voxels`, through all levels that they complete. */
static enum status add_slice(struct reference *reference, const struct submitted *submitted, uint32_t z,
                             const void *voxels, level_sink sink, void *context, struct error *error)
{
    const struct batch *batch = &submitted->batch;
    for (unsigned level = 1; level <= reference->pyramid.nlevels; level++) {
        uint32_t child_z = z >> (level - 1);
        if (child_z % 2 == 0)
            clear_rows(reference, batch, level);
        if (level > 1)
            add_plane(reference, batch, level);
        else if (reference->intake.present[z])
            add_voxels(reference, batch, voxels);
        uint32_t child_nz = extent_reduce(reference->pyramid.extent.nz, level - 1);
        bool box_is_complete = child_z % 2 == 1 || child_z == child_nz - 1;
        if (!box_is_complete)
            return STATUS_OK;
        enum status status = deliver(reference, submitted, level, child_z / 2, sink, context, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static void *reference_buffer(struct downsampler *downsampler, unsigned index)
{
    return ((struct reference *)downsampler)->intake.buffers[index];
}

static enum status reference_submit(struct downsampler *downsampler, unsigned index,
                                    const struct batch *batch, struct error *error)
{
    return intake_submit(&((struct reference *)downsampler)->intake, index, batch, error);
}

static enum status reference_collect(struct downsampler *downsampler, level_sink sink, void *context,
                                     struct error *error)
{
    struct reference *reference = (struct reference *)downsampler;
    struct submitted submitted;
    if (intake_take(&reference->intake, &submitted, error) != STATUS_OK)
        return error->status;
    const struct batch *batch = &submitted.batch;
    size_t slice_bytes =
        (size_t)batch->nrows * reference->pyramid.extent.nx * voxel_bytes(reference->pyramid.type);
    double began = clock_seconds();
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < batch->nslices; i++) {
        const unsigned char *voxels = (const unsigned char *)submitted.voxels + i * slice_bytes;
        status = add_slice(reference, &submitted, batch->z0 + i, voxels, sink, context, error);
    }
    reference->base.times.kernel += clock_seconds() - began;
    return status;
}

static void reference_destroy(struct downsampler *downsampler)
{
    struct reference *reference = (struct reference *)downsampler;
    for (unsigned level = 0; level <= LEVELS_MAX; level++) {
        free(reference->integer_sums[level]);
        free(reference->float_sums[level]);
    }
    intake_end(&reference->intake);
    free(reference);
}

static const struct downsampler_ops reference_ops = {
    .name = "reference",
    .buffer = reference_buffer,
    .submit = reference_submit,
    .collect = reference_collect,
    .destroy = reference_destroy,
};

static uint64_t sums_bytes(const struct pyramid *pyramid, unsigned level)
{
    uint32_t nrows = level == 0 ? 1 : extent_reduce(pyramid->extent.ny, level);
    return saturated_mul3(extent_reduce(pyramid->extent.nx, level), nrows,
                          pyramid->type == VOXEL_F32 ? sizeof(float) : sizeof(uint64_t));
}

/* A plan_host_bytes. */
static uint64_t reference_host_bytes(const struct pyramid *pyramid, const struct downsample_plan *plan,
                                     unsigned nthreads)
{
    (void)nthreads; /* it has one */
    uint64_t total_bytes = intake_bytes(pyramid, plan);
    for (unsigned level = 0; level <= pyramid->nlevels; level++)
        total_bytes = saturated_add(total_bytes, sums_bytes(pyramid, level));
    return total_bytes;
}

enum status reference_plan(struct downsample_plan *plan, const struct pyramid *pyramid,
                           const struct downsample_limits *limits, bool whole_slices, struct error *error)
{
    return cpu_plan_within(plan, pyramid, limits, whole_slices, reference_host_bytes, error);
}

/* Allocates the sums. */
static enum status allocate_planes(struct reference *reference, struct error *error)
{
    const struct pyramid *pyramid = &reference->pyramid;
    bool refused = false;
    for (unsigned level = 0; level <= pyramid->nlevels && !refused; level++) {
        void *sums = big_alloc(sums_bytes(pyramid, level));
        if (is_float(reference))
            reference->float_sums[level] = sums;
        else
            reference->integer_sums[level] = sums;
        refused = !sums;
    }
    if (refused)
        return error_no_memory(error, reference->base.plan.host_bytes, "the sums of the reference");
    return STATUS_OK;
}

enum status reference_create(struct downsampler **downsampler, const struct pyramid *pyramid,
                             const struct downsample_plan *plan, struct error *error)
{
    struct reference *reference = calloc(1, sizeof *reference);
    if (!reference)
        return error_no_memory(error, sizeof *reference, "the reference");
    reference->base = (struct downsampler){.ops = &reference_ops, .plan = *plan};
    reference->base.plan.host_bytes = reference_host_bytes(pyramid, plan, 1);
    reference->pyramid = *pyramid;
    if (intake_init(&reference->intake, pyramid, plan, error) != STATUS_OK)
        goto destroy_reference;
    if (allocate_planes(reference, error) != STATUS_OK)
        goto destroy_reference;
    *downsampler = &reference->base;
    return STATUS_OK;

destroy_reference:
    reference_destroy(&reference->base);
    return error->status;
}
