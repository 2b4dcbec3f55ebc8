/* SPDX-License-Identifier: MIT
 * Extents of a volume and of its reduced levels: pure arithmetic. */
#ifndef STACKTHUMB_VOLUME_EXTENT_H
#define STACKTHUMB_VOLUME_EXTENT_H

#include "base/error.h"
#include "volume/voxel_type.h"

#include <stdint.h>

/* The most levels of a pyramid (level 0, the input, not counted): 2^16 already reduces 65,536 voxels to one.
 */
enum { LEVELS_MAX = 16 };

/* Number of voxels along each axis; each is at least 1. A slice is nx * ny voxels, x fastest. */
struct extent {
    uint32_t nx, ny, nz;
};

/* ceil(n / 2^level), without overflow. */
uint32_t extent_reduce(uint32_t n, unsigned level);

/* The extent of level `level`: extent_reduce on every axis. Level 0 is the volume itself. */
struct extent extent_at_level(struct extent extent, unsigned level);

/* Bytes of one slice, and of the whole volume; UINT64_MAX when that does not fit. */
uint64_t extent_slice_bytes(struct extent extent, enum voxel_type type);
uint64_t extent_volume_bytes(struct extent extent, enum voxel_type type);

/* The fewest levels (at least 1, at most LEVELS_MAX) after which nx and ny are both <= until_pixels. */
unsigned extent_levels_until(struct extent extent, uint32_t until_pixels);

/* The number of bits that a sum over a full box of `level` (clipped to the volume) of voxels of `type` can
 * need, the sign included; 32 for f32, whose sums are f32. */
unsigned extent_sum_bits(struct extent extent, enum voxel_type type, unsigned level);

/* STATUS_USAGE when `nlevels` is not 1..LEVELS_MAX or the sums of the last level could pass 64 bits. */
enum status extent_check_levels(struct extent extent, enum voxel_type type, unsigned nlevels,
                                struct error *error);

#endif
