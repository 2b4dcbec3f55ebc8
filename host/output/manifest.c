/* SPDX-License-Identifier: MIT */
#include "output/manifest.h"

#include "base/file.h"
#include "base/path.h"
#include "base/printable.h"
#include "base/resident.h"
#include "output/atomic_file.h"
#include "output/json_memory.h"
#include "output/json_values.h"
#include "output/manifest_json.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A manifest of a million slices, with names of a hundred bytes, stays below these: its file, and what it
 * takes in memory by json_memory_bytes. */
static const uint64_t manifest_bytes_max = 1u << 28, manifest_memory_max = 5u << 28;

/* The same for each of its bytes: a slice of the source, the densest part, takes 960 for 62 at least. And for
 * what there is of every manifest, however few slices it has. */
enum { MEMORY_PER_BYTE = 16, MEMORY_BESIDES = 1 << 16 };

enum status manifest_write(int folder_fd, const char *folder, const struct pyramid *pyramid,
                           const struct output_source *source, enum encoding encoding,
                           const struct slice_records *records, bool durable, struct error *error)
{
    char *text = manifest_text(pyramid, source, encoding, records);
    if (!text)
        return error_no_memory(error, 100ull * pyramid->extent.nz, "the manifest");
    enum status status =
        atomic_file_write(folder_fd, folder, MANIFEST_NAME, text, strlen(text), durable, error);
    free(text);
    return status;
}

static struct file_hash hash_of(const void *data, size_t n_bytes)
{
    struct file_hash hash = {{0}};
    struct file_hasher *hasher = file_hasher_create();
    if (hasher) { /* no memory: the hash of no manifest */
        file_hasher_add(hasher, data, n_bytes);
        hash = file_hasher_take(hasher);
    }
    file_hasher_free(hasher);
    return hash;
}

enum status manifest_hash(const struct pyramid *pyramid, const struct output_source *source,
                          enum encoding encoding, struct file_hash *hash, struct error *error)
{
    char *text = manifest_text(pyramid, source, encoding, NULL);
    if (!text)
        return error_no_memory(error, 100ull * pyramid->extent.nz, "the manifest");
    *hash = hash_of(text, strlen(text));
    free(text);
    return STATUS_OK;
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

static bool record_parse(const json_t *n_bytes, const json_t *hash, struct slice_record *record)
{
    const char *text = json_string_value(hash);
    json_int_t length = json_integer_value(n_bytes); /* 0 for what is no integer */
    record->n_bytes = (uint64_t)length;
    return length > 0 && text && file_hash_parse(text, &record->hash);
}

/* What a complete manifest says of each slice. */
static bool records_parse(const json_t *levels, struct slice_records *records)
{
    for (unsigned level = 1; level <= records->nlevels; level++) {
        const json_t *entry = json_array_get(levels, level - 1);
        const json_t *lengths = json_object_get(entry, "bytes"), *hashes = json_object_get(entry, "xxh3_128");
        for (uint32_t z = 0; z < records->nz[level]; z++)
            if (!record_parse(json_array_get(lengths, z), json_array_get(hashes, z),
                              &records->slices[level][z]))
                return false;
    }
    return true;
}

static bool manifest_parse(const json_t *json, struct manifest *manifest)
{
    struct pyramid *pyramid = &manifest->pyramid;
    const json_t *levels = json_object_get(json, "levels");
    const char *program = json_string_value(json_object_get(json_object_get(json, "program"), "name"));
    const char *type = json_string_value(json_object_get(json, "type"));
    const json_t *complete = json_object_get(json, "complete");
    manifest->complete = json_is_true(complete);
    return program && strcmp(program, MANIFEST_PROGRAM) == 0 && type && voxel_parse(type, &pyramid->type) &&
           extent_parse(json_object_get(json, "extent"), &pyramid->extent) &&
           manifest_spacing_parse(json_object_get(json, "spacing"), &pyramid->spacing) &&
           levels_parse(levels, pyramid) && json_is_boolean(complete);
}

/* What is read of the file, parsed; NULL, with the error set, when it is no JSON or takes too much memory. */
static json_t *parse(const char *data, size_t n_bytes, const char *shown, struct error *error)
{
    json_error_t where;
    char text[PRINTABLE_BYTES];
    const uint64_t memory_bytes = json_memory_bytes(data, n_bytes);
    if (memory_bytes > MEMORY_PER_BYTE * (uint64_t)n_bytes + MEMORY_BESIDES ||
        memory_bytes > manifest_memory_max) {
        error_set(error, STATUS_INPUT,
                  "%s: is damaged: it tells of more than a manifest can; build the pyramid again", shown);
        return NULL;
    }
    /* Jansson 2.14 loses characters, and stops at an assertion, where a small request of its own is refused.
     */
    if (!memory_is_there(memory_bytes)) {
        error_no_memory(error, memory_bytes, "the manifest");
        return NULL;
    }
    errno = 0;
    json_t *json = json_loadb(data, n_bytes, JSON_REJECT_DUPLICATES, &where);
    if (!json && (errno == ENOMEM || json_error_code(&where) == json_error_out_of_memory))
        error_no_memory(error, n_bytes, "the manifest");
    else if (!json)
        error_set(error, STATUS_INPUT, "%s: is damaged: line %d: %s; build the pyramid again", shown,
                  where.line, printable(text, 200, where.text));
    return json;
}

/* The JSON of the file at `path`; NULL, with the error set, when there is none. */
static json_t *load(const char *path, struct manifest *manifest, struct error *error)
{
    struct input_file file;
    char shown[PRINTABLE_BYTES];
    json_t *json = NULL;
    char *data = NULL;
    printable(shown, sizeof shown, path);
    if (input_file_open(&file, path, error) != STATUS_OK)
        return NULL;
    if (file.n_bytes > manifest_bytes_max) {
        manifest->was_read = true; /* as far as it has to be */
        error_set(error, STATUS_INPUT, "%s: is too large for a manifest; it was not written by this program",
                  shown);
        goto close_file;
    }
    data = malloc((size_t)file.n_bytes + 1);
    if (!data) {
        error_no_memory(error, file.n_bytes, "the manifest");
        goto close_file;
    }
    if (input_file_read(&file, data, (size_t)file.n_bytes, 0, error) == STATUS_OK) {
        manifest->was_read = true;
        manifest->hash = hash_of(data, (size_t)file.n_bytes);
        json = parse(data, (size_t)file.n_bytes, shown, error);
    }
    free(data);
close_file:
    input_file_close(&file);
    return json;
}

/* Says of every level as much as there are slices: before room is made for so many. */
static bool records_fit(const json_t *levels, const struct pyramid *pyramid)
{
    for (unsigned level = 1; level <= pyramid->nlevels; level++) {
        const json_t *entry = json_array_get(levels, level - 1);
        uint32_t nz = extent_at_level(pyramid->extent, level).nz;
        if (json_array_size(json_object_get(entry, "bytes")) != nz ||
            json_array_size(json_object_get(entry, "xxh3_128")) != nz)
            return false;
    }
    return true;
}

/* Tells of every slice of the source: before room is made for so many. */
static bool source_fits(const json_t *json, const struct pyramid *pyramid)
{
    const json_t *slices = json_object_get(json_object_get(json, "source"), "slices");
    return json_array_size(slices) == pyramid->extent.nz;
}

static enum status read_records(const json_t *json, const char *shown, struct manifest *manifest,
                                struct error *error)
{
    const json_t *levels = json_object_get(json, "levels");
    if (records_fit(levels, &manifest->pyramid)) {
        enum status status = slice_records_init(&manifest->records, &manifest->pyramid, error);
        if (status != STATUS_OK || records_parse(levels, &manifest->records))
            return status;
        slice_records_end(&manifest->records);
    }
    return error_set(
        error, STATUS_INPUT,
        "%s: does not tell of every slice, though it says that it is complete; build the pyramid again",
        shown);
}

enum status manifest_read(const char *folder, struct manifest *manifest, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    char *path = path_join(folder, MANIFEST_NAME);
    if (!path)
        return error_no_memory(error, strlen(folder), "a file name");
    printable(shown, sizeof shown, path);
    enum status status = STATUS_OK;
    *manifest = (struct manifest){0};
    json_t *json = load(path, manifest, error);
    free(path);
    if (!json)
        return error->status;
    const json_t *version = json_object_get(json, "format_version");
    if (json_is_integer(version) && json_integer_value(version) != MANIFEST_FORMAT_VERSION)
        status =
            error_set(error, STATUS_INPUT,
                      "%s: has format version %lld, and this program reads %d; use the program that wrote it",
                      shown, (long long)json_integer_value(version), MANIFEST_FORMAT_VERSION);
    else if (!json_is_integer(version) || !manifest_parse(json, manifest) ||
             (!manifest->complete && !source_fits(json, &manifest->pyramid)))
        status = error_set(error, STATUS_INPUT,
                           "%s: is not a manifest of this program; build the pyramid again", shown);
    else if (manifest->complete)
        status = read_records(json, shown, manifest, error);
    if (status == STATUS_OK)
        manifest->json = json;
    else
        json_decref(json);
    return status;
}

enum status manifest_retract(const struct manifest *manifest, int folder_fd, const char *folder, bool durable,
                             struct error *error)
{
    size_t i;
    json_t *level;
    json_array_foreach(json_object_get(manifest->json, "levels"), i, level)
    {
        json_object_del(level, "bytes");
        json_object_del(level, "xxh3_128");
    }
    char *text = json_object_set_new(manifest->json, "complete", json_false()) == 0
                     ? json_print(manifest->json, JSON_INDENT(1) | JSON_REAL_PRECISION(17))
                     : NULL;
    if (!text)
        return error_no_memory(error, 100ull * manifest->pyramid.extent.nz, "the manifest");
    enum status status =
        atomic_file_write(folder_fd, folder, MANIFEST_NAME, text, strlen(text), durable, error);
    free(text);
    return status;
}

void manifest_end(struct manifest *manifest)
{
    slice_records_end(&manifest->records);
    json_decref(manifest->json);
    manifest->json = NULL;
}

static json_t *source_slice(const struct manifest *manifest, uint32_t z)
{
    const json_t *slices = json_object_get(json_object_get(manifest->json, "source"), "slices");
    return json_array_get(slices, z);
}

bool manifest_is_unreadable(const struct manifest *manifest, uint32_t z)
{
    return json_is_true(json_object_get(source_slice(manifest, z), "unreadable"));
}

bool manifest_has_read(const struct manifest *manifest, uint32_t z)
{
    return json_is_object(source_slice(manifest, z)) && !manifest_is_unreadable(manifest, z);
}

const char *manifest_name(const struct manifest *manifest, uint32_t z)
{
    const char *name = json_string_value(json_object_get(source_slice(manifest, z), "name"));
    return name ? name : "";
}

enum status manifest_set_unreadable(struct manifest *manifest, uint32_t z, struct error *error)
{
    json_t *slice = source_slice(manifest, z);
    if (!json_is_object(slice) || json_object_set_new(slice, "unreadable", json_true()) == 0)
        return STATUS_OK;
    return error_no_memory(error, 100, "the manifest");
}
