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

static void take_line(const char *line, size_t n, struct imagej_description *description)
{
    const char *value;
    if ((value = value_of(line, n, "unit")) != NULL) {
        description->unit = find_unit(value, n - (size_t)(value - line));
    } else if ((value = value_of(line, n, "spacing")) != NULL) {
        double z = 0;
        decimal_parse(value, n - (size_t)(value - line), &z);
        description->spacing_z = fabs(z); /* ImageJ writes negative ones at times, and reads them so */
    } else {
        take_count(line, n, description);
    }
}

bool imagej_parse(const char *text, struct imagej_description *description)
{
    if (strncmp(text, "ImageJ=", 7) != 0)
        return false;
    *description = (struct imagej_description){.nimages = 1, .nchannels = 1, .nslices = 1, .nframes = 1};
    while (*text) {
        size_t n = strcspn(text, "\r\n");
        take_line(text, n, description);
        text += n;
        text += strspn(text, "\r\n");
    }
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
