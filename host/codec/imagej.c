/* SPDX-License-Identifier: MIT */
#include "codec/imagej.h"

#include "base/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    enum length_unit unit;
} units[] = {
    {"nm", UNIT_NM},       {"um", UNIT_UM},        {"micron", UNIT_UM},    {"microns", UNIT_UM},
    {"\\u00B5m", UNIT_UM}, /* ImageJ escapes what is not ASCII */
    {"\\u00b5m", UNIT_UM}, {"\xc2\xb5m", UNIT_UM}, {"\xce\xbcm", UNIT_UM}, {"\xb5m", UNIT_UM},
    {"mm", UNIT_MM},       {"cm", UNIT_CM},        {"inch", UNIT_INCH},    {"inches", UNIT_INCH},
};

static enum length_unit find_unit(const char *text, size_t n)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].text) == n && memcmp(units[i].text, text, n) == 0)
            return units[i].unit;
    return UNIT_NONE;
}

/* A unit as the text has it; `at` is NULL when it has none. */
struct unit_text {
    const char *at;
    size_t n;
};

/* How many of `unit` one of `other` is; 1 when there is no other, 0 when they cannot be compared. */
static double factor_of(struct unit_text unit, struct unit_text other)
{
    if (!other.at || (unit.at && unit.n == other.n && memcmp(unit.at, other.at, unit.n) == 0))
        return 1;
    double from = unit_nanometres(find_unit(other.at, other.n));
    double to = unit.at ? unit_nanometres(find_unit(unit.at, unit.n)) : 0;
    return from > 0 && to > 0 ? from / to : 0;
}

/* `line` of n characters, when it is "<key>=...": the value, else NULL. */
static const char *value_of(const char *line, size_t n, const char *key)
{
    size_t used = strlen(key);
    return n > used && memcmp(line, key, used) == 0 && line[used] == '=' ? line + used + 1 : NULL;
}

/* A count of the n characters: a whole number from 1 on, else 1. ImageJ itself writes some as "5.0". */
static uint32_t count_of(const char *value, size_t n)
{
    double count = 1;
    decimal_parse(value, n, &count);
    return count >= 1 && count <= UINT32_MAX ? (uint32_t)count : 1;
}

static void take_count(const char *line, size_t n, struct imagej_description *description)
{
    const struct {
        const char *key;
        uint32_t *count;
    } counts[] = {{"images", &description->nimages},
                  {"channels", &description->nchannels},
                  {"slices", &description->nslices},
                  {"frames", &description->nframes}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const char *value = value_of(line, n, counts[i].key);
        if (value)
            *counts[i].count = count_of(value, n - (size_t)(value - line));
    }
}

/* What a text says of lengths. */
struct lengths {
    struct unit_text unit, y_unit, z_unit; /* those of y and z where they are others than that of x */
    double z;
};

static void take_line(const char *line, size_t n, struct lengths *lengths,
                      struct imagej_description *description)
{
    const struct {
        const char *key;
        struct unit_text *unit;
    } told[] = {{"unit", &lengths->unit}, {"yunit", &lengths->y_unit}, {"zunit", &lengths->z_unit}};
    const char *value = value_of(line, n, "spacing");
    if (value) {
        lengths->z = 0;
        decimal_parse(value, n - (size_t)(value - line), &lengths->z);
    }
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if ((value = value_of(line, n, told[i].key)) != NULL)
            *told[i].unit = (struct unit_text){value, n - (size_t)(value - line)};
    take_count(line, n, description);
}

bool imagej_parse(const char *text, struct imagej_description *description)
{
    struct lengths lengths = {.z = 0};
    if (strncmp(text, "ImageJ=", 7) != 0)
        return false;
    *description = (struct imagej_description){.nimages = 1, .nchannels = 1, .nslices = 1, .nframes = 1};
    while (*text) {
        size_t n = strcspn(text, "\r\n");
        take_line(text, n, &lengths, description);
        text += n;
        text += strspn(text, "\r\n");
    }
    if (lengths.unit.at)
        description->unit = find_unit(lengths.unit.at, lengths.unit.n);
    description->y_factor = factor_of(lengths.unit, lengths.y_unit);
    /* ImageJ writes negative ones at times, and reads them so. */
    description->spacing_z = fabs(lengths.z) * factor_of(lengths.unit, lengths.z_unit);
    if (!isfinite(description->spacing_z))
        description->spacing_z = 0;
    return true;
}

size_t imagej_format(char text[IMAGEJ_TEXT_BYTES], struct spacing spacing)
{
    bool needed =
        spacing.z > 0 || spacing.unit == UNIT_NM || spacing.unit == UNIT_UM || spacing.unit == UNIT_MM;
    if (!needed)
        return 0;
    int used = snprintf(text, IMAGEJ_TEXT_BYTES, "ImageJ=1.11a\n");
    if (spacing.unit != UNIT_NONE)
        used += snprintf(text + used, IMAGEJ_TEXT_BYTES - (size_t)used, "unit=%s\n", unit_name(spacing.unit));
    if (spacing.z > 0) {
        char number[40];
        for (int digits = 15; digits <= 17; digits++) { /* the shortest that reads back as the same number */
            snprintf(number, sizeof number, "%.*g", digits, spacing.z);
            if (strtod(number, NULL) == spacing.z)
                break;
        }
        used += snprintf(text + used, IMAGEJ_TEXT_BYTES - (size_t)used, "spacing=%s\n", number);
    }
    return (size_t)used;
}
