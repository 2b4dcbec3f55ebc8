/* SPDX-License-Identifier: MIT
 * Names of numbered files in which several numbers change from file to file, as "slice_0013_z=0.1300um.tif":
 * pure logic on names, for those of which no two are of one group of name_groups.h. */
#ifndef STACKTHUMB_STACK_NAME_SERIES_H
#define STACKTHUMB_STACK_NAME_SERIES_H

#include "base/error.h"
#include "stack/name_groups.h"

#include <stddef.h>

/* Takes the names that are the same but for their numbers, the largest such lot of two names or more, of
 * equals the one whose first name sorts first; the number is the first one that no two of them share,
 * whatever zeros lead it, among their first NAME_RUNS_MAX. *groups is that one group, or none where there is
 * none. STATUS_FAILED when memory is refused; then there is nothing to end. The owner calls name_groups_end.
 */
enum status name_series_find(struct name_groups *groups, const char *const *names, size_t nnames,
                             struct error *error);

/* "slice_*_z=*.*um.tif": `name` with a * for each of its numbers. malloc'ed, and the caller frees it; NULL
 * when memory is refused. */
char *name_series_text(const char *name);

#endif
