/* SPDX-License-Identifier: MIT */
#include "codec/nrrd_fields.h"

#include "base/printable.h"
#include "codec/volume_header.h"

#include <string.h>

static const struct {
    const char *name, *synonym; /* the latter may be NULL */
} names[NRRD_FIELDS] = {
    [NRRD_DIMENSION] = {"dimension", NULL},
    [NRRD_TYPE] = {"type", NULL},
    [NRRD_ENCODING] = {"encoding", NULL},
    [NRRD_ENDIAN] = {"endian", NULL},
    [NRRD_SIZES] = {"sizes", NULL},
    [NRRD_KINDS] = {"kinds", NULL},
    [NRRD_SPACINGS] = {"spacings", NULL},
    [NRRD_UNITS] = {"units", NULL},
    [NRRD_SPACE_DIRECTIONS] = {"space directions", "spacedirections"},
    [NRRD_SPACE_UNITS] = {"space units", "spaceunits"},
    [NRRD_SPACE_ORIGIN] = {"space origin", "spaceorigin"},
    [NRRD_MEASUREMENT_FRAME] = {"measurement frame", "measurementframe"},
    [NRRD_LINE_SKIP] = {"line skip", "lineskip"},
    [NRRD_BYTE_SKIP] = {"byte skip", "byteskip"},
    [NRRD_DATA_FILE] = {"data file", "datafile"},
};

const char *nrrd_field_name(enum nrrd_field field)
{
    return names[field].name;
}

/* "NRRD0001" to "NRRD0005", or "NRRD00.01", with which the first files began. */
static bool is_magic(struct text line)
{
    if (line.n == 9)
        return memcmp(line.at, "NRRD00.01", 9) == 0;
    return line.n == 8 && memcmp(line.at, "NRRD000", 7) == 0 && line.at[7] >= '1' && line.at[7] <= '5';
}

static enum status not_nrrd(const struct nrrd_fields *fields, struct text line, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    printable(shown, sizeof shown, fields->path);
    if (line.n >= 4 && line.n <= 9 && memcmp(line.at, "NRRD", 4) == 0)
        return error_set(error, STATUS_INPUT,
                         "%s: is NRRD of a version that is not known; save it as NRRD0005 or before", shown);
    return error_set(error, STATUS_INPUT, "%s: does not begin as an NRRD file does; it is something else",
                     shown);
}

/* The field of that name, or NRRD_FIELDS. */
static enum nrrd_field find_field(struct text name)
{
    unsigned field = 0;
    while (field < NRRD_FIELDS && !text_is(name, names[field].name) &&
           !(names[field].synonym && text_is(name, names[field].synonym)))
        field++;
    return (enum nrrd_field)field;
}

static enum status keep_line(struct nrrd_fields *fields, struct text line, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    const char *colon = memchr(line.at, ':', line.n);
    if (*line.at == '#' || !colon)
        return STATUS_OK;
    size_t n = (size_t)(colon - line.at);
    if (n + 1 < line.n && colon[1] == '=')
        return STATUS_OK; /* a key and its value */
    enum nrrd_field field = find_field(text_trim((struct text){line.at, n}));
    if ((int)field == NRRD_FIELDS)
        return STATUS_OK;
    if (fields->given[field])
        return error_set(error, STATUS_INPUT, "%s: its NRRD header says '%s:' twice; delete one of the lines",
                         printable(shown, sizeof shown, fields->path), nrrd_field_name(field));
    fields->given[field] = true;
    fields->values[field] = text_trim((struct text){colon + 1, line.n - n - 1});
    return STATUS_OK;
}

static bool is_list(const struct nrrd_fields *fields)
{
    struct text value = fields->values[NRRD_DATA_FILE], word;
    return fields->given[NRRD_DATA_FILE] && text_take_word(&value, &word) && word.n == 4 &&
           memcmp(word.at, "LIST", 4) == 0;
}

enum status nrrd_fields_read(struct nrrd_fields *fields, struct text text, struct error *error)
{
    struct text rest = text, line = {"", 0};
    char shown[PRINTABLE_BYTES];
    if (!text_take_line(&rest, &line) || !is_magic(line))
        return not_nrrd(fields, line, error);
    while (text_take_line(&rest, &line)) {
        if (line.n == 0) {
            fields->data_at = text.n - rest.n;
            return STATUS_OK;
        }
        enum status status = keep_line(fields, line, error);
        if (status != STATUS_OK)
            return status;
        if (is_list(fields)) {
            fields->names = rest;
            return STATUS_OK;
        }
    }
    if (text.n >= VOLUME_HEADER_BYTES_MAX)
        return error_set(error, STATUS_INPUT, "%s: its NRRD header does not end within 1 MiB; it is damaged",
                         printable(shown, sizeof shown, fields->path));
    return STATUS_OK;
}
