/* SPDX-License-Identifier: MIT
 * The lines are collected first (nrrd_fields.c), for the order of most fields is free; then they are read in
 * the order in which one needs another. */
#include "codec/nrrd.h"

#include "base/printable.h"
#include "codec/nrrd_fields.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { AXES_MAX = 16 };

/* The axes as the header counts them, and which of them are x, y and z. */
struct axes {
    unsigned naxes;
    uint64_t sizes[AXES_MAX];
    bool other[AXES_MAX];    /* holds no positions in space but colours, vectors, times ... */
    unsigned kept[AXES_MAX]; /* the axes that are left, the fastest first */
    unsigned nkept;
};

static enum status refuse(const struct nrrd_fields *fields, enum nrrd_field field, const char *why,
                          struct error *error)
{
    char shown[PRINTABLE_BYTES], value[128];
    return error_set(error, STATUS_INPUT, "%s: its NRRD header says '%s: %s', %s",
                     printable(shown, sizeof shown, fields->path), nrrd_field_name(field),
                     text_show(value, sizeof value, fields->values[field]), why);
}

static enum status require(const struct nrrd_fields *fields, enum nrrd_field field, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    return fields->given[field]
               ? STATUS_OK
               : error_set(error, STATUS_INPUT,
                           "%s: its NRRD header has no '%s:', and cannot be understood without",
                           printable(shown, sizeof shown, fields->path), nrrd_field_name(field));
}

static enum status parse_sizes(const struct nrrd_fields *fields, struct axes *axes, struct error *error)
{
    uint64_t naxes;
    struct text rest = fields->values[NRRD_SIZES], word;
    enum status status = require(fields, NRRD_DIMENSION, error);
    if (status == STATUS_OK)
        status = require(fields, NRRD_SIZES, error);
    if (status != STATUS_OK)
        return status;
    if (!text_is_count(fields->values[NRRD_DIMENSION], &naxes) || naxes < 1 || naxes > AXES_MAX)
        return refuse(fields, NRRD_DIMENSION, "which is no number of axes from 1 to 16", error);
    axes->naxes = (unsigned)naxes;
    for (unsigned i = 0; i < axes->naxes; i++)
        if (!text_take_word(&rest, &word) || !text_is_count(word, &axes->sizes[i]) || axes->sizes[i] == 0)
            return refuse(fields, NRRD_SIZES, "which is not one number, at least 1, for each axis", error);
    if (text_take_word(&rest, &word))
        return refuse(fields, NRRD_SIZES, "which are more numbers than there are axes", error);
    return STATUS_OK;
}

/* Marks the axes whose 'kinds' say, or whose 'space directions' tell by "none", that they lie not in space.
 */
static enum status parse_kinds(const struct nrrd_fields *fields, struct axes *axes, struct error *error)
{
    static const char *const spatial[] = {"space", "domain", "none", "???"};
    struct text rest = fields->values[NRRD_KINDS], word;
    if (!fields->given[NRRD_KINDS])
        return STATUS_OK;
    for (unsigned i = 0; i < axes->naxes; i++) {
        if (!text_take_word(&rest, &word))
            return refuse(fields, NRRD_KINDS, "which is not one word for each axis", error);
        axes->other[i] = true;
        for (size_t k = 0; k < sizeof spatial / sizeof *spatial; k++)
            axes->other[i] &= !text_is(word, spatial[k]);
    }
    return STATUS_OK;
}

static void drop_axis(struct axes *axes, unsigned i)
{
    axes->nkept--;
    memmove(&axes->kept[i], &axes->kept[i + 1], (axes->nkept - i) * sizeof *axes->kept);
}

/* The kind of axis i, "" where none is told. */
static struct text kind_of(const struct nrrd_fields *fields, unsigned i)
{
    struct text rest = fields->values[NRRD_KINDS], word = {"", 0};
    for (unsigned k = 0; fields->given[NRRD_KINDS] && k <= i; k++)
        text_take_word(&rest, &word);
    return word;
}

static enum status refuse_axis(const struct nrrd_fields *fields, const struct axes *axes, unsigned i,
                               struct error *error)
{
    char shown[PRINTABLE_BYTES], kind[64];
    struct text word = kind_of(fields, i);
    return error_set(error, STATUS_INPUT,
                     "%s: has %u axes, and axis %u (%" PRIu64
                     " values%s%s) is none of x, y and z; save one of "
                     "these as a volume of its own",
                     printable(shown, sizeof shown, fields->path), axes->naxes, i + 1, axes->sizes[i],
                     word.n ? " of kind " : "", text_show(kind, sizeof kind, word));
}

/* Leaves x, y and z, or x and y: axes of one value beyond these are dropped. */
static enum status keep_axes(const struct nrrd_fields *fields, struct axes *axes, struct error *error)
{
    axes->nkept = axes->naxes;
    for (unsigned i = 0; i < axes->naxes; i++)
        axes->kept[i] = i;
    for (unsigned i = axes->nkept; i-- > 0;)
        if (axes->other[axes->kept[i]] && axes->sizes[axes->kept[i]] == 1 && axes->nkept > 2)
            drop_axis(axes, i);
    for (unsigned i = axes->nkept; i-- > 0;)
        if (axes->nkept > 3 && axes->sizes[axes->kept[i]] == 1)
            drop_axis(axes, i);
    for (unsigned i = 0; i < axes->nkept; i++)
        if (axes->other[axes->kept[i]] && axes->sizes[axes->kept[i]] > 1)
            return refuse_axis(fields, axes, axes->kept[i], error);
    if (axes->nkept > 3)
        return refuse_axis(fields, axes, axes->kept[axes->nkept - 1], error);
    if (axes->nkept < 2)
        return refuse(fields, NRRD_DIMENSION, "but a slice has two axes", error);
    return STATUS_OK;
}

static enum status parse_axes(const struct nrrd_fields *fields, struct axes *axes, struct error *error)
{
    enum status status = parse_sizes(fields, axes, error);
    if (status == STATUS_OK)
        status = parse_kinds(fields, axes, error);
    return status == STATUS_OK ? keep_axes(fields, axes, error) : status;
}

static const struct type_name {
    const char *name;
    enum voxel_type type;
    bool is_f64;
} type_names[] = {
    {"signed char", VOXEL_I8, false},
    {"int8", VOXEL_I8, false},
    {"int8_t", VOXEL_I8, false},
    {"uchar", VOXEL_U8, false},
    {"unsigned char", VOXEL_U8, false},
    {"uint8", VOXEL_U8, false},
    {"uint8_t", VOXEL_U8, false},
    {"short", VOXEL_I16, false},
    {"short int", VOXEL_I16, false},
    {"signed short", VOXEL_I16, false},
    {"signed short int", VOXEL_I16, false},
    {"int16", VOXEL_I16, false},
    {"int16_t", VOXEL_I16, false},
    {"ushort", VOXEL_U16, false},
    {"unsigned short", VOXEL_U16, false},
    {"unsigned short int", VOXEL_U16, false},
    {"uint16", VOXEL_U16, false},
    {"uint16_t", VOXEL_U16, false},
    {"int", VOXEL_I32, false},
    {"signed int", VOXEL_I32, false},
    {"int32", VOXEL_I32, false},
    {"int32_t", VOXEL_I32, false},
    {"uint", VOXEL_U32, false},
    {"unsigned int", VOXEL_U32, false},
    {"uint32", VOXEL_U32, false},
    {"uint32_t", VOXEL_U32, false},
    {"float", VOXEL_F32, false},
    {"double", VOXEL_F32, true},
};

/* The names that follow stand for 64-bit integers, which have no voxel type here. */
static const char *const long_names[] = {
    "longlong", "long long", "long long int", "signed long long",   "signed long long int",
    "int64",    "int64_t",   "ulonglong",     "unsigned long long", "unsigned long long int",
    "uint64",   "uint64_t",
};

static enum status parse_type(const struct nrrd_fields *fields, struct volume_header *header,
                              struct error *error)
{
    struct text value = fields->values[NRRD_TYPE];
    enum status status = require(fields, NRRD_TYPE, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
        if (text_is(value, type_names[i].name)) {
            header->type = type_names[i].type;
            header->is_f64 = type_names[i].is_f64;
            return STATUS_OK;
        }
    for (size_t i = 0; i < sizeof long_names / sizeof *long_names; i++)
        if (text_is(value, long_names[i]))
            return refuse(fields, NRRD_TYPE,
                          "64-bit integers, which are not supported; save it with 32 bits, or as float",
                          error);
    return refuse(fields, NRRD_TYPE, "which is no type that can be read", error);
}

static enum status parse_encoding(const struct nrrd_fields *fields, struct volume_header *header,
                                  struct error *error)
{
    struct text value = fields->values[NRRD_ENCODING];
    enum status status = require(fields, NRRD_ENCODING, error);
    if (status != STATUS_OK)
        return status;
    header->compressed = text_is(value, "gz") || text_is(value, "gzip");
    if (header->compressed || text_is(value, "raw"))
        return STATUS_OK;
    return refuse(fields, NRRD_ENCODING,
                  "which is not supported; save it with raw or gzip encoding ('unu save -f nrrd -e gzip')",
                  error);
}

static enum status parse_endian(const struct nrrd_fields *fields, struct volume_header *header,
                                struct error *error)
{
    bool bytes = header->is_f64 || voxel_bytes(header->type) > 1;
    if (!fields->given[NRRD_ENDIAN])
        return bytes ? require(fields, NRRD_ENDIAN, error) : STATUS_OK;
    header->big_endian = text_is(fields->values[NRRD_ENDIAN], "big");
    if (header->big_endian || text_is(fields->values[NRRD_ENDIAN], "little"))
        return STATUS_OK;
    return refuse(fields, NRRD_ENDIAN, "which is neither little nor big", error);
}

static enum status parse_skips(const struct nrrd_fields *fields, struct volume_header *header,
                               struct error *error)
{
    int64_t skip = 0;
    if (fields->given[NRRD_LINE_SKIP] && !text_is_count(fields->values[NRRD_LINE_SKIP], &header->line_skip))
        return refuse(fields, NRRD_LINE_SKIP, "which is no number of lines", error);
    if (fields->given[NRRD_BYTE_SKIP] && !text_is_integer(fields->values[NRRD_BYTE_SKIP], &skip))
        return refuse(fields, NRRD_BYTE_SKIP, "which is no number of bytes", error);
    if (skip < 0 && header->compressed)
        return refuse(fields, NRRD_BYTE_SKIP,
                      "which cannot be in gzip encoding; the bytes before the voxels have to be told", error);
    header->from_end = skip < 0;
    header->skip_bytes = (uint64_t)(skip < 0 ? -(skip + 1) : skip);
    return STATUS_OK;
}

static enum status parse_files(const struct nrrd_fields *fields, const struct axes *axes,
                               struct volume_header *header, struct error *error)
{
    const struct volume_axes counted = {axes->naxes, axes->sizes};
    char shown[PRINTABLE_BYTES];
    header->data_at = fields->data_at;
    header->nfiles = 1;
    if (fields->given[NRRD_DATA_FILE])
        return volume_set_files(header, fields->values[NRRD_DATA_FILE], fields->names, &counted, fields->path,
                                error);
    if (fields->data_at == 0)
        return error_set(
            error, STATUS_INPUT,
            "%s: its NRRD header names no data file, and has no end behind which voxels could be; "
            "it is truncated",
            printable(shown, sizeof shown, fields->path));
    return STATUS_OK;
}

/* Length of the vector "(x,y,z)" that `rest` begins with; 0 for "none". False when it is neither. */
static bool take_vector(struct text *rest, double *length)
{
    struct text word = *rest;
    double sum = 0, largest = 0, number;
    unsigned nonzero = 0;
    *rest = text_trim(*rest);
    if (rest->n == 0 || *rest->at != '(')
        return *length = 0, text_take_word(rest, &word) && text_is(word, "none");
    const char *end = memchr(rest->at, ')', rest->n);
    if (!end)
        return false;
    struct text inside = {rest->at + 1, (size_t)(end - rest->at - 1)};
    *rest = (struct text){end + 1, rest->n - inside.n - 2};
    while (inside.n > 0) {
        const char *comma = memchr(inside.at, ',', inside.n);
        size_t n = comma ? (size_t)(comma - inside.at) : inside.n;
        if (!text_is_decimal(text_trim((struct text){inside.at, n}), &number))
            return false;
        nonzero += number != 0;
        largest = fabs(number) > largest ? fabs(number) : largest;
        sum += number * number;
        inside = (struct text){inside.at + n + (comma != NULL), inside.n - n - (comma != NULL)};
    }
    *length = nonzero == 1 ? largest : sqrt(sum); /* along an axis it is exact */
    return true;
}

/* What was read of the spacing along each axis: 0 where nothing is told. */
static enum status parse_lengths(const struct nrrd_fields *fields, const struct axes *axes,
                                 double lengths[AXES_MAX], struct error *error)
{
    struct text rest = fields->values[NRRD_SPACE_DIRECTIONS], word;
    if (fields->given[NRRD_SPACE_DIRECTIONS]) {
        for (unsigned i = 0; i < axes->naxes; i++)
            if (!take_vector(&rest, &lengths[i]) || !isfinite(lengths[i]))
                return refuse(fields, NRRD_SPACE_DIRECTIONS, "which is not one vector for each axis", error);
        return STATUS_OK;
    }
    rest = fields->values[NRRD_SPACINGS];
    for (unsigned i = 0; fields->given[NRRD_SPACINGS] && i < axes->naxes; i++) {
        if (!text_take_word(&rest, &word))
            return refuse(fields, NRRD_SPACINGS, "which is not one number for each axis", error);
        if (!text_is_decimal(word, &lengths[i]))
            lengths[i] = 0; /* nan: not told */
        lengths[i] = fabs(lengths[i]);
    }
    return STATUS_OK;
}

/* What the field says of the units of the kept axes; "" where it says nothing. Those of a space are not of
 * its axes, but of its directions. */
static void find_units(const struct nrrd_fields *fields, enum nrrd_field field, const struct axes *axes,
                       struct text words[3])
{
    struct text rest = fields->values[field], word;
    for (unsigned i = 0; fields->given[field] && text_take_quoted(&rest, &word); i++)
        for (unsigned k = 0; k < axes->nkept && k < 3; k++)
            if (field == NRRD_SPACE_UNITS ? k == i : axes->kept[k] == i)
                words[k] = text_trim(word);
}

static bool is_same_text(struct text a, struct text b)
{
    return a.n == b.n && memcmp(a.at, b.at, a.n) == 0;
}

/* The unit that the lengths are to be in, that of the first axis which has one, and by what they are to be
 * multiplied then. False when they cannot be compared. */
static bool parse_units(const struct nrrd_fields *fields, const struct axes *axes, enum nrrd_field field,
                        enum length_unit *unit, double factors[3])
{
    struct text words[3] = {{"", 0}, {"", 0}, {"", 0}}, first = {"", 0};
    enum length_unit other;
    double factor = 1;
    *unit = UNIT_NONE;
    find_units(fields, field, axes, words);
    for (unsigned k = 0; k < 3 && first.n == 0; k++)
        first = words[k];
    bool known = volume_unit(first, unit, &factor);
    for (unsigned k = 0; k < 3; k++) {
        factors[k] = factor;
        if (words[k].n == 0 || is_same_text(words[k], first))
            continue;
        /* Directions may be aslant to their space, and then are of no one unit of it. */
        if (!known || field == NRRD_SPACE_UNITS || !volume_unit(words[k], &other, &factors[k]))
            return false;
        factors[k] *= unit_nanometres(other) / unit_nanometres(*unit);
    }
    return true;
}

static enum status parse_spacing(const struct nrrd_fields *fields, const struct axes *axes,
                                 struct volume_header *header, struct error *error)
{
    const enum nrrd_field field = fields->given[NRRD_SPACE_DIRECTIONS] ? NRRD_SPACE_UNITS : NRRD_UNITS;
    double lengths[AXES_MAX] = {0}, factors[3];
    enum length_unit unit;
    enum status status = parse_lengths(fields, axes, lengths, error);
    if (status != STATUS_OK)
        return status;
    bool comparable = parse_units(fields, axes, field, &unit, factors);
    if (!comparable)
        volume_note_unused(header, "units that differ");
    double x = lengths[axes->kept[0]] * factors[0], y = lengths[axes->kept[1]] * factors[1],
           z = axes->nkept > 2 ? lengths[axes->kept[2]] * factors[2] : 0;
    /* metres may pass what fits */
    if (comparable && x > 0 && y > 0 && isfinite(x) && isfinite(y) && isfinite(z))
        header->spacing = (struct spacing){x, y, z, unit};
    else
        header->spacing_origin = SPACING_NOWHERE;
    return STATUS_OK;
}

static enum status parse_fields(const struct nrrd_fields *fields, struct volume_header *header,
                                struct error *error)
{
    struct axes axes = {0};
    enum status status = parse_axes(fields, &axes, error);
    if (status == STATUS_OK)
        status = parse_type(fields, header, error);
    if (status == STATUS_OK)
        status = parse_encoding(fields, header, error);
    if (status == STATUS_OK)
        status = parse_endian(fields, header, error);
    if (status == STATUS_OK)
        status = parse_skips(fields, header, error);
    if (status != STATUS_OK)
        return status;
    const uint64_t extent[3] = {axes.sizes[axes.kept[0]], axes.sizes[axes.kept[1]],
                                axes.nkept > 2 ? axes.sizes[axes.kept[2]] : 1};
    status = volume_set_extent(header, extent, fields->path, error);
    if (status == STATUS_OK)
        status = parse_files(fields, &axes, header, error);
    if (status == STATUS_OK)
        status = parse_spacing(fields, &axes, header, error);
    if (fields->given[NRRD_SPACE_ORIGIN])
        volume_note_unused(header, "space origin");
    if (fields->given[NRRD_MEASUREMENT_FRAME])
        volume_note_unused(header, "measurement frame");
    return status;
}

enum status nrrd_parse(struct volume_header *header, const char *text, size_t n_bytes, const char *path,
                       struct error *error)
{
    struct nrrd_fields fields = {.path = path};
    *header = (struct volume_header){.format = "NRRD", .spacing_origin = SPACING_NRRD};
    enum status status = nrrd_fields_read(&fields, (struct text){text, n_bytes}, error);
    return status == STATUS_OK ? parse_fields(&fields, header, error) : status;
}
