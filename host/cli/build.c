/* SPDX-License-Identifier: MIT
 * stackthumb build: everything is checked first (the stack, the output, the device); then the output folder
 * is touched and the pipeline runs. */
#include "base/clock.h"
#include "base/disk.h"
#include "base/printable.h"
#include "cli/backend.h"
#include "cli/command.h"
#include "cli/job.h"
#include "cli/messages.h"
#include "cli/notes.h"
#include "cli/options.h"
#include "cli/report.h"
#include "cli/run_memory.h"
#include "cli/run_stats.h"
#include "cli/signals.h"
#include "cli/values.h"
#include "stack/stack_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* OUTPUT, or where INPUT wants it; malloc'ed, NULL when there is no memory. */
static char *output_folder(const struct options *options)
{
    return options->noperands == 2 ? strdup(options->operands[1]) : stack_input_output(options->operands[0]);
}

static enum status show_plan(const struct job *job, struct backend *backend, const char *folder,
                             struct error *error)
{
    struct downsample_plan plan;
    struct run_memory memory;
    char shown[PRINTABLE_BYTES];
    run_memory_init(&memory, backend->options, job, RUN_WRITES);
    enum status status =
        backend_plan(backend, &job->pyramid, job->whole_slices, &memory.budget, &plan, error);
    if (status != STATUS_OK)
        return status;
    report_stack(job);
    report_levels(job);
    report_plan(job, backend, &memory, &plan);
    printf("%-14s %s\n\nA dry run: nothing was written.\n", "output", printable(shown, sizeof shown, folder));
    return STATUS_OK;
}

static void print_summary(const struct job *job, const struct backend *backend, const char *folder,
                          const struct pipeline_progress *state, double seconds)
{
    char shown[PRINTABLE_BYTES], name[BACKEND_NAME];
    char read[VALUE_BYTES], written[VALUE_BYTES], rate[VALUE_BYTES];
    unsigned nlevels = job->pyramid.nlevels, nread = job->stack->extent.nz - job->stack->nmissing;
    unsigned long long nwritten = pyramid_slices(&job->pyramid), bytes_read = atomic_load(&state->bytes_read);
    printf("%s: %u level%s, %llu slice%s (%s) from %u slice%s (%s) in %.2f s, %s/s; %s\n",
           printable(shown, sizeof shown, folder), nlevels, nlevels == 1 ? "" : "s", nwritten,
           nwritten == 1 ? "" : "s", value_bytes(written, atomic_load(&state->bytes_written)), nread,
           nread == 1 ? "" : "s", value_bytes(read, bytes_read), seconds,
           value_bytes(rate, seconds > 0 ? (uint64_t)((double)bytes_read / seconds) : 0),
           backend_name(backend, name));
}

/* The run itself: all that was checked is made. */
static enum status build_run_checked(struct job *job, struct backend *backend, const char *folder,
                                     const struct options *options, struct pipeline_progress *state,
                                     struct run_stats *stats, struct error *error)
{
    struct downsampler *downsampler;
    struct output *output;
    struct run_memory memory;
    run_memory_init(&memory, options, job, RUN_WRITES);
    enum status status =
        backend_create(backend, &job->pyramid, job->whole_slices, &memory.budget, &downsampler, error);
    if (status != STATUS_OK)
        return status;
    const struct downsample_plan *plan = &downsampler->plan;
    message_detail(options, "batches of %u slice%s of %u row%s, %u buffer%s", plan->batch_slices,
                   plan->batch_slices == 1 ? "" : "s", plan->band_rows, plan->band_rows == 1 ? "" : "s",
                   plan->nbuffers, plan->nbuffers == 1 ? "" : "s");
    status = signals_check(options->signals, STATUS_OK, error);
    if (status != STATUS_OK)
        goto destroy_downsampler;
    const struct output_form form = options_form(options);
    status = level_folders_open(&output, folder, &job->pyramid, &job->source, &form, options->force, error);
    if (status != STATUS_OK)
        goto destroy_downsampler;
    job->take_turns = disk_is_one_with_heads(job->source.folder, folder);
    if (job->take_turns)
        message_detail(options, "input and output share a disk with heads: it is read and written in turns");
    stats->planned_bytes = run_memory_total(&memory, plan);
    status = job_run(job, options, downsampler, output, state, &stats->pipeline, error);
    output->ops->close(output);
destroy_downsampler:
    downsampler->ops->destroy(downsampler);
    return status;
}

static enum status build_into(const char *folder, const struct options *options, struct error *error)
{
    struct run_stats stats = {.started_at = clock_seconds()};
    struct pipeline_progress state = {0};
    struct job job;
    struct backend backend;
    enum status status = job_open(&job, options, options->missing, error);
    if (status != STATUS_OK)
        return status;
    status = level_folders_check(folder, &job.source, options->force, error);
    if (status != STATUS_OK)
        goto close_job;
    notes_on_stack(job.stack, options);
    status = backend_open(&backend, options, "auto", error);
    if (status != STATUS_OK)
        goto close_job;
    if (options->dry_run)
        status = show_plan(&job, &backend, folder, error);
    else
        status = build_run_checked(&job, &backend, folder, options, &state, &stats, error);
    stats.ended_at = clock_seconds();
    bool is_done = status == STATUS_OK && !options->dry_run;
    if (is_done && !options->quiet)
        print_summary(&job, &backend, folder, &state, stats.ended_at - stats.started_at);
    if (options->stats && stats.pipeline.seconds > 0) { /* of a run that failed, too */
        printf("%s", is_done && !options->quiet ? "\n" : "");
        run_stats_print(&stats);
    }
    backend_close(&backend);
close_job:
    job_close(&job);
    return status;
}

static enum status build_run(const struct options *options, struct error *error)
{
    char *folder = output_folder(options);
    if (!folder)
        return error_no_memory(error, strlen(options->operands[0]), "the name of the output");
    if (*folder == '\0') {
        free(folder);
        return error_set(error, STATUS_USAGE,
                         "the slices of a list may lie anywhere, and so OUTPUT has to be named; usage: "
                         "stackthumb build [options] %s OUTPUT",
                         *options->operands[0] == '@' ? "@LIST" : "-");
    }
    enum status status = build_into(folder, options, error);
    free(folder);
    return status;
}

const struct command command_build = {
    .name = "build",
    .operands = "INPUT [OUTPUT]",
    .min_operands = 1,
    .max_operands = 2,
    .summary = "build the thumbnail pyramid of a stack",
    .description =
        "Builds the thumbnail pyramid of the stack INPUT: TIFF slices OUTPUT/LEVEL/000000.tif ... and\n"
        "OUTPUT/stackthumb.json, which says what they are. INPUT is a folder, a pattern of names, a list of "
        "files\n"
        "or a file; see 'stackthumb --help'. OUTPUT is .thumbnail in the folder of the slices where it is "
        "not\n"
        "given.",
    .bit = FOR_BUILD,
    .run = build_run,
};
