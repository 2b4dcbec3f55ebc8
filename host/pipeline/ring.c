/* SPDX-License-Identifier: MIT */
#include "pipeline/ring.h"

#include <stdlib.h>

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
    *ring = (struct ring){.nslots = nslots, .slots = calloc(nslots, sizeof *ring->slots)};
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
