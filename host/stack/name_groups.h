/* SPDX-License-Identifier: MIT
 * Names of numbered files, sorted into groups that differ in one number only: pure logic on names.
 *
 * Every run of digits before the last dot of a name may be its number; what is before and behind it is the
 * same in a group, the extension in any case. So "img_z0001_c0.tif" may be of the group img_z####_c0.tif or
 * of img_z0001_c#.tif. The largest group is made first, then the largest of the names that are left, and so
 * on; of equals the one whose first name sorts first in strcmp's order, then the one whose number stands
 * further behind. Every name is of one group in the end. */
#ifndef STACKTHUMB_STACK_NAME_GROUPS_H
#define STACKTHUMB_STACK_NAME_GROUPS_H

#include "base/error.h"
#include "stack/name_pattern.h"

#include <stddef.h>
#include <stdint.h>

enum { NAME_RUNS_MAX = 16 }; /* of a name with more runs of digits only the last ones are looked at */

/* A name and the part of it that is its number. */
struct name_reading {
    const char *name;
    uint32_t index; /* of the name among those that were given */
    struct name_number number;
};

/* `count` names, from readings[first] on, in strcmp's order. */
struct name_group {
    size_t first, count;
};

/* The names are the caller's strings. The owner calls name_groups_end. */
struct name_groups {
    struct name_reading *readings; /* one for each name that is in a group */
    struct name_group *groups;     /* the largest first */
    size_t ngroups;
};

/* Sorts `names`, none of which is given twice, into groups; names without a number are in none, nor are those
 * that `wanted` (or NULL) does not match. When `wanted` tells where the number is, nothing else is one.
 * STATUS_FAILED when memory is refused, or there are more than 2^31 names; then there is nothing to end.
 * Takes O(n log n) comparisons for n runs of digits. */
enum status name_groups_find(struct name_groups *groups, const char *const *names, size_t nnames,
                             const struct name_pattern *wanted, struct error *error);
void name_groups_end(struct name_groups *groups);

/* *value = what its digits tell; false when that does not fit. */
bool name_reading_value(const struct name_reading *reading, uint64_t *value);

/* The order of patterns: 0 when both readings are of one. */
int name_reading_compare(const struct name_reading *a, const struct name_reading *b);

#endif
