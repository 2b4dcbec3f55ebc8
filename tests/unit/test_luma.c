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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_8_bit_colour_becomes_the_nearest),
        cmocka_unit_test(colours_of_16_bits_become_the_nearest),
        cmocka_unit_test(grey_stays_what_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
