/* SPDX-License-Identifier: MIT
 * A list of file names, one on a line: pure logic on bytes.
 *
 * A line ends in LF or CRLF; the last one may do without. A line without a name is passed over. There are no
 * comments and no quotes, and blanks are part of a name. A UTF-8 byte order mark before the first line is
 * dropped. */
#ifndef STACKTHUMB_STACK_FILE_LIST_H
#define STACKTHUMB_STACK_FILE_LIST_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* The most bytes and names of a list, and the most bytes of one name (PATH_MAX of Linux, less the end). */
enum { FILE_LIST_BYTES_MAX = 64 << 20, FILE_LIST_NAMES_MAX = 1000000, FILE_LIST_NAME_MAX = 4095 };

struct file_list_entry {
    const char *name; /* terminated, not empty; points into the list's text */
    uint32_t line;    /* 1 is the first */
};

/* The owner calls file_list_end. */
struct file_list {
    char *text;
    struct file_list_entry *entries; /* in the order of the lines */
    size_t count;                    /* at least 1 */
};

/* Reads the list from n_bytes bytes, which are copied. STATUS_INPUT, the line named: no name, a NUL byte (as
 * in UTF-16), a name or a list beyond the limits, a name that stands there twice. `shown` is what the list is
 * called in messages, printable. On failure there is nothing to end. Takes O(n log n) comparisons. */
enum status file_list_parse(struct file_list *list, const void *data, size_t n_bytes, const char *shown,
                            struct error *error);
void file_list_end(struct file_list *list);

#endif
