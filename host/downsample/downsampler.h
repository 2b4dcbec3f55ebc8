/* SPDX-License-Identifier: MIT
 * The seam that every backend implements: level 0 goes in by batches of rows, every reduced level comes out.
 *
 * A batch is rows y0 .. y0+nrows-1 of slices z0 .. z0+nslices-1. Batches come in one order (batch_next):
 * slabs of plan.batch_slices slices in z order, and within a slab bands of plan.band_rows rows in y order. So
 * a band begins at a multiple of 2^nlevels rows and a slab at an even slice, and only the last ones are
 * smaller.
 *
 * The backend owns plan.nbuffers input buffers (pinned or zero-copy memory where that helps). The life of
 * one:
 *
 *      fill buffer(i)  ->  submit(i, batch)  ->  collect() delivers that batch  ->  fill buffer(i) again
 *
 * submit may return before the work is done; collect waits for the oldest submitted batch and hands its
 * finished rows to the sink. The rows lie where they were computed or downloaded to, and stay there until the
 * next submit of the same buffer: they may be written from there, uncopied, while other batches are in work.
 * buffer(i) may be filled, and rows read, on other threads; submit, collect and destroy belong to one
 * thread.
 *
 * Value of a voxel of level k (the same bits from every backend, batch split and thread count): the sum over
 * its box, clipped to the volume, of the voxels of the slices that are present, divided by their count.
 * Integers: the sum is exact, one rounding to nearest, ties to even. f32: with s(0) the voxels, the sum of
 * level k is s(k) = (((a + b) + (c + d)) + (e + f)) + (g + h) over its children of level k-1, (a, b) being
 * the pair along x of row y, slice z; (c, d) of y+1, z; (e, f) of y, z+1; (g, h) of y+1, z+1; children
 * outside the volume or in missing slices are left out (as if -0.0 stood there). The mean is s(k) * r with r
 * = 1.0f / (float)count; every NaN is written as 0x7fc00000. A box without voxels is 0, or NaN for f32.
 */
#ifndef STACKTHUMB_DOWNSAMPLE_DOWNSAMPLER_H
#define STACKTHUMB_DOWNSAMPLE_DOWNSAMPLER_H

#include "base/error.h"
#include "downsample/plan.h"
#include "volume/level_rows.h"
#include "volume/pyramid.h"

#include <stdbool.h>
#include <stdint.h>

/* Takes rows that are finished; they stay where they are until the batch's buffer is submitted again. Within
 * a level, z does not fall during one collect; and over all collects the rows of one z come with y rising
 * without gaps. (A slab of more than two slices that is cut into bands finishes several z of a level band by
 * band, so that z falls from one collect to the next; with batches of two slices, or whole slices, it never
 * does.) */
typedef enum status (*level_sink)(void *context, const struct level_rows *rows, struct error *error);

struct downsampler;

struct downsampler_ops {
    const char *name; /* "cpu", "reference", "opencl" */

    /* Where the voxels of a batch go: nslices * nrows * nx voxels, x fastest, then y, then z, without
     * padding. plan.buffer_bytes large. index < plan.nbuffers. Asked on the thread that submits, and again
     * once the buffer's batch has been collected: mapped memory may have moved. */
    void *(*buffer)(struct downsampler *downsampler, unsigned index);

    /* Takes the batch in buffer(index); `batch` and its `present` are read during the call only. At most
     * plan.nbuffers batches wait for collect at a time. Ends the life of the rows that the buffer's previous
     * batch delivered. STATUS_DEVICE or STATUS_FAILED on failure; then only
     * destroy may follow. */
    enum status (*submit)(struct downsampler *downsampler, unsigned index, const struct batch *batch,
                          struct error *error);

    /* Delivers every row that the oldest submitted batch has finished. The sink's failure is returned as it
     * is. */
    enum status (*collect)(struct downsampler *downsampler, level_sink sink, void *context,
                           struct error *error);

    /* Waits for what is under way and frees everything. */
    void (*destroy)(struct downsampler *downsampler);
};

/* Seconds in which a backend worked, waiting excluded. A CPU path computes in collect, where the voxels lie:
 * its upload and download are 0. A device's may overlap. */
struct downsample_times {
    double upload;   /* voxels on their way to the device */
    double kernel;   /* arithmetic */
    double download; /* means on their way back */
};

/* What every backend begins with. */
struct downsampler {
    const struct downsampler_ops *ops; /* written when it is created, as `plan` is; read by anyone */
    struct downsample_plan plan;
    struct downsample_times times; /* added to by collect; read on its thread */
    bool memory_refused; /* set by a submit or collect that failed, as the device has no memory left: a
                            smaller plan may do; read when no more follows */
};

#endif
