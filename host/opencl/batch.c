/* SPDX-License-Identifier: MIT
 * One batch on the device:
 *
 *   - upload queue: the voxels (a copy from staging, or the unmapping of a shared buffer), then the divisors;
 *     before them a shared buffer of means, which the host has read until now, is unmapped;
 *   - compute queue: kernel `pyramid` makes levels 1 .. fused and the sums of level `fused` from the voxels;
 *     kernel `level` makes each further level that this batch finishes a slice of from the sums of the one
 *     below it;
 *   - download queue: the means of all levels (a copy to staging, or a mapping).
 *
 * Sums of a slice whose partner comes with the next slab are written to `carried` at once, one buffer per
 * level and band, and read from there when the partner has come. */
#include "opencl/backend.h"

#include <string.h>

/* The number of slices present among those of slot's batch from `from` to before `end` (indices in the
 * volume). */
static uint32_t count_present(const struct batch *batch, uint64_t from, uint64_t end)
{
    uint32_t n = 0;
    if (from < batch->z0)
        from = batch->z0;
    if (end > (uint64_t)batch->z0 + batch->nslices)
        end = (uint64_t)batch->z0 + batch->nslices;
    for (uint64_t z = from; z < end; z++)
        n += batch->present[z - batch->z0];
    return n;
}

/* Fills the divisors of what the batch finishes of `level`. */
static void fill_divisors(struct opencl_downsampler *d, struct slot *slot, unsigned level)
{
    for (uint32_t i = 0; i < slot->finished[level]; i++) {
        uint64_t from = (uint64_t)(slot->first[level] + i) << level;
        uint32_t n = count_present(&slot->batch, from, from + ((uint64_t)1 << level));
        if (from < slot->batch.z0)
            n += d->carried_present[level];
        divisors_fill(slot->divisors_host + slot->divisors_at[level] + (size_t)i * DIVISORS_PER_SLICE,
                      d->pyramid.extent, level, n);
    }
}

/* After the last band of a slab: what its unfinished boxes hold so far. */
static void carry_present(struct opencl_downsampler *d, const struct batch *batch)
{
    uint64_t end = (uint64_t)batch->z0 + batch->nslices;
    for (unsigned level = 1; level <= d->pyramid.nlevels; level++) {
        uint64_t from = end >> level << level;
        uint32_t before = from < batch->z0 ? d->carried_present[level] : 0;
        d->carried_present[level] = from == end ? 0 : before + count_present(batch, from, end);
    }
}

/* Where the slot's levels lie, and how they are divided. */
static void lay_out(struct opencl_downsampler *d, struct slot *slot)
{
    const struct batch *batch = &slot->batch;
    uint64_t means_at = 0;
    uint32_t divisors_at = 0;
    for (unsigned level = 1; level <= d->pyramid.nlevels; level++) {
        slot->finished[level] =
            batch_finished(batch->z0, batch->nslices, d->pyramid.extent.nz, level, &slot->first[level]);
        slot->means_at[level] = means_at;
        slot->divisors_at[level] = divisors_at;
        means_at += (uint64_t)slot->finished[level] * extent_reduce(batch->nrows, level) *
                    extent_reduce(d->pyramid.extent.nx, level);
        divisors_at += slot->finished[level] * DIVISORS_PER_SLICE;
        fill_divisors(d, slot, level);
    }
    slot->means_at[d->pyramid.nlevels + 1] = means_at;
    slot->divisors_at[d->pyramid.nlevels + 1] = divisors_at;
    if (batch->y0 + batch->nrows == d->pyramid.extent.ny)
        carry_present(d, batch);
}

/* Where the sums of `level` go: nowhere after the last one, to the next slab when their partner comes with
 * it, else to the next level. */
static cl_mem sums_target(struct opencl_downsampler *d, const struct slot *slot, unsigned level)
{
    if (level == d->pyramid.nlevels)
        return NULL;
    if (slot->finished[level + 1] == 0)
        return d->carried[level][slot->batch.y0 / d->base.plan.band_rows];
    return d->sums[level];
}

static cl_int set_argument(cl_kernel kernel, cl_uint *index, size_t n_bytes, const void *value)
{
    return clSetKernelArg(kernel, (*index)++, n_bytes, value);
}

/* The arguments are set in a row; the first failure is kept. */
#define ARGUMENT(kernel, value)                                                                              \
    do {                                                                                                     \
        if (code == CL_SUCCESS)                                                                              \
            code = set_argument(kernel, &index, sizeof(value), &(value));                                    \
    } while (0)

static size_t round_up(uint64_t n, size_t multiple)
{
    return (size_t)((n + multiple - 1) / multiple * multiple);
}

/* Where a command puts its event: nowhere, unless it is to be timed. */
static cl_event *timed(const struct opencl_downsampler *d, cl_event *event)
{
    return d->profile ? event : NULL;
}

/* A list of commands to wait for: those of the given ones that there are. */
struct waits {
    cl_uint n;
    cl_event events[LEVELS_MAX];
};

static const cl_event *waits_list(const struct waits *waits)
{
    return waits->n > 0 ? waits->events : NULL;
}

static void wait_for(struct waits *waits, cl_event event)
{
    if (event)
        waits->events[waits->n++] = event;
}

/* `event` is its own. */
static cl_int enqueue_kernel(struct opencl_downsampler *d, cl_kernel kernel, uint64_t nx, uint64_t ny,
                             uint64_t nz, const struct waits *waits, cl_event *event)
{
    size_t global[3] = {round_up(nx, d->local[0]), round_up(ny, d->local[1]), round_up(nz, d->local[2])};
    return clEnqueueNDRangeKernel(d->compute, kernel, 3, NULL, global, d->local, waits->n, waits_list(waits),
                                  event);
}

static cl_int enqueue_pyramid(struct opencl_downsampler *d, struct slot *slot, cl_uint nx)
{
    const unsigned fused = d->layout.shape.fused;
    cl_uint ny = slot->batch.nrows, nz = slot->batch.nslices, index = 0;
    cl_mem sums = sums_target(d, slot, fused);
    cl_ulong at[4] = {0}, sums_at = 0;
    cl_uint divisors_at[4] = {0};
    struct waits waits = {0};
    wait_for(&waits, slot->events.upload);
    wait_for(&waits, slot->events.divisors);
    for (unsigned level = 1; level <= fused; level++) {
        at[level] = slot->means_at[level];
        divisors_at[level] = slot->divisors_at[level];
    }
    cl_int code = CL_SUCCESS;
    cl_kernel kernel = d->pyramid_kernel;
    ARGUMENT(kernel, slot->voxels);
    ARGUMENT(kernel, nx);
    ARGUMENT(kernel, ny);
    ARGUMENT(kernel, nz);
    ARGUMENT(kernel, slot->means);
    ARGUMENT(kernel, at[1]);
    ARGUMENT(kernel, at[2]);
    ARGUMENT(kernel, at[3]);
    ARGUMENT(kernel, slot->divisors);
    ARGUMENT(kernel, divisors_at[1]);
    ARGUMENT(kernel, divisors_at[2]);
    ARGUMENT(kernel, divisors_at[3]);
    ARGUMENT(kernel, sums);
    ARGUMENT(kernel, sums_at);
    if (code != CL_SUCCESS)
        return code;
    return enqueue_kernel(d, kernel, (nx - 1) / d->layout.shape.chunk + 1, extent_reduce(ny, fused),
                          extent_reduce(nz, fused), &waits, &slot->events.kernels[0]);
}

/* The sums of level k-1 are in place; computes level k, of which the batch finishes at least one slice. */
static cl_int enqueue_level(struct opencl_downsampler *d, struct slot *slot, cl_uint k)
{
    const unsigned below = k - 1;
    cl_uint nx = extent_reduce(d->pyramid.extent.nx, below), ny = extent_reduce(slot->batch.nrows, below);
    cl_uint nz = slot->finished[k], volume_nx = d->pyramid.extent.nx, band_ny = slot->batch.nrows, index = 0;
    cl_ulong plane = (cl_ulong)nx * ny, lower_at = 0, upper_at = plane, stride = 2 * plane, sums_at = 0;
    cl_ulong at = slot->means_at[k];
    cl_mem lower = d->sums[below], upper = d->sums[below], sums = sums_target(d, slot, k);
    cl_uint nupper = slot->finished[below] / 2, first_divisor = slot->divisors_at[k];
    if (slot->first[below] & 1) { /* its partner came with an earlier slab */
        lower = d->carried[below][slot->batch.y0 / d->base.plan.band_rows];
        upper_at = 0;
        nupper = 1;
    }
    cl_int code = CL_SUCCESS;
    cl_kernel kernel = d->level_kernel;
    ARGUMENT(kernel, lower);
    ARGUMENT(kernel, lower_at);
    ARGUMENT(kernel, upper);
    ARGUMENT(kernel, upper_at);
    ARGUMENT(kernel, stride);
    ARGUMENT(kernel, nupper);
    ARGUMENT(kernel, nx);
    ARGUMENT(kernel, ny);
    ARGUMENT(kernel, nz);
    ARGUMENT(kernel, k);
    ARGUMENT(kernel, volume_nx);
    ARGUMENT(kernel, band_ny);
    ARGUMENT(kernel, slot->means);
    ARGUMENT(kernel, at);
    ARGUMENT(kernel, slot->divisors);
    ARGUMENT(kernel, first_divisor);
    ARGUMENT(kernel, sums);
    ARGUMENT(kernel, sums_at);
    if (code != CL_SUCCESS)
        return code;
    uint64_t nspans = (extent_reduce(volume_nx, k) - 1) / d->layout.shape.span + 1;
    unsigned i = k - d->layout.shape.fused;
    struct waits waits = {0};
    wait_for(&waits, slot->events.kernels[i - 1]);
    return enqueue_kernel(d, kernel, nspans, extent_reduce(band_ny, k), nz, &waits, &slot->events.kernels[i]);
}

static cl_int enqueue_upload(struct opencl_downsampler *d, struct slot *slot)
{
    size_t n_bytes =
        (size_t)slot->batch.nslices * slot->batch.nrows * d->pyramid.extent.nx * voxel_bytes(d->pyramid.type);
    cl_int code = CL_SUCCESS;
    if (slot->means_host && d->unified) {
        code = clEnqueueUnmapMemObject(d->upload, slot->means, slot->means_host, 0, NULL,
                                       timed(d, &slot->events.means_back));
        slot->means_host = NULL;
    }
    if (code != CL_SUCCESS)
        return code;
    if (d->unified) {
        code = clEnqueueUnmapMemObject(d->upload, slot->voxels, slot->voxels_host, 0, NULL,
                                       &slot->events.upload);
        slot->voxels_host = NULL;
    } else {
        code = clEnqueueWriteBuffer(d->upload, slot->voxels, CL_FALSE, 0, n_bytes, slot->voxels_host, 0, NULL,
                                    &slot->events.upload);
    }
    if (code != CL_SUCCESS)
        return code;
    return clEnqueueWriteBuffer(d->upload, slot->divisors, CL_FALSE, 0,
                                slot->divisors_at[d->pyramid.nlevels + 1] * sizeof(struct divisor),
                                slot->divisors_host, 0, NULL, &slot->events.divisors);
}

/* Brings the means to the host and, on unified memory, the voxels' buffer back for the next batch. */
static cl_int enqueue_download(struct opencl_downsampler *d, struct slot *slot)
{
    size_t n_bytes = slot->means_at[d->pyramid.nlevels + 1] * voxel_bytes(d->pyramid.type);
    cl_int code = CL_SUCCESS;
    struct waits waits = {0};
    for (unsigned i = 0; i < LEVELS_MAX; i++)
        wait_for(&waits, slot->events.kernels[i]);
    if (!d->unified)
        return clEnqueueReadBuffer(d->download, slot->means, CL_FALSE, 0, n_bytes, slot->means_host, waits.n,
                                   waits_list(&waits), &slot->events.download);
    slot->voxels_host = clEnqueueMapBuffer(
        d->download, slot->voxels, CL_FALSE, CL_MAP_WRITE_INVALIDATE_REGION, 0, d->base.plan.buffer_bytes,
        waits.n, waits_list(&waits), timed(d, &slot->events.voxels_back), &code);
    if (code != CL_SUCCESS)
        return code;
    slot->means_host = clEnqueueMapBuffer(d->download, slot->means, CL_FALSE, CL_MAP_READ, 0, n_bytes,
                                          waits.n, waits_list(&waits), &slot->events.download, &code);
    return code;
}

static cl_int enqueue_kernels(struct opencl_downsampler *d, struct slot *slot)
{
    cl_int code = enqueue_pyramid(d, slot, d->pyramid.extent.nx);
    for (unsigned k = d->layout.shape.fused + 1; code == CL_SUCCESS && k <= d->pyramid.nlevels; k++) {
        if (slot->finished[k] == 0)
            break;
        code = enqueue_level(d, slot, k);
    }
    return code;
}

static enum status batch_failed(struct opencl_downsampler *d, cl_int code, const char *what,
                                struct error *error)
{
    d->base.memory_refused = cl_code_is_memory(code);
    return cl_failed(error, code, d->name, what);
}

enum status batch_enqueue(struct opencl_downsampler *d, unsigned index, struct error *error)
{
    struct slot *slot = &d->slots[index];
    lay_out(d, slot);
    cl_int code = enqueue_upload(d, slot);
    if (code == CL_SUCCESS)
        code = clFlush(d->upload);
    if (code == CL_SUCCESS)
        code = enqueue_kernels(d, slot);
    if (code == CL_SUCCESS)
        code = clFlush(d->compute);
    if (code == CL_SUCCESS)
        code = enqueue_download(d, slot);
    if (code == CL_SUCCESS)
        code = clFlush(d->download);
    return code == CL_SUCCESS ? STATUS_OK : batch_failed(d, code, "enqueueing a batch", error);
}

enum status batch_wait(struct opencl_downsampler *d, unsigned index, struct error *error)
{
    struct batch_events *events = &d->slots[index].events;
    cl_int code = batch_events_cause(events, clWaitForEvents(1, &events->download));
    if (code != CL_SUCCESS)
        return batch_failed(d, code, "computing a batch", error);
    if (d->profile)
        code = batch_events_add(events, &d->base.times);
    batch_events_end(events);
    return code == CL_SUCCESS ? STATUS_OK : cl_failed(error, code, d->name, "timing a batch");
}

/* Makes the driver commit the memory of every buffer now, where it would be lazy. */
static cl_int commit_memory(struct opencl_downsampler *d)
{
    cl_int code = CL_SUCCESS;
    for (unsigned i = 0; code == CL_SUCCESS && i < d->base.plan.nbuffers; i++) {
        cl_mem buffers[] = {d->slots[i].means, d->slots[i].divisors, d->slots[i].voxels};
        cl_uint n = d->unified ? 2 : 3; /* shared voxels are mapped now */
        code = clEnqueueMigrateMemObjects(d->compute, n, buffers, CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED, 0,
                                          NULL, NULL);
    }
    for (unsigned level = 1; level < d->pyramid.nlevels; level++) {
        if (code == CL_SUCCESS && d->sums[level])
            code = clEnqueueMigrateMemObjects(d->compute, 1, &d->sums[level],
                                              CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED, 0, NULL, NULL);
        if (code == CL_SUCCESS && d->carried[level])
            code = clEnqueueMigrateMemObjects(d->compute, d->nbands, d->carried[level],
                                              CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED, 0, NULL, NULL);
    }
    return code;
}

/* One row of one slice through each kernel, with the real work-group. */
static cl_int run_once(struct opencl_downsampler *d, struct slot *slot)
{
    struct divisor one[DIVISORS_PER_SLICE];
    struct slot probe = *slot;
    probe.batch = (struct batch){.nslices = 1, .nrows = 1};
    for (unsigned level = 1; level <= LEVELS_MAX; level++) {
        probe.finished[level] = 1;
        probe.first[level] = 0;
        probe.means_at[level] = 0;
        probe.divisors_at[level] = 0;
    }
    for (int i = 0; i < DIVISORS_PER_SLICE; i++)
        one[i] = (struct divisor){.count = 1, .shift = 0, .reciprocal = 1.0f};
    cl_int code =
        clEnqueueWriteBuffer(d->compute, slot->divisors, CL_TRUE, 0, sizeof one, one, 0, NULL, NULL);
    if (code == CL_SUCCESS)
        code = enqueue_pyramid(d, &probe, d->pyramid.extent.nx);
    if (code == CL_SUCCESS && d->level_kernel)
        code = enqueue_level(d, &probe, d->layout.shape.fused + 1);
    if (code == CL_SUCCESS)
        code = clFinish(d->compute);
    code = batch_events_cause(&probe.events, code);
    batch_events_end(&probe.events);
    return code;
}

enum status batch_warm_up(struct opencl_downsampler *d, bool *refused, struct error *error)
{
    struct slot *slot = &d->slots[0];
    size_t row_bytes = d->pyramid.extent.nx * voxel_bytes(d->pyramid.type);
    cl_int code = commit_memory(d);
    memset(slot->voxels_host, 0, row_bytes);
    if (code == CL_SUCCESS && !d->unified)
        code = clEnqueueWriteBuffer(d->compute, slot->voxels, CL_TRUE, 0, row_bytes, slot->voxels_host, 0,
                                    NULL, NULL);
    if (code == CL_SUCCESS && d->unified) {
        code = clEnqueueUnmapMemObject(d->compute, slot->voxels, slot->voxels_host, 0, NULL, NULL);
        slot->voxels_host = NULL;
    }
    if (code == CL_SUCCESS)
        code = run_once(d, slot);
    if (code == CL_SUCCESS && d->unified)
        slot->voxels_host =
            clEnqueueMapBuffer(d->compute, slot->voxels, CL_TRUE, CL_MAP_WRITE_INVALIDATE_REGION, 0,
                               d->base.plan.buffer_bytes, 0, NULL, NULL, &code);
    *refused = code != CL_SUCCESS && cl_code_is_memory(code);
    return code == CL_SUCCESS ? STATUS_OK : cl_failed(error, code, d->name, "the first run of the kernels");
}
