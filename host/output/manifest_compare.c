/* SPDX-License-Identifier: MIT */
#include "output/manifest_compare.h"

#include "base/printable.h"
#include "output/json_values.h"
#include "output/manifest_json.h"

#include <stdio.h>
#include <stdlib.h>

/* What is compared: members of members, by their names. */
static const char *const compared[][2] = {
    {"program", "version"}, {"source", "options"}, {"extent", "nx"}, {"extent", "ny"}, {"type", NULL},
    {"compression", NULL},  {"spacing", "x"},      {"spacing", "y"}, {"spacing", "z"}, {"spacing", "unit"},
};

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

enum status manifest_compare(const struct manifest *manifest, const struct pyramid *pyramid,
                             const struct output_source *source, enum encoding encoding,
                             struct manifest_difference *difference, struct error *error)
{
    *difference = (struct manifest_difference){.nsame = 0};
    json_t *now = manifest_json(pyramid, source, encoding, NULL);
    if (!now)
        return error_no_memory(error, 800ull * pyramid->extent.nz, "the manifest");
    compare_form(manifest->json, now, difference);
    const json_t *slices_then = json_object_get(json_object_get(manifest->json, "source"), "slices");
    const json_t *slices_now = json_object_get(json_object_get(now, "source"), "slices");
    difference->nthen = (uint32_t)json_array_size(slices_then);
    while (
        difference->nsame < difference->nthen && difference->nsame < json_array_size(slices_now) &&
        equal(json_array_get(slices_then, difference->nsame), json_array_get(slices_now, difference->nsame)))
        difference->nsame++;
    json_decref(now);
    return STATUS_OK;
}
