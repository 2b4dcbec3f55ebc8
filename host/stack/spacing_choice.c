/* SPDX-License-Identifier: MIT */
#include "stack/spacing_choice.h"

#include <math.h>
#include <stdio.h>

static const double tolerance = 0.001;

static bool is_apart(double a, double b)
{
    return fabs(a - b) > tolerance * fmin(a, b);
}

bool spacing_disagree(struct spacing a, struct spacing b)
{
    double a_nm = unit_nanometres(a.unit), b_nm = unit_nanometres(b.unit);
    if (!(a_nm > 0) || !(b_nm > 0))
        return false;
    const double lengths[3][2] = {
        {a.x * a_nm, b.x * b_nm}, {a.y * a_nm, b.y * b_nm}, {a.z * a_nm, b.z * b_nm}};
    for (int axis = 0; axis < 3; axis++)
        if (lengths[axis][0] > 0 && lengths[axis][1] > 0 && is_apart(lengths[axis][0], lengths[axis][1]))
            return true;
    return false;
}

/* Whether it is one of those that are there when nobody has set any: as many per inch as screens and printers
 * have.
 */
static bool is_default_resolution(struct spacing spacing)
{
    static const double usual[] = {72, 96, 150, 300, 600};
    double per_inch = unit_nanometres(UNIT_INCH) / (spacing.x * unit_nanometres(spacing.unit));
    if (!isfinite(per_inch) || is_apart(spacing.x, spacing.y))
        return false;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (!is_apart(per_inch, usual[i]))
            return true;
    return false;
}

void spacing_choice_add(struct spacing_choice *choice, const char *source, struct spacing spacing,
                        bool is_resolution)
{
    if (!spacing_known(spacing) || choice->ncandidates == SPACING_CANDIDATES_MAX)
        return;
    struct spacing_candidate *candidate = &choice->candidates[choice->ncandidates++];
    snprintf(candidate->source, sizeof candidate->source, "%s", source);
    candidate->spacing = spacing;
    candidate->doubtful = is_resolution && is_default_resolution(spacing);
}

void spacing_choice_make(struct spacing_choice *choice)
{
    int best = -1;
    choice->taken = -1;
    for (unsigned i = 0; i < choice->ncandidates; i++) {
        const struct spacing_candidate *candidate = &choice->candidates[i];
        int trust = candidate->doubtful ? 0 : candidate->spacing.unit == UNIT_NONE ? 1 : 2;
        if (trust > best) {
            best = trust;
            choice->taken = (int)i;
        }
    }
}

const struct spacing_candidate *spacing_choice_taken(const struct spacing_choice *choice)
{
    return choice->taken >= 0 ? &choice->candidates[choice->taken] : NULL;
}

bool spacing_choice_disagrees(const struct spacing_choice *choice, const struct spacing_candidate *candidate)
{
    const struct spacing_candidate *taken = spacing_choice_taken(choice);
    return taken && candidate != taken && !candidate->doubtful && !taken->doubtful &&
           spacing_disagree(candidate->spacing, taken->spacing);
}
