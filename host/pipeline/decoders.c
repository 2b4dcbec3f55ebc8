/* SPDX-License-Identifier: MIT */
#include "pipeline/decoders.h"

#include "base/checked.h"
#include "base/clock.h"

#include <stdlib.h>

/* Slices that can be under way at a time: those of all input buffers, or of the slab that bands of rows are
 * copied from. */
static uint64_t count_places(const struct downsample_plan *plan, uint32_t ny)
{
    return plan->band_rows < ny ? plan->batch_slices : (uint64_t)plan->nbuffers * plan->batch_slices;
}

unsigned decoders_count(const struct pipeline_load *load, const struct downsample_plan *plan, uint32_t ny,
                        unsigned nthreads)
{
    uint64_t most = nthreads < 1 ? 1 : nthreads, nplaces = count_places(plan, ny);
    if (nplaces < most)
        most = nplaces;
    return load->ndecoded < most ? load->ndecoded : (unsigned)most;
}

uint64_t decoders_host_bytes(const struct pipeline_load *load, const struct downsample_plan *plan,
                             uint32_t ny, unsigned nthreads)
{
    unsigned n = decoders_count(load, plan, ny, nthreads);
    if (n == 0)
        return 0;
    return saturated_add(saturated_mul3(n + 1u, load->encoded_bytes, 1),
                         saturated_mul3(n, load->decode_bytes, 1));
}

static enum status decode_slice(const struct encoded_slice *encoded, struct busy *busy, struct error *error)
{
    const struct slice_header *header = &encoded->slice->header;
    char label[SLICE_LABEL_BYTES];
    double began = clock_seconds();
    enum status status = codec_decode(encoded->slice->codec, encoded->bytes.data, encoded->bytes.n_bytes,
                                      slice_label(encoded->slice, label), header, encoded->voxels, error);
    busy_add(busy, began, (uint64_t)header->ny * header->nx * voxel_bytes(header->type));
    return status;
}

/* Decodes it, or takes the slice as missing. */
static enum status deliver_slice(struct decoders *decoders, const struct encoded_slice *encoded,
                                 struct busy *busy, struct error *error)
{
    const struct slice_header *header = &encoded->slice->header;
    struct error reason = {0};
    enum status status = decode_slice(encoded, busy, &reason);
    if (status == STATUS_OK)
        return STATUS_OK;
    status = losses_add(decoders->losses, encoded->z, &reason, error);
    if (status == STATUS_OK) {
        *encoded->present = false;
        voxels_fill_absent(header->type, encoded->voxels, (size_t)header->ny * header->nx);
    }
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
        status = deliver_slice(decoders, encoded, busy, error);
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

enum status decoders_init(struct decoders *decoders, const struct stack *stack,
                          const struct downsample_plan *plan, unsigned nthreads, struct stop *stop,
                          struct losses *losses, struct error *error)
{
    const struct pipeline_load load = pipeline_load_of(stack);
    *decoders = (struct decoders){.stop = stop, .losses = losses};
    decoders->nthreads = decoders_count(&load, plan, stack->extent.ny, nthreads);
    if (decoders->nthreads == 0)
        return STATUS_OK;
    decoders->nencoded = decoders->nthreads + 1;
    enum status status = allocate(decoders, load.encoded_bytes, error);
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

void decoders_give_back(struct decoders *decoders, struct encoded_slice *encoded)
{
    queue_put_back(&decoders->free, encoded);
}

enum status decoders_submit(struct decoders *decoders, struct encoded_slice *encoded, struct error *error)
{
    countdown_raise(encoded->open);
    return queue_push(&decoders->jobs, encoded, error);
}
