/* SPDX-License-Identifier: MIT
 * The writer: one thread that encodes finished slices and writes them, in the order in which they come, and
 * gives each back to its pool. */
#ifndef STACKTHUMB_PIPELINE_WRITER_H
#define STACKTHUMB_PIPELINE_WRITER_H

#include "base/bytes.h"
#include "output/output.h"
#include "pipeline/assembler.h"
#include "pipeline/busy.h"
#include "pipeline/stage.h"

struct pipeline_progress;

struct writer {
    struct output *output;
    struct assembler *assembler;
    struct stop *stop;
    struct pipeline_progress *progress; /* may be NULL */
    struct stage thread;
    struct bytes encoded; /* the writer thread's; the owner ends it after the thread has been joined */
    struct busy encoding, writing; /* the writer thread's; bytes of encoded slices */
};

/* Starts the thread; it ends when assembler->finished is closed and empty, or when the run is stopped. */
enum status writer_start(struct writer *writer, struct error *error);

/* Bytes that it holds: one encoded slice of level 1, as far as that can be told beforehand. */
uint64_t writer_host_bytes(const struct pyramid *pyramid);

#endif
