/* SPDX-License-Identifier: MIT */
#include "pipeline/queue.h"

#include <stdlib.h>

enum status queue_init(struct queue *queue, struct stop *stop, unsigned capacity, struct error *error)
{
    *queue = (struct queue){.capacity = capacity, .items = calloc(capacity, sizeof *queue->items)};
    if (!queue->items)
        return error_no_memory(error, capacity * sizeof *queue->items, "a queue");
    queue->stop = stop;
    condition_init(&queue->not_empty, stop);
    condition_init(&queue->not_full, stop);
    return STATUS_OK;
}

void queue_end(struct queue *queue)
{
    if (!queue->stop)
        return;
    condition_end(&queue->not_full);
    condition_end(&queue->not_empty);
    free(queue->items);
    *queue = (struct queue){0};
}

enum status queue_push(struct queue *queue, void *item, struct error *error)
{
    pthread_mutex_lock(&queue->stop->lock);
    enum status status = stop_check_locked(queue->stop, error);
    while (status == STATUS_OK && queue->count == queue->capacity)
        status = condition_wait(&queue->not_full, error);
    if (status == STATUS_OK) {
        queue->items[(queue->first + queue->count) % queue->capacity] = item;
        queue->count++;
        condition_signal(&queue->not_empty);
    }
    pthread_mutex_unlock(&queue->stop->lock);
    return status;
}

void queue_put_back(struct queue *queue, void *item)
{
    pthread_mutex_lock(&queue->stop->lock);
    if (queue->nput_back < queue->capacity) {
        queue->nput_back++;
        queue->items[(queue->first + queue->count) % queue->capacity] = item;
    } else {
        queue->first = (queue->first + queue->capacity - 1) % queue->capacity;
        queue->items[queue->first] = item;
    }
    queue->count++;
    condition_signal(&queue->not_empty);
    pthread_mutex_unlock(&queue->stop->lock);
}

/* The first item, or NULL. With the lock held. */
static void *take_locked(struct queue *queue)
{
    if (queue->count == 0)
        return NULL;
    void *item = queue->items[queue->first];
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
    condition_signal(&queue->not_full);
    return item;
}

enum status queue_pop(struct queue *queue, void **item, struct error *error)
{
    *item = NULL;
    pthread_mutex_lock(&queue->stop->lock);
    enum status status = stop_check_locked(queue->stop, error);
    while (status == STATUS_OK && queue->count == 0 && !queue->closed)
        status = condition_wait(&queue->not_empty, error);
    if (status == STATUS_OK)
        *item = take_locked(queue);
    pthread_mutex_unlock(&queue->stop->lock);
    return status;
}

void *queue_try_pop(struct queue *queue)
{
    pthread_mutex_lock(&queue->stop->lock);
    void *item = take_locked(queue);
    pthread_mutex_unlock(&queue->stop->lock);
    return item;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->stop->lock);
    queue->closed = true;
    condition_broadcast(&queue->not_empty);
    pthread_mutex_unlock(&queue->stop->lock);
}
