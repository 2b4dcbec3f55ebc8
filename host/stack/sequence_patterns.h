/* SPDX-License-Identifier: MIT
 * What the patterns of a folder are: slices, or what scanners leave beside them. For sequence.c. */
#ifndef STACKTHUMB_STACK_SEQUENCE_PATTERNS_H
#define STACKTHUMB_STACK_SEQUENCE_PATTERNS_H

#include "stack/name_groups.h"
#include "stack/sequence.h"

/* The pattern of a group; a by-product when the word before its number says so. */
struct sequence_pattern sequence_pattern_of(const struct name_groups *groups, size_t group);

/* *patterns = those of all groups, in their order. By-products are marked by their words, unless all of them
 * are; and as projections those of which others are the reconstruction (byproduct_projections). One at least
 * is not marked. malloc'ed, and the caller frees it; STATUS_FAILED when memory is refused. There is a group.
 */
enum status sequence_patterns_describe(struct sequence_pattern **patterns, const struct name_groups *groups,
                                       struct error *error);

#endif
