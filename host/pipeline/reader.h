/* SPDX-License-Identifier: MIT
 * The reader: the one thread that touches slice files, in order. It goes through the batches of the volume,
 * takes a free slot for each, and fills it slice by slice:
 *
 *   missing slice, or one that cannot be read and need not be (losses.h)
 *                             voxels that add nothing
 *   plain slice               its rows are read straight into the slot
 *   encoded, whole slices     its file is read and given to a decoder, which writes into the slot
 *   in a stream               (gzip or zlib) likewise, but what is read is inflated first, by the reader, for
 * a stream has but one beginning; where that gives voxels they go where a decoder would write them encoded,
 * bands of rows    (a slice larger than a buffer of the device may be) the files of the slab are read and
 * decoded once, at its first band, into slices that the reader keeps; every band copies its rows from there
 */
#ifndef STACKTHUMB_PIPELINE_READER_H
#define STACKTHUMB_PIPELINE_READER_H

#include "base/stage.h"
#include "output/output.h"
#include "pipeline/decoders.h"
#include "pipeline/inflater.h"
#include "pipeline/losses.h"
#include "pipeline/ring.h"
#include "pipeline/source.h"

struct reader {
    const struct stack *stack;
    const struct downsample_plan *plan;
    struct ring *ring;
    struct decoders *decoders;
    struct stop *stop;
    struct losses *losses;
    struct pipeline_progress *progress; /* may be NULL */
    struct stage thread;
    struct source source;     /* the reader thread's */
    struct inflater inflater; /* the reader thread's */
    unsigned char *slab;      /* plan->batch_slices decoded slices, or NULL when none is needed */
    /* Of each slice of the slab that is read band by band: it is not missing, and was not lost. The reader's,
     * and while a slice is being decoded its decoder's. NULL where slices are read whole. */
    bool *present;
    struct countdown decoded; /* slices of `slab` under way */
    struct output *output;  /* is settled after every stretch_bytes that were read; see struct pipeline_run */
    uint64_t stretch_bytes; /* 0: never */
    uint64_t settled_at;    /* bytes read from the disk by then */
};

/* Allocates; everything given is borrowed. On failure nothing is to be ended. */
enum status reader_init(struct reader *reader, const struct stack *stack, const struct downsample_plan *plan,
                        struct ring *ring, struct decoders *decoders, struct stop *stop,
                        struct losses *losses, struct pipeline_progress *progress, struct error *error);
void reader_end(struct reader *reader);

/* Starts the thread; it ends after the last batch (having closed ring->filled and decoders->jobs) or when the
 * run is stopped. */
enum status reader_start(struct reader *reader, struct error *error);

/* Bytes that reader_init allocates for decoded slices, and to inflate with. */
uint64_t reader_host_bytes(const struct pipeline_load *load, struct extent extent, enum voxel_type type,
                           const struct downsample_plan *plan);

#endif
