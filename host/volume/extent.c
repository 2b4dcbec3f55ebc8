/* SPDX-License-Identifier: MIT */
#include "volume/extent.h"

#include "base/checked.h"

uint32_t extent_reduce(uint32_t n, unsigned level)
{
    if (level >= 32)
        return 1;
    return (uint32_t)(((uint64_t)n + ((uint64_t)1 << level) - 1) >> level);
}

struct extent extent_at_level(struct extent extent, unsigned level)
{
    return (struct extent){
        .nx = extent_reduce(extent.nx, level),
        .ny = extent_reduce(extent.ny, level),
        .nz = extent_reduce(extent.nz, level),
    };
}

uint64_t extent_slice_bytes(struct extent extent, enum voxel_type type)
{
    return saturated_mul3(extent.nx, extent.ny, voxel_bytes(type));
}

uint64_t extent_volume_bytes(struct extent extent, enum voxel_type type)
{
    return saturated_mul3(extent_slice_bytes(extent, type), extent.nz, 1);
}

unsigned extent_levels_until(struct extent extent, uint32_t until_pixels)
{
    unsigned nlevels = 1;
    while (nlevels < LEVELS_MAX && (extent_reduce(extent.nx, nlevels) > until_pixels ||
                                    extent_reduce(extent.ny, nlevels) > until_pixels))
        nlevels++;
    return nlevels;
}

/* Bits that the factor min(2^level, n) adds to a product. */
static unsigned factor_bits(uint32_t n, unsigned level)
{
    unsigned bits = 0;
    while (bits < level && ((uint64_t)1 << bits) < n)
        bits++;
    return bits;
}

unsigned extent_sum_bits(struct extent extent, enum voxel_type type, unsigned level)
{
    if (type == VOXEL_F32)
        return 32;
    return (unsigned)voxel_bytes(type) * 8 + factor_bits(extent.nx, level) + factor_bits(extent.ny, level) +
           factor_bits(extent.nz, level);
}

enum status extent_check_levels(struct extent extent, enum voxel_type type, unsigned nlevels,
                                struct error *error)
{
    if (nlevels < 1 || nlevels > LEVELS_MAX)
        return error_set(error, STATUS_USAGE, "%u levels: the number of levels is 1 to %d", nlevels,
                         LEVELS_MAX);
    if (extent_sum_bits(extent, type, nlevels) > 64)
        return error_set(
            error, STATUS_USAGE,
            "%u levels: the sums of level %u of this %s volume do not fit 64 bits; ask for fewer levels",
            nlevels, nlevels, voxel_name(type));
    return STATUS_OK;
}
