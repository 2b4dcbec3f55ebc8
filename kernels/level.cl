/* SPDX-License-Identifier: MIT
 * One level from the sums of the level below it. Built with voxel.cl and
 *   -D SPAN=<n>   boxes along x per work-item
 *
 * Work-items: get_global_id(0) counts spans along x, (1) rows, (2) slices of the new level; the grid may be larger.
 * Memory: the new slice z is made of two slices of the level below, each [ny][nx]: `lower` at lower_at + z * stride, and
 * `upper` at upper_at + z * stride, which only slices z < nupper have (the volume ends in the middle of a box, or the batch
 * does). They may lie in one buffer, or the lower one in the sums carried from an earlier batch. The new sums go to
 * [nz][ceil(ny/2)][ceil(nx/2)] from sums_at on unless `sums` is NULL, the means likewise, by `at`.
 * Sums are added in the order of host/downsample/downsampler.h. */

static SUM pair(global const SUM *row, uint x, bool both)
{
    return both ? row[x] + row[x + 1] : row[x];
}

kernel void level(global const SUM *lower, ulong lower_at, global const SUM *upper, ulong upper_at, ulong stride,
                  uint nupper, uint nx, uint ny, uint nz, uint k, uint volume_nx, uint band_ny,
                  global VOXEL *restrict means, ulong at, global const struct divisor *restrict divisors,
                  uint first_divisor, global SUM *restrict sums, ulong sums_at)
{
    const uint half_nx = (nx + 1) / 2, half_ny = (ny + 1) / 2;
    const uint first = (uint)get_global_id(0) * SPAN, y = (uint)get_global_id(1), z = (uint)get_global_id(2);
    if (first >= half_nx || y >= half_ny || z >= nz)
        return;
    const uint end = min(first + SPAN, half_nx);
    const bool deep = z < nupper, tall = 2 * y + 1 < ny;
    global const SUM *front = lower + lower_at + z * stride + (size_t)2 * y * nx;
    global const SUM *back = upper + upper_at + z * stride + (size_t)2 * y * nx;
    global const struct divisor *divisor = divisors + first_divisor + 4 * z + (band_ny - (y << k) < (1u << k) ? 2 : 0);
    const size_t row = ((size_t)z * half_ny + y) * half_nx;
    for (uint x = first; x < end; x++) {
        const bool wide = 2 * x + 1 < nx;
        SUM sum = pair(front, 2 * x, wide);
        if (tall)
            sum += pair(front + nx, 2 * x, wide);
        if (deep)
            sum += pair(back, 2 * x, wide);
        if (deep && tall)
            sum += pair(back + nx, 2 * x, wide);
        if (sums)
            sums[sums_at + row + x] = sum;
        store_means(means + at + row + x, &sum, 1, divisor[volume_nx - (x << k) < (1u << k) ? 1 : 0]);
    }
}
