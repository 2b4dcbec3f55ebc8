/* SPDX-License-Identifier: MIT
 * File names as they may be shown: control bytes and broken UTF-8 escaped, so that no name can drive a
 * terminal, break a message into two lines or spoil a JSON file. */
#ifndef STACKTHUMB_BASE_PRINTABLE_H
#define STACKTHUMB_BASE_PRINTABLE_H

#include <stddef.h>

enum { PRINTABLE_BYTES = 512 };

/* Writes `name` into `text` (n_bytes large, always terminated) with every control character (C0, DEL, C1,
 * those that turn the direction of text, line separators), backslash and byte that is not valid UTF-8 as
 * \xNN; a name too long for it is cut and ends in "...". Returns `text`. */
const char *printable(char *text, size_t n_bytes, const char *name);

#endif
