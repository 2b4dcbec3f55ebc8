/* SPDX-License-Identifier: MIT
 * The size of a voxel as the attributes of an OME-XML's Pixels element tell it. */
#ifndef STACKTHUMB_CODEC_OME_SPACING_H
#define STACKTHUMB_CODEC_OME_SPACING_H

#include "volume/spacing.h"

/* The value of an attribute, of which expat gives name and value in turn, and then NULL; NULL when it is not
 * there. */
const char *ome_attribute(const char *const *attributes, const char *name);

/* All in one unit of ours; 0 where an axis has none, or none in a unit that is a length. */
struct spacing ome_spacing_of(const char *const *attributes);

#endif
