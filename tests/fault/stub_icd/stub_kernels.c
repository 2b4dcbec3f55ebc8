/* SPDX-License-Identifier: MIT
 * What kernels/pyramid.cl and level.cl compute, of unsigned 8- and 16-bit voxels, box by box. */
#include "stub.h"

#include <string.h>

/* As kernels/voxel.cl has it. */
struct divisor {
    uint64_t count;
    int32_t shift;
    float reciprocal;
};

void stub_parse_options(struct _cl_program *program, const char *options)
{
    const char *fused = strstr(options, "-D FUSED=");
    program->voxel_bytes = strstr(options, "VOXEL_BITS=16") ? 2 : 1;
    program->sum_bytes = strstr(options, " SUM=ulong") ? 8 : 4;
    program->stored_bytes = strstr(options, " STORED=ulong") ? 8 : 4;
    program->is_pyramid = fused != NULL;
    program->fused = fused ? (unsigned)(fused[strlen("-D FUSED=")] - '0') : 0;
}

/* Element `i` of unsigned integers that have `width` bytes each. */
static uint64_t get(const char *data, unsigned width, uint64_t i)
{
    uint64_t value = 0;
    memcpy(&value, data + i * width, width); /* little-endian, as the device says */
    return value;
}

static void put(char *data, unsigned width, uint64_t i, uint64_t value)
{
    memcpy(data + i * width, &value, width);
}

static uint64_t mean(uint64_t sum, uint64_t count)
{
    uint64_t quotient = sum / count, rest = sum % count;
    return quotient + (2 * rest > count || (2 * rest == count && (quotient & 1)));
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t reduce(uint32_t n, unsigned level)
{
    return ((n - 1) >> level) + 1;
}

/* Voxels of a box of level `level`, added; nx, ny and nz are the batch's. */
static uint64_t add_box(const char *voxels, unsigned width, const uint32_t n[3], unsigned level, uint32_t bx,
                        uint32_t by, uint32_t bz)
{
    uint64_t sum = 0;
    uint32_t end_x = smaller((bx + 1) << level, n[0]), end_y = smaller((by + 1) << level, n[1]),
             end_z = smaller((bz + 1) << level, n[2]);
    for (uint32_t z = bz << level; z < end_z; z++)
        for (uint32_t y = by << level; y < end_y; y++)
            for (uint32_t x = bx << level; x < end_x; x++)
                sum += get(voxels, width, ((uint64_t)z * n[1] + y) * n[0] + x);
    return sum;
}

/* `lie` is added to every mean. */
static void run_pyramid(const struct _cl_kernel *kernel, unsigned lie)
{
    const union stub_argument *a = kernel->arguments;
    const struct _cl_program *program = &kernel->program;
    const uint32_t n[3] = {a[1].number, a[2].number, a[3].number};
    for (unsigned level = 1; level <= program->fused; level++) {
        const struct divisor *divisors =
            (const struct divisor *)a[8].buffer->data + a[8 + level].number; /* div1 .. div3 */
        uint64_t i = 0;
        for (uint32_t z = 0; z < reduce(n[2], level); z++)
            for (uint32_t y = 0; y < reduce(n[1], level); y++)
                for (uint32_t x = 0; x < reduce(n[0], level); x++, i++) {
                    uint64_t sum = add_box(a[0].buffer->data, program->voxel_bytes, n, level, x, y, z);
                    bool narrow = (x + 1) << level > n[0], low = (y + 1) << level > n[1];
                    uint64_t count = divisors[4 * z + (low ? 2 : 0) + (narrow ? 1 : 0)].count;
                    put(a[4].buffer->data, program->voxel_bytes, a[4 + level].wide + i,
                        mean(sum, count) + lie);
                    if (level == program->fused && a[12].buffer)
                        put(a[12].buffer->data, program->stored_bytes, a[13].wide + i, sum);
                }
    }
}

/* The sums of one slice of the level below that lie under box (x, y). */
static uint64_t add_square(const struct _cl_kernel *kernel, const char *sums, uint64_t at, uint32_t bx,
                           uint32_t by)
{
    uint32_t nx = kernel->arguments[6].number, ny = kernel->arguments[7].number;
    uint64_t sum = 0;
    for (uint32_t y = 2 * by; y < smaller(2 * by + 2, ny); y++)
        for (uint32_t x = 2 * bx; x < smaller(2 * bx + 2, nx); x++)
            sum += get(sums, kernel->program.sum_bytes, at + (uint64_t)y * nx + x);
    return sum;
}

static void run_level(const struct _cl_kernel *kernel, unsigned lie)
{
    const union stub_argument *a = kernel->arguments;
    const unsigned level = a[9].number;
    const uint32_t half_nx = reduce(a[6].number, 1), half_ny = reduce(a[7].number, 1);
    const struct divisor *divisors = (const struct divisor *)a[14].buffer->data + a[15].number;
    uint64_t i = 0;
    for (uint32_t z = 0; z < a[8].number; z++)
        for (uint32_t y = 0; y < half_ny; y++)
            for (uint32_t x = 0; x < half_nx; x++, i++) {
                uint64_t sum = add_square(kernel, a[0].buffer->data, a[1].wide + z * a[4].wide, x, y);
                if (z < a[5].number)
                    sum += add_square(kernel, a[2].buffer->data, a[3].wide + z * a[4].wide, x, y);
                bool narrow = (x + 1) << level > a[10].number, low = (y + 1) << level > a[11].number;
                uint64_t count = divisors[4 * z + (low ? 2 : 0) + (narrow ? 1 : 0)].count;
                put(a[12].buffer->data, kernel->program.voxel_bytes, a[13].wide + i, mean(sum, count) + lie);
                if (a[16].buffer)
                    put(a[16].buffer->data, kernel->program.sum_bytes, a[17].wide + i, sum);
            }
}

void stub_run(const struct _cl_kernel *kernel)
{
    const unsigned lie = stub_lies() ? 1 : 0;
    if (kernel->program.is_pyramid)
        run_pyramid(kernel, lie);
    else
        run_level(kernel, lie);
}
