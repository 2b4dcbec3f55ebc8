/* SPDX-License-Identifier: MIT
 * What is filled is submitted at once, so that a device that works on its own always has its next batch. When
 * nothing more can be submitted, the oldest batch is collected; only with none in flight does the driver wait
 * for the reader, or for the writer to be done with the rows that the slot's last batch left. Slots come and
 * go in one order, so "the oldest" is found by counting. */
#include "pipeline/driver.h"

#include <stdlib.h>

struct driver {
    struct downsampler *downsampler;
    struct ring *ring;
    struct results *results;
    struct slot *next;       /* popped from ring->filled, perhaps not decoded yet; NULL: none */
    struct slot **in_flight; /* a circle of ring->nslots: submitted, not collected */
    unsigned first, count;
    uint64_t nrows; /* of level 0, collected */
};

/* Sets driver->next to the slot that is submitted next, and *ready when that may be done: its voxels are
 * there, and its earlier rows are written. With none in flight waits for that; not ready then: there is no
 * further batch. */
static enum status find_next(struct driver *driver, bool *ready, struct error *error)
{
    enum status status = STATUS_OK;
    bool wait = driver->count == 0;
    void *item = driver->next;
    *ready = false;
    if (!item && wait)
        status = queue_pop(&driver->ring->filled, &item, error);
    else if (!item)
        item = queue_try_pop(&driver->ring->filled);
    driver->next = item;
    if (status != STATUS_OK || !item)
        return status;
    struct countdown *decoding = &driver->next->decoding;
    struct countdown *writing = &driver->results->items[driver->next->index].writing;
    if (wait)
        status = countdown_wait(decoding, error);
    if (wait && status == STATUS_OK)
        status = countdown_wait(writing, error);
    *ready = status == STATUS_OK && countdown_is_zero(decoding) && countdown_is_zero(writing);
    return status;
}

static enum status submit(struct driver *driver, struct error *error)
{
    struct slot *slot = driver->next;
    driver->next = NULL;
    driver->in_flight[(driver->first + driver->count) % driver->ring->nslots] = slot;
    driver->count++;
    return driver->downsampler->ops->submit(driver->downsampler, slot->index, &slot->batch, error);
}

static enum status collect(struct driver *driver, struct error *error)
{
    struct slot *slot = driver->in_flight[driver->first];
    results_begin(driver->results, slot->index);
    enum status status =
        driver->downsampler->ops->collect(driver->downsampler, results_add, driver->results, error);
    if (status != STATUS_OK)
        return status;
    driver->nrows += (uint64_t)slot->batch.nslices * slot->batch.nrows;
    slot->voxels = driver->downsampler->ops->buffer(driver->downsampler, slot->index); /* it may have moved */
    queue_put_back(&driver->ring->free, slot);
    driver->first = (driver->first + 1) % driver->ring->nslots;
    driver->count--;
    return results_push(driver->results, error);
}

static enum status drive(struct driver *driver, struct error *error)
{
    for (;;) {
        bool ready;
        enum status status = find_next(driver, &ready, error);
        if (status != STATUS_OK)
            return status;
        if (ready)
            status = submit(driver, error);
        else if (driver->count > 0)
            status = collect(driver, error);
        else
            break;
        if (status != STATUS_OK)
            return status;
    }
    enum status status = row_order_check_complete(&driver->results->order, error);
    if (status == STATUS_OK)
        queue_close(&driver->results->finished);
    return status;
}

enum status driver_run(struct downsampler *downsampler, struct ring *ring, struct results *results,
                       uint64_t *nrows, struct error *error)
{
    struct driver driver = {.downsampler = downsampler, .ring = ring, .results = results};
    driver.in_flight = calloc(ring->nslots, sizeof *driver.in_flight);
    if (!driver.in_flight)
        return error_no_memory(error, ring->nslots * sizeof *driver.in_flight, "batches");
    enum status status = drive(&driver, error);
    *nrows = driver.nrows;
    free(driver.in_flight);
    return status;
}
