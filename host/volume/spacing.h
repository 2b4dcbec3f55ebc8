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

/* Where in an image file a spacing stands. Each is one source of its own, to be weighed against others (see
 * stack/spacing_choice.h). ImageJ's text and the resolution tags of a TIFF are one source, SPACING_IMAGEJ,
 * where the text tells of a unit or of z; without that it is SPACING_TIFF_RESOLUTION. */
enum spacing_origin {
    SPACING_NOWHERE, /* the file tells of none */
    SPACING_TIFF_RESOLUTION,
    SPACING_IMAGEJ,
    SPACING_OME,
    SPACING_NRRD,
    SPACING_METAIMAGE,
    SPACING_BMP,
    SPACING_PNG,
    SPACING_JPEG,
    SPACING_JPEG2000,
};

/* "TIFF resolution", "ImageJ metadata", "OME metadata", "NRRD header" ...: as a source is named to people; ""
 * for SPACING_NOWHERE. */
const char *spacing_origin_name(enum spacing_origin origin);

/* Spacing of a level: exactly s * 2^level on every axis. */
struct spacing spacing_at_level(struct spacing spacing, unsigned level);

/* True when at least x and y are known. */
bool spacing_known(struct spacing spacing);

/* "nm", "um", "mm", "cm", "inch", or "" for UNIT_NONE. */
const char *unit_name(enum length_unit unit);

/* How many nanometres it is; 0 for UNIT_NONE. */
double unit_nanometres(enum length_unit unit);

/* The same in another unit; as it is where it has none. `unit` is not UNIT_NONE. */
struct spacing spacing_in_unit(struct spacing spacing, enum length_unit unit);

/* The unit of that name, "µm" and "μm" too, UTF-8. False, with *unit untouched, when it is none of them. */
bool length_unit_parse(const char *text, enum length_unit *unit);

enum { SPACING_SHOWN_BYTES = 64 };

/* "5.2 um", "5.2 x 5.2 x 10 um", "5.2 x 5.2 x ? um", "5.2 (no unit)", "unknown". Returns `text`
 * (SPACING_SHOWN_BYTES large). */
const char *spacing_show(char *text, struct spacing spacing);

/* Parses "5.2um" (all axes), "5.2x5.2x10um" (x, y, z; also "µm"), as --voxel-size takes it: positive finite
 * numbers and a unit. False when it is anything else. */
bool spacing_parse(const char *text, struct spacing *spacing);

#endif
