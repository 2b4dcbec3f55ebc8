/* SPDX-License-Identifier: MIT
 * Decimal numbers in text from files and the command line, read the same whatever the locale is. */
#ifndef STACKTHUMB_BASE_DECIMAL_H
#define STACKTHUMB_BASE_DECIMAL_H

#include <stddef.h>

/* Reads the number at the start of the n_bytes at `text` (which need not end in a zero byte): a sign or none,
 * digits with at most one dot among or beside them, and an exponent such as e-3 or none. Returns how many
 * bytes it takes, and 0, with *number untouched, when there is none ("nan", "inf" and hexadecimal digits are
 * none), when it takes more than 63 bytes or when it is beyond what a double can hold. */
size_t decimal_parse(const char *text, size_t n_bytes, double *number);

#endif
