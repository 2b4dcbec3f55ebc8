/* SPDX-License-Identifier: MIT
 * What a bench has measured, and the numbers that are told of it: plain data and arithmetic. */
#ifndef STACKTHUMB_CLI_BENCH_RESULT_H
#define STACKTHUMB_CLI_BENCH_RESULT_H

#include "base/error.h"
#include "cli/backend.h"
#include "pipeline/pipeline_stats.h"
#include "volume/pyramid.h"

#include <stdint.h>

enum { BENCH_NAME = 40 };

/* The runs of one backend; arrays of bench_result.nruns, one value for each round. */
struct bench_backend {
    struct backend backend;
    unsigned index;        /* as `stackthumb devices` lists it; 0: the CPU path */
    char name[BENCH_NAME]; /* printable, cut where it is longer */
    double *seconds;       /* of the whole run */
    double *startup;       /* seconds of it, until the first read */
    struct pipeline_stats *stats;
};

/* Reading every input once, in order, then writing as many output bytes as a run does. */
struct bench_floor {
    double *read, *write, *seconds; /* seconds: their sum */
};

struct bench_result {
    unsigned nruns;
    struct pyramid pyramid;
    uint64_t input_bytes, output_bytes; /* of one run */
    unsigned nbackends;                 /* at least 1 */
    struct bench_backend *backends;     /* the first one is the CPU path */
    struct bench_floor floor;
};

/* Makes room for nruns runs of each of `nbackends` backends; all else is zeroed. On failure nothing is to be
 * ended. */
enum status bench_result_init(struct bench_result *result, unsigned nbackends, unsigned nruns,
                              struct error *error);
void bench_result_end(struct bench_result *result);

/* Forgets one backend, which is not the first. */
void bench_result_drop(struct bench_result *result, unsigned i);

/* The median of the n (>= 1) quotients values[i] / by[i]; with `by` NULL of the values themselves. */
double bench_median(const double *values, const double *by, unsigned n);

/* The run in the middle by its seconds (the faster one of two): its stages are told. */
unsigned bench_middle_run(const struct bench_result *result, const struct bench_backend *backend);

#endif
