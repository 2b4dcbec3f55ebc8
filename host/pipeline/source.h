/* SPDX-License-Identifier: MIT
 * The slice files of a run as its reader needs them: opened in order, read by position, checked to be what
 * the stack was when its headers were read, and the kernel told which ones come next.
 *
 * A plain slice that is read by bands stays open from its slab's first band to the last, so there are never
 * more than plan.batch_slices files open (and for a moment one more, to ask for it to be read ahead). A
 * source belongs to one thread. */
#ifndef STACKTHUMB_PIPELINE_SOURCE_H
#define STACKTHUMB_PIPELINE_SOURCE_H

#include "base/file.h"
#include "pipeline/busy.h"
#include "pipeline/stop.h"
#include "stack/stack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pipeline_progress;

struct source {
    const struct stack *stack;
    struct stop *stop;
    struct pipeline_progress *progress; /* may be NULL */
    uint32_t nfiles;                    /* the most slices of a slab */
    struct input_file *files;           /* that of slice z is files[z % nfiles]; fd -1: not open */
    uint32_t opened_to;                 /* the slices behind the furthest one that was opened begin here */
    uint32_t asked_to;                  /* and have been asked for ahead up to here; at least opened_to */
    uint64_t most_ahead_bytes;          /* of files to be asked for ahead */
    uint64_t ahead_bytes;               /* of the files from opened_to to asked_to, as they count */
    bool *from_disk;                    /* of each slice: it was not in memory when it was asked for */
    uint64_t disk_bytes;                /* that were read from such slices */
    struct busy busy;                   /* bytes that were read */
    double first_opened_at;             /* as clock_seconds tells; 0: no slice was opened yet */
};

/* On failure nothing is to be ended. */
enum status source_init(struct source *source, const struct stack *stack, uint32_t nfiles, struct stop *stop,
                        struct pipeline_progress *progress, struct error *error);
void source_end(struct source *source); /* closes what is still open */

/* For readers of their own kind: opens the file of a slice, which has to be what the stack was opened with.
 */
enum status source_open_file(struct source *source, struct input_file *file, const struct slice *slice,
                             struct error *error);

/* The error for a slice whose file was changed. */
enum status source_changed(const struct slice *slice, struct error *error);

/* Counts bytes that were read, from a disk or from memory. */
void source_count(struct source *source, uint64_t n_bytes, bool from_disk);

/* True when the first and the last byte of the part are in memory: then so is, in all likelihood, the
 * rest.
 */
bool source_is_cached(const struct input_file *file, struct file_part part);

/* Opens slice z, which is not missing. STATUS_INPUT when it is not the file that the stack was opened with.
 */
enum status source_open(struct source *source, uint32_t z, struct error *error);

/* Reads n_bytes at `offset` of the open slice z, in steps that let a stop be noticed. */
enum status source_read(struct source *source, uint32_t z, void *data, uint64_t n_bytes, uint64_t offset,
                        struct error *error);

/* Closes slice z. STATUS_INPUT when its file was changed while it was open. */
enum status source_close(struct source *source, uint32_t z, struct error *error);

/* Closes slice z, if it is open, whose reading failed. */
void source_abandon(struct source *source, uint32_t z);

#endif
