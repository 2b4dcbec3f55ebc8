/* SPDX-License-Identifier: MIT */
#include "cli/bench_rounds.h"

#include "base/clock.h"
#include "cli/bench_digest.h"
#include "cli/bench_floor.h"
#include "cli/messages.h"
#include "cli/run_memory.h"

#include <stdio.h>
#include <string.h>

struct rounds {
    const struct bench_setup *setup;
    struct bench_result *result;
    struct bench_digest expected; /* owned; empty until the first run */
    char told[1000];              /* of the present round: "CPU path 0.512 s, ..." */
};

struct measured {
    double seconds, startup;
    struct pipeline_stats stats;
};

static void tell(struct rounds *rounds, const char *name, double seconds)
{
    size_t used = strlen(rounds->told);
    snprintf(rounds->told + used, sizeof rounds->told - used, "%s%s %.3f s", used ? ", " : "", name, seconds);
}

/* All that a build does once it knows its options and its devices. */
static enum status build(const struct bench_setup *setup, struct backend *backend, struct measured *measured,
                         struct error *error)
{
    struct job job;
    struct downsampler *downsampler;
    struct output *output;
    struct pipeline_progress progress = {0};
    struct run_memory memory;
    double began = clock_seconds();
    enum status status = job_open(&job, setup->options, setup->options->missing, error);
    if (status != STATUS_OK)
        return status;
    run_memory_init(&memory, setup->options, &job, RUN_WRITES);
    status = backend_create(backend, &job.pyramid, job.whole_slices, &memory.budget, &downsampler, error);
    if (status != STATUS_OK)
        goto close_job;
    struct output_request request = {
        .folder = setup->folder->output,
        .pyramid = &job.pyramid,
        .source = &job.source,
        .form = options_form(setup->options),
    };
    request.form.unsynced = true; /* as the floor is */
    status = level_folders_open(&output, &request, 0, error);
    if (status != STATUS_OK)
        goto destroy_downsampler;
    const struct pipeline_run run = {
        .stack = job.stack,
        .pyramid = &job.pyramid,
        .downsampler = downsampler,
        .output = output,
        .nthreads = options_threads(setup->options),
        .progress = &progress,
        .stats = &measured->stats,
        .cancel = setup->cancel,
    };
    status = pipeline_run(&run, error);
    output->ops->close(output);
destroy_downsampler:
    downsampler->ops->destroy(downsampler);
close_job:
    job_close(&job);
    measured->seconds = clock_seconds() - began;
    measured->startup = measured->stats.first_read_at - began;
    return status;
}

/* Hashes what was written and compares it; the first output is what others are compared with. */
static enum status check_output(struct rounds *rounds, const char *name, struct error *error)
{
    const struct bench_setup *setup = rounds->setup;
    const struct pyramid *pyramid = &setup->job->pyramid;
    struct bench_digest digest;
    enum status status = bench_digest_read(&digest, setup->folder->output, pyramid, setup->cancel, error);
    if (status != STATUS_OK)
        return status;
    if (!rounds->expected.files) {
        rounds->expected = digest;
        for (uint64_t i = 0; i < digest.nfiles; i++)
            rounds->result->output_bytes += digest.files[i].n_bytes;
        return STATUS_OK;
    }
    status = bench_digest_compare(&digest, &rounds->expected, pyramid, name, error);
    bench_digest_end(&digest);
    return status;
}

static enum status run_backend(struct rounds *rounds, struct bench_backend *backend,
                               struct measured *measured, struct error *error)
{
    const struct bench_setup *setup = rounds->setup;
    *measured = (struct measured){0};
    enum status status = build(setup, &backend->backend, measured, error);
    if (status == STATUS_OK)
        status = check_output(rounds, backend->name, error);
    struct error refused = {0};
    enum status removed = bench_folder_remove(setup->folder->output, &refused);
    if (status == STATUS_OK && removed != STATUS_OK)
        status = error_set(error, removed, "%s", refused.message);
    if (status == STATUS_OK)
        tell(rounds, backend->name, measured->seconds);
    return status;
}

static enum status run_floor(struct rounds *rounds, struct floor_seconds *seconds, struct error *error)
{
    const struct bench_setup *setup = rounds->setup;
    enum status status = bench_floor_run(seconds, setup->job->stack, &setup->job->pyramid, &rounds->expected,
                                         setup->folder->output, setup->cancel, error);
    if (status == STATUS_OK)
        status = bench_folder_remove(setup->folder->output, error);
    if (status == STATUS_OK)
        tell(rounds, "the floor", seconds->read + seconds->write);
    return status;
}

/* Kernels are compiled, slices come into memory, and devices show whether they work at all. */
static enum status warm_up(struct rounds *rounds, struct error *error)
{
    struct bench_result *result = rounds->result;
    const struct options *options = rounds->setup->options;
    struct measured measured;
    struct floor_seconds seconds;
    for (unsigned i = 0; i < result->nbackends;) {
        struct error failure = {0};
        enum status status = run_backend(rounds, &result->backends[i], &measured, &failure);
        if (i > 0 && status == STATUS_DEVICE) {
            message_note(options, "%s; it is left out", failure.message);
            bench_result_drop(result, i);
            continue;
        }
        if (status != STATUS_OK)
            return error_set(error, status, "%s", failure.message);
        i++;
    }
    enum status status = run_floor(rounds, &seconds, error);
    if (status == STATUS_OK)
        message_note(options, "warm-up: %s", rounds->told);
    return status;
}

static enum status run_round(struct rounds *rounds, unsigned round, struct error *error)
{
    struct bench_result *result = rounds->result;
    struct floor_seconds seconds;
    rounds->told[0] = '\0';
    for (unsigned i = 0; i < result->nbackends; i++) {
        struct bench_backend *backend = &result->backends[i];
        struct measured measured;
        enum status status = run_backend(rounds, backend, &measured, error);
        if (status != STATUS_OK)
            return status;
        backend->seconds[round] = measured.seconds;
        backend->startup[round] = measured.startup;
        backend->stats[round] = measured.stats;
    }
    enum status status = run_floor(rounds, &seconds, error);
    if (status != STATUS_OK)
        return status;
    result->floor.read[round] = seconds.read;
    result->floor.write[round] = seconds.write;
    result->floor.seconds[round] = seconds.read + seconds.write;
    message_note(rounds->setup->options, "round %u of %u: %s", round + 1, result->nruns, rounds->told);
    return STATUS_OK;
}

enum status bench_rounds(const struct bench_setup *setup, struct bench_result *result, struct error *error)
{
    struct rounds rounds = {.setup = setup, .result = result};
    enum status status = warm_up(&rounds, error);
    for (unsigned round = 0; status == STATUS_OK && round < result->nruns; round++)
        status = run_round(&rounds, round, error);
    bench_digest_end(&rounds.expected);
    return status;
}
