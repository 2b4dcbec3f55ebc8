/* SPDX-License-Identifier: MIT
 * Which backends a bench compares. */
#ifndef STACKTHUMB_CLI_BENCH_BACKENDS_H
#define STACKTHUMB_CLI_BENCH_BACKENDS_H

#include "base/error.h"
#include "cli/bench_result.h"
#include "cli/options.h"
#include "opencl/opencl.h"

/* Begins `result` with the CPU path, then the devices that options->device names (several are separated by
 * commas; one that cannot be used is STATUS_DEVICE), or all that can be used, the others told of. `devices`
 * is borrowed as long as `result` is in use; on failure there is nothing to end. */
enum status bench_backends_list(struct bench_result *result, const struct options *options,
                                const struct opencl_devices *devices, struct error *error);

#endif
