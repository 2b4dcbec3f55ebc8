/* SPDX-License-Identifier: MIT
 * What is said in JSON, by the manifest and by `info --json`, in the same way. jansson's _new functions take
 * their value over, on failure too, and fail when it is NULL; so do these: a NULL anywhere, for want of
 * memory, makes the whole NULL. */
#ifndef STACKTHUMB_OUTPUT_JSON_VALUES_H
#define STACKTHUMB_OUTPUT_JSON_VALUES_H

#include "volume/extent.h"
#include "volume/spacing.h"

#include <jansson.h>
#include <stddef.h>

/* Puts `value`, which it takes over, into `object` and returns that; frees it and returns NULL on failure. */
json_t *json_with(json_t *object, const char *key, json_t *value);

/* Appends `value`, which it takes over, to `array` and returns that; frees it and returns NULL on failure. */
json_t *json_and(json_t *array, json_t *value);

/* A string; one that is not UTF-8 appears as printable() shows it. */
json_t *json_text(const char *text);

/* {nx, ny, nz} */
json_t *json_extent(struct extent extent);

/* {x, y, z, unit}, null for what is not known; null when x or y is not. */
json_t *json_spacing(struct spacing spacing);

/* A count of bytes; null when it is UINT64_MAX, which means that it did not fit, or above what JSON can hold.
 */
json_t *json_bytes(uint64_t n_bytes);

/* `json` as text, with jansson's flags; malloc'ed, NULL when there is no memory. (json_dumps of jansson 2.14
 * takes no notice when there is none for the name of a member, and leaves it out.) */
char *json_print(const json_t *json, size_t flags);

/* The fewest digits with which all lengths of `spacing` are read back as themselves, at least `digits`: 5.2
 * is to be written so, not as 5.2000000000000002. For JSON_REAL_PRECISION. */
int json_digits(struct spacing spacing, int digits);

#endif
