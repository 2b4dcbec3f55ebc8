/* SPDX-License-Identifier: MIT
 * A part of a stack, by the numbers of its slices. */
#ifndef STACKTHUMB_STACK_SLICE_RANGE_H
#define STACKTHUMB_STACK_SLICE_RANGE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The slices first .. last, both of them; last at most UINT64_MAX. */
struct slice_range {
    bool given; /* false: all slices */
    uint64_t first, last;
};

bool slice_range_holds(const struct slice_range *range, uint64_t number);

enum { SLICE_RANGE_TEXT_BYTES = 44 };

/* "100:299", "100:" for one without an end; for one that is given. Returns `text`. */
const char *slice_range_text(char text[SLICE_RANGE_TEXT_BYTES], const struct slice_range *range);

/* Returns STATUS_INPUT: the range has none of the slices, which are first .. last. `shown` is where they lie,
 * printable. */
enum status slice_range_refuse(const struct slice_range *range, const char *shown, uint64_t first,
                               uint64_t last, struct error *error);

#endif
