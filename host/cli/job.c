/* SPDX-License-Identifier: MIT */
#include "cli/job.h"

#include "base/checked.h"
#include "base/printable.h"
#include "cli/messages.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "codec/raw.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* The options that decided what voxels slices' files are read as, for the manifest: none that had no effect,
 * such as --gray on slices that are grey. And that nothing was flushed, on which no later run may build that
 * promises more. */
static void describe_options(const struct options *options, const struct stack *stack,
                             char text[JOB_OPTIONS_BYTES])
{
    char channel[24] = "", time[24] = "";
    bool gray = false, widened = false;
    for (uint32_t z = 0; z < stack->extent.nz; z++) {
        gray |= stack->slices[z].header.gray;
        widened |= stack->slices[z].header.widened;
    }
    if (options->channel > 1) /* the first one is also the only one of a file that has no others */
        snprintf(channel, sizeof channel, "--channel %u ", (unsigned)options->channel);
    if (options->time > 1)
        snprintf(time, sizeof time, "--time %u ", (unsigned)options->time);
    snprintf(text, JOB_OPTIONS_BYTES, "%s%s%s%s%s%s%.400s%s", options->no_sync ? "--no-sync " : "",
             gray ? "--gray " : "", widened ? "--widen " : "", channel, time, options->raw ? "--raw " : "",
             options->raw ? options->raw : "", options->raw ? " " : "");
    size_t n = strlen(text);
    if (n > 0)
        text[n - 1] = '\0';
}

/* Where and how the voxels of a slice lie, when that stands in another file than they do: a number that is
 * another where any of it is. */
static uint64_t hash_layout(const struct slice *slice)
{
    const struct slice_header *header = &slice->header;
    char text[512];
    if (!slice->path || slice->codec != &codec_raw)
        return 0;
    int n = snprintf(text, sizeof text,
                     "%s %d %d %d %d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
                     header->layout, (int)header->type, header->swapped, header->f64, header->streamed,
                     header->voxels_offset, header->stream.offset, header->stream.n_bytes,
                     header->stream_end_bytes, header->nparts ? header->parts[0].offset : 0,
                     header->encoded_bytes);
    return XXH3_64bits(text, (size_t)n) >> 1 | 1; /* positive as JSON's integers are signed, and never 0 */
}

/* What the manifest records of every slice. */
static enum status fill_source(struct job *job, struct error *error)
{
    const struct stack *stack = job->stack;
    job->source_slices = calloc(stack->extent.nz, sizeof *job->source_slices);
    if (!job->source_slices)
        return error_no_memory(error, stack->extent.nz * sizeof *job->source_slices, "the list of slices");
    for (uint32_t z = 0; z < stack->extent.nz; z++)
        job->source_slices[z] = (struct source_slice){
            .name = stack->slices[z].path || stack->slices[z].lost_path ? stack->slices[z].name : NULL,
            .unreadable = stack->slices[z].lost_path != NULL,
            .part = stack->slices[z].part,
            .part_number = stack->slices[z].part_number,
            .n_bytes = stack->slices[z].n_bytes,
            .mtime_ns = stack->slices[z].mtime_ns,
            .identity = stack->slices[z].identity,
            .layout_hash = hash_layout(&stack->slices[z]),
        };
    job->source = (struct output_source){
        .folder = stack->folder,
        .slices = job->source_slices,
        .nslices = stack->extent.nz,
        .program_version = STACKTHUMB_VERSION,
        .options = job->options,
        .spacing_source = stack_spacing_source(stack),
    };
    return STATUS_OK;
}

static enum status choose_pyramid(struct job *job, const struct options *options, struct error *error)
{
    const struct stack *stack = job->stack;
    job->pyramid = (struct pyramid){
        .extent = stack->extent,
        .type = stack->type,
        .nlevels =
            options->nlevels ? options->nlevels : extent_levels_until(stack->extent, options->until_pixels),
        .spacing = stack->spacing,
    };
    return extent_check_levels(stack->extent, stack->type, job->pyramid.nlevels, error);
}

enum status job_open(struct job *job, const struct options *options, enum missing_policy missing,
                     struct error *error)
{
    const struct stack_request request = {
        .input = options->operands[0],
        .pattern = options->pattern,
        .missing = missing,
        .range = options->range,
        .channel = options->channel,
        .time = options->time,
        .gray = options->gray,
        .widen = options->widen,
        .raw = options->raw,
        .voxel_size = options->spacing,
        .cancel = signals_flag(options->signals),
    };
    *job = (struct job){0};
    enum status status = stack_open(&job->stack, &request, error);
    if (status != STATUS_OK)
        return signals_check(options->signals, status, error);
    job->whole_slices = pipeline_needs_whole_slices(job->stack);
    status = choose_pyramid(job, options, error);
    describe_options(options, job->stack, job->options);
    if (status == STATUS_OK)
        status = fill_source(job, error);
    if (status != STATUS_OK)
        job_close(job);
    return status;
}

void job_close(struct job *job)
{
    free(job->source_slices);
    stack_close(job->stack);
    *job = (struct job){0};
}

void job_part(const struct job *job, uint32_t first, struct job *part, struct stack *stack)
{
    *stack = *job->stack;
    stack->slices += first;
    stack->extent.nz -= first;
    *part = *job;
    part->stack = stack;
    part->pyramid.extent.nz -= first;
    part->whole_slices = pipeline_needs_whole_slices(stack);
}

uint64_t pyramid_slices(const struct pyramid *pyramid)
{
    uint64_t nslices = 0;
    for (unsigned level = 1; level <= pyramid->nlevels; level++)
        nslices += extent_reduce(pyramid->extent.nz, level);
    return nslices;
}

uint64_t pyramid_bytes(const struct pyramid *pyramid)
{
    uint64_t n_bytes = 0;
    for (unsigned level = 1; level <= pyramid->nlevels; level++)
        n_bytes = saturated_add(n_bytes,
                                extent_volume_bytes(extent_at_level(pyramid->extent, level), pyramid->type));
    return n_bytes;
}

/* Some seconds of reading from a disk with heads; the seventh part of it is written in between. */
enum { STRETCH_BYTES = 512 << 20 };

enum status job_run(const struct job *job, const struct options *options, struct downsampler *downsampler,
                    struct output *output, struct pipeline_progress *state, struct pipeline_stats *stats,
                    struct pipeline_losses *losses, struct error *error)
{
    const struct progress_totals totals = {
        .slices_to_read = job->stack->extent.nz,
        .slices_to_write = pyramid_slices(&job->pyramid),
        .bytes_to_read = stack_file_bytes(job->stack),
    };
    const struct pipeline_run run = {
        .stack = job->stack,
        .pyramid = &job->pyramid,
        .downsampler = downsampler,
        .output = output,
        .nthreads = options_threads(options),
        .progress = state,
        .stats = stats,
        .stretch_bytes = job->take_turns ? STRETCH_BYTES : 0,
        .cancel = signals_flag(options->signals),
        .losses = losses,
    };
    struct progress *progress;
    char shown[PRINTABLE_BYTES];
    enum status status = progress_start(&progress, options, &totals, state, error);
    if (status != STATUS_OK)
        return status;
    status = pipeline_run(&run, error);
    progress_stop(progress, status);
    if (status == STATUS_OK && state && atomic_load(&state->surplus_bytes) > 0)
        message_note(options, "%s: %llu bytes behind the last voxel are ignored",
                     printable(shown, sizeof shown, options->operands[0]),
                     atomic_load(&state->surplus_bytes));
    return status;
}
