/* SPDX-License-Identifier: MIT
 * Names sorted into groups, against an oracle that does what name_groups.h says word by word, in cubic time.
 */
#include "stack/name_groups.h"
#include "temp_folder.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NAMES = 40, NAME_BYTES = 64, RUNS = 8 };

/* One way to see a name: its number replaced by a #, the extension in lower case. */
struct oracle_reading {
    char pattern[NAME_BYTES];
    size_t prefix_bytes;
};

struct oracle_name {
    const char *name;
    struct oracle_reading readings[RUNS];
    size_t nreadings;
    int group; /* -1: none yet */
};

static void oracle_read(struct oracle_name *of, const char *name)
{
    const char *dot = strrchr(name, '.');
    *of = (struct oracle_name){.name = name, .group = -1};
    if (!dot || name[0] == '.')
        return;
    for (const char *c = name; c < dot; c++) {
        if (!isdigit((unsigned char)*c) || (c > name && isdigit((unsigned char)c[-1])))
            continue;
        struct oracle_reading *reading = &of->readings[of->nreadings++];
        const char *end = c;
        while (isdigit((unsigned char)*end))
            end++;
        reading->prefix_bytes = (size_t)(c - name);
        snprintf(reading->pattern, NAME_BYTES, "%.*s#%s", (int)(c - name), name, end);
        for (char *lower = strrchr(reading->pattern, '.'); *lower; lower++)
            *lower = (char)tolower((unsigned char)*lower);
    }
}

/* How many names that are in no group yet may be of `pattern`, and which of all names is the first one. */
static size_t oracle_count(const struct oracle_name *names, size_t nnames, const char *pattern,
                           const char **first)
{
    size_t count = 0;
    *first = NULL;
    for (size_t i = 0; i < nnames; i++)
        for (size_t k = 0; k < names[i].nreadings; k++)
            if (strcmp(names[i].readings[k].pattern, pattern) == 0) {
                count += names[i].group < 0;
                if (!*first || strcmp(names[i].name, *first) < 0)
                    *first = names[i].name;
            }
    return count;
}

/* The next group; "" when there is none. */
static void oracle_best(const struct oracle_name *names, size_t nnames, struct oracle_reading *best)
{
    size_t best_count = 0;
    const char *best_first = NULL;
    best->pattern[0] = '\0';
    for (size_t i = 0; i < nnames; i++)
        for (size_t k = 0; k < names[i].nreadings && names[i].group < 0; k++) {
            const struct oracle_reading *reading = &names[i].readings[k];
            const char *first;
            size_t count = oracle_count(names, nnames, reading->pattern, &first);
            int order = best_first ? strcmp(first, best_first) : -1;
            if (count > best_count ||
                (count == best_count &&
                 (order < 0 || (order == 0 && reading->prefix_bytes > best->prefix_bytes)))) {
                *best = *reading;
                best_count = count;
                best_first = first;
            }
        }
}

static size_t oracle_groups(struct oracle_name *names, size_t nnames)
{
    for (int group = 0;; group++) {
        struct oracle_reading best;
        oracle_best(names, nnames, &best);
        if (best.pattern[0] == '\0')
            return (size_t)group;
        for (size_t i = 0; i < nnames; i++)
            for (size_t k = 0; k < names[i].nreadings; k++)
                if (names[i].group < 0 && strcmp(names[i].readings[k].pattern, best.pattern) == 0)
                    names[i].group = group;
    }
}

static void assert_same(const struct name_groups *groups, const struct oracle_name *names, size_t nnames,
                        size_t ngroups)
{
    size_t grouped = 0, next = 0;
    assert_int_equal(groups->ngroups, ngroups);
    for (size_t g = 0; g < ngroups; g++) {
        assert_int_equal(groups->groups[g].first, next);
        assert_true(groups->groups[g].count > 0);
        next += groups->groups[g].count;
        for (size_t i = groups->groups[g].first; i < next; i++) {
            const struct name_reading *reading = &groups->readings[i];
            assert_ptr_equal(reading->name, names[reading->index].name);
            assert_int_equal(names[reading->index].group, g);
            assert_int_equal(strspn(reading->name + reading->number.prefix_bytes, "0123456789"),
                             reading->number.ndigits);
            assert_int_equal(reading->number.ndigits, reading->number.n_bytes);
            assert_int_equal(name_reading_compare(reading, &groups->readings[groups->groups[g].first]), 0);
            assert_true(i == groups->groups[g].first || strcmp(reading[-1].name, reading->name) < 0);
        }
    }
    for (size_t i = 0; i < nnames; i++)
        grouped += names[i].group >= 0;
    assert_int_equal(next, grouped);
}

/* A name of a few parts that are often the same, so that groups cross. */
static void random_name(char *name, uint64_t *seed)
{
    static const char *const words[] = {"s", "z", "c", "_", "s_", "-", ""};
    static const char *const ends[] = {".tif", ".tif", ".TIF", ".bmp", "_x.tif", "", ".tar.tif", ".jp2"};
    unsigned nparts = 1 + temp_random(seed) % 3;
    name[0] = '\0';
    for (unsigned i = 0; i < nparts; i++) {
        strcat(name, words[temp_random(seed) % 7]);
        unsigned width = 1 + temp_random(seed) % 2 * 2, number = temp_random(seed) % 5;
        if (temp_random(seed) % 8)
            sprintf(name + strlen(name), "%0*u", (int)width, number);
    }
    strcat(name, ends[temp_random(seed) % 8]);
    if (temp_random(seed) % 32 == 0)
        name[0] = '.';
}

static void test_random_names(void **state)
{
    (void)state;
    size_t nseveral = 0;
    for (uint64_t round = 0; round < 3000; round++) {
        static char texts[NAMES][NAME_BYTES];
        struct oracle_name oracle[NAMES];
        const char *names[NAMES];
        uint64_t seed = round;
        size_t nnames = 0, wanted = temp_random(&seed) % NAMES;
        for (size_t tries = 0; nnames < wanted && tries < 200; tries++) {
            size_t i = 0;
            random_name(texts[nnames], &seed);
            while (i < nnames && strcmp(texts[i], texts[nnames]) != 0)
                i++;
            if (i < nnames)
                continue;
            names[nnames] = texts[nnames];
            oracle_read(&oracle[nnames], names[nnames]);
            nseveral += oracle[nnames].nreadings > 1;
            nnames++;
        }
        struct error error = {0};
        struct name_groups groups;
        assert_int_equal(name_groups_find(&groups, names, nnames, NULL, &error), STATUS_OK);
        size_t ngroups = oracle_groups(oracle, nnames);
        assert_same(&groups, oracle, nnames, ngroups);
        name_groups_end(&groups);
    }
    assert_true(nseveral > 10000);
}

/* The groups of `names`, as "c#.tif 2 ...". */
static void assert_groups(const char *const *names, size_t nnames, const char *expected)
{
    struct error error = {0};
    struct name_groups groups;
    char text[512] = "";
    assert_int_equal(name_groups_find(&groups, names, nnames, NULL, &error), STATUS_OK);
    for (size_t g = 0; g < groups.ngroups; g++) {
        const struct name_reading *first = &groups.readings[groups.groups[g].first];
        size_t prefix = first->number.prefix_bytes;
        sprintf(text + strlen(text), "%s%.*s#%s %zu", g ? ", " : "", (int)prefix, first->name,
                first->name + prefix + first->number.n_bytes, groups.groups[g].count);
    }
    assert_string_equal(text, expected);
    name_groups_end(&groups);
}

#define ASSERT_GROUPS(expected, ...)                                                                         \
    do {                                                                                                     \
        const char *const list[] = {__VA_ARGS__};                                                            \
        assert_groups(list, sizeof list / sizeof *list, expected);                                           \
    } while (0)

static void test_known_names(void **state)
{
    (void)state;
    ASSERT_GROUPS("img_z#_c0.tif 3, img_z#_c1.tif 2", "img_z0_c0.tif", "img_z0_c1.tif", "img_z1_c0.tif",
                  "img_z1_c1.tif", "img_z2_c0.tif");
    ASSERT_GROUPS("slice_#_8bit.tif 2", "slice_0001_8bit.tif", "slice_0002_8bit.tif");
    /* A name alone, and a square: the last number. */
    ASSERT_GROUPS("scan_2023_#.tif 1", "scan_2023_0001.tif");
    ASSERT_GROUPS("a1_#.tif 2, a2_#.tif 2", "a1_1.tif", "a1_2.tif", "a2_1.tif", "a2_2.tif");
    /* No number behind the last dot is one. */
    ASSERT_GROUPS("a#.jp2 2", "a1.jp2", "a2.jp2");
    ASSERT_GROUPS("", "a.jp2", ".1.tif", "1", "a.1");
}

/* A hundred thousand names, and names of many numbers, do not take long. */
static void test_many_names(void **state)
{
    (void)state;
    enum { MANY = 100000, SIDE = 47, LONG = 2000 };
    char(*texts)[NAME_BYTES + 200] = calloc(MANY, sizeof *texts);
    const char **names = calloc(MANY, sizeof *names);
    struct error error = {0};
    struct name_groups groups;
    assert_true(texts && names);
    for (unsigned i = 0; i < MANY; i++) {
        sprintf(texts[i], "t%02u_x%02u_y%02u.tif", i % SIDE, i / SIDE % SIDE, i / SIDE / SIDE);
        names[i] = texts[i];
    }
    assert_int_equal(name_groups_find(&groups, names, MANY, NULL, &error), STATUS_OK);
    assert_int_equal(groups.groups[0].count, SIDE);
    name_groups_end(&groups);
    for (unsigned i = 0; i < LONG; i++) {
        char *to = texts[i];
        for (unsigned k = 0; k < 100; k++)
            to += sprintf(to, "%ux", (i >> k % 11) & 1);
        sprintf(to, "%u.tif", i);
    }
    assert_int_equal(name_groups_find(&groups, names, LONG, NULL, &error), STATUS_OK);
    name_groups_end(&groups);
    free(names);
    free(texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_names),
        cmocka_unit_test(test_known_names),
        cmocka_unit_test(test_many_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
