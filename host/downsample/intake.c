/* SPDX-License-Identifier: MIT */
#include "downsample/intake.h"

#include "base/checked.h"
#include "downsample/big_memory.h"

#include <stdlib.h>
#include <string.h>

uint64_t intake_bytes(struct extent extent, const struct downsample_plan *plan)
{
    uint64_t per_buffer = saturated_add(plan->buffer_bytes, sizeof(void *) + sizeof(struct submitted));
    return saturated_add(saturated_mul3(per_buffer, plan->nbuffers, 1), extent.nz);
}

enum status intake_init(struct intake *intake, struct extent extent, const struct downsample_plan *plan,
                        struct error *error)
{
    *intake = (struct intake){.extent = extent, .plan = *plan};
    intake->buffers = calloc(plan->nbuffers, sizeof *intake->buffers);
    intake->queue = calloc(plan->nbuffers, sizeof *intake->queue);
    intake->present = calloc(extent.nz, sizeof *intake->present);
    if (!intake->buffers || !intake->queue || !intake->present)
        goto end_intake;
    for (unsigned i = 0; i < plan->nbuffers; i++) {
        intake->buffers[i] = big_alloc(plan->buffer_bytes);
        if (!intake->buffers[i])
            goto end_intake;
    }
    return STATUS_OK;

end_intake:
    intake_end(intake);
    return error_no_memory(error, intake_bytes(extent, plan), "input buffers");
}

void intake_end(struct intake *intake)
{
    for (unsigned i = 0; intake->buffers && i < intake->plan.nbuffers; i++)
        free(intake->buffers[i]);
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
        (struct submitted){.batch = next, .voxels = intake->buffers[index]};
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
