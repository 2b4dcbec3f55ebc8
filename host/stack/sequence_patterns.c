/* SPDX-License-Identifier: MIT */
#include "stack/sequence_patterns.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct sequence_pattern sequence_pattern_of(const struct name_groups *groups, size_t group)
{
    const struct name_reading *readings = &groups->readings[groups->groups[group].first], *lowest = NULL;
    struct sequence_pattern pattern = {.width = UINT_MAX, .count = groups->groups[group].count};
    uint64_t number, low = 0;
    for (size_t i = 0; i < pattern.count; i++) {
        if (readings[i].number.ndigits < pattern.width)
            pattern.width = (unsigned)readings[i].number.ndigits;
        if (!name_reading_value(&readings[i], &number))
            number = UINT64_MAX;
        if (!lowest || number < low) {
            lowest = &readings[i];
            low = number;
        }
    }
    pattern.name = lowest->name;
    pattern.number = lowest->number;
    pattern.byproduct = byproduct_of_prefix(pattern.name, pattern.number.prefix_bytes);
    return pattern;
}

/* Whether a pattern's suffix is its extension, and nothing else. */
static bool is_plain(const struct sequence_pattern *pattern)
{
    const char *suffix = pattern->name + pattern->number.prefix_bytes + pattern->number.n_bytes;
    return suffix[0] == '.' && !strchr(suffix + 1, '.');
}

/* Any order of prefixes that is total. */
static int compare_prefixes(const void *left, const void *right)
{
    const struct sequence_pattern *a = *(struct sequence_pattern *const *)left;
    const struct sequence_pattern *b = *(struct sequence_pattern *const *)right;
    size_t a_bytes = a->number.prefix_bytes, b_bytes = b->number.prefix_bytes;
    if (a_bytes != b_bytes)
        return a_bytes < b_bytes ? -1 : 1;
    return memcmp(a->name, b->name, a_bytes);
}

/* Marks all of the sorted `plain` patterns whose prefix is that of `key`. */
static void mark_prefix(struct sequence_pattern **plain, size_t nplain, const struct sequence_pattern *key)
{
    size_t low = 0, high = nplain;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_prefixes(&plain[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < nplain && compare_prefixes(&plain[low], &key) == 0; low++)
        plain[low]->byproduct = BYPRODUCT_PROJECTIONS;
}

/* Marks the patterns that are projections of others. */
static enum status mark_projections(struct sequence_pattern *patterns, size_t npatterns, struct error *error)
{
    size_t nplain = 0, n_bytes;
    struct sequence_pattern **plain = calloc(npatterns + 1, sizeof *plain);
    if (!plain)
        return error_no_memory(error, npatterns * sizeof *plain, "the names of a folder");
    for (size_t i = 0; i < npatterns; i++)
        if (is_plain(&patterns[i]))
            plain[nplain++] = &patterns[i];
    qsort(plain, nplain, sizeof *plain, compare_prefixes);
    for (size_t i = 0; i < npatterns; i++) {
        struct sequence_pattern key = patterns[i];
        if (key.byproduct != BYPRODUCT_NONE)
            continue; /* what is projections of one that is marked is so of the one that marked it */
        for (unsigned k = 0;
             byproduct_projections(patterns[i].name, patterns[i].number.prefix_bytes, k, &n_bytes); k++) {
            key.number.prefix_bytes = n_bytes;
            mark_prefix(plain, nplain, &key);
        }
    }
    free(plain);
    return STATUS_OK;
}

/* Takes the marks away when no two names have none: somebody wants what has. */
static void unmark_all(struct sequence_pattern *patterns, size_t npatterns)
{
    size_t nunmarked = 0;
    for (size_t i = 0; i < npatterns; i++)
        nunmarked += patterns[i].byproduct == BYPRODUCT_NONE ? patterns[i].count : 0;
    for (size_t i = 0; i < npatterns && nunmarked < 2; i++)
        patterns[i].byproduct = BYPRODUCT_NONE;
}

enum status sequence_patterns_describe(struct sequence_pattern **patterns, const struct name_groups *groups,
                                       struct error *error)
{
    *patterns = calloc(groups->ngroups, sizeof **patterns);
    if (!*patterns)
        return error_no_memory(error, groups->ngroups * sizeof **patterns, "the names of a folder");
    for (size_t i = 0; i < groups->ngroups; i++)
        (*patterns)[i] = sequence_pattern_of(groups, i);
    unmark_all(*patterns, groups->ngroups);
    return mark_projections(*patterns, groups->ngroups, error);
}
