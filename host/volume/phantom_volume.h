/* SPDX-License-Identifier: MIT
 * Volumes that are made up, for tests and benchmarks, slice by slice, the same bytes on every machine:
 * integers and IEEE 754 doubles with + - * / and square root only, rounded once at the end. */
#ifndef STACKTHUMB_VOLUME_PHANTOM_VOLUME_H
#define STACKTHUMB_VOLUME_PHANTOM_VOLUME_H

#include "volume/extent.h"
#include "volume/voxel_type.h"

#include <stdbool.h>
#include <stdint.h>

enum phantom_content {
    PHANTOM_HEAD,        /* the 3-D Shepp-Logan head with noise; below 0 outside it for signed types */
    PHANTOM_NOISE,       /* every value of the type is as likely; f32: between -32,768 and 32,768 */
    PHANTOM_MAX,         /* the largest value everywhere; f32: FLT_MAX */
    PHANTOM_ALTERNATING, /* the largest value and the one below, as a 3-D chequerboard; f32: 16,777,215 and
                            16,777,214 */
    PHANTOM_GRADIENT,    /* x + 3y + 7z, wrapped to the type; f32: a quarter of that, minus 1,000 */
};

struct phantom_volume {
    struct extent extent;
    enum voxel_type type;
    enum phantom_content content;
    uint64_t seed; /* of the noise */
};

/* "phantom", "noise", "max", "alternating", "gradient"; false when it is none of them. */
bool phantom_content_parse(const char *name, enum phantom_content *content);

/* Writes the ny * nx voxels of slice z, native-endian, to `voxels`; `row` is scratch for nx doubles. */
void phantom_slice(const struct phantom_volume *volume, uint32_t z, double *row, void *voxels);

#endif
