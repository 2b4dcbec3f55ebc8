/* SPDX-License-Identifier: MIT
 * The text that ImageJ keeps in a TIFF's ImageDescription: "ImageJ=1.53t", then lines "key=value". (As
 * ij/io/TiffEncoder and ij/io/FileOpener.decodeDescription of ImageJ 1.x write and read it.) */
#ifndef STACKTHUMB_CODEC_IMAGEJ_H
#define STACKTHUMB_CODEC_IMAGEJ_H

#include "volume/spacing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IMAGEJ_TEXT_BYTES = 96 };

struct imagej_description {
    /* Of x, and so of all that is told; UNIT_NONE when there is none, or one unknown here. */
    enum length_unit unit;
    /* In that unit, whatever "zunit" is; 0 when there is none, or the two cannot be compared. */
    double spacing_z;
    /* How many of that unit one of "yunit" is, which lengths along y are in; 1 where there is none, 0 when
     * the two cannot be compared. */
    double y_factor;
    uint32_t nimages; /* planes of the file; 1 when the text does not tell */
    /* A hyperstack's: channel by channel, then slice by slice, then frame by frame ("xyczt"). Each 1 when the
     * text does not tell; nothing says that there are as many planes as they ask for. */
    uint32_t nchannels, nslices, nframes;
};

/* False, with `description` untouched, when `text` is not ImageJ's. */
bool imagej_parse(const char *text, struct imagej_description *description);

/* Writes such a text for unit and spacing.z; returns its length, without the terminating 0, and 0 when there
 * is nothing that needs one: ResolutionUnit tells of cm and inch, nothing else of z and the other units. */
size_t imagej_format(char text[IMAGEJ_TEXT_BYTES], struct spacing spacing);

#endif
