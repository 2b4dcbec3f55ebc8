/* SPDX-License-Identifier: MIT
 * Levels 1 .. FUSED (1, 2 or 3) of a batch in one pass over its voxels. Built with voxel.cl and
 *   -D FUSED=<n>        levels computed here
 *   -D CHUNK=<n>        voxels along x per work-item, a multiple of 2^FUSED: about 2,048 on a CPU, where the loops over x
 *                       become vector code, and 2^FUSED on a GPU, where they become registers
 *   -D STORED=<type>    type in which the sums of level FUSED are kept for level.cl (SUM or wider)
 *
 * Work-items: get_global_id(0) counts chunks along x, (1) blocks of 2^FUSED rows, (2) groups of 2^FUSED slices; the grid
 * may be larger than the batch.
 * Memory: voxels [nz][ny][nx]; level k in `means` at at<k>, [ceil(nz/2^k)][ceil(ny/2^k)][ceil(nx/2^k)]; the sums likewise.
 * Before: the batch begins at multiples of 2^FUSED in y and z, and ends there or at the end of the volume.
 * Sums are added in the order of host/downsample/downsampler.h. */

/* The batch, and which chunk of it this work-item has. */
struct chunk {
    global const VOXEL *voxels;
    global VOXEL *means;
    global const struct divisor *divisors;
    uint nx, ny, nz;
    uint x; /* where the chunk begins */
    int n;  /* voxels in it along x */
};

#if !defined(FLOATING) && VOXEL_BITS < 32
/* Two neighbouring voxels as one word. As a struct, it may lie at any voxel, and compilers make vector loads of it (of
 * vload2 they do not). */
#if VOXEL_BITS == 16
typedef uint word;
#else
typedef ushort word;
#endif
struct __attribute__((packed, aligned(VOXEL_BITS / 8))) two {
    word voxels;
};
#endif

/* Voxels 2i and 2i+1 of a row, added. Narrow integers are taken out of one word of twice their width, which vectorises
 * without shuffles; which of the two comes first in it does not matter to the sum. */
static SUM pair(global const VOXEL *row, int i)
{
#if defined(FLOATING) || VOXEL_BITS == 32
    return (SUM)row[2 * i] + (SUM)row[2 * i + 1];
#else
    const word both = ((global const struct two *)row)[i].voxels;
#if VOXEL_BITS == 16 && defined(SIGNED)
    return (SUM)((int)(both << 16) >> 16) + (SUM)((int)both >> 16);
#elif VOXEL_BITS == 16
    return (SUM)(both & 0xffffu) + (SUM)(both >> 16);
#elif defined(SIGNED)
    return (SUM)(short)((short)((short)(both << 8) >> 8) + (short)((short)both >> 8));
#else
    return (SUM)(ushort)((both & 0xff) + (both >> 8));
#endif
#endif
}

/* Writes the means of level `level`, whose row begins with box (x, y, z) >> level, from its sums. */
static void write_means(const struct chunk *c, int level, ulong at, uint first_divisor, uint y, uint z, const SUM *sums)
{
    const uint round = (1u << level) - 1;
    const size_t nx = ((c->nx - 1) >> level) + 1, ny = ((c->ny - 1) >> level) + 1;
    const size_t row = ((z >> level) * ny + (y >> level)) * nx + (c->x >> level);
    const int nwhole = c->n >> level;
    global const struct divisor *divisor = c->divisors + first_divisor + 4 * (z >> level) + (c->ny - y <= round ? 2 : 0);
    store_means(c->means + at + row, sums, nwhole, divisor[0]);
    if (c->n & round)
        store_means(c->means + at + row + nwhole, sums + nwhole, 1, divisor[1]);
}

/* Adds pairs along x of a row of `n` voxels to the level-1 sums; the first row of a box begins them. */
static void add_voxels(SUM *sums, global const VOXEL *row, int n, bool first)
{
    const int npairs = n >> 1;
    if (first) {
        for (int i = 0; i < npairs; i++)
            sums[i] = pair(row, i);
    } else {
        for (int i = 0; i < npairs; i++)
            sums[i] += pair(row, i);
    }
    if (n & 1)
        sums[npairs] = first ? (SUM)row[n - 1] : sums[npairs] + row[n - 1];
}

/* Level-1 sums of rows y and y+1 of slices z and z+1, where they exist. Row by row, because a CPU reads one long run of
 * memory faster than four at a time. */
static void sum_voxels(const struct chunk *c, uint y, uint z, SUM *sums)
{
    const size_t down = c->nx, behind = (size_t)c->nx * c->ny;
    global const VOXEL *row = c->voxels + z * behind + y * down + c->x;
    const bool tall = y + 1 < c->ny;
    add_voxels(sums, row, c->n, true);
    if (tall)
        add_voxels(sums, row + down, c->n, false);
    if (z + 1 < c->nz) {
        add_voxels(sums, row + behind, c->n, false);
        if (tall)
            add_voxels(sums, row + behind + down, c->n, false);
    }
}

#if FUSED > 1
/* Adds a row of `nlower` sums of one level to the row of the next; the first row of a box begins it. */
static void fold(SUM *sums, const SUM *lower, int nlower, bool first)
{
    const int npairs = nlower >> 1;
    if (first) {
        for (int i = 0; i < npairs; i++)
            sums[i] = lower[2 * i] + lower[2 * i + 1];
        if (nlower & 1)
            sums[npairs] = lower[nlower - 1];
    } else {
        for (int i = 0; i < npairs; i++)
            sums[i] += lower[2 * i] + lower[2 * i + 1];
        if (nlower & 1)
            sums[npairs] += lower[nlower - 1];
    }
}

/* Level-2 sums of the box row at (y, z), its level 1 written on the way. */
static void sum_level1(const struct chunk *c, ulong at1, uint div1, uint y, uint z, SUM *sums)
{
    SUM lower[CHUNK / 2];
    for (uint dz = 0; dz < 4 && z + dz < c->nz; dz += 2)
        for (uint dy = 0; dy < 4 && y + dy < c->ny; dy += 2) {
            sum_voxels(c, y + dy, z + dz, lower);
            write_means(c, 1, at1, div1, y + dy, z + dz, lower);
            fold(sums, lower, (c->n + 1) >> 1, dz + dy == 0);
        }
}
#endif

#if FUSED > 2
/* Level-3 sums of the box row at (y, z), its levels 1 and 2 written on the way. */
static void sum_level2(const struct chunk *c, ulong at1, uint div1, ulong at2, uint div2, uint y, uint z, SUM *sums)
{
    SUM lower[CHUNK / 4];
    for (uint dz = 0; dz < 8 && z + dz < c->nz; dz += 4)
        for (uint dy = 0; dy < 8 && y + dy < c->ny; dy += 4) {
            sum_level1(c, at1, div1, y + dy, z + dz, lower);
            write_means(c, 2, at2, div2, y + dy, z + dz, lower);
            fold(sums, lower, (c->n + 3) >> 2, dz + dy == 0);
        }
}
#endif

/* div<k>: where the divisors of level k begin. `sums` gets the sums of level FUSED from element sums_at on, unless it is
 * NULL. */
kernel void pyramid(global const VOXEL *restrict voxels, uint nx, uint ny, uint nz, global VOXEL *restrict means,
                    ulong at1, ulong at2, ulong at3, global const struct divisor *restrict divisors, uint div1, uint div2,
                    uint div3, global STORED *restrict sums, ulong sums_at)
{
    const uint x = (uint)get_global_id(0) * CHUNK;
    const uint y = (uint)get_global_id(1) << FUSED;
    const uint z = (uint)get_global_id(2) << FUSED;
    if (x >= nx || y >= ny || z >= nz)
        return;
    const struct chunk c = {voxels, means, divisors, nx, ny, nz, x, (int)min(nx - x, (uint)CHUNK)};
    SUM top[CHUNK >> FUSED];
#if FUSED == 1
    sum_voxels(&c, y, z, top);
    write_means(&c, 1, at1, div1, y, z, top);
#elif FUSED == 2
    sum_level1(&c, at1, div1, y, z, top);
    write_means(&c, 2, at2, div2, y, z, top);
#else
    sum_level2(&c, at1, div1, at2, div2, y, z, top);
    write_means(&c, 3, at3, div3, y, z, top);
#endif
    if (!sums)
        return;
    const size_t row_nx = ((nx - 1) >> FUSED) + 1, row_ny = ((ny - 1) >> FUSED) + 1;
    const size_t row = ((z >> FUSED) * row_ny + (y >> FUSED)) * row_nx + (x >> FUSED);
    for (int i = 0; i <= (c.n - 1) >> FUSED; i++)
        sums[sums_at + row + i] = (STORED)top[i];
}
