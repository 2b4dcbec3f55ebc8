/* SPDX-License-Identifier: MIT
 * From a kernel's text to a kernel that can be enqueued. */
#ifndef STACKTHUMB_OPENCL_PROGRAM_H
#define STACKTHUMB_OPENCL_PROGRAM_H

#include "opencl/call.h"
#include "opencl/opencl.h"
#include "volume/pyramid.h"

#include <stdbool.h>

/* How the kernels are specialised for one run. */
struct program_shape {
    enum voxel_type type;
    bool wide_parts; /* 64-bit sums in pyramid.cl */
    bool wide_sums;  /* 64-bit sums between kernels and in level.cl */
    unsigned fused;  /* levels that pyramid.cl computes: 1 to 3 */
    unsigned chunk;  /* voxels per work-item along x in pyramid.cl, a multiple of 2^fused */
    unsigned span;   /* boxes per work-item along x in level.cl */
};

/* The widths of sums that `nlevels` levels of a volume need. `fused` levels are computed by pyramid.cl. */
void program_set_sums(struct program_shape *shape, const struct pyramid *pyramid, unsigned fused);

/* `chunk` and `span` for a device whose work-items are vector lanes (`per_voxel`) or threads. */
void program_set_chunks(struct program_shape *shape, bool per_voxel);

/* Bytes of one sum between kernels: 4 or 8. */
size_t program_sum_bytes(const struct program_shape *shape);

/* What a build needs besides the shape. */
struct program_build {
    cl_context context;
    const struct opencl_device *device;
    const char *cache_folder; /* NULL: the user's */
    char **log;               /* may be NULL; gets the whole build log of a failure (malloc'ed) */
};

/* Builds pyramid.cl / level.cl and creates the kernel. STATUS_DEVICE on failure. */
enum status program_pyramid(cl_kernel *kernel, const struct program_build *build,
                            const struct program_shape *shape, struct error *error);
enum status program_level(cl_kernel *kernel, const struct program_build *build,
                          const struct program_shape *shape, struct error *error);

/* True when the kernels that a run with this shape needs (level.cl `with_level`) have been built on this
 * machine before and are, in all likelihood, in a cache: ours or the driver's. build->context is not used. */
bool program_was_built(const struct program_build *build, const struct program_shape *shape, bool with_level);

#endif
