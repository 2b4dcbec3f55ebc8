/* SPDX-License-Identifier: MIT
 * A bounded first-in-first-out queue of pointers between the stages of a run. It owns its array and nothing
 * of what it carries: an item belongs to whoever popped it, until it is pushed somewhere else. Any number of
 * threads may push and pop; every wait ends when the run is stopped. */
#ifndef STACKTHUMB_PIPELINE_QUEUE_H
#define STACKTHUMB_PIPELINE_QUEUE_H

#include "pipeline/stop.h"

#include <stdbool.h>

struct queue {
    struct stop *stop;
    struct condition not_empty; /* an item came, or `closed` was set */
    struct condition not_full;
    void **items;      /* under the lock, as all that follows: a circle of `capacity` */
    unsigned capacity; /* written by queue_init */
    unsigned first;    /* index of the item that is popped next */
    unsigned count;
    unsigned nput_back; /* up to `capacity` */
    bool closed;
};

/* An empty queue for `capacity` (>= 1) items. STATUS_FAILED when memory is refused; then nothing is to be
 * ended. */
enum status queue_init(struct queue *queue, struct stop *stop, unsigned capacity, struct error *error);
void queue_end(struct queue *queue); /* a zeroed one is allowed */

/* Appends `item` (not NULL); waits while the queue is full. Fails only when the run is stopped. */
enum status queue_push(struct queue *queue, void *item, struct error *error);

/* Puts `item` in front: for a list of free buffers, so that the one used last, which the CPU's caches may
 * still hold, is taken next. The first `capacity` items are appended instead: so all buffers are used once,
 * and a run holds the memory that was planned, even where fewer of them would do. The queue has room for all:
 * this never waits nor fails. */
void queue_put_back(struct queue *queue, void *item);

/* Takes the first item; waits while the queue is empty. *item is NULL when the queue is closed and empty.
 * Fails only when the run is stopped; items that are still queued then stay where they are. */
enum status queue_pop(struct queue *queue, void **item, struct error *error);

/* The first item, or NULL at once when there is none. */
void *queue_try_pop(struct queue *queue);

/* Nothing will be pushed any more: who waits in vain is told. */
void queue_close(struct queue *queue);

#endif
