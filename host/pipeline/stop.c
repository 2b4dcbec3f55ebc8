/* SPDX-License-Identifier: MIT */
#include "pipeline/stop.h"

#include "base/clock.h"

enum { WAIT_MS = 100 }; /* the longest that a set cancel flag goes unseen */

void stop_init(struct stop *stop, const atomic_bool *cancel)
{
    *stop = (struct stop){.cancel = cancel};
    pthread_mutex_init(&stop->lock, NULL);
}

void stop_end(struct stop *stop)
{
    pthread_mutex_destroy(&stop->lock);
}

static void raise_locked(struct stop *stop, const struct error *error)
{
    if (stop->first.status != STATUS_OK)
        return;
    stop->first = *error;
    for (struct condition *condition = stop->conditions; condition; condition = condition->next)
        condition_broadcast(condition);
}

enum status stop_check_locked(struct stop *stop, struct error *error)
{
    if (stop->first.status == STATUS_OK && stop->cancel && atomic_load(stop->cancel)) {
        struct error interrupted = {0};
        error_set(&interrupted, STATUS_INTERRUPTED, "interrupted; what was finished stays");
        raise_locked(stop, &interrupted);
    }
    if (stop->first.status == STATUS_OK)
        return STATUS_OK;
    return error_set(error, stop->first.status, "%s", stop->first.message);
}

void stop_raise(struct stop *stop, const struct error *error)
{
    pthread_mutex_lock(&stop->lock);
    raise_locked(stop, error);
    pthread_mutex_unlock(&stop->lock);
}

enum status stop_check(struct stop *stop, struct error *error)
{
    pthread_mutex_lock(&stop->lock);
    enum status status = stop_check_locked(stop, error);
    pthread_mutex_unlock(&stop->lock);
    return status;
}

void condition_init(struct condition *condition, struct stop *stop)
{
    clock_condition_init(&condition->changed);
    pthread_mutex_lock(&stop->lock);
    condition->stop = stop;
    condition->next = stop->conditions;
    stop->conditions = condition;
    pthread_mutex_unlock(&stop->lock);
}

void condition_end(struct condition *condition)
{
    struct stop *stop = condition->stop;
    pthread_mutex_lock(&stop->lock);
    struct condition **link = &stop->conditions;
    while (*link != condition)
        link = &(*link)->next;
    *link = condition->next;
    pthread_mutex_unlock(&stop->lock);
    pthread_cond_destroy(&condition->changed);
}

enum status condition_wait(struct condition *condition, struct error *error)
{
    struct stop *stop = condition->stop;
    enum status status = stop_check_locked(stop, error);
    if (status != STATUS_OK)
        return status;
    struct timespec until = clock_after_ms(WAIT_MS);
    pthread_cond_timedwait(&condition->changed, &stop->lock, &until); /* a time-out: look again */
    return stop_check_locked(stop, error);
}

void condition_signal(struct condition *condition)
{
    pthread_cond_signal(&condition->changed);
}

void condition_broadcast(struct condition *condition)
{
    pthread_cond_broadcast(&condition->changed);
}
