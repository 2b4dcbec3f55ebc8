/* SPDX-License-Identifier: MIT
 * Values of options: strict parsing of numbers and byte counts, and byte counts as people read them. */
#ifndef STACKTHUMB_CLI_VALUES_H
#define STACKTHUMB_CLI_VALUES_H

#include "stack/stack.h"
#include "volume/extent.h"
#include "volume/voxel_type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal digits and nothing else, minimum <= *number <= maximum. False, with *number untouched, otherwise.
 */
bool value_parse_number(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *number);

/* A positive number of bytes: "300000", "512MiB", "1.5GiB", "2G". K, M, G and T count in 1024s, alone or as
 * KiB ...; KB ... (decimal) count in 1000s. Upper and lower case are the same; B alone means bytes. The
 * product is rounded down. False, with *n_bytes untouched, when it is anything else or passes 2^63. */
bool value_parse_bytes(const char *text, uint64_t *n_bytes);

/* "1024x1024x256:u16": an extent of at most 2^20 x 2^20 x 1,000,000 voxels, 2^30 of them in a slice, and a
 * voxel type. False when it is anything else. */
bool value_parse_phantom(const char *text, struct extent *extent, enum voxel_type *type);

/* "100:299", "100:" or ":299": slices by number, the first not above the last. False, with *range untouched,
 * when it is anything else. */
bool value_parse_range(const char *text, struct slice_range *range);

enum { VALUE_BYTES = 24 };

/* "831 bytes", "45.1 MB": three digits, decimal units, as disks and rates are given. Returns `text`
 * (VALUE_BYTES large). */
const char *value_bytes(char *text, uint64_t n_bytes);

/* "831 bytes", "43.0 MiB": the same with binary units, as memory is given (and --device-memory takes it). */
const char *value_memory(char *text, uint64_t n_bytes);

/* Seconds as "0:07", "12:34" or "3:02:01"; "-:--" when they are not finite or beyond 99 hours. Returns `text`
 * (VALUE_BYTES large). */
const char *value_duration(char *text, double seconds);

/* Of the n strings at `names`, the one that `name` most likely means, by edit distance; NULL when none is
 * near. */
const char *value_nearest(const char *name, const char *const *names, size_t n);

#endif
