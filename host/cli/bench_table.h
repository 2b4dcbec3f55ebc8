/* SPDX-License-Identifier: MIT
 * The tables of a bench, as text. */
#ifndef STACKTHUMB_CLI_BENCH_TABLE_H
#define STACKTHUMB_CLI_BENCH_TABLE_H

#include "cli/bench_result.h"

#include <stdio.h>

/* Writes one line for every backend and the floor (medians; ratios are medians of those within a round), then
 * the busy times of the stages, then each backend's bottleneck in words. */
void bench_table_write(FILE *to, const struct bench_result *result);

#endif
