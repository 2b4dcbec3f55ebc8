/* SPDX-License-Identifier: MIT
 * The rounds of a bench: in each, every backend builds the pyramid of the stack once, then the floor is
 * measured; a first round only warms up. What each run writes is hashed, compared with what the CPU path
 * wrote first, and removed, while no clock runs. */
#ifndef STACKTHUMB_CLI_BENCH_ROUNDS_H
#define STACKTHUMB_CLI_BENCH_ROUNDS_H

#include "base/error.h"
#include "cli/bench_folder.h"
#include "cli/bench_result.h"
#include "cli/job.h"
#include "cli/options.h"

#include <stdatomic.h>
#include <stdbool.h>

/* What the rounds need; all of it is borrowed. */
struct bench_setup {
    const struct options *options; /* operands[0] is the stack; stats is set */
    const struct job *job;         /* the stack, open */
    const struct bench_folder *folder;
    const atomic_bool *cancel;
};

/* Fills the runs of `result`, its output_bytes and its floor. A device that fails in the first round is told
 * of and dropped; every other failure ends it, and so does an output that differs (STATUS_FAILED). */
enum status bench_rounds(const struct bench_setup *setup, struct bench_result *result, struct error *error);

#endif
