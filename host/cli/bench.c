/* SPDX-License-Identifier: MIT
 * stackthumb bench: everything that could be wrong is looked at first, then the rounds run, then what they
 * measured is told. All files but --json's and --plot's lie in one temporary folder. */
#include "base/printable.h"
#include "cli/backend.h"
#include "cli/bench_backends.h"
#include "cli/bench_folder.h"
#include "cli/bench_json.h"
#include "cli/bench_phantom.h"
#include "cli/bench_plot.h"
#include "cli/bench_result.h"
#include "cli/bench_rounds.h"
#include "cli/bench_table.h"
#include "cli/command.h"
#include "cli/job.h"
#include "cli/messages.h"
#include "cli/notes.h"
#include "cli/options.h"
#include "cli/result_file.h"
#include "cli/signals.h"
#include "cli/values.h"

#include <stdio.h>
#include <string.h>

static enum status check_operand(const struct options *options, struct error *error)
{
    bool is_named = options->noperands == 1;
    char usage[COMMAND_USAGE];
    command_usage(usage, &command_bench);
    if (is_named && options->phantom_given)
        return error_set(error, STATUS_USAGE, "INPUT and --phantom say the same thing; give one of them");
    if (!is_named && !options->phantom_given)
        return error_set(error, STATUS_USAGE, "a name is missing; usage: %s, or --phantom in place of INPUT",
                         usage);
    if (is_named && strcmp(options->operands[0], "-") == 0)
        return error_set(
            error, STATUS_USAGE,
            "a list from standard input can be read once, and bench reads it for every run; put it "
            "into a file, and name that as @FILE");
    return STATUS_OK;
}

/* Makes the phantom's slices and names them as the stack. */
static enum status make_phantom(struct options *options, const struct bench_folder *folder,
                                const atomic_bool *cancel, struct error *error)
{
    const struct phantom_volume volume = {
        .extent = options->phantom_extent, .type = options->phantom_type, .content = PHANTOM_HEAD, .seed = 1};
    char amount[VALUE_BYTES], shown[PRINTABLE_BYTES];
    message_note(options, "making the phantom, %s in %s",
                 value_bytes(amount, extent_volume_bytes(volume.extent, volume.type)),
                 printable(shown, sizeof shown, folder->slices));
    options->operands[0] = folder->slices;
    options->noperands = 1;
    return bench_phantom_write(&volume, folder->slices, options_threads(options), cancel, error);
}

static void print_head(const struct bench_setup *setup, const struct bench_result *result, bool is_phantom)
{
    const struct pyramid *pyramid = &result->pyramid;
    char shown[PRINTABLE_BYTES], amount[VALUE_BYTES];
    printf("%-14s %s: %u slices of %u x %u %s, %s\n", "stack",
           is_phantom ? "a phantom" : printable(shown, sizeof shown, setup->job->stack->folder),
           pyramid->extent.nz, pyramid->extent.nx, pyramid->extent.ny, voxel_name(pyramid->type),
           value_bytes(amount, result->input_bytes));
    printf("%-14s %s in %llu slices of %u level%s, each time into %s\n", "writes",
           value_bytes(amount, result->output_bytes), (unsigned long long)pyramid_slices(pyramid),
           pyramid->nlevels, pyramid->nlevels == 1 ? "" : "s",
           printable(shown, sizeof shown, setup->folder->path));
    printf("%-14s %u of each in turn, after one to warm up; medians\n\n", "runs", result->nruns);
}

static enum status tell(const struct bench_setup *setup, const struct bench_result *result, bool is_phantom,
                        struct error *error)
{
    const struct options *options = setup->options;
    if (!options->quiet) {
        print_head(setup, result, is_phantom);
        bench_table_write(stdout, result);
        printf("\nEvery run wrote the same bytes.\n");
    }
    enum status status = STATUS_OK;
    if (options->json_file)
        status = bench_json_write(options->json_file, result,
                                  is_phantom ? "phantom" : setup->job->stack->folder, error);
    if (status == STATUS_OK && options->plot_file)
        status = bench_plot_draw(options->plot_file, result, options->verbose, error);
    return status;
}

/* A driver that fails is no reason to leave the CPU path unmeasured. */
static void list_devices(struct opencl_devices *devices, const struct options *options)
{
    struct error refused = {0};
    opencl_limit_host_threads(options_computing_threads(options));
    if (backend_list_devices(devices, options, &refused) != STATUS_OK) {
        message_note(options, "%s", refused.message);
        *devices = (struct opencl_devices){0};
    }
    if (devices->note[0])
        message_note(options, "%s", devices->note);
}

/* From the stack, which is there, to the end. */
static enum status bench_stack(const struct options *options, const struct bench_folder *folder,
                               const atomic_bool *cancel, bool is_phantom, struct error *error)
{
    struct job job;
    struct opencl_devices devices = {0};
    struct bench_result result;
    enum status status = job_open(&job, options, options->missing, error);
    if (status != STATUS_OK)
        return status;
    notes_on_stack(job.stack, options);
    list_devices(&devices, options);
    status = bench_backends_list(&result, options, &devices, error);
    if (status != STATUS_OK)
        goto end_devices;
    result.pyramid = job.pyramid;
    result.input_bytes = stack_file_bytes(job.stack);
    const struct bench_setup setup = {.options = options, .job = &job, .folder = folder, .cancel = cancel};
    status = bench_rounds(&setup, &result, error);
    if (status == STATUS_OK)
        status = tell(&setup, &result, is_phantom, error);
    bench_result_end(&result);
end_devices:
    opencl_devices_end(&devices);
    job_close(&job);
    return status;
}

/* Removes the temporary folder whatever has happened. */
static enum status end_folder(struct bench_folder *folder, enum status status, struct error *error)
{
    struct error failure = {0};
    enum status removed = bench_folder_remove(folder->path, &failure);
    bench_folder_end(folder);
    if (removed != STATUS_OK && status == STATUS_OK)
        return error_set(error, removed, "%s", failure.message);
    if (removed == STATUS_OK && status == STATUS_INTERRUPTED) {
        *error = (struct error){0};
        return error_set(error, STATUS_INTERRUPTED, "interrupted; nothing is left behind");
    }
    return status;
}

static enum status bench_run(const struct options *given, struct error *error)
{
    struct options options = *given;
    struct bench_folder folder;
    enum status status = check_operand(&options, error);
    if (status == STATUS_OK && options.json_file)
        status = result_file_check(options.json_file, error);
    if (status == STATUS_OK && options.plot_file)
        status = result_file_check(options.plot_file, error);
    if (status == STATUS_OK && options.plot_file)
        status = bench_plot_check(error);
    if (status != STATUS_OK)
        return status;
    const atomic_bool *cancel = signals_flag(options.signals);
    status = bench_folder_create(&folder, options.output_folder, error);
    if (status != STATUS_OK)
        return status;
    options.stats = true; /* devices tell their times */
    if (options.phantom_given)
        status = make_phantom(&options, &folder, cancel, error);
    if (status == STATUS_OK)
        status = bench_stack(&options, &folder, cancel, options.phantom_given, error);
    return end_folder(&folder, status, error);
}

const struct command command_bench = {
    .name = "bench",
    .operands = "INPUT",
    .max_operands = 1,
    .summary = "compare the devices on a stack",
    .description =
        "Builds the pyramid of the stack INPUT on the CPU path and on every OpenCL device (or\n"
        "those of --device) in turn, several times, into a temporary folder that is removed again. Tells "
        "how\n"
        "long each took, how busy its stages were, and what held it up. All outputs must be the same. 'The\n"
        "floor' is the time that it takes to read every input once and then to write as many bytes as a\n"
        "pyramid has, one after the other, with nothing computed. Ratios are medians of the ratios within a\n"
        "round. A first round warms up: what fits into the page cache is read from there.",
    .bit = FOR_BENCH,
    .run = bench_run,
};
