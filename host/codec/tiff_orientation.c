/* SPDX-License-Identifier: MIT */
#include "codec/tiff_orientation.h"

#include "base/checked.h"

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

/* Columns of the slice are written a few voxels at a time: as many as a line of the caches has. */
unsigned tiff_orientation_rows(uint16_t orientation, size_t voxel_bytes)
{
    return tiff_orientation_transposes(orientation) ? LINE_BYTES / (unsigned)voxel_bytes : 1;
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
                          tiff_orientation_rows(orientation, voxel_bytes), 1);
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

/* Voxel i of row k goes to `to` + i * step + k * row_step. Along the shorter of these steps first. */
#define PUT(T)                                                                                               \
    static void put_##T(const unsigned char *rows, size_t stride_bytes, uint32_t n, uint32_t nrows, T *to,   \
                        ptrdiff_t step, ptrdiff_t row_step)                                                  \
    {                                                                                                        \
        if (nrows == 1)                                                                                      \
            for (uint32_t i = 0; i < n; i++)                                                                 \
                to[i * step] = ((const T *)(const void *)rows)[i];                                           \
        else                                                                                                 \
            for (uint32_t i = 0; i < n; i++)                                                                 \
                for (uint32_t k = 0; k < nrows; k++)                                                         \
                    to[i * step + k * row_step] = ((const T *)(const void *)(rows + k * stride_bytes))[i];   \
    }
PUT(uint8_t)
PUT(uint16_t)
PUT(uint32_t)

void tiff_placement_put(const struct tiff_placement *placement, const void *rows, size_t stride_bytes,
                        uint32_t x, uint32_t y, uint32_t n, uint32_t nrows)
{
    uint16_t orientation = placement->orientation;
    bool transposes = tiff_orientation_transposes(orientation), rows_back = rows_run_back(orientation),
         columns_back = columns_run_back(orientation);
    uint32_t row = rows_back ? placement->file_ny - 1 - y : y,
             column = columns_back ? placement->file_nx - 1 - x : x;
    ptrdiff_t across = 1, down = transposes ? placement->file_ny : placement->file_nx;
    ptrdiff_t step = transposes ? down : across, row_step = transposes ? across : down;
    size_t at = transposes ? (size_t)column * (size_t)down + row : (size_t)row * (size_t)down + column;
    void *to = placement->voxels + at * placement->voxel_bytes;
    step = columns_back ? -step : step;
    row_step = rows_back ? -row_step : row_step;
    if (placement->voxel_bytes == 1)
        put_uint8_t(rows, stride_bytes, n, nrows, to, step, row_step);
    else if (placement->voxel_bytes == 2)
        put_uint16_t(rows, stride_bytes, n, nrows, to, step, row_step);
    else
        put_uint32_t(rows, stride_bytes, n, nrows, to, step, row_step);
}
