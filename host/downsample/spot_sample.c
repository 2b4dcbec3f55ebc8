/* SPDX-License-Identifier: MIT */
#include "downsample/spot_sample.h"

enum {
    WIDTH_LEAST = 64,   /* about a line of the cache or two: less would cost as much */
    ONE_IN = 1024,      /* columns */
    COLUMNS_LEAST = 4,  /* one of each kind */
    COLUMNS_MOST = 256, /* of a slab: so many are computed at a time */
    PART_MOST = 1024,   /* a column is no more than this part of a slice ... */
    BOX_LEAST = 4096,   /* ... or than so many voxels of it */
};

/* SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014), its output function.
 */
static uint64_t mix(uint64_t a)
{
    a += UINT64_C(0x9e3779b97f4a7c15);
    a = (a ^ a >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    a = (a ^ a >> 27) * UINT64_C(0x94d049bb133111eb);
    return a ^ a >> 31;
}

/* The highest level that is looked at. */
static unsigned levels_of(const struct pyramid *pyramid)
{
    const uint64_t slice = (uint64_t)pyramid->extent.nx * pyramid->extent.ny;
    const uint64_t most = slice / PART_MOST > BOX_LEAST ? slice / PART_MOST : BOX_LEAST;
    unsigned level = 1;
    while (level < pyramid->nlevels && UINT64_C(1) << 2 * (level + 1) <= most)
        level++;
    return level;
}

void spot_sample_init(struct spot_sample *sample, const struct pyramid *pyramid, uint64_t seed)
{
    const unsigned nlevels = levels_of(pyramid);
    const uint32_t box = UINT32_C(1) << nlevels;
    *sample = (struct spot_sample){.extent = pyramid->extent,
                                   .nlevels = nlevels,
                                   .seed = seed,
                                   .width = box < WIDTH_LEAST ? WIDTH_LEAST : box};
    sample->nx = (pyramid->extent.nx - 1) / sample->width + 1;
    sample->ny = extent_reduce(pyramid->extent.ny, nlevels);
    const uint64_t nwanted = (uint64_t)sample->nx * sample->ny / ONE_IN;
    sample->ncolumns = nwanted < COLUMNS_LEAST  ? COLUMNS_LEAST
                       : nwanted > COLUMNS_MOST ? COLUMNS_MOST
                                                : (uint32_t)nwanted;
}

struct spot_column spot_sample_column(const struct spot_sample *sample, uint64_t slab, uint32_t i)
{
    const uint64_t drawn = mix(mix(mix(sample->seed) ^ slab) ^ i);
    uint32_t x = (uint32_t)(drawn >> 32) % sample->nx, y = (uint32_t)drawn % sample->ny;
    const uint32_t box = UINT32_C(1) << sample->nlevels;
    if (i % 8 == 1 || i == 3) /* along the right edge; the corner */
        x = sample->nx - 1;
    if (i % 8 == 2 || i == 3) /* along the lower edge */
        y = sample->ny - 1;
    struct spot_column column = {.x0 = x * sample->width, .y0 = y * box};
    const uint32_t right = sample->extent.nx - column.x0, below = sample->extent.ny - column.y0;
    column.nx = right < sample->width ? right : sample->width;
    column.ny = below < box ? below : box;
    return column;
}

bool spot_sample_has(const struct spot_sample *sample, unsigned level, uint64_t z, uint32_t y, uint32_t x)
{
    if (level > sample->nlevels)
        return false;
    const uint64_t slab = z >> (sample->nlevels - level), x0 = (uint64_t)x << level,
                   y0 = (uint64_t)y << level;
    for (uint32_t i = 0; i < sample->ncolumns; i++) {
        const struct spot_column column = spot_sample_column(sample, slab, i);
        if (x0 >= column.x0 && x0 - column.x0 < column.nx && y0 >= column.y0 && y0 - column.y0 < column.ny)
            return true;
    }
    return false;
}

double spot_sample_part(const struct spot_sample *sample)
{
    const double all = (double)sample->nx * sample->ny;
    return sample->ncolumns < all ? sample->ncolumns / all : 1;
}
