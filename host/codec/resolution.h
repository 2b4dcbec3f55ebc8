/* SPDX-License-Identifier: MIT
 * The resolution that BMP, PNG, JPEG and JPEG 2000 files state, as the size of a voxel. Most writers put
 * there what fits a screen or a printer (72, 96, 300 per inch ...), which says nothing of what was scanned.
 */
#ifndef STACKTHUMB_CODEC_RESOLUTION_H
#define STACKTHUMB_CODEC_RESOLUTION_H

#include "volume/spacing.h"

enum resolution_unit { PER_METRE, PER_CENTIMETRE, PER_INCH };

/* The x and y of a voxel; all 0 where either number is 0, below one voxel per cm, above one per nm, or that
 * of a screen or printer. These are 72, 75, 90, 96, 100, 120, 144, 150, 180, 200, 240, 250, 300, 350, 360,
 * 400, 600, 720, 800, 1200, 1440, 2400 and 4800 per inch; converted to metres or centimetres, within 1 of
 * them. */
struct spacing resolution_spacing(double x, double y, enum resolution_unit unit);

#endif
