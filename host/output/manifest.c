/* SPDX-License-Identifier: MIT */
#include "output/manifest.h"

#include "base/checked.h"
#include "base/file.h"
#include "base/path.h"
#include "base/printable.h"
#include "output/atomic_file.h"
#include "output/json_values.h"
#include "output/level_names.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FORMAT_VERSION = 1 };
#define PROGRAM_NAME "stackthumb"

/* A manifest of a million slices stays below this. */
static const uint64_t manifest_bytes_max = 1u << 29;

/* Building: see json_values.h. */

/* The spacing of level 0, and who told it. */
static json_t *source_spacing_json(struct spacing spacing, const char *source)
{
    json_t *json = json_spacing(spacing);
    return source && *source && json_is_object(json) ? json_with(json, "source", json_text(source)) : json;
}

static json_t *slice_json(const struct source_slice *slice)
{
    if (!slice->name)
        return json_null();
    json_t *json = json_with(json_object(), "name", json_text(slice->name));
    if (slice->part)
        json = json_with(json, slice->part, json_integer(slice->part_number));
    json = json_with(json, "bytes", json_integer((json_int_t)slice->n_bytes));
    return json_with(json, "mtime_ns", json_integer(slice->mtime_ns));
}

static json_t *source_json(const struct output_source *source, uint32_t nz)
{
    json_t *slices = json_array();
    for (uint32_t z = 0; z < nz && slices; z++)
        slices = json_and(slices, slice_json(&source->slices[z]));
    return json_with(json_with(json_object(), "folder", json_text(source->folder)), "slices", slices);
}

static json_t *levels_json(const struct pyramid *pyramid)
{
    json_t *levels = json_array();
    for (unsigned level = 1; level <= pyramid->nlevels && levels; level++) {
        char name[LEVEL_NAME_BYTES];
        json_t *json = json_with(json_object(), "level", json_integer(level));
        json = json_with(json, "folder", json_string(level_name(name, level)));
        json = json_with(json, "extent", json_extent(extent_at_level(pyramid->extent, level)));
        json = json_with(json, "spacing", json_spacing(spacing_at_level(pyramid->spacing, level)));
        levels = json_and(levels, json);
    }
    return levels;
}

static json_t *manifest_json(const struct pyramid *pyramid, const struct output_source *source,
                             enum encoding encoding, bool complete)
{
    json_t *program = json_with(json_object(), "name", json_string(PROGRAM_NAME));
    json_t *json = json_with(json_object(), "format_version", json_integer(FORMAT_VERSION));
    json = json_with(json, "program", json_with(program, "version", json_text(source->program_version)));
    json = json_with(json, "source", source_json(source, pyramid->extent.nz));
    json = json_with(json, "extent", json_extent(pyramid->extent));
    json = json_with(json, "type", json_string(voxel_name(pyramid->type)));
    json = json_with(json, "spacing", source_spacing_json(pyramid->spacing, source->spacing_source));
    json = json_with(json, "levels", levels_json(pyramid));
    json = json_with(json, "compression", json_string(encoding_name(encoding)));
    return json_with(json, "complete", json_boolean(complete));
}

static int spacing_digits(const struct pyramid *pyramid)
{
    int digits = 1;
    for (unsigned level = 0; level <= pyramid->nlevels; level++)
        digits = json_digits(spacing_at_level(pyramid->spacing, level), digits);
    return digits;
}

/* A slice is an object of three or four members, each of them several blocks of jansson's, and a line
 * of text. */
uint64_t manifest_memory_bytes(const struct pyramid *pyramid)
{
    return saturated_mul3(pyramid->extent.nz, 900, 1);
}

enum status manifest_write(int folder_fd, const char *folder, const struct pyramid *pyramid,
                           const struct output_source *source, enum encoding encoding, bool complete,
                           struct error *error)
{
    json_t *json = manifest_json(pyramid, source, encoding, complete);
    char *text = NULL;
    if (json)
        text = json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION((size_t)spacing_digits(pyramid)));
    json_decref(json);
    if (!text)
        return error_no_memory(error, 100ull * pyramid->extent.nz, "the manifest");
    bool takes_back = !complete && faccessat(folder_fd, MANIFEST_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    enum status status =
        atomic_file_write(folder_fd, folder, MANIFEST_NAME, text, strlen(text), takes_back, error);
    free(text);
    return status;
}

/* Reading. The functions return false for anything that manifest_write would not have written. */

static bool count_parse(const json_t *json, uint32_t *count)
{
    json_int_t value = json_integer_value(json);
    *count = (uint32_t)value;
    return json_is_integer(json) && value >= 1 && value <= UINT32_MAX;
}

static bool extent_parse(const json_t *json, struct extent *extent)
{
    return count_parse(json_object_get(json, "nx"), &extent->nx) &&
           count_parse(json_object_get(json, "ny"), &extent->ny) &&
           count_parse(json_object_get(json, "nz"), &extent->nz);
}

static bool length_parse(const json_t *json, double *length)
{
    *length = json_number_value(json); /* 0 for null */
    return json_is_null(json) || (json_is_number(json) && *length > 0);
}

static bool unit_parse(const json_t *json, enum length_unit *unit)
{
    *unit = UNIT_NONE;
    if (json_is_null(json))
        return true;
    const char *name = json_string_value(json);
    for (int i = UNIT_NM; name && i <= UNIT_INCH; i++)
        if (strcmp(name, unit_name((enum length_unit)i)) == 0) {
            *unit = (enum length_unit)i;
            return true;
        }
    return false;
}

static bool manifest_spacing_parse(const json_t *json, struct spacing *spacing)
{
    *spacing = (struct spacing){0};
    if (json_is_null(json))
        return true;
    return length_parse(json_object_get(json, "x"), &spacing->x) &&
           length_parse(json_object_get(json, "y"), &spacing->y) &&
           length_parse(json_object_get(json, "z"), &spacing->z) &&
           unit_parse(json_object_get(json, "unit"), &spacing->unit);
}

/* The levels must be 1 .. n, each of the extent that it must have. */
static bool levels_parse(const json_t *json, struct pyramid *pyramid)
{
    struct error ignored = {0}; /* false tells all that the caller says */
    pyramid->nlevels = json_array_size(json) <= LEVELS_MAX ? (unsigned)json_array_size(json) : 0;
    if (extent_check_levels(pyramid->extent, pyramid->type, pyramid->nlevels, &ignored) != STATUS_OK)
        return false;
    for (unsigned level = 1; level <= pyramid->nlevels; level++) {
        const json_t *entry = json_array_get(json, level - 1);
        struct extent expected = extent_at_level(pyramid->extent, level), extent;
        if (json_integer_value(json_object_get(entry, "level")) != level ||
            !extent_parse(json_object_get(entry, "extent"), &extent) || extent.nx != expected.nx ||
            extent.ny != expected.ny || extent.nz != expected.nz)
            return false;
    }
    return true;
}

static bool manifest_parse(const json_t *json, struct manifest *manifest)
{
    struct pyramid *pyramid = &manifest->pyramid;
    const char *program = json_string_value(json_object_get(json_object_get(json, "program"), "name"));
    const char *type = json_string_value(json_object_get(json, "type"));
    const json_t *complete = json_object_get(json, "complete");
    manifest->complete = json_is_true(complete);
    return program && strcmp(program, PROGRAM_NAME) == 0 && type && voxel_parse(type, &pyramid->type) &&
           extent_parse(json_object_get(json, "extent"), &pyramid->extent) &&
           manifest_spacing_parse(json_object_get(json, "spacing"), &pyramid->spacing) &&
           levels_parse(json_object_get(json, "levels"), pyramid) && json_is_boolean(complete);
}

/* The JSON of the file at `path`; NULL, with the error set, when there is none. */
static json_t *load(const char *path, struct error *error)
{
    struct input_file file;
    json_error_t where;
    char shown[PRINTABLE_BYTES], text[PRINTABLE_BYTES];
    json_t *json = NULL;
    char *data = NULL;
    printable(shown, sizeof shown, path);
    if (input_file_open(&file, path, error) != STATUS_OK)
        return NULL;
    if (file.n_bytes > manifest_bytes_max) {
        error_set(error, STATUS_INPUT, "%s: is too large for a manifest; it was not written by this program",
                  shown);
        goto close_file;
    }
    data = malloc((size_t)file.n_bytes + 1);
    if (!data) {
        error_no_memory(error, file.n_bytes, "the manifest");
        goto close_file;
    }
    if (input_file_read(&file, data, (size_t)file.n_bytes, 0, error) != STATUS_OK)
        goto free_data;
    json = json_loadb(data, (size_t)file.n_bytes, JSON_REJECT_DUPLICATES, &where);
    if (!json)
        error_set(error, STATUS_INPUT, "%s: is damaged: line %d: %s; build the pyramid again", shown,
                  where.line, printable(text, 200, where.text));
free_data:
    free(data);
close_file:
    input_file_close(&file);
    return json;
}

enum status manifest_read(const char *folder, struct manifest *manifest, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    char *path = path_join(folder, MANIFEST_NAME);
    if (!path)
        return error_no_memory(error, strlen(folder), "a file name");
    printable(shown, sizeof shown, path);
    enum status status = STATUS_OK;
    json_t *json = load(path, error);
    free(path);
    *manifest = (struct manifest){0};
    if (!json)
        return error->status;
    const json_t *version = json_object_get(json, "format_version");
    if (json_is_integer(version) && json_integer_value(version) != FORMAT_VERSION)
        status =
            error_set(error, STATUS_INPUT,
                      "%s: has format version %lld, and this program reads %d; use the program that wrote it",
                      shown, (long long)json_integer_value(version), FORMAT_VERSION);
    else if (!json_is_integer(version) || !manifest_parse(json, manifest))
        status = error_set(error, STATUS_INPUT,
                           "%s: is not a manifest of this program; build the pyramid again", shown);
    json_decref(json);
    return status;
}
