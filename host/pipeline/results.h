/* SPDX-License-Identifier: MIT
 * What the downsampler has finished, on its way to the writer. Rows are not copied: they are written from
 * where they were computed, and until then the input buffer that they came from is not submitted again.
 *
 *   collect --(rows of one batch)--> finished --> writer --> its buffer may be submitted
 */
#ifndef STACKTHUMB_PIPELINE_RESULTS_H
#define STACKTHUMB_PIPELINE_RESULTS_H

#include "downsample/downsampler.h"
#include "pipeline/countdown.h"
#include "pipeline/queue.h"
#include "pipeline/row_order.h"

/* The rows that the batch of one input buffer has finished. Belongs to the driver until it is in `finished`,
 * then to the writer until that lowers `writing`. */
struct result {
    struct level_rows *rows; /* nruns of them, in the order of delivery; owned */
    unsigned nruns, capacity;
    struct countdown writing; /* 1 while the writer has it */
};

struct results {
    const struct pyramid *pyramid;
    unsigned n; /* as many as input buffers */
    struct result *items;
    struct queue finished;   /* room for all; closed by the driver */
    struct row_order order;  /* the driver's */
    uint64_t n_bytes;        /* likewise: of the rows that were delivered */
    struct result *incoming; /* the driver's: to which rows are added */
};

/* On failure nothing is to be ended. */
enum status results_init(struct results *results, const struct pyramid *pyramid,
                         const struct downsample_plan *plan, struct stop *stop, struct error *error);
void results_end(struct results *results);

/* The driver, around one collect of the batch in input buffer `index`, whose earlier rows are written: all
 * rows come between begin and push, which hands them to the writer. Rows that are out of order are
 * STATUS_DEVICE. */
void results_begin(struct results *results, unsigned index);
enum status results_add(void *results, const struct level_rows *rows, struct error *error); /* a level_sink */
enum status results_push(struct results *results, struct error *error);

#endif
