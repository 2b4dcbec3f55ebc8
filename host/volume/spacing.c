/* SPDX-License-Identifier: MIT */
#include "volume/spacing.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const unit_names[] = {
    [UNIT_NONE] = "", [UNIT_NM] = "nm", [UNIT_UM] = "um",
    [UNIT_MM] = "mm", [UNIT_CM] = "cm", [UNIT_INCH] = "inch",
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

const char *unit_name(enum length_unit unit)
{
    return unit_names[unit];
}

static bool parse_unit(const char *text, enum length_unit *unit)
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
    if (!isdigit((unsigned char)**text) && **text != '.')
        return false;
    if ((*text)[0] == '0' && ((*text)[1] == 'x' || (*text)[1] == 'X'))
        return false;
    char *end;
    *length = strtod(*text, &end);
    *text = end;
    return isfinite(*length) && *length > 0;
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
    if (!parse_unit(text, &parsed.unit))
        return false;
    *spacing = parsed;
    return true;
}
