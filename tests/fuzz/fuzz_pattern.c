/* SPDX-License-Identifier: MIT
 * A pattern of names, on the first line, and the names of a folder on the others: what matches holds its
 * number where it is said to, and groups take each name once. */
#include "fuzz.h"
#include "stack/byproduct.h"
#include "stack/name_groups.h"
#include "stack/name_pattern.h"

#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 256 };

static void check_number(const char *name, const struct name_number *number)
{
    FUZZ_REQUIRE(number->prefix_bytes + number->n_bytes <= strlen(name));
    FUZZ_REQUIRE(number->ndigits <= number->n_bytes && number->ndigits > 0);
    const char *digits = name + number->prefix_bytes + number->n_bytes - number->ndigits;
    FUZZ_REQUIRE(strspn(digits, "0123456789") >= number->ndigits);
}

static void check_byproduct(const char *name)
{
    size_t n, n_bytes = strlen(name);
    byproduct_is_one(name);
    for (size_t i = 0; i <= n_bytes; i++)
        FUZZ_REQUIRE(byproduct_of_prefix(name, i) == BYPRODUCT_NONE || i >= strlen("spr"));
    for (unsigned i = 0; byproduct_projections(name, n_bytes, i, &n); i++)
        FUZZ_REQUIRE(n <= n_bytes && i < 3 * n_bytes);
}

static void check_groups(const char *const *names, size_t nnames, const struct name_pattern *wanted)
{
    struct name_groups groups;
    struct error error = {0};
    size_t count = 0;
    bool seen[LINES_MAX] = {false};
    FUZZ_REQUIRE(name_groups_find(&groups, names, nnames, wanted, &error) == STATUS_OK);
    for (size_t i = 0; i < groups.ngroups; i++) {
        const struct name_group *group = &groups.groups[i];
        FUZZ_REQUIRE(group->first == count && group->count > 0);
        FUZZ_REQUIRE(i == 0 || group->count <= group[-1].count);
        for (; count < group->first + group->count; count++) {
            const struct name_reading *reading = &groups.readings[count];
            FUZZ_REQUIRE(reading->index < nnames && names[reading->index] == reading->name);
            FUZZ_REQUIRE(!seen[reading->index]);
            seen[reading->index] = true;
            check_number(reading->name, &reading->number);
            FUZZ_REQUIRE(name_reading_compare(reading, &groups.readings[group->first]) == 0);
        }
    }
    name_groups_end(&groups);
}

/* The names without those that are there already. */
static size_t drop_doubles(char **names, size_t nnames)
{
    size_t n = 0;
    for (size_t i = 0; i < nnames; i++) {
        bool double_name = false;
        for (size_t k = 0; k < n; k++)
            double_name = double_name || strcmp(names[k], names[i]) == 0;
        if (!double_name)
            names[n++] = names[i];
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    char *lines[LINES_MAX], *text = fuzz_string(data, n_bytes);
    size_t n = fuzz_split(text, lines, LINES_MAX);
    struct name_pattern pattern;
    struct error error = {0};
    char **names = lines + 1;
    size_t nnames = drop_doubles(names, n - 1);
    enum status status = name_pattern_parse(&pattern, lines[0], &error);
    FUZZ_REQUIRE(status == error.status);
    if (status != STATUS_OK)
        fuzz_check_error(&error, STATUS_USAGE, "");
    for (size_t i = 0; i < nnames; i++) {
        struct name_number number;
        check_byproduct(names[i]);
        if (status == STATUS_OK && name_pattern_match(&pattern, names[i], &number) && number.n_bytes > 0)
            check_number(names[i], &number);
    }
    check_groups((const char *const *)names, nnames, NULL);
    if (status == STATUS_OK)
        check_groups((const char *const *)names, nnames, &pattern);
    free(text);
    return 0;
}
