/* SPDX-License-Identifier: MIT
 * Text from files as runs of characters that end nowhere but where they say: lines, words and numbers, read
 * the same whatever the locale is. Letters are those of ASCII. Nothing is owned. */
#ifndef STACKTHUMB_CODEC_TEXT_H
#define STACKTHUMB_CODEC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    const char *at;
    size_t n;
};

/* The characters of a string, its end left out. */
struct text text_of(const char *string);

/* Takes the first line off `rest`, without what ends it (a line feed, a carriage return before it). False
 * when nothing is left. */
bool text_take_line(struct text *rest, struct text *line);

/* Takes the first word off `rest`: up to a blank or tab, those before it skipped. False when there is none.
 */
bool text_take_word(struct text *rest, struct text *word);

/* Takes a string in double quotes off `rest`, the quotes left out; \" is a quote that does not end it. False
 * when none stands there. */
bool text_take_quoted(struct text *rest, struct text *quoted);

/* Without blanks and tabs at both ends. */
struct text text_trim(struct text text);

/* The same, upper and lower case alike. */
bool text_is(struct text text, const char *string);

/* Decimal digits and nothing else (one sign before them for text_is_integer); false, the number untouched,
 * when it is anything else or does not fit. */
bool text_is_count(struct text text, uint64_t *number);
bool text_is_integer(struct text text, int64_t *number);

/* A decimal number, as base/decimal.h knows them, and nothing else. */
bool text_is_decimal(struct text text, double *number);

/* As it may be shown in a message (base/printable.h), cut where it is longer. Returns `shown` (n_bytes
 * large).
 */
const char *text_show(char *shown, size_t n_bytes, struct text text);

#endif
