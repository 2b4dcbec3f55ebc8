/* SPDX-License-Identifier: MIT
 * The OpenCL downsampler: created once per run, driven by one thread. */
#include "opencl/backend.h"

#include "base/checked.h"
#include "base/resident.h"

#include <stdlib.h>
#include <string.h>

static struct opencl_downsampler *of(struct downsampler *base)
{
    return (struct opencl_downsampler *)base;
}

static void *opencl_buffer(struct downsampler *base, unsigned index)
{
    return of(base)->slots[index].voxels_host;
}

static enum status opencl_submit(struct downsampler *base, unsigned index, const struct batch *batch,
                                 struct error *error)
{
    struct opencl_downsampler *d = of(base);
    d->slots[index].batch = *batch;
    watchdog_expect(d->watchdog, d->name, "enqueueing a batch", base->plan.device_bytes);
    enum status status = batch_enqueue(d, index, error);
    watchdog_relax(d->watchdog);
    if (status == STATUS_OK)
        d->pending[(d->first_pending + d->npending++) % base->plan.nbuffers] = index;
    d->slots[index].batch.present = NULL; /* the caller's; it is used no more */
    return status;
}

/* Hands the rows of a finished slot to the sink, level by level. */
static enum status deliver(struct opencl_downsampler *d, const struct slot *slot, level_sink sink,
                           void *context, struct error *error)
{
    const char *means = slot->means_host;
    size_t voxel = voxel_bytes(d->pyramid.type);
    for (unsigned level = 1; level <= d->pyramid.nlevels; level++) {
        uint32_t nrows = extent_reduce(slot->batch.nrows, level);
        uint64_t plane = (uint64_t)nrows * extent_reduce(d->pyramid.extent.nx, level);
        for (uint32_t i = 0; i < slot->finished[level]; i++) {
            struct level_rows rows = {
                .level = level,
                .z = slot->first[level] + i,
                .y0 = slot->batch.y0 >> level,
                .nrows = nrows,
                .voxels = means + (slot->means_at[level] + i * plane) * voxel,
            };
            enum status status = sink(context, &rows, error);
            if (status != STATUS_OK)
                return status;
        }
    }
    return STATUS_OK;
}

static enum status opencl_collect(struct downsampler *base, level_sink sink, void *context,
                                  struct error *error)
{
    struct opencl_downsampler *d = of(base);
    if (d->npending == 0)
        return STATUS_OK;
    unsigned index = d->pending[d->first_pending];
    d->first_pending = (d->first_pending + 1) % base->plan.nbuffers;
    d->npending--;
    watchdog_expect(d->watchdog, d->name, "computing a batch", base->plan.device_bytes);
    enum status status = batch_wait(d, index, error);
    watchdog_relax(d->watchdog);
    return status == STATUS_OK ? deliver(d, &d->slots[index], sink, context, error) : status;
}

static void finish_queue(cl_command_queue queue)
{
    if (queue)
        clFinish(queue);
}

static void release_queue(cl_command_queue queue)
{
    if (queue)
        clReleaseCommandQueue(queue);
}

static void release_kernels(struct opencl_downsampler *d)
{
    if (d->pyramid_kernel)
        clReleaseKernel(d->pyramid_kernel);
    if (d->level_kernel)
        clReleaseKernel(d->level_kernel);
    d->pyramid_kernel = d->level_kernel = NULL;
}

static void opencl_destroy(struct downsampler *base)
{
    struct opencl_downsampler *d = of(base);
    watchdog_expect(d->watchdog, d->name, "closing the device", base->plan.device_bytes);
    finish_queue(d->upload);
    finish_queue(d->compute);
    finish_queue(d->download);
    memory_release(d);
    release_kernels(d);
    release_queue(d->upload);
    release_queue(d->compute);
    release_queue(d->download);
    if (d->context)
        clReleaseContext(d->context);
    watchdog_relax(d->watchdog);
    free(d);
}

static const struct downsampler_ops opencl_ops = {
    .name = "opencl",
    .buffer = opencl_buffer,
    .submit = opencl_submit,
    .collect = opencl_collect,
    .destroy = opencl_destroy,
};

static enum status create_context(struct opencl_downsampler *d, const struct opencl_device *device,
                                  bool profile, struct error *error)
{
    const cl_command_queue_properties kind = profile ? CL_QUEUE_PROFILING_ENABLE : 0;
    cl_int code;
    cl_device_id id = device->device_id;
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)device->platform_id, 0};
    d->context = clCreateContext(properties, 1, &id, NULL, NULL, &code);
    cl_command_queue *const queues[] = {&d->upload, &d->compute, &d->download};
    for (int i = 0; i < 3 && code == CL_SUCCESS; i++)
        *queues[i] = clCreateCommandQueue(d->context, id, kind, &code);
    return code == CL_SUCCESS ? STATUS_OK : cl_failed(error, code, device->name, "opening the device");
}

/* Means of f32 are only the same everywhere on a device with all of IEEE 754's numbers and its rounding. */
static enum status check_floats(const struct opencl_device *device, struct error *error)
{
    const cl_device_fp_config needed = CL_FP_DENORM | CL_FP_INF_NAN | CL_FP_ROUND_TO_NEAREST;
    cl_device_fp_config config = 0;
    if (clGetDeviceInfo(device->device_id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof config, &config, NULL) ==
            CL_SUCCESS &&
        (config & needed) == needed)
        return STATUS_OK;
    return error_set(
        error, STATUS_DEVICE,
        "%s: its f32 arithmetic lacks denormals, NaN or rounding to nearest, and would not be exact; use "
        "--device cpu",
        device->name);
}

/* The work-items that a group of `kernel` may have: fewer than the device's most where it needs many
 * registers. */
static size_t kernel_items(const struct opencl_device *device, cl_kernel kernel)
{
    size_t most = 0; /* where the driver does not tell */
    clGetKernelWorkGroupInfo(kernel, device->device_id, CL_KERNEL_WORK_GROUP_SIZE, sizeof most, &most, NULL);
    return most;
}

static void set_work_group(struct opencl_downsampler *d, const struct opencl_device *device, bool per_voxel)
{
    size_t most = kernel_items(device, d->pyramid_kernel);
    if (d->level_kernel && kernel_items(device, d->level_kernel) < most)
        most = kernel_items(device, d->level_kernel);
    planner_work_group(d->local, per_voxel, most);
}

/* The kernels of base.plan and its layout. */
static enum status build_kernels(struct opencl_downsampler *d, const struct program_build *build,
                                 bool per_voxel, struct error *error)
{
    uint32_t band_rows = d->base.plan.band_rows;
    planner_layout(&d->layout, &d->base.plan, &d->pyramid, per_voxel);
    d->nbands = (uint32_t)(((uint64_t)d->pyramid.extent.ny + band_rows - 1) / band_rows);
    enum status status = program_pyramid(&d->pyramid_kernel, build, &d->layout.shape, error);
    if (status == STATUS_OK && d->layout.shape.fused < d->pyramid.nlevels)
        status = program_level(&d->level_kernel, build, &d->layout.shape, error);
    if (status == STATUS_OK)
        set_work_group(d, build->device, per_voxel);
    return status;
}

/* With the kernels built, the driver holds most of what it will: where that is over a tenth more than was
 * planned for, the budget is told. False when the plan does not fit it any more. */
static bool driver_fits(const struct opencl_downsampler *d, struct host_budget *budget)
{
    if (!budget)
        return true;
    uint64_t planned_bytes = saturated_add(budget->held_bytes, d->base.plan.driver_bytes);
    uint64_t held_bytes = resident_bytes();
    if (held_bytes / 11 * 10 <= planned_bytes)
        return true;
    budget->held_bytes = saturated_add(budget->held_bytes, held_bytes - planned_bytes);
    return host_budget_fits(budget, &d->base.plan);
}

/* Takes the plan of the smaller and smaller limits that the device's memory and the driver's hunger for the
 * host's leave. Kernels depend on the plan (the levels that the first one computes), so they are built for
 * each. */
static enum status settle(struct opencl_downsampler *d, const struct opencl_device *device,
                          const struct opencl_options *options, bool whole_slices,
                          struct program_build *build, struct error *error)
{
    struct planner_limits limits;
    planner_limits_init(&limits, device, &d->pyramid, options);
    for (;;) {
        struct error failure = {0};
        bool refused = false;
        watchdog_expect(d->watchdog, d->name, "compiling kernels", 0);
        if (planner_plan(&d->base.plan, device, &d->pyramid, options, whole_slices, &limits, error) !=
                STATUS_OK ||
            build_kernels(d, build, planner_per_voxel(device, options), error) != STATUS_OK)
            return error->status;
        if (!driver_fits(d, options->budget)) {
            release_kernels(d);
            continue;
        }
        watchdog_expect(d->watchdog, d->name, "allocating memory and running the kernels for the first time",
                        d->base.plan.device_bytes);
        if (memory_create(d, &refused, &failure) == STATUS_OK &&
            batch_warm_up(d, &refused, &failure) == STATUS_OK)
            return STATUS_OK;
        finish_queue(d->compute);
        memory_release(d);
        release_kernels(d);
        if (!refused)
            return error_set(error, failure.status, "%s", failure.message);
        limits.refused_bytes = d->base.plan.device_bytes;
        limits.device_bytes = limits.refused_bytes / 2;
    }
}

enum status opencl_create(struct downsampler **downsampler, const struct opencl_device *device,
                          const struct pyramid *pyramid, const struct opencl_options *options,
                          bool whole_slices, char **build_log, struct error *error)
{
    if (build_log)
        *build_log = NULL;
    if (!device->usable)
        return error_set(error, STATUS_DEVICE,
                         "%s: cannot be used: %s; try another --device, or --device cpu", device->name,
                         device->unusable_why);
    if (pyramid->type == VOXEL_F32 && check_floats(device, error) != STATUS_OK)
        return error->status;
    struct opencl_downsampler *d = calloc(1, sizeof *d);
    if (!d)
        return error_no_memory(error, sizeof *d, "the device's state");
    d->base.ops = &opencl_ops;
    d->name = device->name;
    d->watchdog = options->watchdog;
    d->pyramid = *pyramid;
    d->unified = device->unified_memory;
    watchdog_expect(d->watchdog, d->name, "opening the device", 0);
    if (create_context(d, device, options->profile, error) != STATUS_OK)
        goto destroy;
    struct program_build build = {
        .context = d->context,
        .device = device,
        .cache_folder = options->cache_folder,
        .log = build_log,
    };
    if (settle(d, device, options, whole_slices, &build, error) != STATUS_OK)
        goto destroy;
    watchdog_relax(d->watchdog);
    d->profile = options->profile;
    *downsampler = &d->base;
    return STATUS_OK;

destroy:
    opencl_destroy(&d->base);
    return error->status;
}
