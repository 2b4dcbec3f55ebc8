/* SPDX-License-Identifier: MIT
 * The way of finished files to their names, a batch at a time, on a thread of its own while further ones are
 * written:
 *
 *   contents to the disk -> each file under its name -> the names to the disk -> recorded
 *
 * so that whatever has its final name is complete even after a power failure, and whatever is recorded is
 * there.
 *
 * Little goes at a time as long as the thread keeps up, and more where the disk is slow to tell that it has
 * it: 0.44 s for a run of 2.42 GB in, 0.34 GB out by 4 MiB, 0.52 s by 64 MiB. How contents get to the disk
 * was measured (448 slices, 328 MB, ext4 on a virtual disk): fsync of each file 1.2 to 1.7 s, syncfs once
 * 0.05 to 0.2 s. So syncfs it is where it tells of errors (Linux 5.8, and file systems known to take part),
 * for every disk that the level folders are on, and fsync of each file everywhere else and for the few files
 * of a small batch.
 */
#ifndef STACKTHUMB_OUTPUT_COMMITTER_H
#define STACKTHUMB_OUTPUT_COMMITTER_H

#include "base/error.h"
#include "output/atomic_file.h"
#include "output/journal.h"
#include "output/slice_records.h"

#include <stdint.h>

struct committer;

/* `records` and `journal` are written by the committer's thread until it is flushed or freed; all are
 * borrowed. Without `durable` it is left to the system when anything reaches the disk. */
enum status committer_create(struct committer **committer, struct slice_records *records,
                             struct journal *journal, bool durable, struct error *error);

/* Takes over a hashed file that is complete but for its name: slice z of a level. May wait for the batch
 * before. STATUS_OUTPUT on failure, which may be that of an earlier file; `file` is taken over nevertheless.
 */
enum status committer_add(struct committer *committer, struct atomic_file *file, unsigned level, uint32_t z,
                          struct error *error);

/* Commits all that was added, and waits for that. */
enum status committer_flush(struct committer *committer, struct error *error);

/* From now on, what was added and is not under way yet is given up. */
void committer_abandon(struct committer *committer);

/* Commits what was added and can be, unless an error came before or it was abandoned, and frees everything.
 * NULL is allowed. */
void committer_free(struct committer *committer);

#endif
