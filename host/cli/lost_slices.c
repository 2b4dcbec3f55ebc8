/* SPDX-License-Identifier: MIT */
#include "cli/lost_slices.h"

#include "cli/messages.h"
#include "cli/signals.h"
#include "pipeline/probe.h"

/* Where no slice at all can be read there is nothing to make a pyramid of: then the reason of the last one
 * ends the run. */
static enum status note_lost(struct lost_slices *lost, uint32_t z, const struct error *reason,
                             struct error *error)
{
    if (lost->nleft <= 1)
        return error_set(error, reason->status, "%s", reason->message);
    enum status status =
        stack_note_unreadable(lost->job->stack, &lost->job->stack->slices[z], reason->message, error);
    if (status != STATUS_OK)
        return status;
    lost->nleft--;
    lost->job->source_slices[z].unreadable = true;
    return STATUS_OK;
}

/* For struct pipeline_losses. */
static enum status lose(void *context, uint32_t z, const struct error *reason, struct error *error)
{
    struct lost_slices *lost = context;
    enum status status = STATUS_OK;
    if (lost->output->ops->lose && lost->nleft > 1)
        status = lost->output->ops->lose(lost->output, lost->first + z, error);
    return status == STATUS_OK ? note_lost(lost, lost->first + z, reason, error) : status;
}

void lost_slices_init(struct lost_slices *lost, struct job *job, const struct options *options)
{
    *lost = (struct lost_slices){.losses = {.lose = lose, .context = lost}, .job = job, .options = options};
    for (uint32_t z = 0; z < job->stack->extent.nz; z++)
        lost->nleft += job->stack->slices[z].path != NULL;
}

struct pipeline_losses *lost_slices_begin(struct lost_slices *lost, struct output *output, uint32_t first)
{
    lost->output = output;
    lost->first = first;
    lost->losses.again = false;
    return lost->options->missing == MISSING_IGNORE ? &lost->losses : NULL;
}

/* No run reads the slices. */
static void take_out(struct lost_slices *lost)
{
    struct stack *stack = lost->job->stack;
    for (uint32_t z = 0; z < stack->extent.nz; z++)
        if (lost->job->source_slices[z].unreadable && stack->slices[z].path)
            stack_lose(stack, z);
}

bool lost_slices_end_run(struct lost_slices *lost)
{
    take_out(lost);
    return lost->losses.again;
}

enum status lost_slices_read_again(struct lost_slices *lost, const bool *doubtful, bool *any,
                                   struct error *error)
{
    const struct stack *stack = lost->job->stack;
    const atomic_bool *cancel = signals_flag(lost->options->signals);
    enum status status = STATUS_OK;
    *any = false;
    for (uint32_t z = 0; z < stack->extent.nz && status == STATUS_OK; z++) {
        struct error reason = {0};
        if (!doubtful[z] || !stack->slices[z].path || stack->slices[z].header.streamed ||
            probe_slice(stack, z, cancel, &reason) == STATUS_OK)
            continue;
        if (reason.status != STATUS_INPUT || lost->options->missing != MISSING_IGNORE)
            status = error_set(error, reason.status, "%s", reason.message);
        else
            status = note_lost(lost, z, &reason, error);
        *any = true;
    }
    take_out(lost);
    return status;
}

void lost_slices_told(struct lost_slices *lost)
{
    lost->ntold = lost->job->stack->nunreadable;
}

void lost_slices_tell(struct lost_slices *lost)
{
    const struct stack *stack = lost->job->stack;
    for (; lost->ntold < stack->nunreadable; lost->ntold++)
        message_note(lost->options, "taken as missing: %s", stack->unreadable[lost->ntold]);
}
