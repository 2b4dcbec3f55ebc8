/* SPDX-License-Identifier: MIT */
#include "pipeline/writer.h"

#include "base/clock.h"
#include "pipeline/pipeline.h"

static void count(const struct writer *writer, const struct level_rows *rows, uint64_t n_bytes)
{
    struct pipeline_progress *progress = writer->progress;
    if (!progress)
        return;
    if (rows->y0 + rows->nrows == extent_reduce(writer->pyramid->extent.ny, rows->level))
        atomic_fetch_add_explicit(&progress->slices_written, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&progress->bytes_written, n_bytes, memory_order_relaxed);
}

static enum status write_result(struct writer *writer, const struct result *result, struct error *error)
{
    for (unsigned i = 0; i < result->nruns; i++) {
        const struct level_rows *rows = &result->rows[i];
        uint64_t n_bytes = 0;
        enum status status = stop_check(writer->stop, error);
        if (status != STATUS_OK)
            return status;
        double began = clock_seconds();
        status = writer->output->ops->write(writer->output, rows, &n_bytes, error);
        busy_add(&writer->busy, began, n_bytes);
        if (status != STATUS_OK)
            return status;
        count(writer, rows, n_bytes);
    }
    return STATUS_OK;
}

/* What is still being encoded. */
static enum status flush(struct writer *writer, struct error *error)
{
    uint64_t n_bytes = 0;
    if (!writer->output->ops->flush)
        return STATUS_OK;
    double began = clock_seconds();
    enum status status = writer->output->ops->flush(writer->output, &n_bytes, error);
    busy_add(&writer->busy, began, n_bytes);
    if (writer->progress)
        atomic_fetch_add_explicit(&writer->progress->bytes_written, n_bytes, memory_order_relaxed);
    return status;
}

static enum status write_all(struct writer *writer, struct error *error)
{
    for (;;) {
        void *item;
        enum status status = queue_pop(&writer->results->finished, &item, error);
        if (status != STATUS_OK)
            return status;
        if (!item)
            return flush(writer, error);
        struct result *result = item;
        status = write_result(writer, result, error);
        if (status != STATUS_OK)
            return status;
        countdown_lower(&result->writing);
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
