/* SPDX-License-Identifier: MIT
 * The downsampler's input buffers on their way round:
 *
 *   free -> reader fills it (decoders may still be at work) -> filled -> driver submits and collects -> free
 *
 * Filled slots keep the order in which the reader pushed them. */
#ifndef STACKTHUMB_PIPELINE_RING_H
#define STACKTHUMB_PIPELINE_RING_H

#include "downsample/downsampler.h"
#include "pipeline/countdown.h"
#include "pipeline/queue.h"

/* One input buffer. Belongs to the reader from ring->free to ring->filled, then to the driver. */
struct slot {
    unsigned index; /* as the downsampler counts its buffers */
    unsigned char *voxels;
    struct batch batch;        /* batch.present points to `present` */
    bool *present;             /* plan.batch_slices of them */
    struct countdown decoding; /* slices of it that decoders have not delivered yet */
};

struct ring {
    unsigned nslots;
    struct slot *slots;
    struct queue free;
    struct queue filled; /* closed behind the last batch */
};

/* All slots free. On failure nothing is to be ended. */
enum status ring_init(struct ring *ring, struct downsampler *downsampler, struct stop *stop,
                      struct error *error);
void ring_end(struct ring *ring);

#endif
