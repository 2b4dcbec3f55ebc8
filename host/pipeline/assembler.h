/* SPDX-License-Identifier: MIT
 * The assembler: joins the rows that the downsampler delivers into whole slices of each level, and queues
 * them for the writer in the order in which they become whole, which within a level is z order.
 *
 *   rows --copied--> partial slice --whole--> finished queue --> writer --> free list of its level
 *
 * The slices of a level come from a fixed pool: as many as can be partial at once (one; with bands of rows,
 * all that a slab finishes) and two more, so that one is written and one waits while the next is assembled.
 */
#ifndef STACKTHUMB_PIPELINE_ASSEMBLER_H
#define STACKTHUMB_PIPELINE_ASSEMBLER_H

#include "downsample/downsampler.h"
#include "pipeline/busy.h"
#include "pipeline/queue.h"

/* One slice of a level. Belongs to the assembler until it is in `finished`, then to the writer until that
 * releases it. */
struct level_slice {
    unsigned level;
    uint32_t z;
    uint32_t nrows; /* rows that are there, from row 0 on */
    unsigned char *voxels;
};

/* The slices of one level. But for the free list, the calling thread's alone. */
struct level_pool {
    uint32_t nrows; /* of a whole slice */
    uint32_t nz;    /* of the level */
    uint32_t next_z;
    size_t row_bytes;
    unsigned npartial, nslices;
    struct level_slice **partial; /* slice z is partial[z % npartial]; NULL: none */
    struct level_slice *slices;
    struct queue free;
};

struct assembler {
    unsigned nlevels;
    struct level_pool levels[LEVELS_MAX + 1]; /* level 0 is not used */
    struct queue finished;                    /* room for every slice of every pool; closed by the driver */
    struct busy busy;                         /* the calling thread's */
};

/* On failure nothing is to be ended. */
enum status assembler_init(struct assembler *assembler, const struct pyramid *pyramid,
                           const struct downsample_plan *plan, struct stop *stop, struct error *error);
void assembler_end(struct assembler *assembler);

/* Bytes that assembler_init allocates for slices. */
uint64_t assembler_host_bytes(const struct pyramid *pyramid, const struct downsample_plan *plan);

/* A level_sink; `context` is the assembler. Waits when all slices of a level wait to be written. Rows that
 * are out of order or beyond the level are STATUS_DEVICE: the backend is wrong. */
enum status assembler_add(void *context, const struct level_rows *rows, struct error *error);

/* STATUS_DEVICE unless every slice of every level has become whole. */
enum status assembler_check_complete(const struct assembler *assembler, struct error *error);

/* Puts a slice back into its pool; any thread. */
void assembler_release(struct assembler *assembler, struct level_slice *slice);

#endif
