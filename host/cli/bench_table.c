/* SPDX-License-Identifier: MIT */
#include "cli/bench_table.h"

#include "cli/stage_table.h"
#include "cli/values.h"

/* "4.72 GB/s", or "-" for what took no time. */
static const char *rate_text(char text[VALUE_BYTES + 2], uint64_t n_bytes, double seconds)
{
    char amount[VALUE_BYTES];
    if (seconds > 0)
        snprintf(text, VALUE_BYTES + 2, "%s/s", value_bytes(amount, (uint64_t)((double)n_bytes / seconds)));
    else
        snprintf(text, VALUE_BYTES + 2, "-");
    return text;
}

static void write_backend(FILE *to, const struct bench_result *result, const struct bench_backend *backend)
{
    const unsigned n = result->nruns;
    char rate[VALUE_BYTES + 2];
    double seconds = bench_median(backend->seconds, NULL, n);
    fprintf(to, "%2u %-39s %8.3f %9.3f %12s %11.2f %8.2f\n", backend->index, backend->name, seconds,
            bench_median(backend->startup, NULL, n), rate_text(rate, result->input_bytes, seconds),
            bench_median(backend->seconds, result->backends[0].seconds, n),
            bench_median(backend->seconds, result->floor.seconds, n));
}

static void write_floor(FILE *to, const struct bench_result *result)
{
    const struct bench_floor *floor = &result->floor;
    const unsigned n = result->nruns;
    char rate[VALUE_BYTES + 2];
    double seconds = bench_median(floor->seconds, NULL, n), read = bench_median(floor->read, NULL, n);
    double written = bench_median(floor->write, NULL, n);
    fprintf(to, "   %-39s %8.3f %9s %12s %11.2f %8.2f\n", "the floor", seconds, "",
            rate_text(rate, result->input_bytes, seconds),
            bench_median(floor->seconds, result->backends[0].seconds, n), 1.0);
    fprintf(to, "     %-37s %8.3f %9s %12s\n", "reading the input", read, "",
            rate_text(rate, result->input_bytes, read));
    fprintf(to, "     %-37s %8.3f %9s %12s\n", "then writing as much as a run", written, "",
            rate_text(rate, result->output_bytes, written));
}

static void write_stages(FILE *to, const struct bench_result *result)
{
    fprintf(to, "%-42s", "busy seconds of the stages");
    for (int stage = 0; stage < PIPELINE_STAGES; stage++)
        fprintf(to, " %8s", pipeline_stage_name((enum pipeline_stage)stage));
    fprintf(to, "\n");
    for (unsigned i = 0; i < result->nbackends; i++) {
        const struct bench_backend *backend = &result->backends[i];
        const struct pipeline_stats *stats = &backend->stats[bench_middle_run(result, backend)];
        fprintf(to, "%2u %-39s", backend->index, backend->name);
        for (int stage = 0; stage < PIPELINE_STAGES; stage++) {
            const struct stage_stats *at = &stats->stages[stage];
            if (at->nthreads > 0)
                fprintf(to, " %8.3f", at->busy_seconds / at->nthreads);
            else
                fprintf(to, " %8s", "-");
        }
        fprintf(to, "\n");
    }
}

void bench_table_write(FILE *to, const struct bench_result *result)
{
    char text[STAGE_BOTTLENECK];
    fprintf(to, "%-42s %8s %9s %12s %11s %8s\n", "", "seconds", "start-up", "input rate", "/ CPU path",
            "/ floor");
    for (unsigned i = 0; i < result->nbackends; i++)
        write_backend(to, result, &result->backends[i]);
    write_floor(to, result);
    fprintf(to, "\n");
    write_stages(to, result);
    fprintf(to, "\n");
    for (unsigned i = 0; i < result->nbackends; i++) {
        const struct bench_backend *backend = &result->backends[i];
        fprintf(to, "%2u %s: %s\n", backend->index, backend->name,
                stage_bottleneck(text, &backend->stats[bench_middle_run(result, backend)]));
    }
}
