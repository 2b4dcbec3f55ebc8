/* SPDX-License-Identifier: MIT */
#include "volume/extent.h"
#include "volume/spacing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_reduce_is_ceil(void **state)
{
    (void)state;
    for (uint32_t n = 1; n < 300; n++)
        for (unsigned level = 0; level < 10; level++)
            assert_int_equal(extent_reduce(n, level), (n + (1u << level) - 1) / (1u << level));
    assert_int_equal(extent_reduce(UINT32_MAX, 1), 0x80000000u);
    assert_int_equal(extent_reduce(UINT32_MAX, 16), 65536);
    assert_int_equal(extent_reduce(7, 40), 1);
}

static void test_levels_until(void **state)
{
    (void)state;
    assert_int_equal(extent_levels_until((struct extent){3072, 3072, 3000}, 500), 3); /* 384 */
    assert_int_equal(extent_levels_until((struct extent){200, 200, 200}, 500), 1);    /* at least one */
    assert_int_equal(extent_levels_until((struct extent){4000, 10, 1}, 500), 3);
    assert_int_equal(extent_levels_until((struct extent){4001, 10, 1}, 500), 4);
    assert_int_equal(extent_levels_until((struct extent){UINT32_MAX, 1, 1}, 1), LEVELS_MAX);
}

static void test_sum_bits(void **state)
{
    (void)state;
    struct extent large = {100000, 100000, 100000};
    assert_int_equal(extent_sum_bits(large, VOXEL_U16, 3), 16 + 9);
    assert_int_equal(extent_sum_bits(large, VOXEL_I8, 8), 8 + 24);
    assert_int_equal(extent_sum_bits((struct extent){5, 1, 2}, VOXEL_U8, 7), 8 + 3 + 0 + 1);
    struct error error = {0};
    assert_int_equal(extent_check_levels(large, VOXEL_U32, 10, &error), STATUS_OK);
    assert_int_equal(extent_check_levels(large, VOXEL_U32, 11, &error), STATUS_USAGE);
    assert_non_null(strstr(error.message, "64 bits"));
    error = (struct error){0};
    assert_int_equal(extent_check_levels(large, VOXEL_U8, 0, &error), STATUS_USAGE);
    error = (struct error){0};
    assert_int_equal(extent_check_levels((struct extent){3, 3, 3}, VOXEL_I32, LEVELS_MAX, &error), STATUS_OK);
}

static void test_bytes_saturate(void **state)
{
    (void)state;
    struct extent huge = {UINT32_MAX, UINT32_MAX, UINT32_MAX};
    assert_true(extent_volume_bytes(huge, VOXEL_U8) == UINT64_MAX);
    assert_true(extent_slice_bytes(huge, VOXEL_F32) == UINT64_MAX);
    assert_true(extent_volume_bytes((struct extent){3072, 3072, 3000}, VOXEL_U16) == 56623104000u);
}

static void test_voxel_names(void **state)
{
    (void)state;
    for (int i = 0; i < VOXEL_TYPES; i++) {
        enum voxel_type type;
        assert_true(voxel_parse(voxel_name((enum voxel_type)i), &type));
        assert_int_equal(type, i);
    }
    enum voxel_type type;
    assert_false(voxel_parse("u64", &type));
}

static void test_absent_adds_nothing(void **state)
{
    (void)state;
    const float values[] = {0.0f, -0.0f, 1.5f, -3e38f, 1e-45f};
    float absent;
    voxels_fill_absent(VOXEL_F32, &absent, 1);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        float sum = values[i] + absent;
        assert_memory_equal(&sum, &values[i], sizeof sum);
    }
}

static void test_spacing(void **state)
{
    (void)state;
    struct spacing s;
    assert_true(spacing_parse("5.2um", &s));
    assert_true(s.x == 5.2 && s.y == 5.2 && s.z == 5.2 && s.unit == UNIT_UM);
    assert_true(spacing_parse("5.2x5x.1mm", &s));
    assert_true(s.x == 5.2 && s.y == 5 && s.z == .1 && s.unit == UNIT_MM);
    assert_true(spacing_parse("7\xc2\xb5m", &s) && s.unit == UNIT_UM);
    s = spacing_at_level(s, 3);
    assert_true(s.x == 56 && s.z == 56);
    const char *const bad[] = {"",      "um",    "5",     "-5um", "0um", "5x5um",  "5x5x5x5um",
                               "0x5um", "infum", "nanum", "5 um", "5ux", "1e999um"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(spacing_parse(bad[i], &s));
    s = spacing_in_unit((struct spacing){2, 3, 0, UNIT_INCH}, UNIT_MM);
    assert_true(s.x == 50.8 && s.y > 76.199 && s.y < 76.201 && s.z == 0 && s.unit == UNIT_MM);
    s = spacing_in_unit((struct spacing){2, 3, 4, UNIT_NONE}, UNIT_MM);
    assert_true(s.x == 2 && s.z == 4 && s.unit == UNIT_NONE);
    char shown[SPACING_SHOWN_BYTES];
    assert_string_equal(spacing_show(shown, (struct spacing){5.2, 5.2, 10, UNIT_UM}), "5.2 x 5.2 x 10 um");
    assert_string_equal(spacing_show(shown, (struct spacing){5.2, 5.2, 0, UNIT_UM}), "5.2 x 5.2 x ? um");
    assert_string_equal(spacing_show(shown, (struct spacing){5.2, 5.2, 5.2, UNIT_NONE}), "5.2 (no unit)");
    assert_string_equal(spacing_show(shown, (struct spacing){0, 0, 5, UNIT_UM}), "unknown");
    spacing_show(shown, (struct spacing){1.23456789e-300, 1.23457e+300, 1.23457e-300, UNIT_NONE});
    assert_string_equal(shown, "1.23457e-300 x 1.23457e+300 x 1.23457e-300 (no unit)");
    for (int i = SPACING_TIFF_RESOLUTION; i <= SPACING_JPEG2000; i++)
        assert_true(strlen(spacing_origin_name((enum spacing_origin)i)) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reduce_is_ceil), cmocka_unit_test(test_levels_until),
        cmocka_unit_test(test_sum_bits),       cmocka_unit_test(test_bytes_saturate),
        cmocka_unit_test(test_voxel_names),    cmocka_unit_test(test_absent_adds_nothing),
        cmocka_unit_test(test_spacing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
