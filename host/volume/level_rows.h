/* SPDX-License-Identifier: MIT
 * Rows of a level on their way from where they are computed to where they are written. */
#ifndef STACKTHUMB_VOLUME_LEVEL_ROWS_H
#define STACKTHUMB_VOLUME_LEVEL_ROWS_H

#include "volume/pyramid.h"

#include <stdint.h>

/* A run of rows of one slice of one level: nrows * (nx of that level) voxels at `voxels`, without padding.
 * Who hands them over says for how long they are there. */
struct level_rows {
    unsigned level; /* 1 .. nlevels */
    uint32_t z, y0, nrows;
    const void *voxels;
};

/* Bytes of their voxels. */
static inline uint64_t level_rows_bytes(const struct level_rows *rows, const struct pyramid *pyramid)
{
    return (uint64_t)rows->nrows * extent_reduce(pyramid->extent.nx, rows->level) *
           voxel_bytes(pyramid->type);
}

#endif
