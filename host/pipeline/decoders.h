/* SPDX-License-Identifier: MIT
 * The decoders: threads that turn the bytes of slice files into voxels where a batch wants them. The reader
 * takes an encoded slice, fills in its bytes and what to do with them, and hands it over; a decoder decodes
 * it, lowers its countdown and gives it back. There is one more encoded slice than decoders, so that the
 * reader reads the next file meanwhile. Slices of different batches may be decoded side by side. */
#ifndef STACKTHUMB_PIPELINE_DECODERS_H
#define STACKTHUMB_PIPELINE_DECODERS_H

#include "base/bytes.h"
#include "base/stage.h"
#include "downsample/plan.h"
#include "pipeline/busy.h"
#include "pipeline/countdown.h"
#include "pipeline/losses.h"
#include "pipeline/pipeline_load.h"
#include "pipeline/queue.h"
#include "stack/stack.h"

/* The bytes of one slice file. Belongs to the reader between take and submit, then to a decoder. */
struct encoded_slice {
    struct bytes bytes;        /* room for the largest slice file of the stack */
    const struct slice *slice; /* where they came from */
    uint32_t z;                /* its place in the stack */
    void *voxels;              /* where nx * ny voxels go */
    bool *present;          /* set to false when they cannot be had; then voxels that add nothing are there */
    struct countdown *open; /* raised by submit, lowered once the voxels are there */
};

struct decoders {
    struct stop *stop;
    struct losses *losses;
    unsigned nthreads, nencoded;
    struct stage *threads;
    struct encoded_slice *encoded;
    struct queue free;
    struct queue jobs; /* closed by the reader behind the last slice */
    struct busy
        busy; /* of all threads, each adds its own at its end, under the lock of the run; voxel bytes */
};

/* Starts the threads. With all slices plain there is nothing to decode: then no thread is started and no
 * memory taken. On failure nothing is to be ended. */
enum status decoders_init(struct decoders *decoders, const struct stack *stack,
                          const struct downsample_plan *plan, unsigned nthreads, struct stop *stop,
                          struct losses *losses, struct error *error);

/* Waits for the end of the threads: `jobs` has been closed, or the run stopped. */
void decoders_join(struct decoders *decoders);

/* Joins, and frees everything. */
void decoders_end(struct decoders *decoders);

/* How many decoders that starts: none when all slices are plain, at most nthreads, and no more than there are
 * places to decode into. `ny` is that of the stack. */
unsigned decoders_count(const struct pipeline_load *load, const struct downsample_plan *plan, uint32_t ny,
                        unsigned nthreads);

/* Bytes of its encoded slices, and what the decoders take for themselves. */
uint64_t decoders_host_bytes(const struct pipeline_load *load, const struct downsample_plan *plan,
                             uint32_t ny, unsigned nthreads);

/* An encoded slice with its `bytes` reserved; waits for a decoder when all are in use. */
enum status decoders_take(struct decoders *decoders, struct encoded_slice **encoded, struct error *error);

/* Gives one back that was taken, but for which there is nothing to decode. */
void decoders_give_back(struct decoders *decoders, struct encoded_slice *encoded);

/* Gives it to a decoder. This and take fail only when the run is stopped. */
enum status decoders_submit(struct decoders *decoders, struct encoded_slice *encoded, struct error *error);

#endif
