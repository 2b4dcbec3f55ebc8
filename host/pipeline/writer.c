/* SPDX-License-Identifier: MIT */
#include "pipeline/writer.h"

#include "base/checked.h"
#include "base/clock.h"
#include "pipeline/pipeline.h"

enum { HEADER_BYTES = 4096 }; /* what a format may need besides the voxels */

uint64_t writer_host_bytes(const struct pyramid *pyramid)
{
    return saturated_add(extent_slice_bytes(extent_at_level(pyramid->extent, 1), pyramid->type),
                         HEADER_BYTES);
}

static void count(struct pipeline_progress *progress, uint64_t n_bytes)
{
    if (!progress)
        return;
    atomic_fetch_add_explicit(&progress->slices_written, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&progress->bytes_written, n_bytes, memory_order_relaxed);
}

static enum status write_slice(struct writer *writer, const struct level_slice *slice, struct error *error)
{
    const struct output_ops *ops = writer->output->ops;
    double began = clock_seconds();
    enum status status =
        ops->encode(writer->output, slice->level, slice->z, slice->voxels, &writer->encoded, error);
    busy_add(&writer->encoding, began, writer->encoded.n_bytes);
    if (status != STATUS_OK)
        return status;
    began = clock_seconds();
    status = ops->write(writer->output, slice->level, slice->z, &writer->encoded, error);
    busy_add(&writer->writing, began, writer->encoded.n_bytes);
    return status;
}

static enum status write_all(struct writer *writer, struct error *error)
{
    for (;;) {
        void *item;
        enum status status = queue_pop(&writer->assembler->finished, &item, error);
        if (status != STATUS_OK || !item)
            return status;
        struct level_slice *slice = item;
        status = write_slice(writer, slice, error);
        if (status != STATUS_OK)
            return status;
        count(writer->progress, writer->encoded.n_bytes);
        assembler_release(writer->assembler, slice);
    }
}

static void *writer_main(void *context)
{
    struct writer *writer = context;
    struct error error = {0};
    if (write_all(writer, &error) != STATUS_OK)
        stop_raise(writer->stop, &error);
    return NULL;
}

enum status writer_start(struct writer *writer, struct error *error)
{
    return stage_start(&writer->thread, "writer", writer_main, writer, error);
}
