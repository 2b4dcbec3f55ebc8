/* SPDX-License-Identifier: MIT */
#include "pipeline/countdown.h"

void countdown_init(struct countdown *countdown, struct stop *stop)
{
    *countdown = (struct countdown){0};
    condition_init(&countdown->reached, stop);
}

void countdown_end(struct countdown *countdown)
{
    if (countdown->reached.stop)
        condition_end(&countdown->reached);
}

void countdown_raise(struct countdown *countdown)
{
    struct stop *stop = countdown->reached.stop;
    pthread_mutex_lock(&stop->lock);
    countdown->nopen++;
    pthread_mutex_unlock(&stop->lock);
}

void countdown_lower(struct countdown *countdown)
{
    struct stop *stop = countdown->reached.stop;
    pthread_mutex_lock(&stop->lock);
    if (--countdown->nopen == 0)
        condition_broadcast(&countdown->reached);
    pthread_mutex_unlock(&stop->lock);
}

enum status countdown_wait(struct countdown *countdown, struct error *error)
{
    struct stop *stop = countdown->reached.stop;
    pthread_mutex_lock(&stop->lock);
    enum status status = stop_check_locked(stop, error);
    while (status == STATUS_OK && countdown->nopen > 0)
        status = condition_wait(&countdown->reached, error);
    pthread_mutex_unlock(&stop->lock);
    return status;
}

bool countdown_is_zero(struct countdown *countdown)
{
    struct stop *stop = countdown->reached.stop;
    pthread_mutex_lock(&stop->lock);
    bool zero = countdown->nopen == 0;
    pthread_mutex_unlock(&stop->lock);
    return zero;
}
