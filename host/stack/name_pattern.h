/* SPDX-License-Identifier: MIT
 * Patterns of file names, as a user writes them: pure logic on text.
 *
 *   glob     scan_*.tif       *, ? and [...] as in a shell; a leading dot is matched by a dot only
 *   printf   scan_%04d.tif    one %d, %i or %u, with a zero or not, with a width or not; %% is a %
 *   hashes   scan_####.tif    as info prints it: a number of at least as many digits
 *
 * A text with * or ? is a glob; else, with a conversion, printf; else, with #, hashes; else, with %, printf
 * (and refused); else a glob. Of several runs of # any one may be the number, and the others stand for
 * themselves, as in names that have a # of their own. Text is bytes: ? is one byte. Printf patterns and
 * hashes take the extension in any case, a glob does not. */
#ifndef STACKTHUMB_STACK_NAME_PATTERN_H
#define STACKTHUMB_STACK_NAME_PATTERN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { NAME_PATTERN_MAX = 1000 }; /* bytes of a pattern: no file name is longer than 255 */

enum name_pattern_kind { NAME_PATTERN_GLOB, NAME_PATTERN_PRINTF, NAME_PATTERN_HASHES };

struct name_pattern {
    enum name_pattern_kind kind;
    char text[NAME_PATTERN_MAX + 1]; /* as given, but of printf what stands around the number, %% undone */
    size_t prefix_bytes;             /* printf: of text, before the number */
    unsigned width;                  /* printf: bytes of the number at least; 0: not given */
    bool zeros;                      /* printf: padded with zeros, not blanks */
};

/* Where in a name the number stands. */
struct name_number {
    size_t prefix_bytes;
    size_t n_bytes; /* the blanks that pad it included */
    size_t ndigits; /* behind these */
};

/* Whether `text` has a character that makes it a pattern. */
bool name_pattern_is_one(const char *text);

/* STATUS_USAGE, in one line that holds the text: longer than NAME_PATTERN_MAX, holds a slash, or a conversion
 * that is none of the above, or none or several of them. */
enum status name_pattern_parse(struct name_pattern *pattern, const char *text, struct error *error);

/* Whether the pattern matches `name` as a whole. *number = where the number stands; n_bytes is 0 for a glob,
 * which does not tell. */
bool name_pattern_match(const struct name_pattern *pattern, const char *name, struct name_number *number);

#endif
