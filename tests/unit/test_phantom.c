/* SPDX-License-Identifier: MIT
 * The phantom is the same everywhere and has in it what its header says. */
#include "volume/phantom_volume.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NX = 75, NY = 61, NZ = 9 };

/* FNV-1a of all voxels as little-endian bytes. */
static uint64_t hash_volume(const struct phantom_volume *volume)
{
    const size_t n = (size_t)volume->extent.nx * volume->extent.ny, voxel = voxel_bytes(volume->type);
    unsigned char *voxels = malloc(n * voxel);
    double *row = malloc(volume->extent.nx * sizeof *row);
    uint64_t hash = 0xcbf29ce484222325u;
    assert_true(voxels && row);
    for (uint32_t z = 0; z < volume->extent.nz; z++) {
        phantom_slice(volume, z, row, voxels);
        for (size_t i = 0; i < n; i++) {
            uint32_t word = 0;
            if (voxel == 1)
                word = voxels[i];
            else if (voxel == 2)
                word = ((const uint16_t *)(const void *)voxels)[i];
            else
                memcpy(&word, voxels + 4 * i, 4);
            for (size_t byte = 0; byte < voxel; byte++)
                hash = (hash ^ (word >> (8 * byte) & 255)) * 0x100000001b3u;
        }
    }
    free(row);
    free(voxels);
    return hash;
}

static void test_bytes_are_the_same_everywhere(void **state)
{
    (void)state;
    static const struct {
        enum voxel_type type;
        enum phantom_content content;
        uint64_t hash;
    } expected[] = {
        {VOXEL_U8, PHANTOM_HEAD, 0x0901aa3c64f57347},
        {VOXEL_I8, PHANTOM_HEAD, 0x802f2f6344a2228f},
        {VOXEL_U16, PHANTOM_HEAD, 0x41180951f3679770},
        {VOXEL_I16, PHANTOM_HEAD, 0xdd7ae4488ff262e0},
        {VOXEL_U32, PHANTOM_HEAD, 0x8ebaaf951a70091d},
        {VOXEL_I32, PHANTOM_HEAD, 0xa2ffde677836070e},
        {VOXEL_F32, PHANTOM_HEAD, 0x9a70c8d4ba30c32d},
        {VOXEL_U16, PHANTOM_NOISE, 0x8332a607ece434b8},
        {VOXEL_F32, PHANTOM_NOISE, 0x7ac6653bcfe4c410},
        {VOXEL_I8, PHANTOM_ALTERNATING, 0x680e259659be6351},
        {VOXEL_I32, PHANTOM_GRADIENT, 0x2cb7b13290ebf799},
        {VOXEL_F32, PHANTOM_MAX, 0x39085deac0e4edd9},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct phantom_volume volume = {{NX, NY, NZ}, expected[i].type, expected[i].content, 1};
        uint64_t hash = hash_volume(&volume);
        if (hash != expected[i].hash)
            fail_msg("%s, content %d: 0x%016llx", voxel_name(expected[i].type), (int)expected[i].content,
                     (unsigned long long)hash);
    }
}

static void test_seed_changes_the_noise(void **state)
{
    (void)state;
    struct phantom_volume volume = {{NX, NY, NZ}, VOXEL_U16, PHANTOM_HEAD, 1};
    uint64_t first = hash_volume(&volume);
    assert_true(hash_volume(&volume) == first);
    volume.seed = 2;
    assert_true(hash_volume(&volume) != first);
}

/* Along the row through the middle: air, skull, brain, and one of the two dark ventricles. */
static void test_head(void **state)
{
    (void)state;
    struct phantom_volume volume = {{201, 201, 201}, VOXEL_I16, PHANTOM_HEAD, 1};
    double row[201];
    int16_t *voxels = malloc(201 * 201 * sizeof *voxels);
    assert_non_null(voxels);
    phantom_slice(&volume, 100, row, voxels);
    const int16_t *middle = voxels + 100 * 201;
    const struct {
        unsigned x;
        int value;
    } expected[] = {{2, -1000},  {32, 19000},  {50, 3000},  {78, -1000},
                    {100, 3000}, {122, -1000}, {198, -1000}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_in_range(middle[expected[i].x] + 10000, expected[i].value + 10000 - 600,
                        expected[i].value + 10000 + 600);
    free(voxels);
}

static void test_simple_contents(void **state)
{
    (void)state;
    double row[3];
    int8_t small[6];
    float floats[6];
    struct phantom_volume volume = {{3, 2, 200}, VOXEL_I8, PHANTOM_GRADIENT, 1};
    phantom_slice(&volume, 0, row, small);
    assert_memory_equal(small, ((int8_t[]){-128, -127, -126, -125, -124, -123}), 6);
    phantom_slice(&volume, 36, row, small); /* 252 - 128, and wrapped */
    assert_memory_equal(small, ((int8_t[]){124, 125, 126, 127, -128, -127}), 6);
    volume.content = PHANTOM_ALTERNATING;
    phantom_slice(&volume, 1, row, small);
    assert_memory_equal(small, ((int8_t[]){126, 127, 126, 127, 126, 127}), 6);
    volume.content = PHANTOM_MAX;
    phantom_slice(&volume, 1, row, small);
    assert_memory_equal(small, ((int8_t[]){127, 127, 127, 127, 127, 127}), 6);
    volume.type = VOXEL_F32;
    volume.content = PHANTOM_GRADIENT;
    phantom_slice(&volume, 0, row, floats);
    assert_memory_equal(floats, ((float[]){-1000, -999.75f, -999.5f, -999.25f, -999, -998.75f}), 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_are_the_same_everywhere),
        cmocka_unit_test(test_seed_changes_the_noise),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_simple_contents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
