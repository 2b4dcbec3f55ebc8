/* SPDX-License-Identifier: MIT */
#include "stack/sidecar_rows.h"

#include "base/decimal.h"
#include "base/printable.h"
#include "stack/sidecar_lines.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void sidecar_set_note(struct sidecar *sidecar, const char *format, ...)
{
    va_list arguments;
    if (sidecar->note[0])
        return;
    va_start(arguments, format);
    vsnprintf(sidecar->note, sizeof sidecar->note, format, arguments);
    va_end(arguments);
}

/* A fact is there once: of two values the first. One without a value is none. */
static void add_fact(struct sidecar *sidecar, const struct sidecar_row *row, const char *value)
{
    char text[SIDECAR_TEXT_BYTES - 8]; /* what stands behind is short */
    if (*value == '\0' || sidecar->nfacts == SIDECAR_FACTS_MAX)
        return;
    for (unsigned i = 0; i < sidecar->nfacts; i++)
        if (strcmp(sidecar->facts[i].name, row->fact) == 0)
            return;
    struct sidecar_fact *fact = &sidecar->facts[sidecar->nfacts++];
    fact->name = row->fact;
    snprintf(fact->text, sizeof fact->text, "%s%s", printable(text, sizeof text, value),
             row->behind ? row->behind : "");
}

/* Reads `n` positive numbers with blanks between them, and nothing else. */
static bool parse_numbers(const char *text, unsigned n, double *numbers)
{
    for (unsigned i = 0; i < n; i++) {
        text += strspn(text, " \t");
        size_t used = decimal_parse(text, strlen(text), &numbers[i]);
        if (used == 0 || !(numbers[i] > 0) || (i + 1 < n && text[used] != ' ' && text[used] != '\t'))
            return false;
        text += used;
    }
    return *text == '\0';
}

static void take_numbers(struct sidecar *sidecar, const struct sidecar_row *row, const char *text,
                         struct sidecar_value *value)
{
    char shown[SIDECAR_TEXT_BYTES];
    double numbers[3] = {0};
    bool matters = row->slot < SIDECAR_NX; /* to the voxel size */
    bool three = row->slot == SIDECAR_LENGTHS || row->slot == SIDECAR_EXTENT || row->slot == SIDECAR_SCALES;
    if (!parse_numbers(text, three ? 3 : 1, numbers)) {
        value->spoilt = true;
        if (matters)
            sidecar_set_note(sidecar, "%s is '%s', which is not %s above 0 with a decimal point", row->key,
                             printable(shown, sizeof shown, text), three ? "three numbers" : "a number");
    } else if (value->seen && memcmp(numbers, value->numbers, sizeof numbers) != 0) {
        value->spoilt = true;
        if (matters)
            sidecar_set_note(sidecar, "%s is there twice, with different values", row->key);
    }
    value->seen = true;
    memcpy(value->numbers, numbers, sizeof numbers);
}

static void take_unit(struct sidecar *sidecar, const struct sidecar_row *row, const char *text,
                      struct sidecar_values *values)
{
    char shown[SIDECAR_TEXT_BYTES];
    enum length_unit unit;
    struct sidecar_value *value = &values->slots[SIDECAR_UNIT];
    if (!length_unit_parse(text, &unit)) {
        value->spoilt = true;
        sidecar_set_note(sidecar, "%s is '%s', which is no unit that is known here", row->key,
                         printable(shown, sizeof shown, text));
        return;
    }
    if (value->seen && unit != values->unit) {
        value->spoilt = true;
        sidecar_set_note(sidecar, "%s is there twice, with different values", row->key);
    }
    value->seen = true;
    values->unit = unit;
}

static void take_line(const struct sidecar_lines *lines, const struct sidecar_row *rows, size_t nrows,
                      struct sidecar *sidecar, struct sidecar_values *values)
{
    for (size_t i = 0; i < nrows; i++) {
        const struct sidecar_row *row = &rows[i];
        if (strcasecmp(lines->key, row->key) != 0 ||
            (row->section && strcasecmp(lines->section, row->section) != 0))
            continue;
        values->nmatched++;
        if (row->slot == SIDECAR_FACT)
            add_fact(sidecar, row, lines->value);
        else if (row->slot == SIDECAR_UNIT)
            take_unit(sidecar, row, lines->value, values);
        else
            take_numbers(sidecar, row, lines->value, &values->slots[row->slot]);
        return;
    }
}

static bool is_among(const char *section, const char *const *sections)
{
    for (; *sections; sections++)
        if (strcasecmp(section, *sections) == 0)
            return true;
    return false;
}

bool sidecar_rows_read(const void *data, size_t n_bytes, const struct sidecar_row *rows, size_t nrows,
                       const char *const *sections, struct sidecar *sidecar, struct sidecar_values *values)
{
    struct sidecar_lines lines;
    bool known = false;
    *sidecar = (struct sidecar){0};
    *values = (struct sidecar_values){0};
    sidecar_lines_init(&lines, data, n_bytes);
    while (sidecar_lines_next(&lines))
        if (lines.key)
            take_line(&lines, rows, nrows, sidecar, values);
        else
            known = known || is_among(lines.section, sections);
    known = known && values->nmatched > 0;
    if (!known)
        *sidecar = (struct sidecar){0};
    return known;
}

double sidecar_number(const struct sidecar_values *values, enum sidecar_slot slot)
{
    const struct sidecar_value *value = &values->slots[slot];
    return value->seen && !value->spoilt ? value->numbers[0] : 0;
}

/* `number` as a count of voxels; 0 when it is none. */
static uint32_t count_of(double number)
{
    return number >= 1 && number <= 0x7fffffff && number == floor(number) ? (uint32_t)number : 0;
}

void sidecar_fill_extent(struct sidecar *sidecar, const struct sidecar_values *values)
{
    const struct sidecar_value *three = &values->slots[SIDECAR_EXTENT];
    bool whole = three->seen && !three->spoilt;
    sidecar->slice_nx = count_of(whole ? three->numbers[0] : sidecar_number(values, SIDECAR_NX));
    sidecar->slice_ny = count_of(whole ? three->numbers[1] : sidecar_number(values, SIDECAR_NY));
    sidecar->nslices = count_of(whole ? three->numbers[2] : sidecar_number(values, SIDECAR_NZ));
}
