/* SPDX-License-Identifier: MIT */
#include "output/json_values.h"

#include "base/printable.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *json_with(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) == 0)
        return object;
    json_decref(object);
    return NULL;
}

json_t *json_and(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) == 0)
        return array;
    json_decref(array);
    return NULL;
}

json_t *json_text(const char *text)
{
    json_t *json = json_string(text);
    if (json)
        return json;
    size_t n_bytes = 4 * strlen(text) + 8; /* not UTF-8 (or no memory): every byte may become \xNN */
    char *shown = malloc(n_bytes);
    if (!shown)
        return NULL;
    json = json_string(printable(shown, n_bytes, text));
    free(shown);
    return json;
}

json_t *json_extent(struct extent extent)
{
    json_t *json = json_with(json_object(), "nx", json_integer(extent.nx));
    json = json_with(json, "ny", json_integer(extent.ny));
    return json_with(json, "nz", json_integer(extent.nz));
}

static json_t *length_json(double length)
{
    return length > 0 && isfinite(length) ? json_real(length) : json_null();
}

json_t *json_spacing(struct spacing spacing)
{
    if (!spacing_known(spacing))
        return json_null();
    const char *unit = unit_name(spacing.unit);
    json_t *json = json_with(json_object(), "x", length_json(spacing.x));
    json = json_with(json, "y", length_json(spacing.y));
    json = json_with(json, "z", length_json(spacing.z));
    return json_with(json, "unit", *unit ? json_string(unit) : json_null());
}

json_t *json_bytes(uint64_t n_bytes)
{
    return n_bytes <= INT64_MAX ? json_integer((json_int_t)n_bytes) : json_null();
}

static int digits_of(double value)
{
    char text[32];
    for (int digits = 1; digits < 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return digits;
    }
    return 17;
}

int json_digits(struct spacing spacing, int digits)
{
    const double lengths[] = {spacing.x, spacing.y, spacing.z};
    for (int axis = 0; axis < 3; axis++) {
        int needed = digits_of(lengths[axis]);
        digits = needed > digits ? needed : digits;
    }
    return digits;
}

char *json_print(const json_t *json, size_t flags)
{
    size_t n_bytes = json_dumpb(json, NULL, 0, flags);
    char *text = n_bytes > 0 ? malloc(n_bytes + 1) : NULL;
    if (!text)
        return NULL;
    if (json_dumpb(json, text, n_bytes, flags) != n_bytes) {
        free(text);
        return NULL;
    }
    text[n_bytes] = '\0';
    return text;
}
