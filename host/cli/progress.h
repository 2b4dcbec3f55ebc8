/* SPDX-License-Identifier: MIT
 * Shows how far a run is, on standard error. A thread of its own samples struct pipeline_progress a few times
 * a second, so the run itself never waits for a terminal. */
#ifndef STACKTHUMB_CLI_PROGRESS_H
#define STACKTHUMB_CLI_PROGRESS_H

#include "base/error.h"
#include "cli/options.h"
#include "cli/progress_text.h"
#include "pipeline/pipeline.h"

struct progress;

/* Begins to show `state`, which outlives the progress. Without anything to show (--quiet, --progress none)
 * *progress is NULL. */
enum status progress_start(struct progress **progress, const struct options *options,
                           const struct progress_totals *totals, const struct pipeline_progress *state,
                           struct error *error);

/* Shows the last state and ends the line. `status` is how the run ended. NULL is allowed. */
void progress_stop(struct progress *progress, enum status status);

#endif
