/* SPDX-License-Identifier: MIT
 * A run is the sum of its stages, joined by queues:
 *
 *   reader --(encoded slices)--> decoders
 *      |                            |
 *      +------ filled slots <-------+
 *                   |
 *                driver  (the calling thread: submit, collect)
 *                   |
 *             finished rows --> writer --(strips)--> encoders of the output --> writer
 *
 * Slots go back to the reader, encoded slices too; rows are written from where the downsampler left them. All
 * buffers are allocated before the first byte is read. Queues are closed from left to
 * right behind the last item, which ends the threads of a run that goes well; stop ends those of one that
 * does not. The encoders belong to the output, which a writer without encoders does not notice. */
#include "pipeline/pipeline.h"

#include "base/checked.h"
#include "base/clock.h"
#include "pipeline/driver.h"
#include "pipeline/reader.h"
#include "pipeline/writer.h"

bool pipeline_needs_whole_slices(const struct stack *stack)
{
    return pipeline_load_of(stack).nencoded > 0;
}

uint64_t pipeline_host_bytes(const struct pipeline_load *load, const struct pyramid *pyramid,
                             const struct downsample_plan *plan, unsigned nthreads)
{
    uint64_t sum_bytes = decoders_host_bytes(load, plan, pyramid->extent.ny, nthreads);
    return saturated_add(sum_bytes, reader_host_bytes(load, pyramid->extent, pyramid->type, plan));
}

struct pipeline {
    struct stop stop;
    struct losses losses;
    struct ring ring;
    struct results results;
    struct decoders decoders;
    struct reader reader;
    struct writer writer;
    uint64_t nrows; /* of level 0 that went through the downsampler; the calling thread's */
};

/* Runs the stages, all of which have been prepared, and joins their threads. What went wrong is in `stop`. */
static void run_stages(struct pipeline *pipeline, struct downsampler *downsampler)
{
    struct error error = {0};
    enum status status = writer_start(&pipeline->writer, &error);
    if (status == STATUS_OK)
        status = reader_start(&pipeline->reader, &error);
    if (status == STATUS_OK)
        status = driver_run(downsampler, &pipeline->ring, &pipeline->results, &pipeline->nrows, &error);
    if (status != STATUS_OK)
        stop_raise(&pipeline->stop, &error);
    stage_join(&pipeline->reader.thread);
    decoders_join(&pipeline->decoders);
    stage_join(&pipeline->writer.thread);
}

static struct stage_stats stage_of_busy(enum pipeline_lane lane, unsigned nthreads, const struct busy *busy)
{
    return (struct stage_stats){
        .lane = lane,
        .nthreads = busy->n_bytes > 0 ? nthreads : 0,
        .busy_seconds = busy->seconds,
        .n_bytes = busy->n_bytes,
    };
}

/* A stage of the downsampler, which knows its seconds. */
static struct stage_stats stage_of_device(enum pipeline_lane lane, double seconds, uint64_t n_bytes)
{
    const struct busy busy = {.seconds = seconds, .n_bytes = seconds > 0 ? n_bytes : 0};
    return stage_of_busy(lane, 1, &busy);
}

/* The encoders of the output, if it has any, which may still be at work when the run was stopped. */
static struct output_encoders ask_encoders(const struct output *output)
{
    struct output_encoders encoders = {0};
    if (output->ops->encoders)
        output->ops->encoders(output, &encoders);
    return encoders;
}

static struct stage_stats stage_of_encoders(const struct output_encoders *encoders)
{
    const struct busy busy = {.seconds = encoders->busy_seconds, .n_bytes = encoders->n_bytes};
    return stage_of_busy(LANE_ENCODERS, encoders->nthreads, &busy);
}

/* To wait for encoders is not to work. */
static struct stage_stats stage_of_writer(const struct busy *busy, const struct output_encoders *encoders)
{
    const struct busy worked = {.seconds = busy->seconds - encoders->waited_seconds,
                                .n_bytes = busy->n_bytes};
    return stage_of_busy(LANE_WRITER, 1, &worked);
}

/* Every thread but the calling one has been joined. */
static void fill_stats(struct pipeline_stats *stats, const struct pipeline *pipeline,
                       const struct pipeline_run *run, double began)
{
    const struct downsample_times *times = &run->downsampler->times;
    const struct decoders *decoders = &pipeline->decoders;
    const struct pyramid *pyramid = run->pyramid;
    uint64_t rows_bytes = pipeline->nrows * pyramid->extent.nx * voxel_bytes(pyramid->type);
    uint64_t levels_bytes = pipeline->results.n_bytes;
    const struct output_encoders encoders = ask_encoders(run->output);
    /* A CPU path computes on the calling thread. */
    bool on_device = run->downsampler->plan.device_bytes > 0;
    *stats = (struct pipeline_stats){
        .seconds = clock_seconds() - began,
        .first_read_at = pipeline->reader.source.first_opened_at,
        .stages = {
            [STAGE_READ] = stage_of_busy(LANE_READER, 1, &pipeline->reader.source.busy),
            [STAGE_DECODE] = stage_of_busy(LANE_DECODERS, decoders->nthreads, &decoders->busy),
            [STAGE_UPLOAD] = stage_of_device(LANE_UPLOAD, times->upload, rows_bytes),
            [STAGE_KERNEL] =
                stage_of_device(on_device ? LANE_DEVICE : LANE_DRIVER, times->kernel, rows_bytes),
            [STAGE_DOWNLOAD] = stage_of_device(LANE_DOWNLOAD, times->download, levels_bytes),
            [STAGE_ENCODE] = stage_of_encoders(&encoders),
            [STAGE_WRITE] = stage_of_writer(&pipeline->writer.busy, &encoders),
        }};
}

enum status pipeline_run(const struct pipeline_run *run, struct error *error)
{
    const struct downsample_plan *plan = &run->downsampler->plan;
    struct pipeline pipeline = {0};
    struct stop *stop = &pipeline.stop;
    double began = clock_seconds();
    stop_init(stop, run->cancel);
    losses_init(&pipeline.losses, run->losses, stop);
    enum status status = ring_init(&pipeline.ring, run->downsampler, stop, error);
    if (status != STATUS_OK)
        goto end_stop;
    status = results_init(&pipeline.results, run->pyramid, plan, stop, error);
    if (status != STATUS_OK)
        goto end_ring;
    status = reader_init(&pipeline.reader, run->stack, plan, &pipeline.ring, &pipeline.decoders, stop,
                         &pipeline.losses, run->progress, error);
    if (status != STATUS_OK)
        goto end_results;
    status =
        decoders_init(&pipeline.decoders, run->stack, plan, run->nthreads, stop, &pipeline.losses, error);
    if (status != STATUS_OK)
        goto end_reader;
    pipeline.reader.output = run->output;
    pipeline.reader.stretch_bytes = run->stretch_bytes;
    pipeline.writer = (struct writer){.output = run->output,
                                      .pyramid = run->pyramid,
                                      .results = &pipeline.results,
                                      .stop = stop,
                                      .progress = run->progress};
    run_stages(&pipeline, run->downsampler);
    status = stop_check(stop, error);
    if (status == STATUS_OK)
        status = run->output->ops->finish(run->output, error);
    if (run->stats)
        fill_stats(run->stats, &pipeline, run, began);
    decoders_end(&pipeline.decoders); /* until then they may write into what the reader keeps */
end_reader:
    reader_end(&pipeline.reader);
end_results:
    results_end(&pipeline.results);
end_ring:
    ring_end(&pipeline.ring);
end_stop:
    losses_end(&pipeline.losses);
    stop_end(stop);
    return status;
}
