/* SPDX-License-Identifier: MIT */
#include "cli/backend.h"
#include "cli/command.h"
#include "cli/info_json.h"
#include "cli/job.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "cli/report.h"
#include "cli/run_memory.h"

static enum status info_run(const struct options *options, struct error *error)
{
    struct job job;
    struct backend backend;
    struct downsample_plan plan;
    struct run_memory memory;
    /* A gap is something to tell here, not something to stop at, whatever a build would do. */
    enum status status = job_open(&job, options, MISSING_IGNORE, error);
    if (status != STATUS_OK)
        return status;
    status = backend_open(&backend, options, "auto", error);
    if (status != STATUS_OK)
        goto close_job;
    run_memory_init(&memory, options, &job, RUN_WRITES);
    status = backend_plan(&backend, &job.pyramid, job.whole_slices, &memory.budget, &plan, error);
    if (status != STATUS_OK)
        goto close_backend;
    if (options->as_json) {
        status = info_json_print(options, &job, &backend, &memory, &plan, error);
        goto close_backend;
    }
    report_stack(&job);
    report_levels(&job);
    report_plan(&job, &backend, &memory, &plan);
    if (job.stack->nmissing && options->missing == MISSING_FAIL)
        message_note(options,
                     "a build stops at missing slices; with --missing ignore it goes on without them");
close_backend:
    backend_close(&backend);
close_job:
    job_close(&job);
    return status;
}

const struct command command_info = {
    .name = "info",
    .operands = "INPUT",
    .min_operands = 1,
    .max_operands = 1,
    .summary = "what a stack is, and what a build would do",
    .description =
        "Shows what the stack INPUT is (pattern of the names, extent, type, layout, spacing,\n"
        "missing slices, other files), the levels that a build would make, how much it would read and\n"
        "write, on which device, and how much memory it would hold. Nothing is written.",
    .bit = FOR_INFO,
    .run = info_run,
};
