/* SPDX-License-Identifier: MIT
 * Which voxel size is taken of several that are told, and which of them disagree: pure logic.
 *
 * Candidates are added the most trusted first: --voxel-size; sidecars in the order of sidecar.h; what the
 * slices' files tell (ImageJ and OME metadata, TIFF resolution; the headers of NRRD and MetaImage). Taken is
 * the first that tells x and y with a unit; else the first that tells them without. One is taken whole: where
 * it does not tell z, z is unknown, although another may tell it, for two sources of one voxel may speak of
 * two different volumes.
 *
 * A resolution of 72 or 96 per inch is what image programs write who know nothing: such a candidate is
 * doubtful. It comes last, and is compared with nothing. Nor is one without a unit: no unit is guessed. */
#ifndef STACKTHUMB_STACK_SPACING_CHOICE_H
#define STACKTHUMB_STACK_SPACING_CHOICE_H

#include "volume/spacing.h"

#include <stdbool.h>
#include <stddef.h>

enum { SPACING_CANDIDATES_MAX = 10, SPACING_SOURCE_BYTES = 128 };

struct spacing_candidate {
    char source[SPACING_SOURCE_BYTES]; /* "--voxel-size", "scan.log", "TIFF resolution"; printable */
    struct spacing spacing;
    bool doubtful;
};

/* Zero-initialise, add, then make. */
struct spacing_choice {
    struct spacing_candidate candidates[SPACING_CANDIDATES_MAX];
    unsigned ncandidates;
    int taken; /* its index, set by spacing_choice_make; -1: the spacing is unknown */
};

/* Adds a candidate; one that tells neither x nor y is none. `is_resolution`: it stands in an image file's
 * tags for printers and screens. More than SPACING_CANDIDATES_MAX are not added. */
void spacing_choice_add(struct spacing_choice *choice, const char *source, struct spacing spacing,
                        bool is_resolution);
void spacing_choice_make(struct spacing_choice *choice);

/* The one that is taken, or NULL. */
const struct spacing_candidate *spacing_choice_taken(const struct spacing_choice *choice);

/* Whether they differ by more than 0.1 % on an axis that both know; of ones without a unit nobody can tell:
 * false. */
bool spacing_disagree(struct spacing a, struct spacing b);

/* Whether `candidate` disagrees with the one that is taken. */
bool spacing_choice_disagrees(const struct spacing_choice *choice, const struct spacing_candidate *candidate);

#endif
