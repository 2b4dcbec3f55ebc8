/* SPDX-License-Identifier: MIT
 * What both CPU backends do around the arithmetic: they own the input buffers and, for each of them, room for
 * the means that its batch finishes; keep submitted batches until they are collected; and remember which
 * slices are present. */
#ifndef STACKTHUMB_DOWNSAMPLE_INTAKE_H
#define STACKTHUMB_DOWNSAMPLE_INTAKE_H

#include "base/error.h"
#include "downsample/plan.h"
#include "volume/pyramid.h"

#include <stdbool.h>
#include <stdint.h>

/* A batch that waits for collect; its `present` is NULL (intake.present has it). */
struct submitted {
    struct batch batch;
    const void *voxels;
    unsigned char *means; /* of every level at intake.means_at[level]: slices that the batch finishes, each
                             the rows of its band, without padding */
};

/* Written by the thread that submits and collects; `buffers` is constant once it is there. */
struct intake {
    struct extent extent;
    struct downsample_plan plan;
    void **buffers; /* plan.nbuffers of them, owned */
    void **means;   /* likewise */
    uint64_t means_at[LEVELS_MAX + 1];
    bool *present;           /* extent.nz of them, owned; meaningful for the slices that were submitted */
    struct submitted *queue; /* a ring of plan.nbuffers, owned */
    unsigned first, nwaiting;
    struct batch last; /* the batch submitted last; zeroed before the first */
};

/* Bytes that intake_init allocates; UINT64_MAX when that does not fit. */
uint64_t intake_bytes(const struct pyramid *pyramid, const struct downsample_plan *plan);

/* STATUS_FAILED when memory is refused; intake_end is then not needed. */
enum status intake_init(struct intake *intake, const struct pyramid *pyramid,
                        const struct downsample_plan *plan, struct error *error);
void intake_end(struct intake *intake);

/* Queues the batch in buffer `index` and copies its `present`. STATUS_FAILED when it is not the next batch of
 * the volume or all buffers are waiting already. */
enum status intake_submit(struct intake *intake, unsigned index, const struct batch *batch,
                          struct error *error);

/* Takes the oldest submitted batch; STATUS_FAILED when there is none. */
enum status intake_take(struct intake *intake, struct submitted *submitted, struct error *error);

#endif
