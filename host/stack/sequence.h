/* SPDX-License-Identifier: MIT
 * Which names of a folder are the slices of one stack, and in which order: pure logic on names.
 *
 * A slice's name is prefix + number + suffix, the suffix being at least the extension: "scan_2023_0001.tif",
 * "img_z0001_c0.tif". Which of several numbers counts the slices follows from the names: see name_groups.h.
 * Names that begin with a dot are hidden files (such as the "._slice_0001.tif" that some systems leave beside
 * each slice) and never slices; nor are files that scanners leave there: see byproduct.h. */
#ifndef STACKTHUMB_STACK_SEQUENCE_H
#define STACKTHUMB_STACK_SEQUENCE_H

#include "base/error.h"
#include "stack/byproduct.h"
#include "stack/name_pattern.h"
#include "stack/slice_range.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sequence_slice {
    const char *name;
    uint64_t number;
};

/* A pattern that several names are of, or that was taken. */
struct sequence_pattern {
    const char *name;              /* the one with the lowest number */
    struct name_number number;     /* in that name */
    unsigned width;                /* digits of the shortest number; what zero-padded names are padded to */
    size_t count;                  /* how many names are of it */
    enum byproduct_kind byproduct; /* what they are, if not slices; of the one that was taken none */
    bool series;                   /* several numbers differ: see name_series.h */
};

/* The names are the caller's strings. The owner calls sequence_end. */
struct sequence {
    struct sequence_slice *slices; /* by number, none twice */
    size_t nslices;                /* 0: no name is a slice's */
    uint64_t first, last; /* the numbers of the first position and of the last: of all slices, or of as many
                             of them as are in the range, whose ends need not have a slice */
    struct sequence_pattern *patterns;
    size_t npatterns;   /* the one that was taken first; the others, of two names or more, the largest first;
                           those that are by-products by their words behind them */
    const char **aside; /* by-products, in strcmp's order */
    size_t naside;
    const char *
        *ignored; /* names that are neither of a pattern of these nor by-products, in strcmp's order */
    size_t nignored;
};

/* What is asked for; everything is borrowed. */
struct sequence_request {
    bool (*takes)(const char *name);   /* which names may be slices' */
    const struct name_pattern *wanted; /* other names than those it matches do not exist; NULL: all do */
    struct slice_range range;          /* of the numbers */
    bool keeps_gaps;    /* however many positions have no slice: SEQUENCE_MISSING_MAX does not count */
    const char *folder; /* for messages */
};

/* Takes the pattern with the most names (by-products, see byproduct.h, come behind all that are none), and
 * orders its slices by number, so that s2 comes before s10. STATUS_INPUT, the files named, when two have one
 * number (s1 and s01, or .tif and .TIF), when a number does not fit 64 bits, when no slice is in the range,
 * when more is missing in it than the limits below allow, or when no two of several names are of one pattern.
 * On failure there is nothing to end. */
enum status sequence_find(struct sequence *sequence, const char *const *names, size_t nnames,
                          const struct sequence_request *request, struct error *error);
void sequence_end(struct sequence *sequence);

/* "slice_####.tif": one # for each digit that every number has; of a series a glob. malloc'ed, and the caller
 * frees it; NULL when memory is refused. */
char *sequence_pattern_text(const struct sequence_pattern *pattern);

/* The most positions along z; and more than this many positions without a slice are too many where fewer
 * positions have one, unless they are asked for: a stray file is likelier then than a stack, and a position
 * without a slice costs memory and time too. */
enum { SEQUENCE_POSITIONS_MAX = 1000000, SEQUENCE_MISSING_MAX = 100 };

/* From sequence->first to last, those without a slice included; nslices >= 1. */
uint32_t sequence_positions(const struct sequence *sequence);

#endif
