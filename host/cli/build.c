/* SPDX-License-Identifier: MIT
 * stackthumb build: everything is checked first (the stack, the output, the device); then the output folder
 * is touched and the pipeline runs. */
#include "base/clock.h"
#include "base/disk.h"
#include "base/printable.h"
#include "cli/backend.h"
#include "cli/build_verify.h"
#include "cli/change_text.h"
#include "cli/command.h"
#include "cli/job.h"
#include "cli/lost_slices.h"
#include "cli/messages.h"
#include "cli/notes.h"
#include "cli/options.h"
#include "cli/report.h"
#include "cli/run_memory.h"
#include "cli/run_stats.h"
#include "cli/signals.h"
#include "cli/values.h"
#include "output/output_space.h"
#include "stack/stack_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* OUTPUT, or where INPUT wants it; malloc'ed, NULL when there is no memory. */
static char *output_folder(const struct options *options)
{
    return options->noperands == 2 ? strdup(options->operands[1]) : stack_input_output(options->operands[0]);
}

/* What a build knows once its input and its output were looked at. */
struct build {
    const struct options *options;
    const char *folder;
    struct job job;
    struct output_request request;
    struct output_state state; /* of what is there */
    struct lost_slices lost;
    struct build_verify verify;
    uint32_t first_read;                            /* the slice that this command began with */
    uint64_t again_read_bytes, again_written_bytes; /* before it had to go back */
    struct backend backend;
    struct pipeline_progress progress;
    struct run_stats stats;
};

/* Slices from `first` on that are not missing. */
static unsigned slices_with_files(const struct stack *stack, uint32_t first)
{
    unsigned n = 0;
    for (uint32_t z = first; z < stack->extent.nz; z++)
        n += stack->slices[z].path != NULL;
    return n;
}

/* Slices of all levels that come from slice `first` on. */
static uint64_t slices_from(const struct pyramid *pyramid, uint32_t first)
{
    struct pyramid part = *pyramid;
    part.extent.nz -= first;
    return part.extent.nz > 0 ? pyramid_slices(&part) : 0;
}

enum { LEFT_OUT_BYTES = 64 };

/* What a last line says of slices that count as missing, for they cannot be read; "" for none. */
static const char *left_out(const struct build *build, char text[LEFT_OUT_BYTES])
{
    const struct stack *stack = build->job.stack;
    unsigned n = 0;
    for (uint32_t z = 0; z < stack->extent.nz; z++)
        n += stack->slices[z].lost_path != NULL;
    *text = '\0';
    if (n > 0)
        snprintf(text, LEFT_OUT_BYTES, "; %u unreadable slice%s left out", n, n == 1 ? "" : "s");
    return text;
}

static void print_summary(const struct build *build)
{
    const struct job *job = &build->job;
    char shown[PRINTABLE_BYTES], name[BACKEND_NAME];
    char read[VALUE_BYTES], written[VALUE_BYTES], rate[VALUE_BYTES], without[LEFT_OUT_BYTES],
        verified[BUILD_VERIFY_TEXT];
    double seconds = build->stats.ended_at - build->stats.started_at;
    unsigned nlevels = job->pyramid.nlevels, nread = slices_with_files(job->stack, build->first_read);
    unsigned long long nwritten = slices_from(&job->pyramid, build->first_read),
                       bytes_read = atomic_load(&build->progress.bytes_read) + build->again_read_bytes,
                       bytes_written =
                           atomic_load(&build->progress.bytes_written) + build->again_written_bytes;
    printf("%s: %u level%s, %llu slice%s (%s) from %u slice%s (%s) in %.2f s, %s/s; %s%s%s\n",
           printable(shown, sizeof shown, build->folder), nlevels, nlevels == 1 ? "" : "s", nwritten,
           nwritten == 1 ? "" : "s", value_bytes(written, bytes_written), nread, nread == 1 ? "" : "s",
           value_bytes(read, bytes_read), seconds,
           value_bytes(rate, seconds > 0 ? (uint64_t)((double)bytes_read / seconds) : 0),
           backend_name(&build->backend, name), left_out(build, without),
           build_verify_text(&build->verify, verified));
}

/* Of a pyramid that is complete, without any slice being read. */
static void print_complete(const struct build *build, const char *what)
{
    char shown[PRINTABLE_BYTES], without[LEFT_OUT_BYTES];
    const unsigned nlevels = build->job.pyramid.nlevels;
    const unsigned long long nslices = pyramid_slices(&build->job.pyramid);
    if (!build->options->quiet)
        printf("%s: %u level%s, %llu slice%s: %s%s\n", printable(shown, sizeof shown, build->folder), nlevels,
               nlevels == 1 ? "" : "s", nslices, nslices == 1 ? "" : "s", what, left_out(build, without));
}

static void note_going_on(const struct build *build)
{
    const uint32_t first = build->state.first_slice, nz = build->job.pyramid.extent.nz;
    char reason[CHANGE_TEXT];
    if (build->state.complete)
        return;
    change_text(&build->state, &build->job.source, reason);
    if (*reason)
        message_note(build->options,
                     "%s: %u of %u slices are done, the levels of those behind them are made anew", reason,
                     first, nz);
    else if (first > 0 && first < nz)
        message_note(build->options, "goes on where an earlier run ended: %u of %u slices are done", first,
                     nz);
}

/* What is to be done, of the slices that are still to be read. */
static enum status show_plan(struct build *build, struct error *error)
{
    struct downsample_plan plan;
    struct run_memory memory;
    struct job part;
    struct stack stack;
    char shown[PRINTABLE_BYTES];
    const uint32_t first = build->state.first_slice;
    report_stack(&build->job);
    report_levels(&build->job);
    if (first < build->job.pyramid.extent.nz) {
        job_part(&build->job, first, &part, &stack);
        run_memory_init(&memory, build->options, &part, RUN_WRITES);
        enum status status =
            backend_plan(&build->backend, &part.pyramid, part.whole_slices, &memory.budget, &plan, error);
        if (status != STATUS_OK)
            return status;
        report_plan(&part, &build->backend, &memory, &plan);
        build_verify_print_plan(&build->verify, &part.pyramid);
    }
    printf("%-14s %s%s\n\nA dry run: nothing was written.\n", "output",
           printable(shown, sizeof shown, build->folder),
           build->state.complete ? ", which is up to date" : "");
    return STATUS_OK;
}

/* Nothing is to be read any more: an earlier run died when only its last word was missing. */
static enum status finish_only(struct build *build, struct error *error)
{
    struct output *output;
    enum status status = level_folders_open(&output, &build->request, build->state.first_slice, error);
    if (status != STATUS_OK)
        return status;
    status = output->ops->finish(output, error);
    output->ops->close(output);
    return status;
}

/* The device computes wrong: a later run is not to go on with what it made. */
static void distrust(struct output *output)
{
    struct error error = {0}, told = {0};
    const enum status status = output->ops->distrust(output, &error);
    if (status == STATUS_OK)
        return;
    error_set(&told, status, "%s; begin the next run with --force", error.message);
    message_error(&told);
}

/* The run itself, of the slices that are still to be read: all that was checked is made. *refused_bytes is
 * what the device had no memory for, if that is what ended it. */
static enum status run_part(struct build *build, struct job *part, uint64_t *refused_bytes,
                            struct error *error)
{
    const struct options *options = build->options;
    struct downsampler *downsampler;
    struct output *output;
    struct run_memory memory;
    *refused_bytes = 0;
    char device[BACKEND_NAME];
    run_memory_init(&memory, options, part, RUN_WRITES);
    enum status status = backend_create(&build->backend, &part->pyramid, part->whole_slices, &memory.budget,
                                        &downsampler, error);
    if (status != STATUS_OK)
        return status;
    status = build_verify_begin(&build->verify, &downsampler, &part->pyramid, build->state.first_slice,
                                backend_name(&build->backend, device), error);
    if (status != STATUS_OK)
        goto destroy_downsampler;
    const struct downsample_plan *plan = &downsampler->plan;
    message_detail(options, "batches of %u slice%s of %u row%s, %u buffer%s", plan->batch_slices,
                   plan->batch_slices == 1 ? "" : "s", plan->band_rows, plan->band_rows == 1 ? "" : "s",
                   plan->nbuffers, plan->nbuffers == 1 ? "" : "s");
    status = signals_check(options->signals, STATUS_OK, error);
    if (status != STATUS_OK)
        goto destroy_downsampler;
    status = level_folders_open(&output, &build->request, build->state.first_slice, error);
    if (status != STATUS_OK)
        goto destroy_downsampler;
    part->take_turns = disk_is_one_with_heads(part->source.folder, build->folder);
    if (part->take_turns)
        message_detail(options, "input and output share a disk with heads: it is read and written in turns");
    build->stats.planned_bytes = run_memory_total(&memory, plan);
    status = job_run(part, options, downsampler, output, &build->progress, &build->stats.pipeline,
                     lost_slices_begin(&build->lost, output, build->state.first_slice), error);
    if (!build_verify_end(&build->verify, downsampler))
        distrust(output);
    output->ops->close(output);
    *refused_bytes = status == STATUS_DEVICE && downsampler->memory_refused ? plan->device_bytes : 0;
destroy_downsampler:
    downsampler->ops->destroy(downsampler);
    return status;
}

/* Finds how far the pyramid in the folder is. Slices without which it was made, because they could not be
 * read, are read again. */
static enum status look_at_output(struct build *build, struct error *error)
{
    const uint32_t nz = build->job.pyramid.extent.nz;
    bool any = false;
    build->request.doubtful = calloc(nz, sizeof(bool));
    if (!build->request.doubtful)
        return error_no_memory(error, nz, "the list of slices");
    enum status status = level_folders_check(&build->request, &build->state, error);
    if (status == STATUS_OK)
        status = lost_slices_read_again(&build->lost, build->request.doubtful, &any, error);
    free(build->request.doubtful);
    build->request.doubtful = NULL;
    return status == STATUS_OK && any ? level_folders_check(&build->request, &build->state, error) : status;
}

/* A slice was lost when some of its rows had been used already, or a device's memory ran out: goes back to
 * what was complete before it. */
static enum status go_back(struct build *build, struct error *error)
{
    build->again_read_bytes += atomic_load(&build->progress.bytes_read);
    build->again_written_bytes += atomic_load(&build->progress.bytes_written);
    build->progress = (struct pipeline_progress){0};
    build->request.go_on = true;
    return look_at_output(build, error);
}

static enum status run(struct build *build, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    build->first_read = build->state.first_slice;
    for (;;) {
        struct error failure = {0};
        uint64_t refused_bytes;
        struct job part;
        struct stack stack;
        job_part(&build->job, build->state.first_slice, &part, &stack);
        enum status status = run_part(build, &part, &refused_bytes, &failure);
        const bool lost = lost_slices_end_run(&build->lost) && status == STATUS_INPUT;
        if (!lost && refused_bytes == 0)
            return status == STATUS_OK ? status : error_set(error, status, "%s", failure.message);
        if (refused_bytes > 0) {
            message_note(build->options, "%s: its memory ran out; going on with smaller batches",
                         printable(shown, sizeof shown, build->backend.device->name));
            build->backend.refused_bytes = refused_bytes;
        }
        status = go_back(build, error);
        if (status != STATUS_OK)
            return status;
        if (build->state.first_slice == build->job.pyramid.extent.nz)
            return finish_only(build, error);
    }
}

static enum status build_with_backend(struct build *build, struct error *error)
{
    const struct options *options = build->options;
    enum status status = backend_open(&build->backend, options, "auto", error);
    if (status != STATUS_OK)
        return status;
    if (options->dry_run)
        status = show_plan(build, error);
    else
        status = run(build, error);
    lost_slices_tell(&build->lost);
    build->stats.ended_at = clock_seconds();
    bool is_done = status == STATUS_OK && !options->dry_run;
    if (is_done && !options->quiet)
        print_summary(build);
    if (options->stats && build->stats.pipeline.seconds > 0) { /* of a run that failed, too */
        printf("%s", is_done && !options->quiet ? "\n" : "");
        run_stats_print(&build->stats);
        build_verify_print_stats(&build->verify);
    }
    backend_close(&build->backend);
    return status;
}

/* Whether what is to be written fits on its disk: what is certain not to is refused before anything is made.
 */
static enum status check_space(const struct build *build, struct error *error)
{
    struct output_space space;
    char shown[384], needed[VALUE_BYTES], available[VALUE_BYTES];
    enum status status = output_space_check(&build->request, build->state.first_slice, &space, error);
    if (status != STATUS_OK)
        return status;
    printable(shown, sizeof shown, build->folder);
    value_bytes(needed, space.needed_bytes);
    value_bytes(available, space.free_bytes);
    if (space.needed_files > 0)
        return error_set(
            error, STATUS_OUTPUT,
            "%s: takes %llu files, and its disk has room for %llu; remove some, or choose another "
            "OUTPUT",
            shown, (unsigned long long)space.needed_files, (unsigned long long)space.free_files);
    if (space.needed_bytes > 0 && space.certain)
        return error_set(
            error, STATUS_OUTPUT,
            "%s: takes %s, and its disk has %s free; free some space, choose another OUTPUT, or try "
            "--compression",
            shown, needed, available);
    if (space.needed_bytes > 0)
        message_note(build->options, "%s: takes up to %s, and its disk has %s free; it may become full",
                     shown, needed, available);
    return STATUS_OK;
}

static enum status build_into(const char *folder, const struct options *options, struct error *error)
{
    struct build build = {.options = options, .folder = folder, .stats = {.started_at = clock_seconds()}};
    enum status status = job_open(&build.job, options, options->missing, error);
    if (status != STATUS_OK)
        return status;
    build.request = (struct output_request){
        .folder = folder,
        .pyramid = &build.job.pyramid,
        .source = &build.job.source,
        .form = options_form(options),
        .force = options->force,
        .check = options->check,
        .cancel = signals_flag(options->signals),
    };
    lost_slices_init(&build.lost, &build.job, options);
    build_verify_init(&build.verify, options);
    status = look_at_output(&build, error);
    if (status == STATUS_OK && !build.state.complete)
        status = check_space(&build, error);
    if (status != STATUS_OK)
        goto close_job;
    notes_on_stack(build.job.stack, options);
    lost_slices_told(&build.lost);
    note_going_on(&build);
    if (options->dry_run || build.state.first_slice < build.job.pyramid.extent.nz)
        status = build_with_backend(&build, error);
    else if (build.state.complete)
        print_complete(&build, "up to date");
    else if ((status = finish_only(&build, error)) == STATUS_OK)
        print_complete(&build, "complete now; nothing was left to be read");
close_job:
    job_close(&build.job);
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
