/* SPDX-License-Identifier: MIT
 * What a run computes: the volume and how many levels of it. */
#ifndef STACKTHUMB_VOLUME_PYRAMID_H
#define STACKTHUMB_VOLUME_PYRAMID_H

#include "volume/extent.h"
#include "volume/spacing.h"
#include "volume/voxel_type.h"

struct pyramid {
    struct extent extent;   /* of level 0 */
    enum voxel_type type;   /* of every level */
    unsigned nlevels;       /* levels 1 .. nlevels are built; extent_check_levels has passed them */
    struct spacing spacing; /* of level 0 */
};

#endif
