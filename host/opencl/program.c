/* SPDX-License-Identifier: MIT */
#include "opencl/program.h"

#include "opencl/kernels.h"
#include "opencl/program_cache.h"

#include "base/printable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTIONS_BYTES = 256,
    /* Voxels per work-item along x where work-items are threads: mostly a whole row, so that memory is read
     * in long runs. */
    THREAD_CHUNK = 4096,
};

static const char *const voxel_types[VOXEL_TYPES] = {
    [VOXEL_U8] = "uchar", [VOXEL_I8] = "char", [VOXEL_U16] = "ushort", [VOXEL_I16] = "short",
    [VOXEL_U32] = "uint", [VOXEL_I32] = "int", [VOXEL_F32] = "float",
};

static const char *sum_type(enum voxel_type type, bool wide)
{
    if (type == VOXEL_F32)
        return "float";
    if (voxel_is_signed(type))
        return wide ? "long" : "int";
    return wide ? "ulong" : "uint";
}

void program_set_sums(struct program_shape *shape, const struct pyramid *pyramid, unsigned fused)
{
    shape->fused = fused;
    shape->wide_parts = extent_sum_bits(pyramid->extent, pyramid->type, fused) > 32;
    shape->wide_sums = extent_sum_bits(pyramid->extent, pyramid->type, pyramid->nlevels) > 32;
}

void program_set_chunks(struct program_shape *shape, bool per_voxel)
{
    shape->chunk = per_voxel ? 4 : THREAD_CHUNK;
    shape->span = per_voxel ? 1 : THREAD_CHUNK / 2;
}

size_t program_sum_bytes(const struct program_shape *shape)
{
    return shape->wide_sums ? 8 : 4;
}

/* -D options that both kernels take, with sums of the given width. */
static int common_options(char *options, const struct program_shape *shape, bool wide)
{
    return snprintf(options, OPTIONS_BYTES, "-D VOXEL=%s -D VOXEL_BITS=%zu -D SUM=%s%s%s",
                    voxel_types[shape->type], 8 * voxel_bytes(shape->type), sum_type(shape->type, wide),
                    voxel_is_signed(shape->type) ? " -D SIGNED" : "",
                    shape->type == VOXEL_F32 ? " -D FLOATING" : "");
}

/* The message of a refused build ends in the first line of the log that tells of an error. */
static enum status build_refused(const struct program_build *build, cl_program program, const char *name,
                                 cl_int code, struct error *error)
{
    cl_device_id device = build->device->device_id;
    size_t n_bytes = 0;
    clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, NULL, &n_bytes);
    char *log = calloc(1, n_bytes + 1), shown[PRINTABLE_BYTES] = "";
    if (log) {
        clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, n_bytes, log, NULL);
        const char *telling = strstr(log, "error");
        while (telling && telling > log && telling[-1] != '\n')
            telling--;
        char *line = strndup(telling ? telling : log, strcspn(telling ? telling : log, "\n"));
        printable(shown, sizeof shown, line ? line : "");
        free(line);
    }
    error_set(error, STATUS_DEVICE, "%s: the kernel '%s' cannot be built: %s (%d): %s; try --device cpu",
              build->device->name, name, cl_code_name(code), (int)code, shown);
    if (build->log && log)
        *build->log = log;
    else
        free(log);
    return error->status;
}

static enum status build_source(cl_program *program, const struct program_build *build, const char *name,
                                const char *const texts[2], const char *options, struct error *error)
{
    cl_int code;
    cl_device_id device = build->device->device_id;
    const char *sources[2] = {texts[0], texts[1]};
    *program = clCreateProgramWithSource(build->context, 2, sources, NULL, &code);
    if (code != CL_SUCCESS)
        return cl_failed(error, code, build->device->name, "creating a program");
    code = clBuildProgram(*program, 1, &device, options, NULL, NULL);
    if (code == CL_SUCCESS)
        return STATUS_OK;
    build_refused(build, *program, name, code, error);
    clReleaseProgram(*program);
    return error->status;
}

static enum status create_kernel(cl_kernel *kernel, const struct program_build *build, const char *name,
                                 const char *text, const char *options, struct error *error)
{
    const char *const texts[2] = {kernel_voxel, text};
    cl_program program;
    bool cached = program_cache_load(&program, build, texts, options);
    if (!cached) {
        enum status status = build_source(&program, build, name, texts, options, error);
        if (status != STATUS_OK)
            return status;
        program_cache_store(program, build, texts, options);
    }
    cl_int code;
    *kernel = clCreateKernel(program, name, &code);
    clReleaseProgram(program); /* the kernel keeps it */
    return code == CL_SUCCESS ? STATUS_OK : cl_failed(error, code, build->device->name, "creating a kernel");
}

static void pyramid_options(char *options, const struct program_shape *shape)
{
    int used = common_options(options, shape, shape->wide_parts);
    snprintf(options + used, OPTIONS_BYTES - (size_t)used, " -D STORED=%s -D FUSED=%u -D CHUNK=%u",
             sum_type(shape->type, shape->wide_sums), shape->fused, shape->chunk);
}

static void level_options(char *options, const struct program_shape *shape)
{
    int used = common_options(options, shape, shape->wide_sums);
    snprintf(options + used, OPTIONS_BYTES - (size_t)used, " -D SPAN=%u", shape->span);
}

enum status program_pyramid(cl_kernel *kernel, const struct program_build *build,
                            const struct program_shape *shape, struct error *error)
{
    char options[OPTIONS_BYTES];
    pyramid_options(options, shape);
    return create_kernel(kernel, build, "pyramid", kernel_pyramid, options, error);
}

enum status program_level(cl_kernel *kernel, const struct program_build *build,
                          const struct program_shape *shape, struct error *error)
{
    char options[OPTIONS_BYTES];
    level_options(options, shape);
    return create_kernel(kernel, build, "level", kernel_level, options, error);
}

bool program_was_built(const struct program_build *build, const struct program_shape *shape, bool with_level)
{
    const char *const pyramid[2] = {kernel_voxel, kernel_pyramid}, *const level[2] = {kernel_voxel,
                                                                                      kernel_level};
    char options[OPTIONS_BYTES];
    pyramid_options(options, shape);
    if (!program_cache_has(build, pyramid, options))
        return false;
    level_options(options, shape);
    return !with_level || program_cache_has(build, level, options);
}
