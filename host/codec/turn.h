/* SPDX-License-Identifier: MIT
 * Rows of voxels become columns. */
#ifndef STACKTHUMB_CODEC_TURN_H
#define STACKTHUMB_CODEC_TURN_H

#include <stddef.h>
#include <stdint.h>

/* Voxel i of row k goes to `to` + i * to_stride + k, counted in voxels of 1, 2 or 4 bytes. Row k begins k *
 * from_stride bytes behind `from`. Both strides may be negative; `to` and the rows are aligned to voxels. */
void turn_rows(const void *from, ptrdiff_t from_stride, uint32_t n, uint32_t nrows, size_t voxel_bytes,
               void *to, ptrdiff_t to_stride);

#endif
