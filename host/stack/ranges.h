/* SPDX-License-Identifier: MIT
 * Slice numbers as people write them: "0120-0123, 0977". */
#ifndef STACKTHUMB_STACK_RANGES_H
#define STACKTHUMB_STACK_RANGES_H

#include "base/bytes.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialise, set `width`, add rising numbers, then take the text. The owner calls bytes_end on `text`
 * whether or not it was taken. */
struct ranges {
    unsigned width; /* numbers are zero-padded to this many digits */
    struct bytes text;
    uint64_t first, last; /* the range that may still grow, when `open` */
    bool open;
};

/* Adds first .. last (first <= last), which lie above all that was added before; a range that touches the
 * one before it becomes one with it. STATUS_FAILED when memory is refused. */
enum status ranges_add(struct ranges *ranges, uint64_t first, uint64_t last, struct error *error);

/* *text = all ranges, "" for none; malloc'ed, and the caller frees it. `ranges` is empty afterwards. */
enum status ranges_take(struct ranges *ranges, char **text, struct error *error);

/* `text` as it fits a message: whole, or cut behind a range so that it stays below n_bytes, with ", ..." to
 * tell so. Returns `shown` (n_bytes large, at least 64). */
const char *ranges_show(char *shown, size_t n_bytes, const char *text);

#endif
