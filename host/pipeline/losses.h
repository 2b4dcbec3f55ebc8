/* SPDX-License-Identifier: MIT
 * Slices that turn out to be unreadable while a run goes on: whether it may go on without them, and who is
 * told. A lost slice counts as missing, in all of its rows or in none. */
#ifndef STACKTHUMB_PIPELINE_LOSSES_H
#define STACKTHUMB_PIPELINE_LOSSES_H

#include "base/error.h"
#include "pipeline/stop.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Who lets a run go on without slices. Given by the caller of the run. */
struct pipeline_losses {
    /* Slice z cannot be read, or not be decoded, as `reason` tells: called once for each, before anything
     * that comes of it is written, on any thread, one call at a time. Another status than STATUS_OK ends the
     * run with `error`. */
    enum status (*lose)(void *context, uint32_t z, const struct error *reason, struct error *error);
    void *context;
    /* Set by the run: a slice was lost of which some rows had been used already. Such a run ends with the
     * reason as its error, STATUS_INPUT; what it wrote of this slab is to be made again, by a run over a
     * stack without the slice. */
    bool again;
};

/* Of one run. */
struct losses {
    struct pipeline_losses *allowed; /* borrowed; NULL: the first one ends the run */
    struct stop *stop;
    pthread_mutex_t lock; /* around allowed->lose */
};

void losses_init(struct losses *losses, struct pipeline_losses *allowed, struct stop *stop);
void losses_end(struct losses *losses);

/* Slice z failed for `reason`. STATUS_OK: the run goes on, and takes it as missing. Otherwise the error that
 * ends the run: of one that is stopped already, that error. */
enum status losses_add(struct losses *losses, uint32_t z, const struct error *reason, struct error *error);

/* The same for a slice of which some rows have been used: never STATUS_OK. */
enum status losses_add_late(struct losses *losses, uint32_t z, const struct error *reason,
                            struct error *error);

#endif
