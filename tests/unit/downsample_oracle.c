/* SPDX-License-Identifier: MIT
 * The pyramid straight from its definition, sharing no code with any backend: every voxel of every level by a
 * walk over its box in level 0. */
#include "downsample_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

__extension__ typedef __int128 wide;

/* The voxel at x, y, z as an integer. */
static wide integer_at(const struct test_volume *volume, uint64_t x, uint64_t y, uint64_t z)
{
    const struct extent extent = volume->pyramid.extent;
    size_t i = (size_t)((z * extent.ny + y) * extent.nx + x);
    switch (volume->pyramid.type) {
    case VOXEL_U8:
        return ((const uint8_t *)volume->voxels)[i];
    case VOXEL_I8:
        return ((const int8_t *)volume->voxels)[i];
    case VOXEL_U16:
        return ((const uint16_t *)volume->voxels)[i];
    case VOXEL_I16:
        return ((const int16_t *)volume->voxels)[i];
    case VOXEL_U32:
        return ((const uint32_t *)volume->voxels)[i];
    case VOXEL_I32:
        return ((const int32_t *)volume->voxels)[i];
    case VOXEL_F32:
        break;
    }
    return 0;
}

static wide distance(wide a, wide b)
{
    return a < b ? b - a : a - b;
}

/* The integer q for which q * n lies nearest to sum, the even one of two; found among the neighbours of the
 * truncated quotient. */
static wide nearest(wide sum, wide n)
{
    wide best = sum / n - 1;
    for (wide q = best + 1; q <= sum / n + 1; q++) {
        wide new_distance = distance(q * n, sum), old_distance = distance(best * n, sum);
        if (new_distance < old_distance || (new_distance == old_distance && q % 2 == 0))
            best = q;
    }
    return best;
}

/* A sum that may have had no children at all. */
struct float_sum {
    bool any;
    float value;
};

static struct float_sum add(struct float_sum a, struct float_sum b)
{
    if (!a.any)
        return b;
    if (!b.any)
        return a;
    return (struct float_sum){.any = true, .value = a.value + b.value};
}

/* s(level) of downsampler.h at x, y, z of that level. */
static struct float_sum float_sum_at(const struct test_volume *volume, unsigned level, uint64_t x, uint64_t y,
                                     uint64_t z)
{
    struct extent extent = extent_at_level(volume->pyramid.extent, level);
    if (x >= extent.nx || y >= extent.ny || z >= extent.nz || (level == 0 && !volume->present[z]))
        return (struct float_sum){.any = false};
    if (level == 0)
        return (struct float_sum){
            .any = true,
            .value = ((const float *)volume->voxels)[(z * extent.ny + y) * extent.nx + x],
        };
    struct float_sum pairs[4];
    for (unsigned i = 0; i < 4; i++) {
        uint64_t child_y = 2 * y + i % 2, child_z = 2 * z + i / 2;
        pairs[i] = add(float_sum_at(volume, level - 1, 2 * x, child_y, child_z),
                       float_sum_at(volume, level - 1, 2 * x + 1, child_y, child_z));
    }
    return add(add(add(pairs[0], pairs[1]), pairs[2]), pairs[3]);
}

static void store_float(void *voxel, float sum, uint64_t n)
{
    float mean = sum * (1.0f / (float)n);
    uint32_t bits;
    memcpy(&bits, &mean, sizeof bits);
    if ((bits & 0x7fffffffu) > 0x7f800000u || n == 0)
        bits = 0x7fc00000u;
    memcpy(voxel, &bits, sizeof bits);
}

static uint64_t end_of_box(uint32_t n, unsigned level, uint64_t at)
{
    uint64_t end = (at + 1) << level;
    return end < n ? end : n;
}

static void store_box(const struct test_volume *volume, unsigned level, uint64_t x, uint64_t y, uint64_t z,
                      void *voxel)
{
    const struct pyramid *pyramid = &volume->pyramid;
    wide sum = 0;
    uint64_t n = 0;
    for (uint64_t k = z << level; k < end_of_box(pyramid->extent.nz, level, z); k++) {
        if (!volume->present[k])
            continue;
        for (uint64_t j = y << level; j < end_of_box(pyramid->extent.ny, level, y); j++)
            for (uint64_t i = x << level; i < end_of_box(pyramid->extent.nx, level, x); i++, n++)
                sum += integer_at(volume, i, j, k);
    }
    if (pyramid->type == VOXEL_F32) {
        store_float(voxel, float_sum_at(volume, level, x, y, z).value, n);
    } else {
        uint32_t bits = n ? (uint32_t)nearest(sum, (wide)n) : 0;
        memcpy(voxel, &bits, voxel_bytes(pyramid->type)); /* little-endian */
    }
}

void test_oracle(const struct test_volume *volume, struct test_levels *levels)
{
    const struct pyramid *pyramid = &volume->pyramid;
    size_t voxel = voxel_bytes(pyramid->type);
    *levels = (struct test_levels){0};
    for (unsigned level = 1; level <= pyramid->nlevels; level++) {
        struct extent extent = extent_at_level(pyramid->extent, level);
        unsigned char *to = malloc((size_t)extent.nx * extent.ny * extent.nz * voxel);
        if (!to)
            fail_msg("no memory for the oracle's level %u", level);
        levels->voxels[level] = to;
        for (uint64_t z = 0; z < extent.nz; z++)
            for (uint64_t y = 0; y < extent.ny; y++)
                for (uint64_t x = 0; x < extent.nx; x++, to += voxel)
                    store_box(volume, level, x, y, z, to);
    }
}
