/* SPDX-License-Identifier: MIT
 * Which voxels of a pyramid are looked at while it is made: pure arithmetic, the same from the same seed.
 *
 * The sample is made of columns. One is a box of about 64 voxels along x and 2^nlevels along y and z, clipped
 * to the volume: all that comes of it at levels 1 to nlevels can be computed from it alone. The slices are
 * cut into slabs of 2^nlevels; of each some columns are drawn, about one in a thousand of those that there
 * are: so many at random, and as many along each of the two edges where boxes may stick out of the volume,
 * the corner among them. So every level of every slab is looked at.
 *
 * A level whose boxes are so large that one of them is a notable part of a slice is not: its voxels are few,
 * and to compute one takes as long as to read that part. */
#ifndef STACKTHUMB_DOWNSAMPLE_SPOT_SAMPLE_H
#define STACKTHUMB_DOWNSAMPLE_SPOT_SAMPLE_H

#include "volume/pyramid.h"

#include <stdbool.h>
#include <stdint.h>

struct spot_sample {
    struct extent extent; /* of level 0 */
    unsigned nlevels;     /* 1 to this one are looked at */
    uint64_t seed;
    uint32_t width;    /* of a column, along x: a multiple of 2^nlevels */
    uint32_t nx, ny;   /* columns that there are, along x and y */
    uint32_t ncolumns; /* that are drawn for each slab */
};

/* A column of level 0, clipped to the volume. */
struct spot_column {
    uint32_t x0, y0, nx, ny;
};

void spot_sample_init(struct spot_sample *sample, const struct pyramid *pyramid, uint64_t seed);

/* Column i (below sample->ncolumns) of slab `slab`; columns may be the same. */
struct spot_column spot_sample_column(const struct spot_sample *sample, uint64_t slab, uint32_t i);

/* Whether a voxel is looked at; of `z` its level's slices are counted from that of slice 0 of slab 0. */
bool spot_sample_has(const struct spot_sample *sample, unsigned level, uint64_t z, uint32_t y, uint32_t x);

/* The part of the voxels of level 0 that the sample is computed from, 0 to 1; about. */
double spot_sample_part(const struct spot_sample *sample);

#endif
