/* SPDX-License-Identifier: MIT
 * The measurements of a bench as JSON, for other programs. */
#ifndef STACKTHUMB_CLI_BENCH_JSON_H
#define STACKTHUMB_CLI_BENCH_JSON_H

#include "base/error.h"
#include "cli/bench_result.h"

/* Writes `path`:
 *
 *   program   {name, version}
 *   stack     {name, extent: {nx, ny, nz}, type, input_bytes}
 *   nlevels, output_bytes
 *   runs      of each backend, all of them counted
 *   backends  for each {index, name, seconds: [of each run], median_seconds, startup_seconds,
 *             input_bytes_per_second, ratio_to_cpu_path, ratio_to_floor, bottleneck: in words,
 *             stages: {read: {busy_seconds, threads, bytes} or null, ...}} of the run in the middle
 *   floor     {seconds: [of each round], median_seconds, read_seconds, write_seconds}
 *
 * Busy seconds are summed over the threads. STATUS_OUTPUT on failure. */
enum status bench_json_write(const char *path, const struct bench_result *result, const char *stack_name,
                             struct error *error);

#endif
