/* SPDX-License-Identifier: MIT */
#include "pipeline/decoders.h"

#include "base/checked.h"
#include "base/clock.h"

#include <stdlib.h>

/* How many slices need a decoder, and the bytes of the largest one's file. */
static uint32_t count_encoded(const struct stack *stack, uint64_t *largest_bytes)
{
    uint32_t n = 0;
    *largest_bytes = 0;
    for (uint32_t z = 0; z < stack->extent.nz; z++) {
        const struct slice *slice = &stack->slices[z];
        if (!slice->path || slice->header.plain)
            continue;
        n++;
        if (slice->header.encoded_bytes > *largest_bytes)
            *largest_bytes = slice->header.encoded_bytes;
    }
    return n;
}

/* The number of decoders for n slices, with one encoded slice more than that. */
static unsigned count_threads(uint32_t n, unsigned nthreads)
{
    if (nthreads < 1)
        nthreads = 1;
    return n < nthreads ? n : nthreads;
}

uint64_t decoders_host_bytes(const struct stack *stack, unsigned nthreads)
{
    uint64_t largest_bytes;
    uint32_t n = count_encoded(stack, &largest_bytes);
    return n == 0 ? 0 : saturated_mul3(count_threads(n, nthreads) + 1u, largest_bytes, 1);
}

static enum status decode_slice(const struct decoders *decoders, const struct encoded_slice *encoded,
                                struct busy *busy, struct error *error)
{
    const struct slice_header *header = &encoded->slice->header;
    double began = clock_seconds();
    enum status status = decoders->codec->decode(encoded->bytes.data, encoded->bytes.n_bytes,
                                                 encoded->slice->path, header, encoded->voxels, error);
    busy_add(busy, began, (uint64_t)header->ny * header->nx * voxel_bytes(header->type));
    return status;
}

static enum status decode_all(struct decoders *decoders, struct busy *busy, struct error *error)
{
    for (;;) {
        void *item;
        enum status status = queue_pop(&decoders->jobs, &item, error);
        if (status != STATUS_OK || !item)
            return status;
        struct encoded_slice *encoded = item;
        status = decode_slice(decoders, encoded, busy, error);
        if (status != STATUS_OK)
            return status;
        countdown_lower(encoded->open);
        queue_put_back(&decoders->free, encoded);
    }
}

static void *decoder_main(void *context)
{
    struct decoders *decoders = context;
    struct busy busy = {0};
    struct error error = {0};
    if (decode_all(decoders, &busy, &error) != STATUS_OK)
        stop_raise(decoders->stop, &error);
    pthread_mutex_lock(&decoders->stop->lock);
    decoders->busy.seconds += busy.seconds;
    decoders->busy.n_bytes += busy.n_bytes;
    pthread_mutex_unlock(&decoders->stop->lock);
    return NULL;
}

static enum status allocate(struct decoders *decoders, uint64_t largest_bytes, struct error *error)
{
    unsigned n = decoders->nencoded;
    decoders->encoded = calloc(n, sizeof *decoders->encoded);
    decoders->threads = calloc(decoders->nthreads, sizeof *decoders->threads);
    if (!decoders->encoded || !decoders->threads)
        return error_no_memory(error, n * (sizeof *decoders->encoded + sizeof *decoders->threads),
                               "decoders");
    enum status status = queue_init(&decoders->free, decoders->stop, n, error);
    if (status == STATUS_OK)
        status = queue_init(&decoders->jobs, decoders->stop, n, error);
    for (unsigned i = 0; status == STATUS_OK && i < n; i++) {
        status = bytes_reserve(&decoders->encoded[i].bytes, largest_bytes, error);
        if (status == STATUS_OK)
            status = queue_push(&decoders->free, &decoders->encoded[i], error);
    }
    return status;
}

enum status decoders_init(struct decoders *decoders, const struct stack *stack, unsigned nthreads,
                          struct stop *stop, struct error *error)
{
    uint64_t largest_bytes;
    uint32_t n = count_encoded(stack, &largest_bytes);
    *decoders = (struct decoders){.codec = stack->codec, .stop = stop};
    if (n == 0)
        return STATUS_OK;
    decoders->nthreads = count_threads(n, nthreads);
    decoders->nencoded = decoders->nthreads + 1;
    enum status status = allocate(decoders, largest_bytes, error);
    for (unsigned i = 0; status == STATUS_OK && i < decoders->nthreads; i++)
        status = stage_start(&decoders->threads[i], "decoder", decoder_main, decoders, error);
    if (status != STATUS_OK) {
        stop_raise(stop, error); /* those that have been started */
        decoders_end(decoders);
    }
    return status;
}

void decoders_join(struct decoders *decoders)
{
    for (unsigned i = 0; decoders->threads && i < decoders->nthreads; i++)
        stage_join(&decoders->threads[i]);
}

void decoders_end(struct decoders *decoders)
{
    decoders_join(decoders);
    for (unsigned i = 0; decoders->encoded && i < decoders->nencoded; i++)
        bytes_end(&decoders->encoded[i].bytes);
    queue_end(&decoders->jobs);
    queue_end(&decoders->free);
    free(decoders->threads);
    free(decoders->encoded);
    *decoders = (struct decoders){0};
}

enum status decoders_take(struct decoders *decoders, struct encoded_slice **encoded, struct error *error)
{
    void *item;
    enum status status = queue_pop(&decoders->free, &item, error);
    *encoded = item;
    return status;
}

enum status decoders_submit(struct decoders *decoders, struct encoded_slice *encoded, struct error *error)
{
    countdown_raise(encoded->open);
    return queue_push(&decoders->jobs, encoded, error);
}
