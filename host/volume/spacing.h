/* SPDX-License-Identifier: MIT
 * The spacing of a volume: how large a voxel is, in which unit. */
#ifndef STACKTHUMB_VOLUME_SPACING_H
#define STACKTHUMB_VOLUME_SPACING_H

#include <stdbool.h>

/* A length unit as the input states it; UNIT_NONE: the input gives numbers without a unit, and none is
 * guessed. */
enum length_unit { UNIT_NONE, UNIT_NM, UNIT_UM, UNIT_MM, UNIT_CM, UNIT_INCH };

/* Size of a voxel along each axis; 0 where it is not known. */
struct spacing {
    double x, y, z;
    enum length_unit unit;
};

/* Spacing of a level: exactly s * 2^level on every axis. */
struct spacing spacing_at_level(struct spacing spacing, unsigned level);

/* True when at least x and y are known. */
bool spacing_known(struct spacing spacing);

/* "nm", "um", "mm", "cm", "inch", or "" for UNIT_NONE. */
const char *unit_name(enum length_unit unit);

/* Parses "5.2um" (all axes), "5.2x5.2x10um" (x, y, z; also "µm"), as --voxel-size takes it: positive finite
 * numbers and a unit. False when it is anything else. */
bool spacing_parse(const char *text, struct spacing *spacing);

#endif
