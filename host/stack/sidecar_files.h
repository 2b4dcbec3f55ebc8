/* SPDX-License-Identifier: MIT
 * Finding the sidecars (sidecar.h) of a stack in a folder, and looking into them. Nothing that is wrong with
 * them ends a run: it becomes a note.
 *
 * A folder may hold several files of a format: SkyScan's scanner leaves one log, NRecon another, and people
 * copy. That one counts whose stem, without separators at its end, is what all slices' names begin with
 * ("bone_rec.log" of "bone_rec0001.bmp"); else the one with the longest stem that begins it up to a separator
 * ("bone.log"), or that it begins ("bone_01.xtekct" of "bone_0001.tif"). Where several are as good, or none
 * is, they count when they agree on the voxel size, and none of them does when they do not. */
#ifndef STACKTHUMB_STACK_SIDECAR_FILES_H
#define STACKTHUMB_STACK_SIDECAR_FILES_H

#include "base/error.h"
#include "stack/note_list.h"
#include "stack/sidecar.h"

#include <stdbool.h>
#include <stddef.h>

/* The most files of one format that are looked into. */
enum { SIDECAR_RIVALS_MAX = 8 };

struct sidecar_file {
    char *name;
    struct sidecar sidecar;
};

/* The more trusted first. The owner calls sidecar_files_end. */
struct sidecar_files {
    struct sidecar_file files[SIDECAR_FORMATS];
    unsigned nfiles;
};

/* Looks for sidecars in `folder`. `prefix` is what the slices' names begin with, the number and extension
 * left out. With `by_name_only` what has no matching stem is left alone: beside a single file there may be
 * those of others. A folder that may not be listed has none; what is wrong with a file is added to `notes`.
 * STATUS_FAILED when memory is refused, and STATUS_INPUT when the folder cannot be read. On failure there is
 * nothing to end. */
enum status sidecar_files_find(struct sidecar_files *files, const char *folder, const char *prefix,
                               bool by_name_only, struct note_list *notes, struct error *error);
void sidecar_files_end(struct sidecar_files *files);

/* How well a file of this name goes with slices whose names begin with `prefix`: 0 not at all, more is
 * better. */
size_t sidecar_match(const char *name, const char *prefix);

#endif
