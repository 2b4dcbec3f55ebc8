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

/* Appends `value`, which it takes; NULL, for want of memory, makes *array NULL, too. */
static void append(json_t **array, json_t *value)
{
    if (*array && json_array_append_new(*array, value) == 0)
        return;
    json_decref(*array);
    *array = NULL;
}

static json_t *numbers_json(const double *values, unsigned n)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < n; i++)
        append(&array, json_real(values[i]));
    return array;
}

static json_t *stages_json(const struct pipeline_stats *stats)
{
    json_t *stages = json_object();
    for (int stage = 0; stage < PIPELINE_STAGES; stage++) {
        const struct stage_stats *at = &stats->stages[stage];
        json_t *value = at->nthreads == 0
                            ? json_null()
                            : json_pack("{s:f,s:I,s:I}", "busy_seconds", at->busy_seconds, "threads",
                                        (json_int_t)at->nthreads, "bytes", (json_int_t)at->n_bytes);
        if (json_object_set_new(stages, pipeline_stage_name((enum pipeline_stage)stage), value) != 0) {
            json_decref(stages);
            return NULL;
        }
    }
    return stages;
}

static json_t *backend_json(const struct bench_result *result, const struct bench_backend *backend)
{
    const unsigned n = result->nruns;
    const struct pipeline_stats *stats = &backend->stats[bench_middle_run(result, backend)];
    double seconds = bench_median(backend->seconds, NULL, n);
    char bottleneck[STAGE_BOTTLENECK];
    return json_pack("{s:i,s:s,s:o,s:f,s:f,s:f,s:f,s:f,s:s,s:o}", "index", (int)backend->index, "name",
                     backend->name, "seconds", numbers_json(backend->seconds, n), "median_seconds", seconds,
                     "startup_seconds", bench_median(backend->startup, NULL, n), "input_bytes_per_second",
                     seconds > 0 ? (double)result->input_bytes / seconds : 0, "ratio_to_cpu_path",
                     bench_median(backend->seconds, result->backends[0].seconds, n), "ratio_to_floor",
                     bench_median(backend->seconds, result->floor.seconds, n), "bottleneck",
                     stage_bottleneck(bottleneck, stats), "stages", stages_json(stats));
}

static json_t *floor_json(const struct bench_result *result)
{
    const struct bench_floor *floor = &result->floor;
    const unsigned n = result->nruns;
    return json_pack("{s:o,s:f,s:f,s:f}", "seconds", numbers_json(floor->seconds, n), "median_seconds",
                     bench_median(floor->seconds, NULL, n), "read_seconds",
                     bench_median(floor->read, NULL, n), "write_seconds",
                     bench_median(floor->write, NULL, n));
}

static json_t *result_json(const struct bench_result *result, const char *stack_name)
{
    const struct extent extent = result->pyramid.extent;
    char shown[PRINTABLE_BYTES];
    json_t *backends = json_array();
    for (unsigned i = 0; i < result->nbackends; i++)
        append(&backends, backend_json(result, &result->backends[i]));
    return json_pack(
        "{s:{s:s,s:s},s:{s:s,s:{s:I,s:I,s:I},s:s,s:I},s:i,s:I,s:i,s:o,s:o}", "program", "name", "stackthumb",
        "version", STACKTHUMB_VERSION, "stack", "name", printable(shown, sizeof shown, stack_name), "extent",
        "nx", (json_int_t)extent.nx, "ny", (json_int_t)extent.ny, "nz", (json_int_t)extent.nz, "type",
        voxel_name(result->pyramid.type), "input_bytes", (json_int_t)result->input_bytes, "nlevels",
        (int)result->pyramid.nlevels, "output_bytes", (json_int_t)result->output_bytes, "runs",
        (int)result->nruns, "backends", backends, "floor", floor_json(result));
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
