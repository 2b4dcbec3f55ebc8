/* SPDX-License-Identifier: MIT */
#include "output/manifest_json.h"

#include "base/checked.h"
#include "output/json_values.h"
#include "output/level_names.h"

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
    if (slice->layout_hash)
        json = json_with(json, "layout_hash", json_integer((json_int_t)slice->layout_hash));
    json = json_with(json, "bytes", json_integer((json_int_t)slice->n_bytes));
    json = json_with(json, "mtime_ns", json_integer(slice->mtime_ns));
    return slice->unreadable ? json_with(json, "unreadable", json_true()) : json;
}

static json_t *source_json(const struct output_source *source, uint32_t nz)
{
    json_t *slices = json_array();
    json_int_t nunreadable = 0;
    for (uint32_t z = 0; z < nz && slices; z++) {
        slices = json_and(slices, slice_json(&source->slices[z]));
        nunreadable += source->slices[z].name && source->slices[z].unreadable;
    }
    json_t *json = json_with(json_object(), "folder", json_text(source->folder));
    if (source->options && *source->options)
        json = json_with(json, "options", json_text(source->options));
    if (nunreadable > 0)
        json = json_with(json, "unreadable", json_integer(nunreadable));
    return json_with(json, "slices", slices);
}

/* Adds what is known of the slices of a level. */
static json_t *with_slices(json_t *level, const struct slice_record *slices, uint32_t nz)
{
    json_t *lengths = json_array(), *hashes = json_array();
    char text[FILE_HASH_TEXT];
    for (uint32_t z = 0; z < nz; z++) {
        lengths = json_and(lengths, json_integer((json_int_t)slices[z].n_bytes));
        hashes = json_and(hashes, json_string(file_hash_text(text, &slices[z].hash)));
    }
    level = json_with(level, "bytes", lengths);
    return json_with(level, "xxh3_128", hashes);
}

static json_t *levels_json(const struct pyramid *pyramid, const struct slice_records *records)
{
    json_t *levels = json_array();
    for (unsigned level = 1; level <= pyramid->nlevels && levels; level++) {
        char name[LEVEL_NAME_BYTES];
        json_t *json = json_with(json_object(), "level", json_integer(level));
        json = json_with(json, "folder", json_string(level_name(name, level)));
        json = json_with(json, "extent", json_extent(extent_at_level(pyramid->extent, level)));
        json = json_with(json, "spacing", json_spacing(spacing_at_level(pyramid->spacing, level)));
        if (records)
            json = with_slices(json, records->slices[level], records->nz[level]);
        levels = json_and(levels, json);
    }
    return levels;
}

json_t *manifest_json(const struct pyramid *pyramid, const struct output_source *source,
                      enum encoding encoding, const struct slice_records *records)
{
    json_t *program = json_with(json_object(), "name", json_string(MANIFEST_PROGRAM));
    json_t *json = json_with(json_object(), "format_version", json_integer(MANIFEST_FORMAT_VERSION));
    json = json_with(json, "program", json_with(program, "version", json_text(source->program_version)));
    json = json_with(json, "source", source_json(source, pyramid->extent.nz));
    json = json_with(json, "extent", json_extent(pyramid->extent));
    json = json_with(json, "type", json_string(voxel_name(pyramid->type)));
    json = json_with(json, "spacing", source_spacing_json(pyramid->spacing, source->spacing_source));
    json = json_with(json, "levels", levels_json(pyramid, records));
    json = json_with(json, "compression", json_string(encoding_name(encoding)));
    return json_with(json, "complete", json_boolean(records != NULL));
}

static int spacing_digits(const struct pyramid *pyramid)
{
    int digits = 1;
    for (unsigned level = 0; level <= pyramid->nlevels; level++)
        digits = json_digits(spacing_at_level(pyramid->spacing, level), digits);
    return digits;
}

char *manifest_text(const struct pyramid *pyramid, const struct output_source *source, enum encoding encoding,
                    const struct slice_records *records)
{
    json_t *json = manifest_json(pyramid, source, encoding, records);
    char *text = NULL;
    if (json)
        text = json_print(json, JSON_INDENT(1) | JSON_REAL_PRECISION((size_t)spacing_digits(pyramid)));
    json_decref(json);
    return text;
}

/* A slice is an object of three or four members, each of them several blocks of jansson's, and a line of
 * text; one that is written a number and a string. */
uint64_t manifest_memory_bytes(const struct pyramid *pyramid)
{
    enum { READ_BYTES = 900, WRITTEN_BYTES = 250 };
    uint64_t n_bytes = saturated_mul3(pyramid->extent.nz, READ_BYTES, 1);
    for (unsigned level = 1; level <= pyramid->nlevels; level++)
        n_bytes = saturated_add(n_bytes,
                                saturated_mul3(extent_at_level(pyramid->extent, level).nz, WRITTEN_BYTES, 1));
    return n_bytes;
}
