/* SPDX-License-Identifier: MIT */
#include "pipeline/reader.h"

#include "base/checked.h"
#include "base/clock.h"
#include "pipeline/pipeline.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of the decoded slices that bands of rows are copied from; 0 where there are none. */
static uint64_t slab_bytes_of(const struct pipeline_load *load, struct extent extent, enum voxel_type type,
                              const struct downsample_plan *plan)
{
    if (plan->band_rows >= extent.ny || load->nencoded == 0)
        return 0;
    return saturated_mul3(plan->batch_slices, extent_slice_bytes(extent, type), 1);
}

uint64_t reader_host_bytes(const struct pipeline_load *load, struct extent extent, enum voxel_type type,
                           const struct downsample_plan *plan)
{
    uint64_t inflater_bytes = load->nstreamed > 0 ? INFLATER_HOST_BYTES : 0;
    return saturated_add(slab_bytes_of(load, extent, type, plan), inflater_bytes);
}

enum status reader_init(struct reader *reader, const struct stack *stack, const struct downsample_plan *plan,
                        struct ring *ring, struct decoders *decoders, struct stop *stop,
                        struct losses *losses, struct pipeline_progress *progress, struct error *error)
{
    const struct pipeline_load load = pipeline_load_of(stack);
    uint64_t slab_bytes = slab_bytes_of(&load, stack->extent, stack->type, plan);
    *reader = (struct reader){.stack = stack,
                              .plan = plan,
                              .ring = ring,
                              .decoders = decoders,
                              .stop = stop,
                              .losses = losses,
                              .progress = progress};
    enum status status = source_init(&reader->source, stack, plan->batch_slices, stop, progress, error);
    if (status != STATUS_OK)
        return status;
    status = inflater_init(&reader->inflater, stack, &reader->source, error);
    if (status != STATUS_OK)
        goto end_source;
    if (plan->band_rows < stack->extent.ny) {
        reader->present = calloc(plan->batch_slices, sizeof *reader->present);
        reader->slab = slab_bytes > 0 ? malloc(slab_bytes) : NULL;
        if (!reader->present || (slab_bytes > 0 && !reader->slab)) {
            status = error_no_memory(error, slab_bytes, "decoded slices");
            goto free_slab;
        }
    }
    countdown_init(&reader->decoded, stop);
    return STATUS_OK;
free_slab:
    free(reader->slab);
    free(reader->present);
    inflater_end(&reader->inflater);
end_source:
    source_end(&reader->source);
    return status;
}

void reader_end(struct reader *reader)
{
    countdown_end(&reader->decoded);
    free(reader->slab);
    free(reader->present);
    inflater_end(&reader->inflater);
    source_end(&reader->source);
}

static size_t row_bytes(const struct reader *reader)
{
    return reader->stack->extent.nx * voxel_bytes(reader->stack->type);
}

static unsigned char *slab_slice(const struct reader *reader, uint32_t s)
{
    return reader->slab + (size_t)s * reader->stack->extent.ny * row_bytes(reader);
}

/* Reads what decoding slice z needs of its file, or of the stream in it. */
static enum status read_parts(struct reader *reader, uint32_t z, unsigned char *data, struct error *error)
{
    const struct slice *slice = &reader->stack->slices[z];
    if (slice->header.streamed)
        return inflater_read(&reader->inflater, slice, data, error);
    enum status status = source_open(&reader->source, z, error);
    for (unsigned i = 0; i < slice->header.nparts && status == STATUS_OK; i++) {
        const struct file_part *part = &slice->header.parts[i];
        status = source_read(&reader->source, z, data, part->n_bytes, part->offset, error);
        data += part->n_bytes;
    }
    return status == STATUS_OK ? source_close(&reader->source, z, error) : status;
}

/* Where the voxels of a slice go that is read whole, and who is told when they cannot be had. */
struct place {
    void *voxels;
    bool *present;
    struct countdown *open; /* tells when they are there */
};

/* Reads slice z and has it decoded to its place. */
static enum status read_encoded(struct reader *reader, uint32_t z, const struct place *place,
                                struct error *error)
{
    const struct slice *slice = &reader->stack->slices[z];
    struct encoded_slice *encoded;
    if (!slice_header_needs_decoding(&slice->header))
        return read_parts(reader, z, place->voxels, error);
    enum status status = decoders_take(reader->decoders, &encoded, error);
    if (status != STATUS_OK)
        return status;
    encoded->slice = slice;
    encoded->z = z;
    encoded->voxels = place->voxels;
    encoded->present = place->present;
    encoded->open = place->open;
    encoded->bytes.n_bytes = slice->header.encoded_bytes;
    status = read_parts(reader, z, encoded->bytes.data, error);
    if (status == STATUS_OK)
        return decoders_submit(reader->decoders, encoded, error);
    decoders_give_back(reader->decoders, encoded);
    return status;
}

/* Slice z could not be read. Takes it as missing, where that may be done: not when rows of it have been used
 * already, nor in a stream, which has one checksum for all of it. */
static enum status lose_slice(struct reader *reader, uint32_t z, uint32_t y0, const struct error *reason,
                              struct error *error)
{
    source_abandon(&reader->source, z);
    if (reader->stack->slices[z].header.streamed)
        return error_set(error, reason->status, "%s", reason->message);
    return y0 == 0 ? losses_add(reader->losses, z, reason, error)
                   : losses_add_late(reader->losses, z, reason, error);
}

/* Reads slice z whole, to its place, where voxels that add nothing are put when it is missing or lost. */
static enum status read_whole(struct reader *reader, uint32_t z, const struct place *place,
                              struct error *error)
{
    const struct stack *stack = reader->stack;
    struct error reason = {0};
    *place->present = stack->slices[z].path != NULL;
    if (*place->present) {
        if (read_encoded(reader, z, place, &reason) == STATUS_OK)
            return STATUS_OK; /* from now on `present` may be its decoder's */
        enum status status = lose_slice(reader, z, 0, &reason, error);
        if (status != STATUS_OK)
            return status;
        *place->present = false;
    }
    voxels_fill_absent(stack->type, place->voxels, (size_t)stack->extent.ny * stack->extent.nx);
    return STATUS_OK;
}

/* Has all encoded slices of the slab under `batch` decoded into reader->slab. */
static enum status decode_slab(struct reader *reader, const struct batch *batch, struct error *error)
{
    for (uint32_t s = 0; s < batch->nslices; s++) {
        const struct slice *slice = &reader->stack->slices[batch->z0 + s];
        const struct place place = {slab_slice(reader, s), &reader->present[s], &reader->decoded};
        if (!slice->path || slice->header.plain)
            continue;
        enum status status = read_whole(reader, batch->z0 + s, &place, error);
        if (status != STATUS_OK)
            return status;
    }
    return countdown_wait(&reader->decoded, error);
}

/* Reads the rows of the batch of plain slice z into `rows`. */
static enum status read_plain(struct reader *reader, const struct batch *batch, uint32_t z,
                              unsigned char *rows, struct error *error)
{
    uint64_t offset = reader->stack->slices[z].header.voxels_offset + (uint64_t)batch->y0 * row_bytes(reader);
    enum status status = STATUS_OK;
    if (batch->y0 == 0)
        status = source_open(&reader->source, z, error);
    if (status == STATUS_OK)
        status =
            source_read(&reader->source, z, rows, (uint64_t)batch->nrows * row_bytes(reader), offset, error);
    if (status == STATUS_OK && batch->y0 + batch->nrows == reader->stack->extent.ny)
        status = source_close(&reader->source, z, error);
    return status;
}

/* Fills slice s of the slot's batch with its rows; *present says whether it has any, and is set to false when
 * they cannot be read. */
static enum status fill_rows(struct reader *reader, struct slot *slot, uint32_t s, bool *present,
                             struct error *error)
{
    const struct batch *batch = &slot->batch;
    const uint32_t z = batch->z0 + s;
    size_t n_bytes = batch->nrows * row_bytes(reader);
    unsigned char *rows = slot->voxels + s * n_bytes;
    struct error reason = {0};
    if (*present && reader->stack->slices[z].header.plain) {
        if (read_plain(reader, batch, z, rows, &reason) == STATUS_OK)
            return STATUS_OK;
        enum status status = lose_slice(reader, z, batch->y0, &reason, error);
        if (status != STATUS_OK)
            return status;
        *present = false;
    }
    double began = clock_seconds();
    if (*present)
        memcpy(rows, slab_slice(reader, s) + batch->y0 * row_bytes(reader), n_bytes);
    else
        voxels_fill_absent(reader->stack->type, rows, (size_t)batch->nrows * reader->stack->extent.nx);
    busy_add(&reader->source.busy, began, 0);
    return STATUS_OK;
}

/* Fills slice s of the slot's batch. */
static enum status fill_slice(struct reader *reader, struct slot *slot, uint32_t s, struct error *error)
{
    const uint32_t z = slot->batch.z0 + s;
    const struct slice *slice = &reader->stack->slices[z];
    if (reader->present) {
        enum status status = fill_rows(reader, slot, s, &reader->present[s], error);
        slot->present[s] = reader->present[s];
        return status;
    }
    const struct place place = {slot->voxels + s * slot->batch.nrows * row_bytes(reader), &slot->present[s],
                                &slot->decoding};
    if (slice->path && !slice->header.plain)
        return read_whole(reader, z, &place, error);
    slot->present[s] = slice->path != NULL;
    return fill_rows(reader, slot, s, &slot->present[s], error);
}

static enum status fill_slot(struct reader *reader, struct slot *slot, struct error *error)
{
    const struct batch *batch = &slot->batch;
    enum status status = STATUS_OK;
    if (reader->present && batch->y0 == 0) {
        for (uint32_t s = 0; s < batch->nslices; s++)
            reader->present[s] = reader->stack->slices[batch->z0 + s].path != NULL;
        if (reader->slab)
            status = decode_slab(reader, batch, error);
    }
    for (uint32_t s = 0; status == STATUS_OK && s < batch->nslices; s++) {
        status = fill_slice(reader, slot, s, error);
        if (status == STATUS_OK && reader->progress && batch->y0 + batch->nrows == reader->stack->extent.ny)
            atomic_fetch_add_explicit(&reader->progress->slices_read, 1, memory_order_relaxed);
    }
    return status;
}

/* Lets the disk's heads go to the output, when they were long enough at the slices. */
static enum status take_turns(struct reader *reader, struct error *error)
{
    uint64_t read_bytes = reader->source.disk_bytes;
    if (reader->stretch_bytes == 0 || !reader->output->ops->settle ||
        read_bytes - reader->settled_at < reader->stretch_bytes)
        return STATUS_OK;
    reader->settled_at = read_bytes;
    return reader->output->ops->settle(reader->output, error);
}

static enum status read_all(struct reader *reader, struct error *error)
{
    struct batch batch = {0};
    while (batch_next(&batch, reader->stack->extent, reader->plan)) {
        void *item;
        enum status status = queue_pop(&reader->ring->free, &item, error);
        if (status != STATUS_OK)
            return status;
        struct slot *slot = item;
        batch.present = slot->present;
        slot->batch = batch;
        status = fill_slot(reader, slot, error);
        if (status == STATUS_OK)
            status = queue_push(&reader->ring->filled, slot, error);
        if (status == STATUS_OK)
            status = take_turns(reader, error);
        if (status != STATUS_OK)
            return status;
    }
    queue_close(&reader->ring->filled);
    if (reader->decoders->nthreads > 0)
        queue_close(&reader->decoders->jobs);
    return STATUS_OK;
}

static void *reader_main(void *context)
{
    struct reader *reader = context;
    struct error error = {0};
    if (read_all(reader, &error) != STATUS_OK)
        stop_raise(reader->stop, &error);
    return NULL;
}

enum status reader_start(struct reader *reader, struct error *error)
{
    return stage_start(&reader->thread, "reader", reader_main, reader, error);
}
