/* SPDX-License-Identifier: MIT
 * The driver: takes filled slots to the downsampler and its rows to the writer, on the calling thread. */
#ifndef STACKTHUMB_PIPELINE_DRIVER_H
#define STACKTHUMB_PIPELINE_DRIVER_H

#include "pipeline/results.h"
#include "pipeline/ring.h"

/* Submits every batch in order and collects it, with as many in flight as are filled. A slot goes back to the
 * reader once its batch is collected. Ends with results->finished closed. *nrows counts the rows of level 0
 * that were collected, also when it fails. */
enum status driver_run(struct downsampler *downsampler, struct ring *ring, struct results *results,
                       uint64_t *nrows, struct error *error);

#endif
