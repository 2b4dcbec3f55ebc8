/* SPDX-License-Identifier: MIT
 * Luma against the definition, said in other words: n = (299 R + 587 G + 114 B) thousandths; the luma is the
 * whole number that is nearest to them, of two that are equally near the even one. */
#include "codec/luma.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void check_nearest(uint32_t r, uint32_t g, uint32_t b)
{
    int64_t n = 299 * (int64_t)r + 587 * (int64_t)g + 114 * (int64_t)b, got = luma(r, g, b);
    int64_t distance = llabs(1000 * got - n);
    if (distance > 500 || (distance == 500 && got % 2 != 0))
        fail_msg("luma of %u, %u, %u is %lld", r, g, b, (long long)got);
    uint32_t again = luma_16((uint16_t)r, (uint16_t)g, (uint16_t)b);
    if (again != got || (r < 256 && g < 256 && b < 256 && luma_8((uint8_t)r, (uint8_t)g, (uint8_t)b) != got))
        fail_msg("luma_8 or luma_16 of %u, %u, %u is not %lld", r, g, b, (long long)got);
}

static void every_8_bit_colour_becomes_the_nearest(void **state)
{
    (void)state;
    for (uint32_t r = 0; r < 256; r++)
        for (uint32_t g = 0; g < 256; g++)
            for (uint32_t b = 0; b < 256; b++)
                check_nearest(r, g, b);
}

static void colours_of_16_bits_become_the_nearest(void **state)
{
    (void)state;
    for (uint32_t r = 65535; r >= 97; r -= 97)
        for (uint32_t g = r % 31; g <= 65535; g += 2047)
            for (uint32_t b = g % 37; b <= 65535; b += 4093)
                check_nearest(r, g, b);
    check_nearest(65535, 65535, 65535);
}

static void grey_stays_what_it_is(void **state)
{
    (void)state;
    for (uint32_t v = 0; v <= 65535; v++)
        assert_int_equal(luma(v, v, v), v);
}

/* Values of 32 bits, and negative ones, down to the least. */
static void wide_colours_become_the_nearest(void **state)
{
    (void)state;
    static const int64_t values[] = {INT32_MIN, INT32_MIN + 1, -70001, -128,      -3,        -1, 0, 1,
                                     2,         127,           999,    INT32_MAX, UINT32_MAX};
    enum { N = sizeof values / sizeof *values };
    for (unsigned i = 0; i < N * N * N; i++) {
        int64_t r = values[i % N], g = values[i / N % N], b = values[i / N / N];
        int64_t n = 299 * r + 587 * g + 114 * b, got = luma_wide(r, g, b), distance = llabs(1000 * got - n);
        if (distance > 500 || (distance == 500 && got % 2 != 0))
            fail_msg("luma of %lld, %lld, %lld is %lld", (long long)r, (long long)g, (long long)b,
                     (long long)got);
    }
    for (int64_t r = -300; r < 300; r += 7)
        for (int64_t g = 0; g < 256; g += 5)
            for (int64_t b = 0; b < 256; b += 3)
                if (r >= 0)
                    assert_int_equal(luma_wide(r, g, b), luma((uint32_t)r, (uint32_t)g, (uint32_t)b));
                else
                    assert_int_equal(luma_wide(r, -g, -b),
                                     -(int64_t)luma((uint32_t)-r, (uint32_t)g, (uint32_t)b));
}

static void grey_floats_stay_what_they_are(void **state)
{
    (void)state;
    static const float values[] = {0, 1, -1.5f, 0.1f, 3.4028235e38f, 1.17549435e-38f, 1e-45f, -7e11f};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_true(luma_float(values[i], values[i], values[i]) == values[i]);
    assert_true(luma_float(1000, 0, 0) == 299 && luma_float(0, 1000, 0) == 587 &&
                luma_float(0, 0, 1000) == 114);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_8_bit_colour_becomes_the_nearest),
        cmocka_unit_test(colours_of_16_bits_become_the_nearest),
        cmocka_unit_test(grey_stays_what_it_is),
        cmocka_unit_test(wide_colours_become_the_nearest),
        cmocka_unit_test(grey_floats_stay_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
