/* SPDX-License-Identifier: MIT */
#include "cli/bench_json.h"

#include "base/printable.h"
#include "cli/result_file.h"
#include "cli/stage_table.h"
#include "output/json_values.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *numbers_json(const double *values, unsigned n)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < n; i++)
        array = json_and(array, json_real(values[i]));
    return array;
}

static json_t *stage_json(const struct stage_stats *stage)
{
    if (stage->nthreads == 0)
        return json_null();
    json_t *json = json_with(json_object(), "busy_seconds", json_real(stage->busy_seconds));
    json = json_with(json, "threads", json_integer(stage->nthreads));
    return json_with(json, "bytes", json_bytes(stage->n_bytes));
}

static json_t *stages_json(const struct pipeline_stats *stats)
{
    json_t *stages = json_object();
    for (int stage = 0; stage < PIPELINE_STAGES; stage++)
        stages = json_with(stages, pipeline_stage_name((enum pipeline_stage)stage),
                           stage_json(&stats->stages[stage]));
    return stages;
}

static json_t *backend_json(const struct bench_result *result, const struct bench_backend *backend)
{
    const unsigned n = result->nruns;
    const struct pipeline_stats *stats = &backend->stats[bench_middle_run(result, backend)];
    const double seconds = bench_median(backend->seconds, NULL, n);
    const double rate = seconds > 0 ? (double)result->input_bytes / seconds : 0;
    char bottleneck[STAGE_BOTTLENECK];
    json_t *json = json_with(json_object(), "index", json_integer(backend->index));
    json = json_with(json, "name", json_string(backend->name));
    json = json_with(json, "seconds", numbers_json(backend->seconds, n));
    json = json_with(json, "median_seconds", json_real(seconds));
    json = json_with(json, "startup_seconds", json_real(bench_median(backend->startup, NULL, n)));
    json = json_with(json, "input_bytes_per_second", json_real(rate));
    json = json_with(json, "ratio_to_cpu_path",
                     json_real(bench_median(backend->seconds, result->backends[0].seconds, n)));
    json = json_with(json, "ratio_to_floor",
                     json_real(bench_median(backend->seconds, result->floor.seconds, n)));
    json = json_with(json, "bottleneck", json_string(stage_bottleneck(bottleneck, stats)));
    return json_with(json, "stages", stages_json(stats));
}

static json_t *floor_json(const struct bench_result *result)
{
    const struct bench_floor *floor = &result->floor;
    const unsigned n = result->nruns;
    json_t *json = json_with(json_object(), "seconds", numbers_json(floor->seconds, n));
    json = json_with(json, "median_seconds", json_real(bench_median(floor->seconds, NULL, n)));
    json = json_with(json, "read_seconds", json_real(bench_median(floor->read, NULL, n)));
    return json_with(json, "write_seconds", json_real(bench_median(floor->write, NULL, n)));
}

static json_t *program_json(void)
{
    json_t *json = json_with(json_object(), "name", json_string("stackthumb"));
    return json_with(json, "version", json_string(STACKTHUMB_VERSION));
}

static json_t *stack_json(const struct bench_result *result, const char *stack_name)
{
    char shown[PRINTABLE_BYTES];
    json_t *json = json_with(json_object(), "name", json_string(printable(shown, sizeof shown, stack_name)));
    json = json_with(json, "extent", json_extent(result->pyramid.extent));
    json = json_with(json, "type", json_string(voxel_name(result->pyramid.type)));
    return json_with(json, "input_bytes", json_bytes(result->input_bytes));
}

static json_t *result_json(const struct bench_result *result, const char *stack_name)
{
    json_t *backends = json_array();
    for (unsigned i = 0; i < result->nbackends; i++)
        backends = json_and(backends, backend_json(result, &result->backends[i]));
    json_t *json = json_with(json_object(), "program", program_json());
    json = json_with(json, "stack", stack_json(result, stack_name));
    json = json_with(json, "nlevels", json_integer(result->pyramid.nlevels));
    json = json_with(json, "output_bytes", json_bytes(result->output_bytes));
    json = json_with(json, "runs", json_integer(result->nruns));
    json = json_with(json, "backends", backends);
    return json_with(json, "floor", floor_json(result));
}

static enum status write_text(const char *path, const char *text, struct error *error)
{
    FILE *file = fopen(path, "w");
    bool ok = file && fprintf(file, "%s\n", text) >= 0;
    int errnum = errno;
    if (file && fclose(file) != 0 && ok) {
        ok = false;
        errnum = errno;
    }
    if (ok)
        return STATUS_OK;
    return result_file_failure(error, errnum, path);
}

enum status bench_json_write(const char *path, const struct bench_result *result, const char *stack_name,
                             struct error *error)
{
    json_t *json = result_json(result, stack_name);
    char *text = json ? json_print(json, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) : NULL;
    enum status status = text ? write_text(path, text, error) : error_no_memory(error, 0, "the JSON file");
    free(text);
    json_decref(json);
    return status;
}
