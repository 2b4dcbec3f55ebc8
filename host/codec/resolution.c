/* SPDX-License-Identifier: MIT */
#include "codec/resolution.h"

#include <math.h>
#include <stddef.h>

static const double per_metre_of[] = {[PER_METRE] = 1, [PER_CENTIMETRE] = 100, [PER_INCH] = 1 / 0.0254};

/* Whether a screen or a printer has it. In a file it is a whole number, rounded or cut off. */
static bool is_of_print(double number, enum resolution_unit unit)
{
    static const double per_inch[] = {72,  75,  90,  96,  100, 120, 144, 150,  180,  200,  240, 250,
                                      300, 350, 360, 400, 600, 720, 800, 1200, 1440, 2400, 4800};
    const double tolerance = unit == PER_INCH ? 1e-6 : 1;
    for (size_t i = 0; i < sizeof per_inch / sizeof *per_inch; i++)
        if (fabs(number - per_inch[i] / 0.0254 / per_metre_of[unit]) < tolerance)
            return true;
    return false;
}

static bool is_of_scan(double number, enum resolution_unit unit)
{
    double per_metre = number * per_metre_of[unit];
    return per_metre >= 100 && per_metre <= 1e9 && !is_of_print(number, unit);
}

struct spacing resolution_spacing(double x, double y, enum resolution_unit unit)
{
    struct spacing none = {0};
    if (!is_of_scan(x, unit) || !is_of_scan(y, unit))
        return none;
    if (unit == PER_METRE)
        return (struct spacing){.x = 1e6 / x, .y = 1e6 / y, .unit = UNIT_UM};
    return (struct spacing){.x = 1 / x, .y = 1 / y, .unit = unit == PER_INCH ? UNIT_INCH : UNIT_CM};
}
