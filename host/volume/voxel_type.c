/* SPDX-License-Identifier: MIT */
#include "volume/voxel_type.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    size_t n_bytes;
    bool is_signed;
} types[VOXEL_TYPES] = {
    [VOXEL_U8] = {"u8", 1, false},  [VOXEL_I8] = {"i8", 1, true},    [VOXEL_U16] = {"u16", 2, false},
    [VOXEL_I16] = {"i16", 2, true}, [VOXEL_U32] = {"u32", 4, false}, [VOXEL_I32] = {"i32", 4, true},
    [VOXEL_F32] = {"f32", 4, true},
};

size_t voxel_bytes(enum voxel_type type)
{
    return types[type].n_bytes;
}

const char *voxel_name(enum voxel_type type)
{
    return types[type].name;
}

bool voxel_parse(const char *name, enum voxel_type *type)
{
    for (int i = 0; i < VOXEL_TYPES; i++)
        if (strcmp(name, types[i].name) == 0) {
            *type = (enum voxel_type)i;
            return true;
        }
    return false;
}

bool voxel_is_signed(enum voxel_type type)
{
    return types[type].is_signed;
}

static void fill_words(void *voxels, size_t n, uint32_t word)
{
    unsigned char *to = voxels;
    for (size_t i = 0; i < n; i++)
        memcpy(to + i * sizeof word, &word, sizeof word);
}

void voxels_fill_absent(enum voxel_type type, void *voxels, size_t n)
{
    if (type == VOXEL_F32)
        fill_words(voxels, n, 0x80000000u);
    else
        memset(voxels, 0, n * voxel_bytes(type));
}

void voxels_fill_empty(enum voxel_type type, void *voxels, size_t n)
{
    if (type == VOXEL_F32)
        fill_words(voxels, n, 0x7fc00000u);
    else
        memset(voxels, 0, n * voxel_bytes(type));
}

const char *voxel_show(char *text, enum voxel_type type, const void *voxel)
{
    union {
        uint8_t u8;
        int8_t i8;
        uint16_t u16;
        int16_t i16;
        uint32_t u32;
        int32_t i32;
        float f32;
    } value;
    memcpy(&value, voxel, voxel_bytes(type));
    switch (type) {
    case VOXEL_U8:
        snprintf(text, VOXEL_TEXT, "%u", value.u8);
        break;
    case VOXEL_I8:
        snprintf(text, VOXEL_TEXT, "%d", value.i8);
        break;
    case VOXEL_U16:
        snprintf(text, VOXEL_TEXT, "%u", value.u16);
        break;
    case VOXEL_I16:
        snprintf(text, VOXEL_TEXT, "%d", value.i16);
        break;
    case VOXEL_U32:
        snprintf(text, VOXEL_TEXT, "%" PRIu32, value.u32);
        break;
    case VOXEL_I32:
        snprintf(text, VOXEL_TEXT, "%" PRId32, value.i32);
        break;
    case VOXEL_F32:
        snprintf(text, VOXEL_TEXT, "%.9g (0x%08" PRIx32 ")", (double)value.f32, value.u32);
        break;
    }
    return text;
}
