/* SPDX-License-Identifier: MIT */
#include "cli/bench_result.h"

#include <stdbool.h>
#include <stdlib.h>

static bool allocate_backend(struct bench_backend *backend, unsigned nruns)
{
    backend->seconds = calloc(nruns, sizeof *backend->seconds);
    backend->startup = calloc(nruns, sizeof *backend->startup);
    backend->stats = calloc(nruns, sizeof *backend->stats);
    return backend->seconds && backend->startup && backend->stats;
}

static void free_backend(struct bench_backend *backend)
{
    free(backend->seconds);
    free(backend->startup);
    free(backend->stats);
}

enum status bench_result_init(struct bench_result *result, unsigned nbackends, unsigned nruns,
                              struct error *error)
{
    struct bench_floor *floor = &result->floor;
    *result = (struct bench_result){.nruns = nruns, .nbackends = nbackends};
    floor->read = calloc(nruns, sizeof *floor->read);
    floor->write = calloc(nruns, sizeof *floor->write);
    floor->seconds = calloc(nruns, sizeof *floor->seconds);
    result->backends = calloc(nbackends, sizeof *result->backends);
    bool ok = floor->read && floor->write && floor->seconds && result->backends;
    for (unsigned i = 0; ok && i < nbackends; i++)
        ok = allocate_backend(&result->backends[i], nruns);
    if (ok)
        return STATUS_OK;
    bench_result_end(result);
    return error_no_memory(error, nbackends * nruns * sizeof(struct pipeline_stats), "the measurements");
}

void bench_result_end(struct bench_result *result)
{
    for (unsigned i = 0; result->backends && i < result->nbackends; i++)
        free_backend(&result->backends[i]);
    free(result->backends);
    free(result->floor.read);
    free(result->floor.write);
    free(result->floor.seconds);
    *result = (struct bench_result){0};
}

void bench_result_drop(struct bench_result *result, unsigned i)
{
    free_backend(&result->backends[i]);
    for (result->nbackends--; i < result->nbackends; i++)
        result->backends[i] = result->backends[i + 1];
}

static double value_at(const double *values, const double *by, unsigned i)
{
    return by ? values[i] / by[i] : values[i];
}

/* The index of the value that has `rank` others before it in their order. There are few values: counting
 * is enough, and needs no memory. */
static unsigned find_rank(const double *values, const double *by, unsigned n, unsigned rank)
{
    unsigned found = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned nbefore = 0;
        for (unsigned j = 0; j < n; j++) {
            double a = value_at(values, by, j), b = value_at(values, by, i);
            nbefore += a < b || (!(b < a) && j < i); /* of equals the earlier one is first */
        }
        if (nbefore == rank)
            found = i;
    }
    return found;
}

double bench_median(const double *values, const double *by, unsigned n)
{
    double low = value_at(values, by, find_rank(values, by, n, (n - 1) / 2));
    double high = value_at(values, by, find_rank(values, by, n, n / 2));
    return (low + high) / 2;
}

unsigned bench_middle_run(const struct bench_result *result, const struct bench_backend *backend)
{
    return find_rank(backend->seconds, NULL, result->nruns, (result->nruns - 1) / 2);
}
