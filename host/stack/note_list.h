/* SPDX-License-Identifier: MIT
 * Lines for people that are gathered where nothing may print. */
#ifndef STACKTHUMB_STACK_NOTE_LIST_H
#define STACKTHUMB_STACK_NOTE_LIST_H

#include "base/error.h"

#include <stddef.h>

/* Zero-initialised it is empty and valid. The owner calls note_list_end. */
struct note_list {
    char **lines;
    size_t count;
};

/* Adds a line (without a newline; names have gone through printable() before). STATUS_FAILED when memory is
 * refused.
 */
enum status note_list_add(struct note_list *notes, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void note_list_end(struct note_list *notes);

#endif
