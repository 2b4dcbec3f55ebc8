/* SPDX-License-Identifier: MIT */
#include "downsample/intake.h"

#include "base/checked.h"
#include "downsample/big_memory.h"

#include <stdlib.h>
#include <string.h>

enum { CACHE_LINE_BYTES = 64 };

/* Sets where the means of each level begin, and returns the bytes of all. */
static uint64_t lay_out_means(const struct pyramid *pyramid, const struct downsample_plan *plan,
                              uint64_t means_at[LEVELS_MAX + 1])
{
    uint64_t n_bytes = 0;
    for (unsigned level = 1; level <= pyramid->nlevels; level++) {
        means_at[level] = n_bytes;
        n_bytes = saturated_add(n_bytes, plan_level_bytes(plan, pyramid, level));
        n_bytes = saturated_add(n_bytes, CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES * CACHE_LINE_BYTES;
    }
    return n_bytes;
}

uint64_t intake_bytes(const struct pyramid *pyramid, const struct downsample_plan *plan)
{
    uint64_t means_at[LEVELS_MAX + 1];
    uint64_t per_buffer = saturated_add(plan->buffer_bytes, 2 * sizeof(void *) + sizeof(struct submitted));
    per_buffer = saturated_add(per_buffer, lay_out_means(pyramid, plan, means_at));
    return saturated_add(saturated_mul3(per_buffer, plan->nbuffers, 1), pyramid->extent.nz);
}

enum status intake_init(struct intake *intake, const struct pyramid *pyramid,
                        const struct downsample_plan *plan, struct error *error)
{
    *intake = (struct intake){.extent = pyramid->extent, .plan = *plan};
    uint64_t means_bytes = lay_out_means(pyramid, plan, intake->means_at);
    intake->buffers = calloc(plan->nbuffers, sizeof *intake->buffers);
    intake->means = calloc(plan->nbuffers, sizeof *intake->means);
    intake->queue = calloc(plan->nbuffers, sizeof *intake->queue);
    intake->present = calloc(pyramid->extent.nz, sizeof *intake->present);
    if (!intake->buffers || !intake->means || !intake->queue || !intake->present)
        goto end_intake;
    for (unsigned i = 0; i < plan->nbuffers; i++) {
        intake->buffers[i] = big_alloc(plan->buffer_bytes);
        intake->means[i] = big_alloc(means_bytes);
        if (!intake->buffers[i] || !intake->means[i])
            goto end_intake;
    }
    return STATUS_OK;

end_intake:
    intake_end(intake);
    return error_no_memory(error, intake_bytes(pyramid, plan), "input buffers");
}

void intake_end(struct intake *intake)
{
    for (unsigned i = 0; intake->buffers && i < intake->plan.nbuffers; i++)
        free(intake->buffers[i]);
    for (unsigned i = 0; intake->means && i < intake->plan.nbuffers; i++)
        free(intake->means[i]);
    free(intake->means);
    free(intake->buffers);
    free(intake->queue);
    free(intake->present);
    *intake = (struct intake){0};
}

enum status intake_submit(struct intake *intake, unsigned index, const struct batch *batch,
                          struct error *error)
{
    struct batch next = intake->last;
    if (!batch_next(&next, intake->extent, &intake->plan) || next.z0 != batch->z0 || next.y0 != batch->y0 ||
        next.nslices != batch->nslices || next.nrows != batch->nrows)
        return error_set(error, STATUS_FAILED,
                         "slice %u, row %u: this batch was submitted out of order; report this as a bug",
                         (unsigned)batch->z0, (unsigned)batch->y0);
    if (index >= intake->plan.nbuffers || intake->nwaiting == intake->plan.nbuffers)
        return error_set(error, STATUS_FAILED,
                         "slice %u, row %u: no input buffer is left for this batch; report this as a bug",
                         (unsigned)batch->z0, (unsigned)batch->y0);
    memcpy(intake->present + batch->z0, batch->present, batch->nslices * sizeof *batch->present);
    next.present = NULL;
    intake->last = next;
    intake->queue[(intake->first + intake->nwaiting) % intake->plan.nbuffers] =
        (struct submitted){.batch = next, .voxels = intake->buffers[index], .means = intake->means[index]};
    intake->nwaiting++;
    return STATUS_OK;
}

enum status intake_take(struct intake *intake, struct submitted *submitted, struct error *error)
{
    if (intake->nwaiting == 0)
        return error_set(error, STATUS_FAILED,
                         "a batch was collected that was never submitted; report this as a bug");
    *submitted = intake->queue[intake->first];
    intake->first = (intake->first + 1) % intake->plan.nbuffers;
    intake->nwaiting--;
    return STATUS_OK;
}
