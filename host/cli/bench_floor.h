/* SPDX-License-Identifier: MIT
 * The floor of a bench: what a run would take if it did nothing but read and write, one after the other. */
#ifndef STACKTHUMB_CLI_BENCH_FLOOR_H
#define STACKTHUMB_CLI_BENCH_FLOOR_H

#include "base/error.h"
#include "cli/bench_digest.h"
#include "stack/stack.h"
#include "volume/pyramid.h"

#include <stdatomic.h>
#include <stdbool.h>

struct floor_seconds {
    double read, write;
};

/* Reads every slice file of the stack once, in order, whole, by one MiB at a time into memory that stays in
 * the processor's cache; then makes `folder` and writes as many files of as many bytes as `files` tells from
 * the same memory. Nothing is computed, nothing renamed or forced to the disk. STATUS_INTERRUPTED once
 * *cancel is set. */
enum status bench_floor_run(struct floor_seconds *seconds, const struct stack *stack,
                            const struct pyramid *pyramid, const struct bench_digest *files,
                            const char *folder, const atomic_bool *cancel, struct error *error);

#endif
