/* SPDX-License-Identifier: MIT */
#include "codec/volume_header.h"

#include "base/checked.h"
#include "base/printable.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const uint64_t slice_bytes_most = UINT64_C(4) << 30;

enum { PATTERN_DIGITS_MAX = 20 };

uint64_t volume_slice_bytes(const struct volume_header *header)
{
    size_t voxel = header->is_f64 ? sizeof(double) : voxel_bytes(header->type);
    return saturated_mul3(header->nx, header->ny, voxel);
}

enum status volume_set_extent(struct volume_header *header, const uint64_t extent[3], const char *path,
                              struct error *error)
{
    char shown[PRINTABLE_BYTES];
    for (int i = 0; i < 3; i++)
        if (extent[i] == 0 || extent[i] > UINT32_MAX)
            return error_set(error, STATUS_INPUT,
                             "%s: says that its extent along axis %d is %" PRIu64
                             " voxels, which cannot be; it is damaged",
                             printable(shown, sizeof shown, path), i + 1, extent[i]);
    header->nx = (uint32_t)extent[0];
    header->ny = (uint32_t)extent[1];
    header->nz = (uint32_t)extent[2];
    if (header->nz > VOLUME_SLICES_MAX || volume_slice_bytes(header) > slice_bytes_most)
        return error_set(
            error, STATUS_INPUT,
            "%s: says that it has %u slices of %u x %u voxels; at most 1000000 slices of 4 GiB can "
            "be read",
            printable(shown, sizeof shown, path), header->nz, header->nx, header->ny);
    return STATUS_OK;
}

/* A printf conversion of an integer: %, digits (a 0 before them pads with zeros), and d, i or u. */
struct conversion {
    size_t at, n; /* in the pattern */
    bool zeros;
    unsigned width;
};

static bool find_conversion(struct text pattern, struct conversion *conversion)
{
    for (size_t i = 0; i + 1 < pattern.n; i++) {
        if (pattern.at[i] != '%')
            continue;
        if (pattern.at[i + 1] == '%') {
            i++;
            continue;
        }
        size_t k = i + 1, width = 0;
        bool zeros = pattern.at[k] == '0';
        while (k < pattern.n && pattern.at[k] >= '0' && pattern.at[k] <= '9' && width <= PATTERN_DIGITS_MAX)
            width = width * 10 + (size_t)(pattern.at[k++] - '0');
        if (k < pattern.n && memchr("diu", pattern.at[k], 3) && width <= PATTERN_DIGITS_MAX) {
            *conversion = (struct conversion){i, k + 1 - i, zeros, (unsigned)width};
            return true;
        }
    }
    return false;
}

static enum status refuse_files(struct text value, const char *why, const char *path, struct error *error)
{
    char shown[PRINTABLE_BYTES], shown_value[128];
    return error_set(error, STATUS_INPUT, "%s: its data files are given as '%s', %s",
                     printable(shown, sizeof shown, path), text_show(shown_value, sizeof shown_value, value),
                     why);
}

/* nfiles files, each of which has file_axes axes. */
static enum status set_count(struct volume_header *header, uint64_t nfiles, uint64_t file_axes,
                             const struct volume_axes *axes, const char *path, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    uint64_t wanted = 1;
    for (unsigned i = 0; i < axes->naxes; i++)
        if (i >= file_axes)
            wanted *= axes->sizes[i]; /* a part of nx * ny * nz, which volume_set_extent took */
    bool right = file_axes >= axes->naxes || nfiles == wanted;
    if (nfiles == 0 || nfiles > header->nz || header->nz % nfiles != 0 || !right)
        return error_set(error, STATUS_INPUT,
                         "%s: names %" PRIu64
                         " data files for %u slices; each file must hold whole slices, as many "
                         "as every other",
                         printable(shown, sizeof shown, path), nfiles, header->nz);
    header->nfiles = (uint32_t)nfiles;
    return STATUS_OK;
}

/* How many axes a file has: `word`, such as 2 or 2D, or one less than the volume where there is none. */
static bool parse_axes(struct text word, const struct volume_axes *axes, uint64_t *file_axes)
{
    *file_axes = axes->naxes - 1;
    if (word.n == 0)
        return true;
    if (word.n > 1 && (word.at[word.n - 1] == 'D' || word.at[word.n - 1] == 'd'))
        word.n--;
    return text_is_count(word, file_axes) && *file_axes >= 1 && *file_axes <= axes->naxes;
}

static enum status set_list(struct volume_header *header, struct text value, struct text rest,
                            const struct volume_axes *axes, const char *path, struct error *error)
{
    struct text words = value, word, line;
    uint64_t nfiles = 0, file_axes;
    text_take_word(&words, &word); /* LIST */
    text_take_word(&words, &word);
    if (!parse_axes(word, axes, &file_axes) || text_take_word(&words, &word))
        return refuse_files(value, "and what stands behind LIST is no number of axes", path, error);
    header->data = VOLUME_LIST;
    header->names = rest;
    while (text_take_line(&rest, &line) && text_trim(line).n > 0)
        nfiles++;
    return set_count(header, nfiles, file_axes, axes, path, error);
}

/* The numbers behind a pattern: up to three of them, which say where it begins, ends and how it steps. */
static bool parse_numbers(struct volume_header *header, struct text *words, bool all, int64_t *count)
{
    struct text word, before = *words;
    int64_t *const numbers[3] = {&header->first, &header->last, &header->step};
    int n = 0;
    header->first = header->step = 1;
    for (; n < 3 && text_take_word(words, &word); n++, before = *words)
        if (!text_is_integer(word, numbers[n]) || *numbers[n] < INT32_MIN || *numbers[n] > INT32_MAX)
            return false;
    if (n < 2)
        header->last = header->first + header->nz - 1;
    *words = before;
    if (header->step == 0 || (all && n < 3))
        return false;
    *count = (header->last - header->first) / header->step + 1;
    return true;
}

static enum status set_pattern(struct volume_header *header, struct text value, struct text pattern,
                               const struct volume_axes *axes, const char *path, struct error *error)
{
    struct text words = {pattern.at + pattern.n, (size_t)(value.at + value.n - (pattern.at + pattern.n))};
    struct text word = {0};
    uint64_t file_axes;
    int64_t count;
    bool all = header->spacing_origin == SPACING_NRRD;
    if (!parse_numbers(header, &words, all, &count))
        return refuse_files(value, "where a first and a last number and a step have to follow", path, error);
    text_take_word(&words, &word);
    if (!parse_axes(word, axes, &file_axes) || text_take_word(&words, &word))
        return refuse_files(value, "and what stands behind the numbers is no number of axes", path, error);
    header->data = VOLUME_PATTERN;
    header->names = pattern;
    return set_count(header, count > 0 ? (uint64_t)count : 0, file_axes, axes, path, error);
}

enum status volume_set_files(struct volume_header *header, struct text value, struct text rest,
                             const struct volume_axes *axes, const char *path, struct error *error)
{
    struct text words = text_trim(value), first;
    struct conversion conversion;
    value = words;
    if (!text_take_word(&words, &first))
        return refuse_files(value, "which is no name", path, error);
    if (first.n == 4 && memcmp(first.at, "LIST", 4) == 0)
        return set_list(header, value, rest, axes, path, error);
    if (find_conversion(first, &conversion))
        return set_pattern(header, value, first, axes, path, error);
    header->data = VOLUME_ONE_FILE;
    header->names = value;
    header->nfiles = 1;
    return STATUS_OK;
}

void volume_note_unused(struct volume_header *header, const char *what)
{
    size_t used = strlen(header->unused);
    if (used + strlen(what) + 3 < sizeof header->unused)
        snprintf(header->unused + used, sizeof header->unused - used, "%s%s", used ? ", " : "", what);
}

/* Adds the characters of the pattern from `from` to `to`, with %% as one %. */
static size_t add_literal(char *name, size_t used, struct text pattern, size_t from, size_t to)
{
    for (size_t i = from; i < to && used < VOLUME_NAME_BYTES; i++) {
        name[used++] = pattern.at[i];
        if (pattern.at[i] == '%' && i + 1 < to && pattern.at[i + 1] == '%')
            i++;
    }
    return used;
}

static bool expand_pattern(struct text pattern, int64_t number, char name[VOLUME_NAME_BYTES])
{
    struct conversion conversion;
    char digits[PATTERN_DIGITS_MAX + 24];
    if (!find_conversion(pattern, &conversion))
        return false;
    int n = snprintf(digits, sizeof digits, conversion.zeros ? "%0*" PRId64 : "%*" PRId64,
                     (int)conversion.width, number);
    size_t used = add_literal(name, 0, pattern, 0, conversion.at);
    used = add_literal(name, used, (struct text){digits, (size_t)n}, 0, (size_t)n);
    used = add_literal(name, used, pattern, conversion.at + conversion.n, pattern.n);
    if (used >= VOLUME_NAME_BYTES)
        return false;
    name[used] = '\0';
    return true;
}

bool volume_next_name(const struct volume_header *header, struct volume_names *names,
                      char name[VOLUME_NAME_BYTES])
{
    struct text line = header->names;
    if (header->data == VOLUME_ATTACHED || names->index >= header->nfiles)
        return false;
    uint32_t index = names->index++;
    if (header->data == VOLUME_PATTERN)
        return expand_pattern(header->names, header->first + (int64_t)index * header->step, name);
    if (header->data == VOLUME_LIST && !text_take_line(&names->rest, &line))
        return false;
    line = text_trim(line);
    if (line.n == 0 || line.n >= VOLUME_NAME_BYTES || memchr(line.at, '\0', line.n))
        return false;
    memcpy(name, line.at, line.n);
    name[line.n] = '\0';
    return true;
}

bool volume_unit(struct text text, enum length_unit *unit, double *factor)
{
    static const struct {
        const char *name;
        enum length_unit unit;
        double factor;
    } units[] = {
        {"nm", UNIT_NM, 1},     {"nanometer", UNIT_NM, 1},  {"nanometre", UNIT_NM, 1},
        {"um", UNIT_UM, 1},     {"\xc2\xb5m", UNIT_UM, 1},  {"\xce\xbcm", UNIT_UM, 1},
        {"micron", UNIT_UM, 1}, {"micrometer", UNIT_UM, 1}, {"micrometre", UNIT_UM, 1},
        {"mm", UNIT_MM, 1},     {"millimeter", UNIT_MM, 1}, {"millimetre", UNIT_MM, 1},
        {"cm", UNIT_CM, 1},     {"centimeter", UNIT_CM, 1}, {"centimetre", UNIT_CM, 1},
        {"in", UNIT_INCH, 1},   {"inch", UNIT_INCH, 1},     {"inches", UNIT_INCH, 1},
        {"m", UNIT_MM, 1000},   {"meter", UNIT_MM, 1000},   {"metre", UNIT_MM, 1000},
    };
    text = text_trim(text);
    if (text.n > 4 && (text.at[text.n - 1] == 's' || text.at[text.n - 1] == 'S') && !text_is(text, "inches"))
        text.n--; /* microns, millimeters */
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (text_is(text, units[i].name)) {
            *unit = units[i].unit;
            *factor = units[i].factor;
            return true;
        }
    return false;
}
