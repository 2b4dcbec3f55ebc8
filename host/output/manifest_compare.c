/* SPDX-License-Identifier: MIT */
#include "output/manifest_compare.h"

#include "base/printable.h"
#include "output/json_values.h"
#include "output/manifest_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNREADABLE "unreadable" /* the member of a slice that could not be read */

/* What is compared: members of members, by their names. */
static const char *const compared[][2] = {
    {"program", "version"}, {"source", "options"}, {"extent", "nx"}, {"extent", "ny"}, {"type", NULL},
    {"compression", NULL},  {"spacing", "x"},      {"spacing", "y"}, {"spacing", "z"}, {"spacing", "unit"},
};

static bool is_unreadable(const json_t *slice)
{
    return json_is_true(json_object_get(slice, UNREADABLE));
}

static const json_t *member(const json_t *json, const char *const path[2])
{
    const json_t *value = json_object_get(json, path[0]);
    return path[1] && json_is_object(value) ? json_object_get(value, path[1]) : value;
}

static bool equal(const json_t *a, const json_t *b)
{
    return (!a && !b) || (a && b && json_equal(a, b));
}

/* The value as JSON, cut short; "nothing" where there is none. */
static const char *show(char *shown, size_t n_bytes, const json_t *value)
{
    char *text = value ? json_print(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) : NULL;
    printable(shown, n_bytes, text ? text : "nothing");
    free(text);
    return shown;
}

static void tell(struct manifest_difference *difference, const char *const path[2], const json_t *then,
                 const json_t *now)
{
    char shown_then[80], shown_now[80];
    snprintf(difference->text, sizeof difference->text, "%s%s%s was %s and is %s", path[0],
             path[1] ? " " : "", path[1] ? path[1] : "", show(shown_then, sizeof shown_then, then),
             show(shown_now, sizeof shown_now, now));
}

static void compare_form(const json_t *then, const json_t *now, struct manifest_difference *difference)
{
    for (size_t i = 0; i < sizeof compared / sizeof *compared && !difference->text[0]; i++) {
        const json_t *a = member(then, compared[i]), *b = member(now, compared[i]);
        if (!equal(a, b))
            tell(difference, compared[i], a, b);
    }
    size_t nthen = json_array_size(json_object_get(then, "levels")),
           nnow = json_array_size(json_object_get(now, "levels"));
    if (nthen != nnow && !difference->text[0])
        snprintf(difference->text, sizeof difference->text, "it had %zu level%s and is to have %zu", nthen,
                 nthen == 1 ? "" : "s", nnow);
}

static bool has_same_name(const json_t *then, const json_t *now)
{
    return equal(json_object_get(then, "name"), json_object_get(now, "name")) &&
           equal(json_object_get(then, "page"), json_object_get(now, "page")) &&
           equal(json_object_get(then, "plane"), json_object_get(now, "plane"));
}

/* The same file, whether it can be read or not. One that could not be read then may have been mended. */
static bool is_alike(const json_t *then, json_t *now)
{
    if (!json_is_object(then) || !json_is_object(now))
        return equal(then, now);
    if (is_unreadable(then))
        return has_same_name(then, now);
    const char *key;
    json_t *value;
    json_object_foreach(now, key, value) if (strcmp(key, UNREADABLE) != 0 &&
                                             !equal(json_object_get(then, key), value)) return false;
    return json_object_size(then) - is_unreadable(then) == json_object_size(now) - is_unreadable(now);
}

static bool is_read(const json_t *slice)
{
    return json_is_object(slice) && !is_unreadable(slice);
}

/* What names a slice, in one string; the caller frees it, NULL when memory is refused. */
static char *key_of(const json_t *slice)
{
    const char *name = json_string_value(json_object_get(slice, "name"));
    const json_t *page = json_object_get(slice, "page"), *plane = json_object_get(slice, "plane");
    char *key;
    return asprintf(&key, "%" JSON_INTEGER_FORMAT " %" JSON_INTEGER_FORMAT " %s",
                    page ? json_integer_value(page) : -1, plane ? json_integer_value(plane) : -1,
                    name ? name : "") < 0
               ? NULL
               : key;
}

/* The readable slices of now by their names: of each name the last one that was noted, and behind each the
 * one noted before it. */
struct names {
    json_t *last;
    uint32_t *before; /* SLICE_NONE: none */
};

/* False when memory is refused, as in the others. */
static bool note_name(struct names *names, const json_t *slice, uint32_t z)
{
    char *key = key_of(slice);
    const json_t *last = key ? json_object_get(names->last, key) : NULL;
    names->before[z] = last ? (uint32_t)json_integer_value(last) : SLICE_NONE;
    const bool noted = key && json_object_set_new(names->last, key, json_integer(z)) == 0;
    free(key);
    return noted;
}

/* Takes one of that name out; *z is SLICE_NONE when there is none. */
static bool take_name(struct names *names, const json_t *slice, uint32_t *z)
{
    char *key = key_of(slice);
    const json_t *last = key ? json_object_get(names->last, key) : NULL;
    *z = last ? (uint32_t)json_integer_value(last) : SLICE_NONE;
    const bool taken = key && (*z == SLICE_NONE ||
                               json_object_set_new(names->last, key, json_integer(names->before[*z])) == 0);
    free(key);
    return taken;
}

/* They were read then, and can be now, and stand where they stood. */
static bool is_still_there(const json_t *then, const json_t *now)
{
    return is_read(then) && is_read(now) && has_same_name(then, now);
}

/* Those of `then` that do not stand where they stood are looked for among the others of `now`. */
static bool find_names(const json_t *then, const json_t *now, struct names *names, uint32_t *where)
{
    for (size_t z = 0; z < json_array_size(now); z++) {
        const json_t *b = json_array_get(now, z);
        if (is_read(b) && !is_still_there(json_array_get(then, z), b) && !note_name(names, b, (uint32_t)z))
            return false;
    }
    for (size_t z = 0; z < json_array_size(then); z++) {
        const json_t *a = json_array_get(then, z);
        where[z] = SLICE_NONE;
        if (is_still_there(a, json_array_get(now, z)))
            where[z] = (uint32_t)z;
        else if (is_read(a) && !take_name(names, a, &where[z]))
            return false;
    }
    return true;
}

static enum status compare_names(const json_t *then, const json_t *now,
                                 struct manifest_difference *difference, struct error *error)
{
    const size_t nthen = json_array_size(then), nnow = json_array_size(now);
    bool all = true;
    for (size_t z = 0; z < nthen && all; z++)
        all = !is_read(json_array_get(then, z)) ||
              is_still_there(json_array_get(then, z), json_array_get(now, z));
    if (all)
        return STATUS_OK;
    struct names names = {.last = json_object(), .before = calloc(nnow, sizeof *names.before)};
    difference->where = calloc(nthen, sizeof *difference->where);
    const bool done =
        names.last && names.before && difference->where && find_names(then, now, &names, difference->where);
    json_decref(names.last);
    free(names.before);
    return done ? STATUS_OK : error_no_memory(error, 200ull * (nthen + nnow), "the names of the slices");
}

static void compare_slices(const json_t *then, const json_t *now, struct manifest_difference *difference,
                           bool *doubtful)
{
    const size_t n =
        json_array_size(then) < json_array_size(now) ? json_array_size(then) : json_array_size(now);
    bool same = true, alike = true;
    difference->nthen = (uint32_t)json_array_size(then);
    difference->told_alike = true;
    for (size_t z = 0; z < n; z++) {
        const json_t *a = json_array_get(then, z);
        json_t *b = json_array_get(now, z);
        const bool now_alike = is_alike(a, b);
        difference->told_alike &= equal(a, b);
        alike &= now_alike;
        if (same) {
            difference->was_unreadable = now_alike && is_unreadable(a) && !is_unreadable(b);
            difference->was_there = has_same_name(a, b);
        }
        same &= now_alike && is_unreadable(a) == is_unreadable(b);
        difference->nalike += alike;
        difference->nsame += same;
        if (doubtful && now_alike && is_unreadable(a) && !is_unreadable(b))
            doubtful[z] = true;
    }
}

enum status manifest_compare(const struct manifest *manifest, const struct pyramid *pyramid,
                             const struct output_source *source, enum encoding encoding,
                             struct manifest_difference *difference, bool *doubtful, struct error *error)
{
    *difference = (struct manifest_difference){.nsame = 0};
    json_t *now = manifest_json(pyramid, source, encoding, NULL);
    if (!now)
        return error_no_memory(error, 800ull * pyramid->extent.nz, "the manifest");
    compare_form(manifest->json, now, difference);
    const json_t *slices_then = json_object_get(json_object_get(manifest->json, "source"), "slices");
    const json_t *slices_now = json_object_get(json_object_get(now, "source"), "slices");
    compare_slices(slices_then, slices_now, difference, doubtful);
    enum status status = compare_names(slices_then, slices_now, difference, error);
    json_decref(now);
    if (status != STATUS_OK)
        manifest_difference_end(difference);
    return status;
}

void manifest_difference_end(struct manifest_difference *difference)
{
    free(difference->where);
    difference->where = NULL;
}
