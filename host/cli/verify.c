/* SPDX-License-Identifier: MIT
 * stackthumb verify: the pipeline of a build once more, with a comparison where the output would be. */
#include "base/printable.h"
#include "cli/backend.h"
#include "cli/command.h"
#include "cli/job.h"
#include "cli/messages.h"
#include "cli/notes.h"
#include "cli/options.h"
#include "cli/run_memory.h"
#include "cli/signals.h"
#include "output/compare.h"
#include "output/hash_check.h"
#include "output/manifest.h"

#include <stdio.h>

/* Leaves out the slices without which the pyramid was made because they could not be read then. */
static void leave_out(struct job *job, const struct manifest *manifest, const struct options *options)
{
    uint32_t n = 0, first = 0;
    char shown[PRINTABLE_BYTES];
    for (uint32_t z = 0; z < job->stack->extent.nz; z++) {
        if (!job->stack->slices[z].path || !manifest_is_unreadable(manifest, z))
            continue;
        first = n++ == 0 ? z : first;
        stack_lose(job->stack, z);
    }
    if (n > 0)
        message_note(options,
                     "%u slice%s could not be read when the pyramid was built, %s%s; left out here, too", n,
                     n == 1 ? "" : "s", printable(shown, sizeof shown, job->stack->slices[first].name),
                     n == 1 ? "" : " the first");
}

/* Puts the manifest's levels into the job; the stack must be one that the pyramid can come from. */
static enum status take_manifest(struct job *job, const char *folder, const struct options *options,
                                 struct error *error)
{
    struct manifest manifest;
    char shown[PRINTABLE_BYTES], shown_stack[PRINTABLE_BYTES];
    enum status status = manifest_read(folder, &manifest, error);
    if (status != STATUS_OK)
        return status;
    struct extent made = manifest.pyramid.extent, present = job->pyramid.extent;
    printable(shown, sizeof shown, folder);
    if (!manifest.complete)
        status = error_set(error, STATUS_FAILED, "%s: the pyramid is not complete; build it again", shown);
    else if (made.nx != present.nx || made.ny != present.ny || made.nz != present.nz ||
             manifest.pyramid.type != job->pyramid.type)
        status =
            error_set(error, STATUS_FAILED,
                      "%s: was made from %u x %u x %u voxels of %s, but %s has %u x %u x %u of %s; name the "
                      "stack that it was made from, or build it again",
                      shown, made.nx, made.ny, made.nz, voxel_name(manifest.pyramid.type),
                      printable(shown_stack, sizeof shown_stack, job->stack->folder), present.nx, present.ny,
                      present.nz, voxel_name(job->pyramid.type));
    else
        leave_out(job, &manifest, options);
    job->pyramid = manifest.pyramid;
    if (status == STATUS_OK)
        status = extent_check_levels(made, manifest.pyramid.type, manifest.pyramid.nlevels, error);
    manifest_end(&manifest);
    return status;
}

enum { EXTRA_BYTES = 64 };

/* What a last line says of what the pyramid does not have; "" for nothing. */
static const char *show_extra(char text[EXTRA_BYTES], unsigned long long nextra)
{
    *text = '\0';
    if (nextra > 0)
        snprintf(text, EXTRA_BYTES, ", %llu %s not belong there", nextra, nextra == 1 ? "does" : "do");
    return text;
}

/* Prints what was found; a difference is STATUS_FAILED. */
static enum status tell(const struct job *job, const struct options *options,
                        const struct compare_result *result, struct error *error)
{
    char shown[PRINTABLE_BYTES], extra[EXTRA_BYTES];
    unsigned long long nslices = result->nslices, ndifferent = result->nvoxels_different;
    if (compare_clean(result)) {
        if (!options->quiet)
            printf("%llu slice%s of %u level%s agree%s\n", nslices, nslices == 1 ? "" : "s",
                   job->pyramid.nlevels, job->pyramid.nlevels == 1 ? "" : "s", nslices == 1 ? "s" : "");
        return STATUS_OK;
    }
    for (unsigned i = 0; i < result->nfirst && !options->quiet; i++)
        printf("%s\n", result->first[i].message);
    return error_set(error, STATUS_FAILED, "%s: %llu of %llu slices differ (%llu voxel%s)%s; %s",
                     printable(shown, sizeof shown, options->operands[1]),
                     (unsigned long long)result->nslices_different, nslices, ndifferent,
                     ndifferent == 1 ? "" : "s", show_extra(extra, result->nextra),
                     result->nslices_different ? "build it again" : "move that elsewhere");
}

static enum status verify_with(struct job *job, struct backend *backend, const struct options *options,
                               struct error *error)
{
    struct pipeline_progress state = {0};
    struct downsampler *downsampler;
    struct output *output;
    struct run_memory memory;
    run_memory_init(&memory, options, job, RUN_COMPARES);
    enum status status =
        backend_create(backend, &job->pyramid, job->whole_slices, &memory.budget, &downsampler, error);
    if (status != STATUS_OK)
        return status;
    status = compare_open(&output, options->operands[1], &job->pyramid, error);
    if (status != STATUS_OK)
        goto destroy_downsampler;
    status = job_run(job, options, downsampler, output, &state, NULL, NULL, error);
    if (status == STATUS_INTERRUPTED)
        status = signals_check(options->signals, status, error); /* nothing is left that could stay */
    if (status == STATUS_OK)
        status = tell(job, options, compare_result(output), error);
    output->ops->close(output);
destroy_downsampler:
    downsampler->ops->destroy(downsampler);
    return status;
}

static void print_wrong(const void *context, const char *line)
{
    const struct options *options = context;
    if (!options->quiet)
        printf("%s\n", line);
}

/* OUTPUT alone: what is there against what was written. */
static enum status verify_hashes(const char *folder, const struct options *options, struct error *error)
{
    struct hash_check check;
    char shown[PRINTABLE_BYTES], extra[EXTRA_BYTES];
    enum status status =
        hash_check_run(folder, signals_flag(options->signals), print_wrong, options, &check, error);
    if (status != STATUS_OK)
        return status;
    unsigned long long nslices = check.nslices, nwrong = check.nwrong;
    if (nwrong + check.nextra > 0)
        return error_set(error, STATUS_FAILED, "%s: %llu of %llu slices are not as they were written%s; %s",
                         printable(shown, sizeof shown, folder), nwrong, nslices,
                         show_extra(extra, check.nextra),
                         nwrong > 0 ? "build it again with --check" : "move that elsewhere");
    if (!options->quiet)
        printf("%llu slice%s of %u level%s %s as written\n", nslices, nslices == 1 ? "" : "s", check.nlevels,
               check.nlevels == 1 ? "" : "s", nslices == 1 ? "is" : "are");
    return STATUS_OK;
}

static enum status verify_run(const struct options *options, struct error *error)
{
    struct job job;
    struct backend backend;
    if (options->noperands == 1)
        return verify_hashes(options->operands[0], options, error);
    enum status status = job_open(&job, options, options->missing, error);
    if (status != STATUS_OK)
        return status;
    status = take_manifest(&job, options->operands[1], options, error);
    if (status != STATUS_OK)
        goto close_job;
    notes_on_stack(job.stack, options);
    status = backend_open(&backend, options, "reference", error);
    if (status != STATUS_OK)
        goto close_job;
    status = verify_with(&job, &backend, options, error);
    backend_close(&backend);
close_job:
    job_close(&job);
    return status;
}

const struct command command_verify = {
    .name = "verify",
    .operands = "[INPUT] OUTPUT",
    .min_operands = 1,
    .max_operands = 2,
    .summary = "recompute a pyramid and compare every voxel",
    .description =
        "Computes the pyramid of the stack in INPUT again, by the CPU reference (or --device), "
        "and compares every\n"
        "voxel of every level with the one in OUTPUT. Exit status 0 when all agree, 1 when "
        "anything differs; the\n"
        "first differences are named. With OUTPUT alone its files are compared with the hashes that were\n"
        "noted when they were written. Images and levels that the pyramid does not have are named, too.\n"
        "Nothing is written.",
    .bit = FOR_VERIFY,
    .run = verify_run,
};
