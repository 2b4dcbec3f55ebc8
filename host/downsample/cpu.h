/* SPDX-License-Identifier: MIT
 * Inside the room: the fast path with chosen inner loops and thresholds, so that tests reach every way
 * through it with small volumes, and benchmarks can compare. */
#ifndef STACKTHUMB_DOWNSAMPLE_CPU_H
#define STACKTHUMB_DOWNSAMPLE_CPU_H

#include "downsample/backends.h"
#include "downsample/cpu_layout.h"
#include "downsample/cpu_rows.h"

/* cpu_create with the inner loops of `rows` (from cpu_rows_usable) and with `tuning`. */
enum status cpu_create_tuned(struct downsampler **downsampler, const struct pyramid *pyramid,
                             const struct downsample_plan *plan, unsigned nthreads,
                             const struct cpu_rows *rows, const struct cpu_tuning *tuning,
                             struct error *error);

#endif
