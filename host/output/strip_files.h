/* SPDX-License-Identifier: MIT
 * The files of slices that are compressed, from the rows as they come:
 *
 *   rows --copied--> strip of their slice --when it is full--> encoders --in order--> partial file of the
 * slice
 *
 * A file is begun with its first strip, with room for its head; with the last strip the head is put there,
 * and the file gets its name. So no more files are open than slices are unfinished. */
#ifndef STACKTHUMB_OUTPUT_STRIP_FILES_H
#define STACKTHUMB_OUTPUT_STRIP_FILES_H

#include "base/error.h"
#include "output/committer.h"
#include "output/output.h"
#include "volume/level_rows.h"
#include "volume/pyramid.h"

#include <stdint.h>

/* A folder that slices go into. */
struct slice_folder {
    int fd;
    char *path;        /* for messages */
    uint32_t nwritten; /* slices that have got their names */
};

struct strip_files;

/* `form` is not ENCODING_NONE; finished files go to `committer`, which is borrowed. On failure nothing is to
 * be closed. */
enum status strip_files_open(struct strip_files **files, const struct pyramid *pyramid,
                             const struct output_form *form, struct committer *committer,
                             struct error *error);

/* As an output's write: the slice goes into `folder`, which stays there until close. Waits for encoders when
 * they have enough to do. */
enum status strip_files_write(struct strip_files *files, struct slice_folder *folder,
                              const struct level_rows *rows, uint64_t *n_bytes, struct error *error);

/* Waits until all full strips are encoded, and writes them. */
enum status strip_files_flush(struct strip_files *files, uint64_t *n_bytes, struct error *error);

/* Ends the encoders, and removes the partial files. NULL is allowed. */
void strip_files_close(struct strip_files *files);

/* As encoders_tell. */
void strip_files_tell(const struct strip_files *files, struct output_encoders *told);

/* The most bytes that it holds when of nstarted slices at a time some rows have come and others not. */
uint64_t strip_files_memory_bytes(const struct pyramid *pyramid, const struct output_form *form,
                                  uint64_t nstarted);

#endif
