/* SPDX-License-Identifier: MIT */
#include "stack/slice_range.h"

#include <inttypes.h>
#include <stdio.h>

bool slice_range_holds(const struct slice_range *range, uint64_t number)
{
    return !range->given || (number >= range->first && number <= range->last);
}

const char *slice_range_text(char text[SLICE_RANGE_TEXT_BYTES], const struct slice_range *range)
{
    int n = snprintf(text, SLICE_RANGE_TEXT_BYTES, "%" PRIu64 ":", range->first);
    if (range->last < UINT64_MAX)
        snprintf(text + n, SLICE_RANGE_TEXT_BYTES - (size_t)n, "%" PRIu64, range->last);
    return text;
}

enum status slice_range_refuse(const struct slice_range *range, const char *shown, uint64_t first,
                               uint64_t last, struct error *error)
{
    char text[SLICE_RANGE_TEXT_BYTES];
    return error_set(error, STATUS_INPUT,
                     "%s: none of its slices is in the range %s; they are %" PRIu64 " to %" PRIu64, shown,
                     slice_range_text(text, range), first, last);
}
