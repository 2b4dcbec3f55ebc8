/* SPDX-License-Identifier: MIT
 * The names inside an output folder: level folders "1" .. "16" that hold "000000.tif", "000001.tif" ... While
 * a file is written it is called ".<name>.partial". */
#ifndef STACKTHUMB_OUTPUT_LEVEL_NAMES_H
#define STACKTHUMB_OUTPUT_LEVEL_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEVEL_NAME_BYTES = 16, SLICE_NAME_BYTES = 24 };
/* Names that files have when they are complete; and their partial names. */
enum { ATOMIC_NAME_BYTES = 48, PARTIAL_NAME_BYTES = ATOMIC_NAME_BYTES + 16 };

/* Each writes a name into `name` (as large as its constant above says) and returns it. */
const char *level_name(char *name, unsigned level);
const char *slice_name(char *name, uint32_t z);
const char *partial_name(char *partial, const char *name); /* of a name of ATOMIC_NAME_BYTES */

/* True when the name is exactly what the functions above write; only then is the result set. */
bool level_name_parse(const char *name, unsigned *level);
bool slice_name_parse(const char *name, uint32_t *z);

/* True for the partial name of a slice. */
bool slice_name_is_partial(const char *name);

#endif
