/* SPDX-License-Identifier: MIT */
#include "codec/ome_spacing.h"

#include "base/decimal.h"

#include <math.h>
#include <string.h>

const char *ome_attribute(const char *const *attributes, const char *name)
{
    for (; *attributes; attributes += 2)
        if (strcmp(attributes[0], name) == 0)
            return attributes[1];
    return NULL;
}

/* A length in the unit of the text becomes `factor` of ours. */
static const struct {
    const char *text;
    enum length_unit unit;
    double factor;
} units[] = {
    {"nm", UNIT_NM, 1},         {"\xc2\xb5m", UNIT_UM, 1}, {"\xce\xbcm", UNIT_UM, 1}, {"um", UNIT_UM, 1},
    {"mm", UNIT_MM, 1},         {"cm", UNIT_CM, 1},        {"dm", UNIT_CM, 10},       {"m", UNIT_MM, 1000},
    {"\xc3\x85", UNIT_NM, 0.1}, {"pm", UNIT_NM, 0.001},    {"in", UNIT_INCH, 1},
};

/* A length along one axis, in *unit; 0 when it is not there, no positive number, or in a unit that is no
 * length ("pixel", "reference frame"). The first axis that has one decides what *unit is. */
static double take_length(const char *const *attributes, const char *name, const char *unit_attribute,
                          enum length_unit *unit)
{
    const char *text = ome_attribute(attributes, name), *in = ome_attribute(attributes, unit_attribute);
    double length = 0;
    if (!text || decimal_parse(text, strlen(text), &length) == 0 || !(length > 0))
        return 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(in ? in : "um", units[i].text) != 0) /* micrometres, unless it tells */
            continue;
        if (*unit == UNIT_NONE)
            *unit = units[i].unit;
        if (units[i].factor != 1)
            length = units[i].factor > 1 ? length * units[i].factor : length / round(1 / units[i].factor);
        if (*unit != units[i].unit)
            length = length * unit_nanometres(units[i].unit) / unit_nanometres(*unit);
        return isfinite(length) ? length : 0;
    }
    return 0;
}

struct spacing ome_spacing_of(const char *const *attributes)
{
    struct spacing spacing = {0};
    spacing.x = take_length(attributes, "PhysicalSizeX", "PhysicalSizeXUnit", &spacing.unit);
    spacing.y = take_length(attributes, "PhysicalSizeY", "PhysicalSizeYUnit", &spacing.unit);
    spacing.z = take_length(attributes, "PhysicalSizeZ", "PhysicalSizeZUnit", &spacing.unit);
    return spacing;
}
