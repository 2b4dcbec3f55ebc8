/* SPDX-License-Identifier: MIT
 * Which names are slices, and in which order. */
#include "stack/ranges.h"
#include "stack/sequence.h"
#include "temp_folder.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool takes(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot &&
           (strcasecmp(dot, ".tif") == 0 || strcasecmp(dot, ".tiff") == 0 || strcasecmp(dot, ".bmp") == 0);
}

/* All slices of the most common pattern. */
static const struct sequence_request plain = {.takes = takes, .folder = "folder"};

/* Finds the slices of `names`, and compares them with `expected`: "s1.tif s2.tif | ignored ignored", behind
 * it " | aside aside" and " + other_#.tif 2" where there are any. */
static void assert_sequence(const char *const *names, size_t nnames, const char *expected)
{
    struct error error = {0};
    struct sequence sequence;
    char text[1024] = "";
    assert_int_equal(sequence_find(&sequence, names, nnames, &plain, &error), STATUS_OK);
    for (size_t i = 0; i < sequence.nslices; i++) {
        strcat(text, sequence.slices[i].name);
        strcat(text, " ");
    }
    strcat(text, "|");
    for (size_t i = 0; i < sequence.nignored; i++) {
        strcat(text, " ");
        strcat(text, sequence.ignored[i]);
    }
    for (size_t i = 0; i < sequence.naside; i++) {
        strcat(text, i ? " " : " | ");
        strcat(text, sequence.aside[i]);
    }
    for (size_t i = 1; i < sequence.npatterns; i++) {
        char *pattern = sequence_pattern_text(&sequence.patterns[i]);
        sprintf(text + strlen(text), " + %s %zu%s%s", pattern, sequence.patterns[i].count,
                sequence.patterns[i].byproduct ? " " : "", byproduct_text(sequence.patterns[i].byproduct));
        free(pattern);
    }
    assert_string_equal(text, expected);
    sequence_end(&sequence);
}

/* The message of a refusal holds every part that is given. */
static void assert_refused(const char *const *names, size_t nnames, const char *part1, const char *part2)
{
    struct error error = {0};
    struct sequence sequence;
    assert_int_equal(sequence_find(&sequence, names, nnames, &plain, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "folder: "));
    assert_non_null(strstr(error.message, part1));
    assert_non_null(strstr(error.message, part2));
    assert_null(strchr(error.message, '\n'));
}

#define ASSERT_SEQUENCE(expected, ...)                                                                       \
    do {                                                                                                     \
        const char *const list[] = {__VA_ARGS__};                                                            \
        assert_sequence(list, COUNT(list), expected);                                                        \
    } while (0)
#define ASSERT_REFUSED(part1, part2, ...)                                                                    \
    do {                                                                                                     \
        const char *const list[] = {__VA_ARGS__};                                                            \
        assert_refused(list, COUNT(list), part1, part2);                                                     \
    } while (0)

static void test_patterns(void **state)
{
    (void)state;
    ASSERT_SEQUENCE("s1.tif s2.tif s10.tif |", "s10.tif", "s2.tif", "s1.tif");
    ASSERT_SEQUENCE("0001.tif |", "0001.tif");
    ASSERT_SEQUENCE("s1.tif s2.TIF s3.Tif |", "s3.Tif", "s1.tif", "s2.TIF");
    ASSERT_SEQUENCE("scan_2023_0001.tif scan_2023_0002.tif | scan_2024_0001.tif", "scan_2024_0001.tif",
                    "scan_2023_0001.tif", "scan_2023_0002.tif");
    /* The most common pattern wins, wherever it sorts; its extension is part of it. */
    ASSERT_SEQUENCE("z1.tif z2.tif | a1.tif notes z1.bmp z3.tiff", "z1.bmp", "a1.tif", "z2.tif", "notes",
                    "z1.tif", "z3.tiff");
    /* Of equals the one whose first name sorts first. */
    ASSERT_SEQUENCE("a8.tif a9.tif | + b#.tif 2", "b1.tif", "a9.tif", "b2.tif", "a8.tif");
    ASSERT_SEQUENCE("aa1.tif aa2.tif | + b#.tif 2", "b1.tif", "aa2.tif", "b2.tif", "aa1.tif");
    ASSERT_SEQUENCE("S1.bmp S2.bmp | + S#.tif 2", "S2.tif", "S2.bmp", "S1.bmp", "S1.tif");
    /* The case of the prefix matters. */
    ASSERT_SEQUENCE("s2.tif s3.tif | S1.tif", "s2.tif", "S1.tif", "s3.tif");
    /* The number need not be the last one. */
    ASSERT_SEQUENCE("s_0001_8bit.tif s_0002_8bit.TIF |", "s_0002_8bit.TIF", "s_0001_8bit.tif");
    ASSERT_SEQUENCE("i_z0_c1.tif i_z1_c1.tif i_z2_c1.tif | + i_z#_c0.tif 2", "i_z0_c0.tif", "i_z1_c0.tif",
                    "i_z2_c1.tif", "i_z1_c1.tif", "i_z0_c1.tif");
}

/* What a SkyScan leaves in a folder: reconstructed slices are taken, however many projections there are. */
static void test_byproducts(void **state)
{
    (void)state;
    ASSERT_SEQUENCE(
        "m_rec0001.bmp m_rec0002.bmp | x | m.log m_rec.log m_rec_spr.bmp + m####.tif 3 projections",
        "m0000.tif", "m0001.tif", "m0002.tif", "m_rec0001.bmp", "m_rec0002.bmp", "m_rec_spr.bmp", "m.log",
        "m_rec.log", "x");
    ASSERT_SEQUENCE("m__rec07.bmp | + m#.tif 2 projections", "m1.tif", "m2.tif", "m__rec07.bmp");
    ASSERT_SEQUENCE("m_IR_rec1.bmp m_IR_rec2.bmp | + m#.tif 3 projections", "m1.tif", "m2.tif", "m3.tif",
                    "m_IR_rec1.bmp", "m_IR_rec2.bmp");
    /* Other prefixes' are not. */
    ASSERT_SEQUENCE("n1.tif n2.tif n3.tif | + m_rec#.bmp 2", "n1.tif", "n2.tif", "n3.tif", "m_rec1.bmp",
                    "m_rec2.bmp");
    /* A preview with a number in its name is no slice. */
    ASSERT_SEQUENCE("m1_rec1.bmp m1_rec2.bmp | | m1_rec_spr.bmp", "m1_rec_spr.bmp", "m1_rec1.bmp",
                    "m1_rec2.bmp");
}

/* Previews, projections and references that have numbers, however many there are. */
static void test_numbered_byproducts(void **state)
{
    (void)state;
    ASSERT_SEQUENCE("b_rec1.bmp b_rec2.bmp | + b_arc#.tif 3 by-products", "b_rec1.bmp", "b_rec2.bmp",
                    "b_arc0.tif", "b_arc1.tif", "b_arc2.tif");
    ASSERT_SEQUENCE(
        "b_rec1.bmp b_rec2.bmp | | b_rec.log + b#.tif 4 projections + b_rec_spr#.bmp 3 by-products"
        " + b_rec_arc#.bmp 2 by-products",
        "b_rec1.bmp", "b_rec2.bmp", "b_rec_spr0.bmp", "b_rec_spr1.bmp", "b_rec_spr2.bmp", "b_rec_arc0.bmp",
        "b_rec_arc1.bmp", "b_rec.log", "b1.tif", "b2.tif", "b3.tif", "b4.tif");
    ASSERT_SEQUENCE("Recon_1.tif Recon_2.tif | + Proj_#.tif 3 projections", "Recon_1.tif", "Recon_2.tif",
                    "Proj_1.tif", "Proj_2.tif", "Proj_3.tif");
    ASSERT_SEQUENCE("s_1.tif s_2.tif | + s_proj_#.tif 3 projections", "s_1.tif", "s_2.tif", "s_proj_1.tif",
                    "s_proj_2.tif", "s_proj_3.tif");
    /* One of a kind is a by-product, too; but of a single other image nobody wants a stack. */
    ASSERT_SEQUENCE("s1.tif s2.tif | | dark_1.tif flat_1.tif", "dark_1.tif", "flat_1.tif", "s2.tif",
                    "s1.tif");
    ASSERT_SEQUENCE("Proj_1.tif Proj_2.tif | view1.tif", "Proj_1.tif", "Proj_2.tif", "view1.tif");
    ASSERT_REFUSED("no two of its 2 images", "(s1.tif, t1.tif)", "dark_1.tif", "dark_2.tif", "s1.tif",
                   "t1.tif");
    ASSERT_SEQUENCE("s_1_z=3.tif s_2_z=5.tif | + dark_#.tif 3 by-products", "dark_1.tif", "dark_2.tif",
                    "dark_3.tif", "s_2_z=5.tif", "s_1_z=3.tif");
    /* Where there is nothing else they are slices as others. */
    ASSERT_SEQUENCE("dark_1.tif dark_2.tif | x.tif + flat_#.tif 2", "x.tif", "flat_1.tif", "flat_2.tif",
                    "dark_1.tif", "dark_2.tif");
    /* What only looks like one. */
    ASSERT_SEQUENCE("shark1.tif shark2.tif shark3.tif | + s#.tif 2", "s1.tif", "s2.tif", "shark1.tif",
                    "shark2.tif", "shark3.tif");
}

/* A few slices among any by-products, in random order, and then only these. */
static void test_random_byproducts(void **state)
{
    static const char *const words[] = {"spr",   "ARC",  "Proj",      "projection", "projections", "flat",
                                        "Flats", "dark", "darkfield", "DARKS",      "flatfield"};
    static const char *const before[] = {"", "s_", "s ", "bone-", "7", "a.b_"}, *const behind[] = {
                                                                                    "", "_", " ", "--", "."};
    enum { SLICES = 7, KINDS = 11, EACH_MAX = 20 };
    (void)state;
    for (uint64_t round = 0; round < 500; round++) {
        static char texts[SLICES + KINDS * EACH_MAX][48];
        const char *names[SLICES + KINDS * EACH_MAX];
        uint64_t seed = round;
        size_t count = 0, nslices = round % 2 ? 2 + temp_random(&seed) % (SLICES - 1) : 0,
               npatterns = nslices > 0;
        for (size_t i = 0; i < nslices; i++)
            snprintf(texts[count++], sizeof *texts, "s_%zu.tif", i);
        for (size_t kind = temp_random(&seed) % KINDS; kind < KINDS; kind += 1 + temp_random(&seed) % KINDS) {
            const char *start = before[temp_random(&seed) % 6], *joint = behind[temp_random(&seed) % 5];
            size_t each = 2 + temp_random(&seed) % (EACH_MAX - 1);
            for (size_t i = 0; i < each; i++)
                snprintf(texts[count++], sizeof *texts, "%s%s%s%02zu.tif", start, words[kind], joint, i);
            npatterns++;
        }
        for (size_t i = 0; i < count; i++) {
            size_t j = temp_random(&seed) % (i + 1);
            names[i] = names[j];
            names[j] = texts[i];
        }
        struct error error = {0};
        struct sequence sequence;
        assert_int_equal(sequence_find(&sequence, names, count, &plain, &error), STATUS_OK);
        assert_int_equal(sequence.npatterns, npatterns);
        assert_int_equal(sequence.naside + sequence.nignored, 0);
        for (size_t i = 0; i < npatterns; i++)
            assert_int_equal(sequence.patterns[i].byproduct != BYPRODUCT_NONE, nslices > 0 && i > 0);
        if (nslices > 0)
            assert_int_equal(sequence.nslices, nslices);
        for (size_t i = 0; i < nslices; i++)
            assert_ptr_equal(sequence.slices[i].name, texts[i]);
        for (size_t i = 1; i < npatterns; i++)
            assert_true(i == 1 || sequence.patterns[i].count <= sequence.patterns[i - 1].count);
        sequence_end(&sequence);
    }
}

static void test_names_without_a_common_pattern(void **state)
{
    (void)state;
    ASSERT_REFUSED("no two of its 2 images", "(S1.tif, s2.tif)", "s2.tif", "S1.tif", "notes.txt");
    ASSERT_REFUSED("no two of its 3 images", "(s1.tif, t1.tif ...)", "t1.tif", "u1.tif", "s1.tif");
    /* A series in which no number tells the names apart. */
    ASSERT_REFUSED("no two of its 3 images", "(s_01_02.tif, s_1_1.tif ...)", "s_1_1.tif", "s_2_2.tif",
                   "s_01_02.tif");
}

/* Several numbers differ: the first that is another in every name counts. */
static void test_series(void **state)
{
    (void)state;
    ASSERT_SEQUENCE("s_9_z=0.9um.tif s_10_z=1.0um.TIF s_11_z=1.05um.tif |", "s_11_z=1.05um.tif",
                    "s_10_z=1.0um.TIF", "s_9_z=0.9um.tif");
    ASSERT_SEQUENCE("a7_08_5.tif a7_10_4.tif | a_08_7.tif | b.log", "a7_10_4.tif", "a7_08_5.tif",
                    "a_08_7.tif", "b.log");
    ASSERT_SEQUENCE("d1_t2_1.tif d01_t3_2.tif d1_t04_3.tif |", "d1_t04_3.tif", "d1_t2_1.tif", "d01_t3_2.tif");
    /* As soon as two names differ in one number only, that is the pattern. */
    ASSERT_SEQUENCE("s_2_z5.tif s_3_z5.tif | s_1_z4.tif", "s_1_z4.tif", "s_2_z5.tif", "s_3_z5.tif");
    /* Gaps, and numbers of any length. */
    ASSERT_SEQUENCE("s18446744073709551613_1.tif s18446744073709551615_2.tif |",
                    "s18446744073709551615_2.tif", "s18446744073709551613_1.tif");
    ASSERT_REFUSED("s18446744073709551616_2.tif", "above", "s18446744073709551616_2.tif", "s1_1.tif");
    ASSERT_REFUSED("only 2 slices", "", "s1_1.tif", "s1000_2.tif");
    const char *const names[] = {"s_9_z=0.9um.tif", "s_10_z=1.0um.tif"};
    struct error error = {0};
    struct sequence sequence;
    assert_int_equal(sequence_find(&sequence, names, 2, &plain, &error), STATUS_OK);
    char *text = sequence_pattern_text(&sequence.patterns[0]);
    assert_string_equal(text, "s_*_z=*.*um.tif");
    free(text);
    assert_int_equal(sequence.patterns[0].width, 1);
    sequence_end(&sequence);
}

/* A random series: every name has its number, and between the same text other numbers, so that no two names
 * differ in one of them only; in random order. */
static void test_random_series(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 500; round++) {
        enum { MOST = 60 };
        static char texts[MOST][64];
        const char *names[MOST];
        uint64_t seed = round;
        size_t count = 2 + temp_random(&seed) % (MOST - 2);
        bool same_first = temp_random(&seed) % 2;
        int width = (int)(temp_random(&seed) % 4);
        for (size_t i = 0; i < count; i++) {
            size_t j = temp_random(&seed) % (i + 1);
            snprintf(texts[i], sizeof *texts, "%sa%0*zu_%zu.%zu%s", same_first ? "x26_" : "", width, 5 + i,
                     i / 3, 100 + (2 * count - i) * (2 * count - i),
                     temp_random(&seed) % 2 ? ".tif" : ".TIF");
            names[i] = names[j];
            names[j] = texts[i];
        }
        struct error error = {0};
        struct sequence sequence;
        assert_int_equal(sequence_find(&sequence, names, count, &plain, &error), STATUS_OK);
        assert_int_equal(sequence.nslices, count);
        for (size_t i = 0; i < count; i++) {
            assert_ptr_equal(sequence.slices[i].name, texts[i]);
            assert_true(sequence.slices[i].number == 5 + i);
        }
        sequence_end(&sequence);
    }
}

/* The slices that `wanted` names, as ASSERT_SEQUENCE shows them. */
static void assert_wanted(const char *wanted, const char *expected)
{
    static const char *const names[] = {
        "s_0001.tif", "s_0002.tif", "s_0002.bmp", "s_0003.TIF", "p1.tif",  "p2.tif",     "p10.tif",
        "p3_spr.tif", "q  8.tif",   "q 10.tif",   "q  9.tif",   "s_a.tif", "s_0001.log", "q#1_7.tif",
    };
    struct error error = {0};
    struct sequence sequence;
    struct name_pattern pattern;
    char text[1024] = "";
    const struct sequence_request request = {.takes = takes, .wanted = &pattern, .folder = "folder"};
    assert_int_equal(name_pattern_parse(&pattern, wanted, &error), STATUS_OK);
    assert_int_equal(sequence_find(&sequence, names, COUNT(names), &request, &error), STATUS_OK);
    for (size_t i = 0; i < sequence.nslices; i++)
        sprintf(text + strlen(text), "%s ", sequence.slices[i].name);
    strcat(text, "|");
    for (size_t i = 0; i < sequence.nignored; i++)
        sprintf(text + strlen(text), " %s", sequence.ignored[i]);
    for (size_t i = 0; i < sequence.naside; i++)
        sprintf(text + strlen(text), " (%s)", sequence.aside[i]);
    assert_string_equal(text, expected);
    sequence_end(&sequence);
}

static void test_wanted_patterns(void **state)
{
    (void)state;
    assert_wanted("s_%04d.tif", "s_0001.tif s_0002.tif s_0003.TIF |");
    assert_wanted("s_####.bmp", "s_0002.bmp |");
    assert_wanted("s_*", "s_0001.tif s_0002.tif s_0003.TIF | s_0002.bmp s_a.tif (s_0001.log)");
    assert_wanted("p%d.tif", "p1.tif p2.tif p10.tif |");
    assert_wanted("p*", "p1.tif p2.tif p10.tif | (p3_spr.tif)");
    assert_wanted("q%3d.tif", "q  8.tif q  9.tif q 10.tif |");
    assert_wanted("q#1_#.tif", "q#1_7.tif |");
    assert_wanted("q%2d.tif", "|");
    assert_wanted("none*", "|");
}

static void test_names_that_are_no_slices(void **state)
{
    (void)state;
    assert_sequence(NULL, 0, "|");
    ASSERT_SEQUENCE("x_0001_mask.tif | 1 1.tif.bak a.tif slice.tif slice1 | slice1.txt", "1", "a.tif",
                    "slice.tif", "slice1", "slice1.txt", "1.tif.bak", "x_0001_mask.tif");
    /* Hidden files: as many as slices, and sorting before them. */
    ASSERT_SEQUENCE("s1.tif s2.tif | .1.tif | ._s1.tif ._s2.tif", "._s1.tif", "s1.tif", "._s2.tif", "s2.tif",
                    ".1.tif");
}

static void test_odd_names(void **state)
{
    (void)state;
    ASSERT_SEQUENCE("a\nb1.tif a\nb2.tif | | a\n1.txt", "a\nb2.tif", "a\nb1.tif", "a\n1.txt");
    ASSERT_SEQUENCE("M\xc3\xa4use-1.tif M\xc3\xa4use-2.tif |", "M\xc3\xa4use-2.tif", "M\xc3\xa4use-1.tif");
    ASSERT_SEQUENCE("\xff 1.tif \xff 2.tif | \xff\xfe 1.tif | \xff 1.txt", "\xff\xfe 1.tif", "\xff 1.txt",
                    "\xff 2.tif", "\xff 1.tif");
    ASSERT_SEQUENCE("-1.tif -2.tif |", "-2.tif", "-1.tif"); /* a hyphen, not a sign */
    /* Digits of other scripts are part of the prefix. */
    ASSERT_SEQUENCE("\xd9\xa1"
                    "7.tif | \xd9\xa1.tif",
                    "\xd9\xa1.tif",
                    "\xd9\xa1"
                    "7.tif");
    ASSERT_REFUSED("a\\x0ab1.tif", "a\\x0ab01.tif", "a\nb1.tif", "a\nb01.tif");
}

static void test_duplicates_are_refused(void **state)
{
    (void)state;
    ASSERT_REFUSED("s01.tif", "s1.tif", "s1.tif", "s2.tif", "s01.tif");
    ASSERT_REFUSED("s1.TIF", "s1.tif", "s1.tif", "s2.tif", "s1.TIF");
    ASSERT_REFUSED("s0.tif", "s000.tif", "s000.tif", "s0.tif");
    /* In a pattern that is not taken they do not matter. */
    ASSERT_SEQUENCE("b1.tif b2.tif b3.tif | + a#.tif 2", "a1.tif", "a01.tif", "b1.tif", "b2.tif", "b3.tif");
}

static void test_long_numbers(void **state)
{
    (void)state;
    ASSERT_SEQUENCE("18446744073709551614.tif 18446744073709551615.tif |", "18446744073709551615.tif",
                    "18446744073709551614.tif");
    ASSERT_SEQUENCE("00000000000000000000000000000000000007.tif |",
                    "00000000000000000000000000000000000007.tif");
    ASSERT_REFUSED("s18446744073709551616.tif", "above 18446744073709551615", "s18446744073709551616.tif");
    ASSERT_REFUSED("s99999999999999999999999999.tif", "above", "s1.tif", "s99999999999999999999999999.tif");
    ASSERT_SEQUENCE("s1.tif s2.tif | t99999999999999999999999999.tif", "s1.tif", "s2.tif",
                    "t99999999999999999999999999.tif");
}

static void test_stray_numbers_are_refused(void **state)
{
    (void)state;
    ASSERT_REFUSED("s1.tif", "s4000000000.tif", "s1.tif", "s2.tif", "s4000000000.tif");
    ASSERT_REFUSED("s0.tif", "s18446744073709551615.tif", "s0.tif", "s18446744073709551615.tif");
    ASSERT_SEQUENCE("s1.tif s102.tif |", "s1.tif", "s102.tif"); /* 100 missing */
    ASSERT_REFUSED("only 2 slices", "101 numbers", "s1.tif", "s103.tif");
    ASSERT_REFUSED("more than half", "; leave their places empty with --missing ignore, ", "s1.tif",
                   "s103.tif");
}

/* The positions of what `request` asks for are those `expected`, "7-90"; or that is part of the message. */
static void assert_part(struct sequence_request request, const char *expected)
{
    static const char *const names[] = {"s7.tif",   "s8.tif",   "s9.tif",       "s107.tif",    "s500.tif",
                                        "s900.tif", "t700.tif", "s4000000.tif", "s5000000.tif"};
    struct error error = {0};
    struct sequence sequence;
    char text[1024];
    bool found;
    request.takes = takes;
    request.folder = "folder";
    found = sequence_find(&sequence, names, COUNT(names), &request, &error) == STATUS_OK;
    if (found) {
        assert_int_equal(sequence.nslices, 8); /* of all, whatever is in the range */
        snprintf(text, sizeof text, "%" PRIu64 "-%" PRIu64, sequence.first, sequence.last);
        assert_int_equal(sequence_positions(&sequence), sequence.last - sequence.first + 1);
        sequence_end(&sequence);
    } else {
        assert_int_equal(error.status, STATUS_INPUT);
        snprintf(text, sizeof text, "%s", error.message);
    }
    if (found ? strcmp(text, expected) != 0 : !strstr(text, expected))
        fail_msg("%s: expected %s", text, expected);
}

#define PART(first_number, last_number, keeps)                                                               \
    (struct sequence_request)                                                                                \
    {                                                                                                        \
        .range = {true, first_number, last_number}, .keeps_gaps = keeps                                      \
    }

/* Only what a range takes counts. */
static void test_ranges_of_sparse_stacks(void **state)
{
    (void)state;
    /* What --missing ignore would not help is not said to be helped by it. */
    for (int keeps = 0; keeps < 2; keeps++)
        assert_part(
            (struct sequence_request){.keeps_gaps = keeps},
            "from s7.tif to s5000000.tif there are only 8 slices for more than 1000000 positions; take");
    assert_part(PART(0, 9, false), "7-9");
    assert_part(PART(0, 99, false), "7-99"); /* 90 missing */
    assert_part(PART(8, 107, false), "8-107");
    assert_part(PART(9, 120, false),
                "in the range 9:120 there are only 2 slices, and 110 numbers, more than");
    assert_part(PART(10, 499, false),
                "in the range 10:499 there is only 1 slice, and 489 numbers, more than");
    assert_part(PART(500, 500, false), "500-500");
    assert_part(PART(10, 499, true), "10-499");
    assert_part(PART(0, 900, true), "7-900");
    assert_part(PART(4000001, UINT64_MAX, true), "4000001-5000000"); /* a million */
    assert_part(PART(4000000, UINT64_MAX, true),
                "in the range 4000000: there are only 2 slices for more than 1000000");
    assert_part(PART(5000000, UINT64_MAX, false), "5000000-5000000");
    assert_part(PART(501, 899, true),
                "folder: none of its slices is in the range 501:899; they are 7 to 5000000");
    assert_part(PART(5000001, UINT64_MAX, true), "in the range 5000001:; they are 7 to 5000000");
    assert_part(PART(0, 6, false), "in the range 0:6; they are 7 to 5000000");
}

static void test_width(void **state)
{
    (void)state;
    const struct {
        const char *names[3];
        unsigned width;
    } cases[] = {
        {{"s1.tif", "s2.tif", "s10.tif"}, 1},
        {{"s098.tif", "s099.tif", "s100.tif"}, 3},
        {{"s99.tif", "s100.tif", "s101.tif"}, 2},
        {{"s10000.tif", "s9998.tif", "s09999.tif"}, 4},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error = {0};
        struct sequence sequence;
        assert_int_equal(sequence_find(&sequence, cases[i].names, 3, &plain, &error), STATUS_OK);
        assert_int_equal(sequence.patterns[0].width, cases[i].width);
        sequence_end(&sequence);
    }
}

/* One random folder: numbers that are each at most one behind the last or leave a gap, in random order among
 * strays. */
static void check_random_folder(uint64_t *seed)
{
    enum { SLICES = 120, STRAYS = 20 };
    static char texts[SLICES + STRAYS][32];
    const char *names[SLICES + STRAYS];
    uint64_t numbers[SLICES];
    size_t nslices = STRAYS + 1 + temp_random(seed) % (SLICES - STRAYS), nstrays = temp_random(seed) % STRAYS;
    int width = (int)(temp_random(seed) % 7);
    uint64_t number = (uint64_t)temp_random(seed) >> (temp_random(seed) % 31);
    uint32_t positions = 1;
    for (size_t i = 0; i < nslices; i++) {
        numbers[i] = number;
        snprintf(texts[i], sizeof *texts, "p%d_%0*" PRIu64 ".%s", width, width, number,
                 temp_random(seed) % 2 ? "tif" : "TIF");
        uint32_t step = 1 + (temp_random(seed) % 4 == 0);
        number += step;
        positions += i + 1 < nslices ? step : 0;
    }
    for (size_t i = 0; i < nstrays; i++)
        snprintf(texts[nslices + i], sizeof *texts, "q%zu.tif", 1 + i);
    for (size_t i = 0; i < nslices + nstrays; i++) {
        size_t j = temp_random(seed) % (i + 1);
        names[i] = names[j];
        names[j] = texts[i];
    }
    struct error error = {0};
    struct sequence sequence;
    assert_int_equal(sequence_find(&sequence, names, nslices + nstrays, &plain, &error), STATUS_OK);
    assert_int_equal(sequence.nslices, nslices);
    bool are_pattern = nstrays > 1;
    assert_int_equal(sequence.npatterns, are_pattern ? 2 : 1);
    assert_int_equal(sequence.nignored, are_pattern ? 0 : nstrays);
    assert_int_equal(sequence.patterns[are_pattern ? 1 : 0].count, are_pattern ? nstrays : nslices);
    for (size_t i = 0; i < nslices; i++) {
        assert_ptr_equal(sequence.slices[i].name, texts[i]);
        assert_true(sequence.slices[i].number == numbers[i]);
    }
    assert_int_equal(sequence_positions(&sequence), positions);
    sequence_end(&sequence);
}

static void test_random_folders(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 500; round++) {
        uint64_t seed = round;
        check_random_folder(&seed);
    }
}

static void test_ranges(void **state)
{
    (void)state;
    struct error error = {0};
    struct ranges ranges = {.width = 4};
    char *text;
    assert_int_equal(ranges_take(&ranges, &text, &error), STATUS_OK);
    assert_string_equal(text, "");
    free(text);
    for (uint64_t i = 120; i <= 123; i++)
        assert_int_equal(ranges_add(&ranges, i, i, &error), STATUS_OK);
    assert_int_equal(ranges_add(&ranges, 977, 977, &error), STATUS_OK);
    assert_int_equal(ranges_add(&ranges, 12345, 12399, &error), STATUS_OK);
    assert_int_equal(ranges_add(&ranges, UINT64_MAX - 1, UINT64_MAX, &error), STATUS_OK);
    assert_int_equal(ranges_take(&ranges, &text, &error), STATUS_OK);
    assert_string_equal(text, "0120-0123, 0977, 12345-12399, 18446744073709551614-18446744073709551615");
    char shown[64];
    assert_string_equal(ranges_show(shown, sizeof shown, text), "0120-0123, 0977, 12345-12399, ...");
    assert_string_equal(ranges_show(shown, sizeof shown, "7-9"), "7-9");
    free(text);
}

static void test_many_ranges(void **state)
{
    (void)state;
    struct error error = {0};
    struct ranges ranges = {.width = 200};
    char *text;
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(ranges_add(&ranges, 10 * i, 10 * i + i % 3, &error), STATUS_OK);
    assert_int_equal(ranges_take(&ranges, &text, &error), STATUS_OK);
    const char *at = text;
    for (uint64_t i = 0; i < 1000; i++) {
        char *end;
        assert_true(strtoull(at, &end, 10) == 10 * i && end == at + 200);
        if (i % 3 != 0)
            assert_true(*end == '-' && strtoull(end + 1, &end, 10) == 10 * i + i % 3);
        assert_true(i == 999 ? *end == '\0' : strncmp(end, ", ", 2) == 0);
        at = end + 2;
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_names_that_are_no_slices),
        cmocka_unit_test(test_odd_names),
        cmocka_unit_test(test_byproducts),
        cmocka_unit_test(test_numbered_byproducts),
        cmocka_unit_test(test_random_byproducts),
        cmocka_unit_test(test_names_without_a_common_pattern),
        cmocka_unit_test(test_wanted_patterns),
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_random_series),
        cmocka_unit_test(test_duplicates_are_refused),
        cmocka_unit_test(test_long_numbers),
        cmocka_unit_test(test_stray_numbers_are_refused),
        cmocka_unit_test(test_ranges_of_sparse_stacks),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_random_folders),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_many_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
