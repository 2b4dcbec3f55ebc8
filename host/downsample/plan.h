/* SPDX-License-Identifier: MIT
 * How a volume is cut into batches: pure arithmetic, so that `info` can tell what a run will hold, and tests
 * can force every path. */
#ifndef STACKTHUMB_DOWNSAMPLE_PLAN_H
#define STACKTHUMB_DOWNSAMPLE_PLAN_H

#include "base/error.h"
#include "volume/pyramid.h"

#include <stdbool.h>
#include <stdint.h>

struct downsample_plan {
    uint32_t batch_slices; /* even (nz if that is 1); 2^j <= 2^nlevels, or a multiple of 2^nlevels */
    uint32_t band_rows;    /* a multiple of 2^nlevels, or ny */
    unsigned nbuffers;     /* input buffers: batches that may be in flight */
    uint64_t buffer_bytes; /* batch_slices * band_rows * nx voxels */
    uint64_t host_bytes;   /* host memory that the backend holds, input buffers included */
    uint64_t device_bytes; /* device memory that it holds; 0 for the CPU path */
    uint64_t driver_bytes; /* host memory that the device's driver is taken to hold for itself; not counted in
                              host_bytes; 0 for the CPU path */
};

/* Rows y0 .. y0+nrows-1 of slices z0 .. z0+nslices-1. */
struct batch {
    uint32_t z0, nslices;
    uint32_t y0, nrows;
    const bool *present; /* nslices of them: false where the slice is missing; its voxels in the buffer must
                            then be voxels_fill_absent */
};

/* Steps `batch` (start with a zeroed one) to the next batch of the volume; false after the last. Sets z0,
 * nslices, y0 and nrows, leaves `present` alone. */
bool batch_next(struct batch *batch, struct extent extent, const struct downsample_plan *plan);

/* Number of slices of `level` that are finished by slices z0 .. z0+nslices-1 of a stack of nz, and the first
 * of them. A slice is finished by the batch that holds the last slice of its box. */
uint32_t batch_finished(uint32_t z0, uint32_t nslices, uint32_t nz, unsigned level, uint32_t *first);

/* For planners. The deepest valid batch_slices of at most `wanted` slices, but at least 2 (1 when nz is 1)
 * and no deeper than it takes to hold the whole stack. */
uint32_t plan_depth(uint32_t wanted, uint32_t nz, unsigned nlevels);

/* A valid band_rows: `wanted` rounded down to a multiple of 2^nlevels, at least one of these, at most ny. */
uint32_t plan_rows(uint64_t wanted, uint32_t ny, unsigned nlevels);

/* Sets batch_slices, band_rows and buffer_bytes of `plan`; false when the bytes do not fit this machine's
 * addresses. */
bool plan_set_batch(struct downsample_plan *plan, const struct pyramid *pyramid, uint32_t batch_slices,
                    uint32_t band_rows);

/* `wanted`, or the number of batches that the volume has, where those are fewer. batch_slices and band_rows
 * are set. */
unsigned plan_buffers(const struct downsample_plan *plan, const struct pyramid *pyramid, unsigned wanted);

/* Buffers for a run in which `ndecoders` threads decode whole slices into them: `wanted`, or as many as hold
 * a slice for each thread besides two buffers that are computed and written. */
unsigned plan_buffers_to_decode(unsigned wanted, unsigned ndecoders);

/* The most rows of `level`, and the most slices of it, that one batch finishes. */
uint32_t plan_level_rows(const struct downsample_plan *plan, unsigned level);
uint32_t plan_level_slices(const struct downsample_plan *plan, unsigned level);

/* The most slices of all levels that one batch finishes. */
uint32_t plan_slices(const struct downsample_plan *plan, const struct pyramid *pyramid);

/* Bytes of the voxels of `level` that one batch finishes at most; UINT64_MAX when that does not fit. */
uint64_t plan_level_bytes(const struct downsample_plan *plan, const struct pyramid *pyramid, unsigned level);

#endif
