/* SPDX-License-Identifier: MIT
 * The lines "key=value" and "[section]" of a scanner's text file, from its bytes: whatever these are, it
 * ends, and holds nothing but itself. Text may be UTF-8, UTF-16 of either order (with a byte order mark or
 * without) or, line by line where it is no UTF-8, Latin-1; lines may end in LF, CR LF or CR. A line that
 * holds a zero or is longer than SIDECAR_LINE_CHARACTERS is skipped: none that means anything is. */
#ifndef STACKTHUMB_STACK_SIDECAR_LINES_H
#define STACKTHUMB_STACK_SIDECAR_LINES_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SIDECAR_LINE_CHARACTERS = 500,
    SIDECAR_LINE_BYTES = 4 * SIDECAR_LINE_CHARACTERS + 1,
    SIDECAR_SECTION_BYTES = 40
};

/* Of one thread. The strings are UTF-8, without blanks at their ends, and change with the next line. */
struct sidecar_lines {
    const unsigned char *data; /* the caller's; outlives this */
    size_t n_bytes, at;
    unsigned unit_bytes; /* 1, or 2 for UTF-16 */
    bool big_endian;     /* of UTF-16 */
    char line[SIDECAR_LINE_BYTES];
    char section[SIDECAR_SECTION_BYTES]; /* the last "[section]" or "{section}", cut to fit; "" before the
                                            first */
    const char *key, *value;             /* of a line "key = value"; of a section's line key is NULL */
};

void sidecar_lines_init(struct sidecar_lines *lines, const void *data, size_t n_bytes);

/* Goes on to the next line that is a section's or has a key; false when there is none. */
bool sidecar_lines_next(struct sidecar_lines *lines);

#endif
