/* SPDX-License-Identifier: MIT */
#include "codec/tiff_orientation.h"

#include "base/checked.h"
#include "codec/sample_loops.h"
#include "codec/turn.h"

#include <tiff.h>

bool tiff_orientation_transposes(uint16_t orientation)
{
    return orientation >= ORIENTATION_LEFTTOP;
}

bool tiff_orientation_keeps_rows(uint16_t orientation)
{
    return orientation == ORIENTATION_TOPLEFT || orientation == ORIENTATION_BOTLEFT;
}

enum { LINE_BYTES = 64 }; /* of the caches */

/* Columns of the slice are written a few voxels at a time: some lines of the caches, so that the pages on
 * which they lie are not looked up too often; fewer where these rows would not stay in the caches. */
uint32_t tiff_orientation_rows(uint16_t orientation, uint32_t nx, size_t voxel_bytes)
{
    enum { RUN_BYTES = 4 * LINE_BYTES, ROWS_BYTES = 1 << 20 };
    if (!tiff_orientation_transposes(orientation))
        return 1;
    uint64_t run_bytes = RUN_BYTES, stride_bytes = tiff_orientation_stride_bytes(nx, voxel_bytes);
    while (run_bytes > LINE_BYTES && run_bytes / voxel_bytes * stride_bytes > ROWS_BYTES)
        run_bytes /= 2;
    return (uint32_t)(run_bytes / voxel_bytes);
}

/* A line more than a row has, so that the voxels of a column do not all want the same place in the caches. */
uint64_t tiff_orientation_stride_bytes(uint32_t nx, size_t voxel_bytes)
{
    return (nx * (uint64_t)voxel_bytes / LINE_BYTES + 2) * LINE_BYTES;
}

uint64_t tiff_orientation_scratch_bytes(uint16_t orientation, uint32_t nx, size_t voxel_bytes)
{
    if (tiff_orientation_keeps_rows(orientation))
        return 0;
    return saturated_mul3(tiff_orientation_stride_bytes(nx, voxel_bytes),
                          tiff_orientation_rows(orientation, nx, voxel_bytes), 1);
}

/* The file's rows are counted from the slice's other end: from the bottom, or from the right. */
static bool rows_run_back(uint16_t orientation)
{
    return orientation == ORIENTATION_BOTRIGHT || orientation == ORIENTATION_BOTLEFT ||
           orientation == ORIENTATION_RIGHTTOP || orientation == ORIENTATION_RIGHTBOT;
}

/* Likewise its columns: from the right, or from the bottom. */
static bool columns_run_back(uint16_t orientation)
{
    return orientation == ORIENTATION_TOPRIGHT || orientation == ORIENTATION_BOTRIGHT ||
           orientation == ORIENTATION_RIGHTBOT || orientation == ORIENTATION_LEFTBOT;
}

void *tiff_placement_row(const struct tiff_placement *placement, uint32_t x, uint32_t y)
{
    if (rows_run_back(placement->orientation))
        y = placement->file_ny - 1 - y;
    return placement->voxels + ((size_t)y * placement->file_nx + x) * placement->voxel_bytes;
}

static void put_turned(const struct tiff_placement *placement, const unsigned char *rows,
                       ptrdiff_t stride_bytes, uint32_t x, uint32_t y, uint32_t n, uint32_t nrows)
{
    ptrdiff_t down = placement->file_ny;
    size_t column = y, row = x;
    if (rows_run_back(placement->orientation)) { /* the last one comes first */
        column = placement->file_ny - y - nrows;
        rows += (nrows - 1) * stride_bytes;
        stride_bytes = -stride_bytes;
    }
    if (columns_run_back(placement->orientation)) {
        row = placement->file_nx - 1 - x;
        down = -down;
    }
    void *to = placement->voxels + (row * placement->file_ny + column) * placement->voxel_bytes;
    turn_rows(rows, stride_bytes, n, nrows, placement->voxel_bytes, to, down);
}

void tiff_placement_put(const struct tiff_placement *placement, const void *rows, size_t stride_bytes,
                        uint32_t x, uint32_t y, uint32_t n, uint32_t nrows)
{
    if (tiff_orientation_transposes(placement->orientation)) {
        put_turned(placement, rows, (ptrdiff_t)stride_bytes, x, y, n, nrows);
        return;
    }
    const struct sample_loops *loops = sample_loops_best();
    bool back = columns_run_back(placement->orientation);
    for (uint32_t k = 0; k < nrows; k++) {
        const unsigned char *row = (const unsigned char *)rows + k * stride_bytes;
        void *to = tiff_placement_row(placement, back ? placement->file_nx - x - n : x, y + k);
        if (back)
            loops->mirror(row, n, placement->voxel_bytes, to);
        else
            loops->flip(row, n, placement->voxel_bytes, 0, to);
    }
}
