/* SPDX-License-Identifier: MIT */
#include "volume/spacing.h"

#include "base/decimal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const unit_names[] = {
    [UNIT_NONE] = "", [UNIT_NM] = "nm", [UNIT_UM] = "um",
    [UNIT_MM] = "mm", [UNIT_CM] = "cm", [UNIT_INCH] = "inch",
};

static const char *const origin_names[] = {
    [SPACING_NOWHERE] = "",
    [SPACING_TIFF_RESOLUTION] = "TIFF resolution",
    [SPACING_IMAGEJ] = "ImageJ metadata",
    [SPACING_OME] = "OME metadata",
    [SPACING_NRRD] = "NRRD header",
    [SPACING_METAIMAGE] = "MetaImage header",
    [SPACING_BMP] = "BMP resolution",
    [SPACING_PNG] = "PNG resolution",
    [SPACING_JPEG] = "JPEG resolution",
    [SPACING_JPEG2000] = "JPEG 2000 resolution",
};

struct spacing spacing_at_level(struct spacing spacing, unsigned level)
{
    spacing.x = ldexp(spacing.x, (int)level);
    spacing.y = ldexp(spacing.y, (int)level);
    spacing.z = ldexp(spacing.z, (int)level);
    return spacing;
}

bool spacing_known(struct spacing spacing)
{
    return spacing.x > 0 && spacing.y > 0;
}

const char *spacing_origin_name(enum spacing_origin origin)
{
    return origin_names[origin];
}

const char *unit_name(enum length_unit unit)
{
    return unit_names[unit];
}

double unit_nanometres(enum length_unit unit)
{
    static const double nanometres[] = {
        [UNIT_NONE] = 0, [UNIT_NM] = 1,   [UNIT_UM] = 1e3,
        [UNIT_MM] = 1e6, [UNIT_CM] = 1e7, [UNIT_INCH] = 25.4e6,
    };
    return nanometres[unit];
}

struct spacing spacing_in_unit(struct spacing spacing, enum length_unit unit)
{
    double factor = unit_nanometres(spacing.unit) / unit_nanometres(unit);
    if (spacing.unit == unit || !(factor > 0))
        return spacing;
    return (struct spacing){spacing.x * factor, spacing.y * factor, spacing.z * factor, unit};
}

const char *spacing_show(char *text, struct spacing spacing)
{
    const char *unit = spacing.unit == UNIT_NONE ? "(no unit)" : unit_name(spacing.unit);
    const double lengths[] = {spacing.x, spacing.y, spacing.z};
    char shown[3][16];
    for (int axis = 0; axis < 3; axis++)
        if (lengths[axis] > 0)
            snprintf(shown[axis], sizeof shown[axis], "%.6g", lengths[axis]);
        else
            strcpy(shown[axis], "?");
    if (!spacing_known(spacing))
        snprintf(text, SPACING_SHOWN_BYTES, "unknown");
    else if (strcmp(shown[0], shown[1]) == 0 && strcmp(shown[1], shown[2]) == 0)
        snprintf(text, SPACING_SHOWN_BYTES, "%s %s", shown[0], unit);
    else
        snprintf(text, SPACING_SHOWN_BYTES, "%s x %s x %s %s", shown[0], shown[1], shown[2], unit);
    return text;
}

bool length_unit_parse(const char *text, enum length_unit *unit)
{
    if (strcmp(text, "\xc2\xb5m") == 0 ||
        strcmp(text, "\xce\xbcm") == 0) /* the micro sign, and the Greek mu */
        text = "um";
    for (int i = UNIT_NM; i <= UNIT_INCH; i++)
        if (strcmp(text, unit_names[i]) == 0) {
            *unit = (enum length_unit)i;
            return true;
        }
    return false;
}

/* A plain decimal number > 0, without sign, blanks, "inf" or hexadecimal digits. */
static bool parse_length(const char **text, double *length)
{
    if (**text == '+' || **text == '-')
        return false;
    size_t used = decimal_parse(*text, strlen(*text), length);
    if (used == 1 && (*text)[0] == '0' && ((*text)[1] == 'x' || (*text)[1] == 'X'))
        return false;
    *text += used;
    return used > 0 && *length > 0;
}

bool spacing_parse(const char *text, struct spacing *spacing)
{
    struct spacing parsed = {0};
    if (!parse_length(&text, &parsed.x))
        return false;
    parsed.y = parsed.z = parsed.x;
    if (*text == 'x') {
        text++;
        if (!parse_length(&text, &parsed.y) || *text++ != 'x' || !parse_length(&text, &parsed.z))
            return false;
    }
    if (!length_unit_parse(text, &parsed.unit))
        return false;
    *spacing = parsed;
    return true;
}
