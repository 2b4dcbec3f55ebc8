/* SPDX-License-Identifier: MIT
 * Which names of a folder are the slices of one stack, and in which order: pure logic on names.
 *
 * A slice's name is prefix + number + extension, the number being the digits right before the extension's
 * dot: "scan_2023_0001.tif" is "scan_2023_", 1, "tif". Names with the same prefix, and the same extension in
 * any case, are of one pattern. Names that begin with a dot are hidden files (such as the "._slice_0001.tif"
 * that some systems leave beside each slice) and never slices. */
#ifndef STACKTHUMB_STACK_SEQUENCE_H
#define STACKTHUMB_STACK_SEQUENCE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sequence_slice {
    const char *name;
    uint64_t number;
};

/* The names are the caller's strings. The owner calls sequence_end. */
struct sequence {
    struct sequence_slice *slices; /* by number, none twice */
    size_t nslices;                /* 0: no name is a slice's */
    unsigned width;                /* digits of the shortest number; what zero-padded names are padded to */
    size_t prefix_bytes;           /* the same for every slice */
    const char **ignored;          /* all other names, in strcmp's order */
    size_t nignored;
};

/* Chooses the pattern with the most names (of equals the one whose first name sorts first) among the names
 * that `takes` accepts, and orders its slices by number, so that s2 comes before s10. STATUS_INPUT, the files
 * named, when two have one number (s1 and s01, or .tif and .TIF), when a number does not fit 64 bits, or when
 * more is missing than the limits below allow. `folder` is for messages. On failure there is nothing to end.
 */
enum status sequence_find(struct sequence *sequence, const char *const *names, size_t nnames,
                          bool (*takes)(const char *name), const char *folder, struct error *error);
void sequence_end(struct sequence *sequence);

/* The most positions along z; and more than this many positions without a slice are too many where fewer
 * positions have one: a stray file is likelier then than a stack, and a position without a slice costs memory
 * and time too. */
enum { SEQUENCE_POSITIONS_MAX = 1000000, SEQUENCE_MISSING_MAX = 100 };

/* Positions from the first slice to the last, those without a slice included; nslices >= 1. */
uint32_t sequence_positions(const struct sequence *sequence);

#endif
