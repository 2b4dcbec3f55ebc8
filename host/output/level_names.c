/* SPDX-License-Identifier: MIT */
#include "output/level_names.h"

#include "volume/extent.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *level_name(char *name, unsigned level)
{
    snprintf(name, LEVEL_NAME_BYTES, "%u", level);
    return name;
}

const char *slice_name(char *name, uint32_t z)
{
    snprintf(name, SLICE_NAME_BYTES, "%06" PRIu32 ".tif", z);
    return name;
}

const char *partial_name(char *partial, const char *name)
{
    snprintf(partial, PARTIAL_NAME_BYTES, ".%s.partial", name);
    return partial;
}

/* These read the digits at the front as a number; whatever is wrong with them, or behind them, shows when the
 * name of that number is written again and compared. */
bool level_name_parse(const char *name, unsigned *level)
{
    char again[LEVEL_NAME_BYTES];
    unsigned long number = strtoul(name, NULL, 10);
    if (number < 1 || number > LEVELS_MAX || strcmp(level_name(again, (unsigned)number), name) != 0)
        return false;
    *level = (unsigned)number;
    return true;
}

bool slice_name_parse(const char *name, uint32_t *z)
{
    char again[SLICE_NAME_BYTES];
    unsigned long long number = strtoull(name, NULL, 10);
    if (number > UINT32_MAX || strcmp(slice_name(again, (uint32_t)number), name) != 0)
        return false;
    *z = (uint32_t)number;
    return true;
}

bool slice_name_is_partial(const char *name)
{
    char slice[SLICE_NAME_BYTES], partial[PARTIAL_NAME_BYTES];
    if (name[0] != '.')
        return false;
    unsigned long long number = strtoull(name + 1, NULL, 10);
    return number <= UINT32_MAX &&
           strcmp(partial_name(partial, slice_name(slice, (uint32_t)number)), name) == 0;
}
