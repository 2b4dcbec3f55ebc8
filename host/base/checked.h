/* SPDX-License-Identifier: MIT
 * Size arithmetic that cannot wrap. */
#ifndef STACKTHUMB_BASE_CHECKED_H
#define STACKTHUMB_BASE_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *result = a * b (or a + b); false, with *result untouched, when that does not fit. */
bool checked_mul(uint64_t a, uint64_t b, uint64_t *result);
bool checked_add(uint64_t a, uint64_t b, uint64_t *result);

/* a * b * c, or UINT64_MAX when that does not fit (for sums that are compared with a limit). */
uint64_t saturated_mul3(uint64_t a, uint64_t b, uint64_t c);
uint64_t saturated_add(uint64_t a, uint64_t b);

#endif
