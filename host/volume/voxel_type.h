/* SPDX-License-Identifier: MIT
 * The types that a voxel may have: what is read, what is written, at every level. */
#ifndef STACKTHUMB_VOLUME_VOXEL_TYPE_H
#define STACKTHUMB_VOLUME_VOXEL_TYPE_H

#include <stdbool.h>
#include <stddef.h>

enum voxel_type {
    VOXEL_U8,
    VOXEL_I8,
    VOXEL_U16,
    VOXEL_I16,
    VOXEL_U32,
    VOXEL_I32,
    VOXEL_F32,
};
enum { VOXEL_TYPES = 7 };

/* Bytes of one voxel: 1, 2 or 4. */
size_t voxel_bytes(enum voxel_type type);

/* "u8" ... "f32"; and back: false when there is no such type. */
const char *voxel_name(enum voxel_type type);
bool voxel_parse(const char *name, enum voxel_type *type);

bool voxel_is_signed(enum voxel_type type); /* i8, i16, i32, f32 */

/* Fills n voxels with the value that adds nothing to any sum, bit for bit: 0 for integers, -0.0 for f32 (x +
 * -0.0 is x for every x, +0.0 and -0.0 among them, in IEEE 754 round-to-nearest). It stands for voxels of a
 * missing slice. */
void voxels_fill_absent(enum voxel_type type, void *voxels, size_t n);

/* Writes the value of a box that has no voxel: 0 for integers, the quiet NaN 0x7fc00000 for f32. */
void voxels_fill_empty(enum voxel_type type, void *voxels, size_t n);

enum { VOXEL_TEXT = 40 };

/* The value of the voxel at `voxel`, which may lie anywhere, as text; an f32 with its bits. Returns `text`
 * (VOXEL_TEXT large). */
const char *voxel_show(char *text, enum voxel_type type, const void *voxel);

#endif
