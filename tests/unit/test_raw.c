/* SPDX-License-Identifier: MIT
 * codec_raw on voxels of random shapes, types and byte orders, against voxels put together byte by byte. */
#include "codec/raw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool is_big_endian_host(void)
{
    return *(const unsigned char *)&(const uint16_t){1} == 0;
}

static void check_decoded(uint32_t nx, uint32_t ny, enum voxel_type type, bool big_endian, size_t shift)
{
    struct slice_header header = {0};
    struct error error = {0};
    size_t voxel = voxel_bytes(type), n_bytes = (size_t)nx * ny * voxel;
    unsigned char *file = malloc(n_bytes + shift), *voxels = malloc(n_bytes);
    assert_non_null(file);
    assert_non_null(voxels);
    for (size_t i = 0; i < n_bytes + shift; i++)
        file[i] = (unsigned char)rand();
    raw_header_set(&header, nx, ny, type, big_endian, 1000);
    assert_int_equal(header.nparts, 1);
    assert_int_equal(header.parts[0].offset, 1000);
    assert_int_equal(header.parts[0].n_bytes, n_bytes);
    assert_int_equal(header.encoded_bytes, n_bytes);
    assert_int_equal(header.plain, voxel == 1 || big_endian == is_big_endian_host());
    assert_int_equal(codec_decode(&codec_raw, file + shift, n_bytes, "s.raw", &header, voxels, &error), 0);
    for (size_t i = 0; i < n_bytes; i++) {
        size_t from = header.plain ? i : i - i % voxel + (voxel - 1 - i % voxel);
        assert_int_equal(voxels[i], file[shift + from]);
    }
    free(voxels);
    free(file);
}

static void voxels_are_as_in_the_file_in_the_order_of_the_host(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 40; round++)
        for (int type = 0; type < VOXEL_TYPES; type++)
            for (int big = 0; big < 2; big++)
                check_decoded(1 + (uint32_t)rand() % 70, 1 + (uint32_t)rand() % 9, (enum voxel_type)type, big,
                              (size_t)rand() % 4);
}

static void doubles_become_the_nearest_floats(void **state)
{
    (void)state;
    const double file[] = {0.1, -1e300, 16777217.0, 1e-45, -0.0, 3.0, 1.0 + 1.5 / (1 << 23)};
    enum { N = sizeof file / sizeof *file };
    for (int big = 0; big < 2; big++) {
        unsigned char bytes[sizeof file];
        float voxels[N];
        struct slice_header header = {0};
        struct error error = {0};
        for (size_t i = 0; i < sizeof file; i++)
            bytes[i] =
                ((const unsigned char *)file)[big != is_big_endian_host() ? i - i % 8 + (7 - i % 8) : i];
        raw_header_set_f64(&header, N, 1, big, 8);
        assert_false(header.plain);
        assert_int_equal(header.type, VOXEL_F32);
        assert_int_equal(header.encoded_bytes, sizeof file);
        assert_int_equal(codec_decode(&codec_raw, bytes, sizeof bytes, "s.raw", &header, voxels, &error), 0);
        for (size_t i = 0; i < N; i++) {
            float expected = (float)file[i];
            assert_memory_equal(&voxels[i], &expected, sizeof expected);
        }
        assert_int_equal(codec_decode(&codec_raw, bytes, sizeof bytes - 1, "s.raw", &header, voxels, &error),
                         STATUS_INPUT);
    }
}

static void narrow_voxels_can_be_widened(void **state)
{
    (void)state;
    const unsigned char file[] = {0, 1, 128, 255};
    uint16_t voxels[4];
    struct slice_header header = {0};
    struct error error = {0};
    raw_header_set(&header, 2, 2, VOXEL_U8, true, 0);
    slice_header_widen(&header);
    assert_int_equal(codec_decode(&codec_raw, file, sizeof file, "s.raw", &header, voxels, &error), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(voxels[i], file[i] * 257);
}

static void other_lengths_are_refused(void **state)
{
    (void)state;
    const unsigned char file[8] = {0};
    uint16_t voxels[4];
    struct slice_header header = {0};
    struct error error = {0};
    raw_header_set(&header, 2, 2, VOXEL_U16, true, 0);
    assert_int_equal(codec_decode(&codec_raw, file, 7, "s\n.raw", &header, voxels, &error), STATUS_INPUT);
    assert_string_equal(error.message, "s\\x0a.raw: was changed after its header was checked; start again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(voxels_are_as_in_the_file_in_the_order_of_the_host),
        cmocka_unit_test(doubles_become_the_nearest_floats),
        cmocka_unit_test(narrow_voxels_can_be_widened),
        cmocka_unit_test(other_lengths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
