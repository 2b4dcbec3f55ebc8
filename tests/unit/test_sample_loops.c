/* SPDX-License-Identifier: MIT
 * Every table of inner loops that this processor can run, and turn.h, against loops that go bit by bit and
 * voxel by voxel: at random lengths, offsets and steps. Every array ends where memory ends for the address
 * sanitizer; what is behind the results must stay as it is. */
#include "codec/luma.h"
#include "codec/sample_loops.h"
#include "codec/turn.h"
#include "codec_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N_MAX = 300, GUARD = 0xee, GUARD_BYTES = 64 };

/* n_bytes of noise that begin `offset` bytes behind where they may be aligned; the caller frees *memory. */
static unsigned char *make_noise(uint64_t *random, size_t n_bytes, size_t offset, unsigned char **memory)
{
    *memory = malloc(n_bytes + offset + (n_bytes + offset == 0));
    assert_non_null(*memory);
    for (size_t i = 0; i < n_bytes + offset; i++)
        (*memory)[i] = (unsigned char)random_next(random);
    return *memory + offset;
}

static unsigned char *make_room(size_t n_bytes)
{
    unsigned char *room = malloc(n_bytes + GUARD_BYTES);
    assert_non_null(room);
    memset(room, GUARD, n_bytes + GUARD_BYTES);
    return room;
}

static void check_guard(const unsigned char *room, size_t n_bytes)
{
    for (size_t i = 0; i < GUARD_BYTES; i++)
        assert_int_equal(room[n_bytes + i], GUARD);
}

static unsigned bits_at(const unsigned char *from, size_t bit, unsigned n)
{
    unsigned value = 0;
    for (; n > 0; n--, bit++)
        value = value << 1 | (from[bit / 8] >> (7 - bit % 8) & 1);
    return value;
}

static void check_unpack(const struct sample_loops *loops, uint64_t *random, size_t n, unsigned bits)
{
    unsigned char *memory, *from = make_noise(random, (n * bits + 7) / 8, random_below(random, 9), &memory);
    size_t sample = bits < 8 ? 1 : 2;
    unsigned char *to = make_room(n * sample);
    loops->unpack(from, n, bits, to);
    for (size_t i = 0; i < n; i++) {
        unsigned got = sample == 1 ? to[i] : ((const uint16_t *)(const void *)to)[i];
        if (got != bits_at(from, i * bits, bits))
            fail_msg("%s: sample %zu of %zu of %u bits is %u", loops->name, i, n, bits, got);
    }
    check_guard(to, n * sample);
    free(to);
    free(memory);
}

static void packed_samples_are_unpacked(void **state)
{
    (void)state;
    uint64_t random = 21;
    const struct sample_loops *loops;
    for (unsigned table = 0; (loops = sample_loops_usable(table)); table++)
        for (unsigned bits = 1; bits < 16; bits++) {
            for (size_t n = 0; bits != 8 && n < 80; n++)
                check_unpack(loops, &random, n, bits);
            for (int round = 0; bits != 8 && round < 50; round++)
                check_unpack(loops, &random, random_below(&random, N_MAX), bits);
        }
}

static void check_order(const struct sample_loops *loops, uint64_t *random, size_t n, size_t sample,
                        bool in_place)
{
    unsigned char *memory, *from = make_noise(random, n * sample, random_below(random, 9), &memory);
    unsigned char *expected = make_room(n * sample), *reversed = make_room(n * sample),
                  *to = make_room(n * sample);
    for (size_t i = 0; i < n * sample; i++) {
        expected[i] = from[i / sample * sample + (sample - 1 - i % sample)];
        reversed[i] = 0;
        for (unsigned bit = 0; bit < 8; bit++)
            reversed[i] |= (unsigned char)((from[i] >> bit & 1) << (7 - bit));
    }
    loops->reverse_bits(from, n * sample, to);
    assert_memory_equal(to, reversed, n * sample + GUARD_BYTES);
    if (in_place)
        memcpy(to, from, n * sample);
    loops->swap_bytes(in_place ? to : from, n, sample, to);
    assert_memory_equal(to, expected, n * sample + GUARD_BYTES);
    free(to);
    free(reversed);
    free(expected);
    free(memory);
}

static void bytes_and_bits_are_put_in_order(void **state)
{
    (void)state;
    uint64_t random = 22;
    const struct sample_loops *loops;
    for (unsigned table = 0; (loops = sample_loops_usable(table)); table++)
        for (int round = 0; round < 300; round++)
            check_order(loops, &random, random_below(&random, N_MAX), (size_t)2 << round % 3, round % 2);
}

static void check_flip(const struct sample_loops *loops, uint64_t *random, size_t n, size_t voxel,
                       bool in_place)
{
    unsigned char *memory, *from = make_noise(random, n * voxel, random_below(random, 9), &memory);
    unsigned char *expected = make_room(n * voxel), *to = make_room(n * voxel);
    uint32_t mask = random_below(random, 2) ? (uint32_t)random_next(random) : 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t value = 0; /* little-endian, as CI's hosts are */
        memcpy(&value, from + i * voxel, voxel);
        value ^= mask;
        memcpy(expected + i * voxel, &value, voxel);
    }
    if (in_place)
        memcpy(to, from, n * voxel);
    loops->flip(in_place ? to : from, n, voxel, mask, to);
    assert_memory_equal(to, expected, n * voxel + GUARD_BYTES);
    free(to);
    free(expected);
    free(memory);
}

static void bits_are_turned_over(void **state)
{
    (void)state;
    uint64_t random = 27;
    const struct sample_loops *loops;
    for (unsigned table = 0; (loops = sample_loops_usable(table)); table++)
        for (int round = 0; round < 300; round++)
            check_flip(loops, &random, random_below(&random, N_MAX), (size_t)1 << round % 3, round / 3 % 2);
}

/* The bits that a float must have: worked out by values for numbers, by bits for infinity and NaN. */
static uint32_t float_of_half(unsigned half)
{
    unsigned exponent = half >> 10 & 31, fraction = half & 0x3ff;
    uint32_t bits = 0x7f800000 | (uint32_t)fraction << 13;
    float value =
        exponent == 0 ? ldexpf((float)fraction, -24) : ldexpf((float)(fraction | 0x400), (int)exponent - 25);
    if (exponent != 31)
        memcpy(&bits, &value, sizeof bits);
    return bits | (half & 0x8000u) << 16;
}

static void every_half_keeps_its_value_and_its_bits(void **state)
{
    (void)state;
    enum { N = 65536 };
    uint16_t *halves = malloc(N * sizeof *halves);
    float *floats = malloc(N * sizeof *floats);
    const struct sample_loops *loops;
    assert_true(halves && floats);
    for (unsigned i = 0; i < N; i++)
        halves[i] = (uint16_t)i;
    for (unsigned table = 0; (loops = sample_loops_usable(table)); table++) {
        loops->floats_of_halves(halves, N, floats);
        for (unsigned i = 0; i < N; i++) {
            uint32_t bits;
            memcpy(&bits, floats + i, sizeof bits);
            if (bits != float_of_half(i))
                fail_msg("%s: half %#x becomes %#x", loops->name, i, bits);
        }
    }
    free(floats);
    free(halves);
}

static void check_floats(const struct sample_loops *loops, uint64_t *random, size_t n)
{
    unsigned char *memory, *from = make_noise(random, n * 8, random_below(random, 9), &memory);
    unsigned char *to = make_room(n * 4);
    loops->floats_of_halves(from, n, (void *)to);
    for (size_t i = 0; i < n; i++) {
        uint32_t expected =
            float_of_half(from[2 * i] | (unsigned)from[2 * i + 1] << 8); /* as CI's hosts have them */
        assert_memory_equal(to + 4 * i, &expected, 4);
    }
    check_guard(to, n * 4);
    loops->floats_of_doubles(from, n, (void *)to);
    for (size_t i = 0; i < n; i++) {
        double wide;
        float got, expected;
        memcpy(&wide, from + 8 * i, sizeof wide);
        memcpy(&got, to + 4 * i, sizeof got);
        expected = (float)wide;
        assert_true(got == expected || (isnan(got) && isnan(wide)));
    }
    check_guard(to, n * 4);
    free(to);
    free(memory);
}

static void floats_of_other_widths_at_any_place(void **state)
{
    (void)state;
    uint64_t random = 23;
    const struct sample_loops *loops;
    for (unsigned table = 0; (loops = sample_loops_usable(table)); table++)
        for (int round = 0; round < 200; round++)
            check_floats(loops, &random, random_below(&random, N_MAX));
}

/* n pixels, each `step` samples from the one before, the colours in some order or in planes. */
static void check_luma(const struct sample_loops *loops, uint64_t *random, size_t n, size_t step, bool wide)
{
    size_t sample = wide ? 2 : 1, plane = step < 3 ? n * step : 1;
    size_t n_samples = n == 0 ? 0 : step < 3 ? 3 * plane : n * step;
    size_t first = random_below(random, 2) ? 0 : 2, last = 2 - first; /* RGB or BGR */
    unsigned char *memory,
        *from = make_noise(random, n_samples * sample, 2 * random_below(random, 5), &memory);
    unsigned char *to = make_room(n * sample);
    for (size_t i = 0; i < n_samples * sample; i++)
        if (random_below(random, 4) == 0)
            from[i] = 255;
    const unsigned char *r = from + first * plane * sample, *g = from + plane * sample,
                        *b = from + last * plane * sample;
    const uint16_t *wide_r = (const void *)r, *wide_g = (const void *)g, *wide_b = (const void *)b;
    if (wide)
        loops->luma_16(wide_r, wide_g, wide_b, step, n, (void *)to);
    else
        loops->luma_8(r, g, b, step, n, to);
    for (size_t i = 0; i < n; i++) {
        uint32_t got = wide ? ((const uint16_t *)(const void *)to)[i] : to[i],
                 expected = wide ? luma(wide_r[i * step], wide_g[i * step], wide_b[i * step])
                                 : luma(r[i * step], g[i * step], b[i * step]);
        if (got != expected)
            fail_msg("%s: pixel %zu of %zu, %zu samples each, is %u, and should be %u", loops->name, i, n,
                     step, got, expected);
    }
    check_guard(to, n * sample);
    free(to);
    free(memory);
}

static void luma_of_any_pixels(void **state)
{
    (void)state;
    uint64_t random = 24;
    const struct sample_loops *loops;
    for (unsigned table = 0; (loops = sample_loops_usable(table)); table++)
        for (int round = 0; round < 1200; round++)
            check_luma(loops, &random, random_below(&random, N_MAX), (size_t)(1 + round % 6), round / 6 % 2);
}

static void check_turn(uint64_t *random, size_t voxel)
{
    uint32_t n = random_below(random, 80), nrows = random_below(random, 80);
    size_t from_stride = (n + random_below(random, 5)) * voxel, to_stride = nrows + random_below(random, 5);
    bool back = random_below(random, 2), up = random_below(random, 2);
    unsigned char *memory, *from = make_noise(random, from_stride * nrows, 0, &memory);
    unsigned char *to = make_room(to_stride * n * voxel), *expected = make_room(to_stride * n * voxel);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < nrows; k++)
            memcpy(expected + ((up ? n - 1 - i : i) * to_stride + k) * voxel,
                   from + (back ? nrows - 1 - k : k) * from_stride + i * voxel, voxel);
    if (n > 0 && nrows > 0)
        turn_rows(back ? from + (nrows - 1) * from_stride : from,
                  back ? -(ptrdiff_t)from_stride : (ptrdiff_t)from_stride, n, nrows, voxel,
                  up ? to + (n - 1) * to_stride * voxel : to,
                  up ? -(ptrdiff_t)to_stride : (ptrdiff_t)to_stride);
    assert_memory_equal(to, expected, to_stride * n * voxel + GUARD_BYTES);
    free(expected);
    free(to);
    free(memory);
}

static void check_mirror(const struct sample_loops *loops, uint64_t *random, size_t voxel)
{
    uint32_t n = random_below(random, N_MAX);
    unsigned char *memory, *from = make_noise(random, n * voxel, 0, &memory), *to = make_room(n * voxel);
    loops->mirror(from, n, voxel, to);
    for (uint32_t i = 0; i < n; i++)
        assert_memory_equal(to + (n - 1 - i) * voxel, from + i * voxel, voxel);
    check_guard(to, n * voxel);
    free(to);
    free(memory);
}

static void rows_are_turned(void **state)
{
    (void)state;
    uint64_t random = 25;
    for (int round = 0; round < 900; round++)
        check_turn(&random, (size_t)1 << round % 3);
}

static void rows_are_mirrored(void **state)
{
    (void)state;
    uint64_t random = 26;
    const struct sample_loops *loops;
    for (unsigned table = 0; (loops = sample_loops_usable(table)); table++)
        for (int round = 0; round < 300; round++)
            check_mirror(loops, &random, (size_t)1 << round % 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_samples_are_unpacked),
        cmocka_unit_test(bytes_and_bits_are_put_in_order),
        cmocka_unit_test(bits_are_turned_over),
        cmocka_unit_test(every_half_keeps_its_value_and_its_bits),
        cmocka_unit_test(floats_of_other_widths_at_any_place),
        cmocka_unit_test(luma_of_any_pixels),
        cmocka_unit_test(rows_are_turned),
        cmocka_unit_test(rows_are_mirrored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
