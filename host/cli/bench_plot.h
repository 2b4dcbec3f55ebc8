/* SPDX-License-Identifier: MIT
 * The measurements of a bench as a picture, drawn by gnuplot. */
#ifndef STACKTHUMB_CLI_BENCH_PLOT_H
#define STACKTHUMB_CLI_BENCH_PLOT_H

#include "base/error.h"
#include "cli/bench_result.h"

#include <stdbool.h>
#include <stdio.h>

/* True for a file name that says what to draw: it ends in .svg or .png, in any case. */
bool bench_plot_name_ok(const char *path);

/* STATUS_FAILED, with what to do, when gnuplot cannot be run. */
enum status bench_plot_check(struct error *error);

/* Writes gnuplot's script: bars of whole runs and of the stages' busy times, the data among them. */
void bench_plot_script(FILE *to, const struct bench_result *result, bool svg);

/* Has gnuplot draw `path`, which appears when it is complete. What gnuplot has to say is shown when
 * `verbose`. STATUS_OUTPUT or STATUS_FAILED on failure. */
enum status bench_plot_draw(const char *path, const struct bench_result *result, bool verbose,
                            struct error *error);

#endif
