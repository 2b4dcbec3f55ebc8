/* SPDX-License-Identifier: MIT
 * stackthumb.journal: which slices of a pyramid in the making are there. A line for each, written once the
 * slice is on the disk under its name, so that a later run can go on from there:
 *
 *      stackthumb journal 2 <XXH3-128 of the manifest's bytes> <that of the manifest before>
 *      <level> <z> <bytes> <XXH3-128 of the file> <seal>
 *      lost <z> <seal>
 *      was <z> <at> <seal>
 *
 * "lost" says that slice z of the source could not be read and counts as missing in every line behind it;
 * "was" that there were thumbnails made with slice z before this run, which may have replaced them, in the
 * places of those of slice `at`.
 * It belongs to the incomplete manifest that it names by its hash, and also to the one before, if that was
 * incomplete: what it begins with holds for both, and it is written first. Beside any other it means nothing.
 *
 * A seal is the low half, in 8 hexadecimal digits, of the XXH3-64 of what stands before it in its line. Its
 * seed is the one of the line before, the first line's 0, so that a line is believed only where it was
 * written. From the first line on whose seal is wrong, or that was cut short (the last one of a run that
 * died), nothing is believed. */
#ifndef STACKTHUMB_OUTPUT_JOURNAL_H
#define STACKTHUMB_OUTPUT_JOURNAL_H

#include "base/error.h"
#include "output/slice_records.h"

#include <stdbool.h>

#define JOURNAL_NAME "stackthumb.journal"

struct journal;

/* The manifests that a journal belongs to. Borrowed. */
struct journal_manifests {
    const struct file_hash *now, *before; /* `before` may be NULL */
};

/* What a journal tells of the slices of the source, nslices of them, besides. Borrowed. */
struct journal_source {
    bool *lost;    /* may be NULL when one is created */
    uint32_t *was; /* as that; `at`, or SLICE_NONE */
    uint32_t nslices;
};

/* Puts a new journal that tells of `kept` and of what source->was says in the place of an earlier one; with
 * `durable` it has reached the disk when this returns. The folder is open as folder_fd until the end, and is
 * `folder` to messages. STATUS_OUTPUT on failure, as for all functions here. */
enum status journal_create(struct journal **journal, int folder_fd, const char *folder,
                           const struct journal_manifests *manifests, const struct slice_records *kept,
                           const struct journal_source *source, bool durable, struct error *error);

/* Notes a slice, in memory. */
enum status journal_add(struct journal *journal, unsigned level, uint32_t z,
                        const struct slice_record *record, struct error *error);

/* Notes, in memory, a slice of the source that counts as missing, before any that comes of it. Any thread. */
enum status journal_lose(struct journal *journal, uint32_t z, struct error *error);

/* Appends what was noted; with `durable` it has reached the disk when this returns. */
enum status journal_write(struct journal *journal, bool durable, struct error *error);

void journal_close(struct journal *journal); /* NULL is allowed */

/* Removes the journal of the folder, if there is one. */
enum status journal_remove(int folder_fd, const char *folder, struct error *error);

/* Adds to `records`, whose levels say what there can be, what the journal of the folder tells, and sets
 * what it tells of slices of the source; nothing when there is none, or it belongs to another manifest.
 * STATUS_OUTPUT when there is one that cannot be read, or what is no file has its name; STATUS_FAILED when
 * memory is refused. */
enum status journal_read(int folder_fd, const char *folder, const struct file_hash *manifest,
                         struct slice_records *records, const struct journal_source *source,
                         struct error *error);

#endif
