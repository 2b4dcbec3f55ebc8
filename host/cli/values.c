/* SPDX-License-Identifier: MIT */
#include "cli/values.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool value_parse_number(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *number)
{
    if (*text == '\0' || strspn(text, "0123456789") != strlen(text))
        return false;
    errno = 0;
    unsigned long long parsed = strtoull(text, NULL, 10);
    if (errno != 0 || parsed < minimum || parsed > maximum)
        return false;
    *number = parsed;
    return true;
}

/* The factor that a unit stands for, or 0. */
static double unit_factor(const char *unit)
{
    static const char prefixes[] = "KMGT";
    if (*unit == '\0' || strcasecmp(unit, "B") == 0)
        return 1;
    const char *prefix = strchr(prefixes, toupper((unsigned char)*unit));
    if (!prefix)
        return 0;
    double base;
    if (unit[1] == '\0' || strcasecmp(unit + 1, "iB") == 0)
        base = 1024;
    else if (strcasecmp(unit + 1, "B") == 0)
        base = 1000;
    else
        return 0;
    return pow(base, (double)(prefix - prefixes + 1));
}

bool value_parse_bytes(const char *text, uint64_t *n_bytes)
{
    size_t ndigits = strspn(text, "0123456789.");
    char number[32];
    char *end;
    if (ndigits == 0 || ndigits >= sizeof number)
        return false;
    memcpy(number, text, ndigits);
    number[ndigits] = '\0';
    double count = strtod(number, &end);
    if (*end != '\0' || end == number || !isdigit((unsigned char)number[ndigits - 1]))
        return false;
    double product = floor(count * unit_factor(text + ndigits));
    if (!(product >= 1 && product < 9223372036854775808.0))
        return false;
    *n_bytes = (uint64_t)product;
    return true;
}

/* The number before `end` at *text, which then points behind that; 0 when it is not 1 to `maximum`. */
static uint32_t take_number(const char **text, char end, uint32_t maximum)
{
    char digits[16];
    uint64_t number;
    size_t ndigits = strspn(*text, "0123456789");
    if (ndigits >= sizeof digits || (*text)[ndigits] != end)
        return 0;
    memcpy(digits, *text, ndigits);
    digits[ndigits] = '\0';
    *text += ndigits + 1;
    return value_parse_number(digits, 1, maximum, &number) ? (uint32_t)number : 0;
}

bool value_parse_phantom(const char *text, struct extent *extent, enum voxel_type *type)
{
    enum { SIDE_MAX = 1 << 20, SLICES_MAX = 1000000, SLICE_VOXELS_MAX = 1 << 30 };
    return (extent->nx = take_number(&text, 'x', SIDE_MAX)) > 0 &&
           (extent->ny = take_number(&text, 'x', SIDE_MAX)) > 0 &&
           (extent->nz = take_number(&text, ':', SLICES_MAX)) > 0 &&
           (uint64_t)extent->nx * extent->ny <= SLICE_VOXELS_MAX && voxel_parse(text, type);
}

/* The digits at the n characters of `text`, or `open` where there are none. */
static bool parse_end(const char *text, size_t n, uint64_t open, uint64_t *number)
{
    char digits[24];
    *number = open;
    if (n == 0)
        return true;
    if (n >= sizeof digits)
        return false;
    memcpy(digits, text, n);
    digits[n] = '\0';
    return value_parse_number(digits, 0, UINT64_MAX, number);
}

bool value_parse_range(const char *text, struct slice_range *range)
{
    struct slice_range parsed = {.given = true};
    const char *colon = strchr(text, ':');
    if (!colon || strlen(text) == 1 || !parse_end(text, (size_t)(colon - text), 0, &parsed.first) ||
        !parse_end(colon + 1, strlen(colon + 1), UINT64_MAX, &parsed.last) || parsed.first > parsed.last)
        return false;
    *range = parsed;
    return true;
}

static const char *show_bytes(char *text, uint64_t n_bytes, double base, const char *const *units)
{
    double count = (double)n_bytes;
    unsigned power = 0;
    if (n_bytes < 1000) {
        snprintf(text, VALUE_BYTES, "%u byte%s", (unsigned)n_bytes, n_bytes == 1 ? "" : "s");
        return text;
    }
    do { /* 999.5 would be shown as four digits */
        count /= base;
        power++;
    } while (count >= 999.5 && power < 6);
    snprintf(text, VALUE_BYTES, "%.*f %s", count < 9.995 ? 2 : count < 99.95 ? 1 : 0, count, units[power]);
    return text;
}

const char *value_bytes(char *text, uint64_t n_bytes)
{
    static const char *const units[] = {"", "kB", "MB", "GB", "TB", "PB", "EB"};
    return show_bytes(text, n_bytes, 1000, units);
}

const char *value_memory(char *text, uint64_t n_bytes)
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    return show_bytes(text, n_bytes, 1024, units);
}

const char *value_duration(char *text, double seconds)
{
    if (!(seconds >= 0 && seconds < 99 * 3600.0)) {
        snprintf(text, VALUE_BYTES, "-:--");
        return text;
    }
    unsigned whole = (unsigned)(seconds + 0.5);
    if (whole >= 3600)
        snprintf(text, VALUE_BYTES, "%u:%02u:%02u", whole / 3600, whole / 60 % 60, whole % 60);
    else
        snprintf(text, VALUE_BYTES, "%u:%02u", whole / 60, whole % 60);
    return text;
}

enum { NEAREST_CHARACTERS = 31 };

static unsigned min_unsigned(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, one row of the table at a time; `b` has at most NEAREST_CHARACTERS characters. */
static unsigned edit_distance(const char *a, const char *b)
{
    unsigned row[NEAREST_CHARACTERS + 1];
    size_t nb = strlen(b);
    for (unsigned j = 0; j <= nb; j++)
        row[j] = j;
    for (unsigned i = 0; a[i]; i++) {
        unsigned diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < nb; j++) {
            unsigned replaced = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = min_unsigned(replaced, min_unsigned(diagonal, row[j]) + 1);
        }
    }
    return row[nb];
}

const char *value_nearest(const char *name, const char *const *names, size_t n)
{
    const char *nearest = NULL;
    unsigned least = 3; /* two slips at most, and */
    size_t ncharacters = strlen(name);
    if (ncharacters > NEAREST_CHARACTERS)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        unsigned distance = edit_distance(names[i], name);
        if (distance < least && 2 * distance < ncharacters) { /* fewer than every second character */
            nearest = names[i];
            least = distance;
        }
    }
    return nearest;
}
