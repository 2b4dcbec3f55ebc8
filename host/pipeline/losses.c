/* SPDX-License-Identifier: MIT */
#include "pipeline/losses.h"

void losses_init(struct losses *losses, struct pipeline_losses *allowed, struct stop *stop)
{
    *losses = (struct losses){.allowed = allowed, .stop = stop};
    pthread_mutex_init(&losses->lock, NULL);
}

void losses_end(struct losses *losses)
{
    pthread_mutex_destroy(&losses->lock);
}

enum status losses_add(struct losses *losses, uint32_t z, const struct error *reason, struct error *error)
{
    enum status status = stop_check(losses->stop, error);
    if (status != STATUS_OK)
        return status;
    if (!losses->allowed || reason->status != STATUS_INPUT)
        return error_set(error, reason->status, "%s", reason->message);
    pthread_mutex_lock(&losses->lock);
    status = losses->allowed->lose(losses->allowed->context, z, reason, error);
    pthread_mutex_unlock(&losses->lock);
    return status;
}

enum status losses_add_late(struct losses *losses, uint32_t z, const struct error *reason,
                            struct error *error)
{
    enum status status = losses_add(losses, z, reason, error);
    if (status != STATUS_OK)
        return status;
    losses->allowed->again = true;
    return error_set(error, reason->status, "%s", reason->message);
}
