/* SPDX-License-Identifier: MIT */
#include "opencl/backend.h"

#include "downsample/big_memory.h"

#include <stdlib.h>

static cl_mem create_buffer(struct opencl_downsampler *d, cl_mem_flags flags, uint64_t n_bytes, cl_int *code)
{
    if (*code != CL_SUCCESS)
        return NULL;
    return clCreateBuffer(d->context, flags, n_bytes, NULL, code);
}

/* A buffer in `*memory`, which is allocated for it: the host's own memory on huge pages, which a device that
 * shares it reads faster than memory of the driver's. Drivers want whole cache lines to use it in place. */
static cl_mem create_shared(struct opencl_downsampler *d, cl_mem_flags flags, uint64_t n_bytes, void **memory,
                            cl_int *code)
{
    enum { LINE_BYTES = 64 };
    if (*code != CL_SUCCESS)
        return NULL;
    n_bytes = (n_bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    *memory = big_alloc(n_bytes);
    if (!*memory) {
        *code = CL_OUT_OF_HOST_MEMORY;
        return NULL;
    }
    return clCreateBuffer(d->context, flags | CL_MEM_USE_HOST_PTR, n_bytes, *memory, code);
}

static void *map_buffer(struct opencl_downsampler *d, cl_mem buffer, cl_map_flags flags, uint64_t n_bytes,
                        cl_int *code)
{
    if (*code != CL_SUCCESS)
        return NULL;
    return clEnqueueMapBuffer(d->upload, buffer, CL_TRUE, flags, 0, n_bytes, 0, NULL, NULL, code);
}

static void create_slot(struct opencl_downsampler *d, struct slot *slot, cl_int *code)
{
    uint64_t voxels_bytes = d->base.plan.buffer_bytes, means_bytes = d->layout.means_bytes;
    slot->divisors = create_buffer(d, CL_MEM_READ_ONLY, d->layout.ndivisors * sizeof(struct divisor), code);
    if (d->unified) {
        slot->voxels = create_shared(d, CL_MEM_READ_ONLY, voxels_bytes, &slot->voxels_memory, code);
        slot->means = create_shared(d, CL_MEM_WRITE_ONLY, means_bytes, &slot->means_memory, code);
        slot->voxels_host = map_buffer(d, slot->voxels, CL_MAP_WRITE, voxels_bytes, code);
        return;
    }
    slot->voxels = create_buffer(d, CL_MEM_READ_ONLY, voxels_bytes, code);
    slot->means = create_buffer(d, CL_MEM_WRITE_ONLY, means_bytes, code);
    slot->voxels_staging = create_buffer(d, CL_MEM_READ_ONLY | CL_MEM_ALLOC_HOST_PTR, voxels_bytes, code);
    slot->means_staging = create_buffer(d, CL_MEM_WRITE_ONLY | CL_MEM_ALLOC_HOST_PTR, means_bytes, code);
    slot->voxels_host = map_buffer(d, slot->voxels_staging, CL_MAP_WRITE, voxels_bytes, code);
    slot->means_host = map_buffer(d, slot->means_staging, CL_MAP_READ, means_bytes, code);
}

static void create_sums(struct opencl_downsampler *d, cl_int *code)
{
    for (unsigned level = 1; level < d->pyramid.nlevels; level++) {
        if (d->layout.sums_bytes[level])
            d->sums[level] = create_buffer(d, CL_MEM_READ_WRITE, d->layout.sums_bytes[level], code);
        for (uint32_t band = 0; d->carried[level] && band < d->nbands; band++)
            d->carried[level][band] =
                create_buffer(d, CL_MEM_READ_WRITE, d->layout.carried_bytes[level], code);
    }
}

/* The host's own arrays. */
static bool create_arrays(struct opencl_downsampler *d)
{
    unsigned n = d->base.plan.nbuffers;
    bool ok = (d->slots = calloc(n, sizeof *d->slots)) && (d->pending = calloc(n, sizeof *d->pending));
    for (unsigned i = 0; ok && i < n; i++)
        ok = (d->slots[i].divisors_host = calloc(d->layout.ndivisors, sizeof(struct divisor))) != NULL;
    for (unsigned level = 1; ok && level < d->pyramid.nlevels; level++)
        if (d->layout.carried_bytes[level])
            ok = (d->carried[level] = calloc(d->nbands, sizeof(cl_mem))) != NULL;
    return ok;
}

enum status memory_create(struct opencl_downsampler *d, bool *refused, struct error *error)
{
    cl_int code = CL_SUCCESS;
    *refused = false;
    if (!create_arrays(d)) {
        memory_release(d);
        return error_no_memory(error, d->layout.ndivisors * sizeof(struct divisor),
                               "the batches of the device");
    }
    for (unsigned i = 0; i < d->base.plan.nbuffers; i++)
        create_slot(d, &d->slots[i], &code);
    create_sums(d, &code);
    if (code == CL_SUCCESS)
        return STATUS_OK;
    memory_release(d);
    *refused = cl_code_is_memory(code);
    return cl_failed(error, code, d->name, "allocating memory");
}

/* Unmaps where mapped, and releases. */
static void release_buffer(struct opencl_downsampler *d, cl_mem *buffer, void *mapped)
{
    if (!*buffer)
        return;
    if (mapped) {
        clEnqueueUnmapMemObject(d->upload, *buffer, mapped, 0, NULL, NULL);
        clFinish(d->upload);
    }
    clReleaseMemObject(*buffer);
    *buffer = NULL;
}

static void release_slot(struct opencl_downsampler *d, struct slot *slot)
{
    batch_events_end(&slot->events);
    release_buffer(d, &slot->voxels, d->unified ? slot->voxels_host : NULL);
    release_buffer(d, &slot->means, d->unified ? slot->means_host : NULL);
    release_buffer(d, &slot->divisors, NULL);
    release_buffer(d, &slot->voxels_staging, slot->voxels_host);
    release_buffer(d, &slot->means_staging, slot->means_host);
    free(slot->voxels_memory);
    free(slot->means_memory);
    free(slot->divisors_host);
}

void memory_release(struct opencl_downsampler *d)
{
    for (unsigned i = 0; d->slots && i < d->base.plan.nbuffers; i++)
        release_slot(d, &d->slots[i]);
    for (unsigned level = 0; level < LEVELS_MAX; level++) {
        release_buffer(d, &d->sums[level], NULL);
        for (uint32_t band = 0; d->carried[level] && band < d->nbands; band++)
            release_buffer(d, &d->carried[level][band], NULL);
        free(d->carried[level]);
        d->carried[level] = NULL;
    }
    free(d->pending);
    free(d->slots);
    d->pending = NULL;
    d->slots = NULL;
}
