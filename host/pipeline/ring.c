/* SPDX-License-Identifier: MIT */
#include "pipeline/ring.h"

#include <stdlib.h>

enum { CACHED_BYTES = 4 << 20 }; /* a larger buffer leaves the last-level cache before its turn comes */

static enum status slot_init(struct slot *slot, struct downsampler *downsampler, unsigned index,
                             struct stop *stop, struct error *error)
{
    uint32_t nslices = downsampler->plan.batch_slices;
    slot->present = calloc(nslices, sizeof *slot->present);
    if (!slot->present)
        return error_no_memory(error, nslices * sizeof *slot->present, "a batch");
    slot->index = index;
    slot->voxels = downsampler->ops->buffer(downsampler, index);
    slot->batch.present = slot->present;
    countdown_init(&slot->decoding, stop);
    return STATUS_OK;
}

enum status ring_init(struct ring *ring, struct downsampler *downsampler, struct stop *stop,
                      struct error *error)
{
    unsigned nslots = downsampler->plan.nbuffers;
    *ring = (struct ring){.nslots = nslots,
                          .slots = calloc(nslots, sizeof *ring->slots),
                          .take_turns = downsampler->plan.buffer_bytes > CACHED_BYTES};
    if (!ring->slots)
        return error_no_memory(error, nslots * sizeof *ring->slots, "input buffers");
    enum status status = queue_init(&ring->free, stop, nslots, error);
    if (status == STATUS_OK)
        status = queue_init(&ring->filled, stop, nslots, error);
    for (unsigned i = 0; status == STATUS_OK && i < nslots; i++) {
        status = slot_init(&ring->slots[i], downsampler, i, stop, error);
        if (status == STATUS_OK)
            status = queue_push(&ring->free, &ring->slots[i], error);
    }
    if (status != STATUS_OK)
        ring_end(ring);
    return status;
}

enum status ring_release(struct ring *ring, struct slot *slot, struct error *error)
{
    if (ring->take_turns)
        return queue_push(&ring->free, slot, error); /* it has room for all: this never waits */
    queue_put_back(&ring->free, slot);
    return STATUS_OK;
}

void ring_end(struct ring *ring)
{
    for (unsigned i = 0; i < ring->nslots; i++) {
        countdown_end(&ring->slots[i].decoding);
        free(ring->slots[i].present);
    }
    queue_end(&ring->filled);
    queue_end(&ring->free);
    free(ring->slots);
    *ring = (struct ring){0};
}
