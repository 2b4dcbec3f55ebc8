/* SPDX-License-Identifier: MIT */
#include "cli/run_memory.h"

#include "base/checked.h"
#include "base/resident.h"
#include "downsample/spot_check.h"
#include "output/compare.h"

static const uint64_t most_by_default = 2ull << 30;

/* What nobody counts: queues, open files, the allocator's own, and the stacks of threads. */
enum { ODDMENTS_BYTES = 192 << 10, THREAD_BYTES = 48 << 10, THREADS_OF_STAGES = 4 };

uint64_t run_memory_allowed(const struct options *options)
{
    uint64_t quarter = machine_memory_bytes() / 4;
    if (options->memory_bytes)
        return options->memory_bytes;
    return quarter < most_by_default ? quarter : most_by_default;
}

static uint64_t output_bytes(const struct run_memory *memory, const struct downsample_plan *plan)
{
    const struct pyramid *pyramid = &memory->pyramid;
    uint64_t nstarted = 1;
    if (plan->band_rows < pyramid->extent.ny) /* then all slices that a batch finishes come band by band */
        nstarted += plan_slices(plan, pyramid);
    if (memory->output == RUN_WRITES)
        return level_folders_memory_bytes(pyramid, &memory->form, nstarted);
    return compare_memory_bytes(pyramid, nstarted);
}

uint64_t run_memory_pipeline(const struct run_memory *memory, const struct downsample_plan *plan)
{
    uint64_t nthreads = memory->form.nthreads; /* decoders */
    if (memory->output == RUN_WRITES && memory->form.encoding != ENCODING_NONE)
        nthreads *= 2; /* encoders */
    uint64_t oddments = ODDMENTS_BYTES + THREAD_BYTES * (nthreads + THREADS_OF_STAGES);
    if (memory->verify)
        oddments = saturated_add(oddments, spot_check_bytes(&memory->pyramid, plan));
    return saturated_add(saturated_add(output_bytes(memory, plan), oddments),
                         pipeline_host_bytes(&memory->load, &memory->pyramid, plan, memory->form.nthreads));
}

/* For host_budget. */
static uint64_t besides(const void *context, const struct downsample_plan *plan)
{
    return run_memory_pipeline(context, plan);
}

uint64_t run_memory_total(const struct run_memory *memory, const struct downsample_plan *plan)
{
    return host_budget_total(&memory->budget, plan);
}

void run_memory_init(struct run_memory *memory, const struct options *options, const struct job *job,
                     enum run_output output)
{
    *memory = (struct run_memory){
        .budget =
            {
                .most_bytes = run_memory_allowed(options),
                .held_bytes = resident_bytes(),
                .besides = besides,
                .context = memory,
            },
        .load = pipeline_load_of(job->stack),
        .pyramid = job->pyramid,
        .form = options_form(options),
        .verify = output == RUN_WRITES && options->verify,
        .output = output,
    };
}
