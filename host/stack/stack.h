/* SPDX-License-Identifier: MIT
 * Which files are the slices of a stack, in which order, and what their headers say. */
#ifndef STACKTHUMB_STACK_STACK_H
#define STACKTHUMB_STACK_STACK_H

#include "base/error.h"
#include "codec/codec.h"
#include "volume/extent.h"
#include "volume/spacing.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One position along z. */
struct slice {
    char *path;       /* folder/name, to open; NULL where the slice is missing */
    const char *name; /* the part of path behind the folder; NULL where the slice is missing */
    uint64_t number;  /* as the file name tells, or would tell */
    uint64_t n_bytes;
    int64_t mtime_ns;
    struct slice_header header; /* as checked by stack_open */
};

struct stack {
    char *folder;
    const struct codec *codec;
    struct extent extent; /* nz counts missing slices too */
    enum voxel_type type;
    struct spacing spacing;
    char *pattern;        /* for people: "slice_####.tif" */
    struct slice *slices; /* extent.nz of them, z = 0 first */
    uint32_t nmissing;    /* slices without a file that can be read */
    char *missing; /* their numbers as ranges, "0120-0123, 0977", zero-padded as the names are; "" for none */
    char **unreadable; /* why, one message for each missing slice that has a file (MISSING_IGNORE only) */
    size_t nunreadable;
    char **ignored; /* names in the folder that are not slices, sorted; folders are not listed */
    size_t nignored;
};

enum missing_policy { MISSING_FAIL, MISSING_IGNORE };

/* Lists `folder`, takes the most common `prefix + number + extension` pattern (of equals the one whose first
 * name sorts first), orders it by number and reads every header, once, in order. STATUS_INPUT, with one line
 * that names files: no such folder, no slices, a number that occurs twice, a gap, an unreadable or
 * unsupported file, a slice of another extent or type than the first.
 *
 * With MISSING_IGNORE a gap keeps its place without a file, and so does a slice whose header cannot be read,
 * unless no slice at all can be; gaps beyond the limits of sequence.h, and another extent or type, are
 * refused nevertheless.
 *
 * `cancel` may be set by anyone (a signal handler) to stop: STATUS_INTERRUPTED before the next header is
 * read. It may be NULL. */
enum status stack_open(struct stack **stack, const char *folder, enum missing_policy policy,
                       const atomic_bool *cancel, struct error *error);
void stack_close(struct stack *stack); /* NULL is allowed */

/* Bytes that a run reads from the slice files: the voxels of plain slices, all encoded bytes of others. */
uint64_t stack_file_bytes(const struct stack *stack);

#endif
