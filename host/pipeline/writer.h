/* SPDX-License-Identifier: MIT
 * The writer: one thread that hands finished rows to the output, in the order in which they come. */
#ifndef STACKTHUMB_PIPELINE_WRITER_H
#define STACKTHUMB_PIPELINE_WRITER_H

#include "base/stage.h"
#include "output/output.h"
#include "pipeline/busy.h"
#include "pipeline/results.h"

struct pipeline_progress;

struct writer {
    struct output *output;
    const struct pyramid *pyramid;
    struct results *results;
    struct stop *stop;
    struct pipeline_progress *progress; /* may be NULL */
    struct stage thread;
    struct busy busy; /* the writer thread's */
};

/* Starts the thread; it ends when results->finished is closed and empty, or when the run is stopped. */
enum status writer_start(struct writer *writer, struct error *error);

#endif
