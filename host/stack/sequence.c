/* SPDX-License-Identifier: MIT
 * Names that cannot be slices' are put aside; the rest is sorted into groups of one pattern each; the largest
 * group that are no projections is taken, and sorted by number. */
#include "stack/sequence.h"

#include "base/printable.h"
#include "stack/byproduct.h"
#include "stack/name_groups.h"
#include "stack/name_series.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int compare_slices(const void *left, const void *right)
{
    const struct sequence_slice *a = left, *b = right;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return strcmp(a->name, b->name);
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The value of a reading's digits; false when it does not fit. */
static bool read_number(const struct name_reading *reading, uint64_t *number)
{
    const struct name_number *at = &reading->number;
    const char *end = reading->name + at->prefix_bytes + at->n_bytes;
    *number = 0;
    for (const char *digit = end - at->ndigits; digit < end; digit++)
        if (__builtin_mul_overflow(*number, 10u, number) ||
            __builtin_add_overflow(*number, (unsigned)(*digit - '0'), number))
            return false;
    return true;
}

/* Names as a message shows them: short enough that all of the message fits. */
struct shown {
    char folder[384], first[200], second[200];
};

static void show(struct shown *shown, const char *folder, const char *first, const char *second)
{
    printable(shown->folder, sizeof shown->folder, folder);
    printable(shown->first, sizeof shown->first, first);
    printable(shown->second, sizeof shown->second, second);
}

/* Turns the readings of one group into the slices of `sequence`, by number. */
static enum status number_slices(struct sequence *sequence, const struct name_reading *readings, size_t count,
                                 const char *folder, struct error *error)
{
    struct shown shown;
    sequence->slices = calloc(count, sizeof *sequence->slices);
    if (!sequence->slices)
        return error_no_memory(error, count * sizeof *sequence->slices, "the names of a folder");
    for (size_t i = 0; i < count; i++) {
        struct sequence_slice *slice = &sequence->slices[i];
        slice->name = readings[i].name;
        if (!read_number(&readings[i], &slice->number)) {
            show(&shown, folder, slice->name, "");
            return error_set(error, STATUS_INPUT,
                             "%s: the number of %s is above %" PRIu64 "; rename that file", shown.folder,
                             shown.first, UINT64_MAX);
        }
    }
    sequence->nslices = count;
    qsort(sequence->slices, count, sizeof *sequence->slices, compare_slices);
    return STATUS_OK;
}

/* Every number once, and no more gaps than a stack may have. */
static enum status check_numbers(const struct sequence *sequence, const char *folder, struct error *error)
{
    struct shown shown;
    const struct sequence_slice *slices = sequence->slices;
    size_t last = sequence->nslices - 1;
    for (size_t i = 0; i < last; i++)
        if (slices[i].number == slices[i + 1].number) {
            show(&shown, folder, slices[i].name, slices[i + 1].name);
            return error_set(error, STATUS_INPUT,
                             "%s: %s and %s have the same number; move one of them elsewhere", shown.folder,
                             shown.first, shown.second);
        }
    uint64_t step = slices[last].number - slices[0].number; /* positions less one, which cannot wrap */
    uint64_t nmissing = step - last;
    show(&shown, folder, slices[0].name, slices[last].name);
    if (nmissing > SEQUENCE_MISSING_MAX && nmissing > sequence->nslices)
        return error_set(error, STATUS_INPUT,
                         "%s: from %s to %s there are only %zu slices, and %" PRIu64
                         " numbers, more than half, have none; move files that do not belong to the stack"
                         " elsewhere, or name the slices in a list (@FILE)",
                         shown.folder, shown.first, shown.second, sequence->nslices, nmissing);
    if (step >= SEQUENCE_POSITIONS_MAX)
        return error_set(error, STATUS_INPUT,
                         "%s: from %s to %s there are more than %d positions; split the stack", shown.folder,
                         shown.first, shown.second, SEQUENCE_POSITIONS_MAX);
    return STATUS_OK;
}

/* The names that may be slices' are copied into `candidates`; by-products and others are noted in `sequence`.
 */
static size_t sift_names(struct sequence *sequence, const char *const *names, size_t nnames,
                         bool (*takes)(const char *name), const struct name_pattern *wanted,
                         const char **candidates)
{
    struct name_number number;
    size_t count = 0;
    for (size_t i = 0; i < nnames; i++)
        if (wanted && !name_pattern_match(wanted, names[i], &number))
            continue;
        else if (byproduct_is_one(names[i]))
            sequence->aside[sequence->naside++] = names[i];
        else if (takes(names[i]))
            candidates[count++] = names[i];
        else
            sequence->ignored[sequence->nignored++] = names[i];
    return count;
}

/* The names that are in no group. */
static enum status ignore_ungrouped(struct sequence *sequence, const char *const *names, size_t nnames,
                                    const struct name_groups *groups, struct error *error)
{
    bool *grouped = calloc(nnames + 1, sizeof *grouped);
    if (!grouped)
        return error_no_memory(error, nnames, "the names of a folder");
    for (size_t g = 0; g < groups->ngroups; g++)
        for (size_t i = 0; i < groups->groups[g].count; i++)
            grouped[groups->readings[groups->groups[g].first + i].index] = true;
    for (size_t i = 0; i < nnames; i++)
        if (!grouped[i])
            sequence->ignored[sequence->nignored++] = names[i];
    free(grouped);
    return STATUS_OK;
}

static const struct name_reading *first_reading(const struct name_groups *groups, size_t group)
{
    return &groups->readings[groups->groups[group].first];
}

static struct sequence_pattern describe(const struct name_groups *groups, size_t group)
{
    const struct name_reading *readings = first_reading(groups, group), *lowest = NULL;
    struct sequence_pattern pattern = {.width = UINT_MAX, .count = groups->groups[group].count};
    uint64_t number, low = 0;
    for (size_t i = 0; i < pattern.count; i++) {
        if (readings[i].number.ndigits < pattern.width)
            pattern.width = (unsigned)readings[i].number.ndigits;
        if (!read_number(&readings[i], &number))
            number = UINT64_MAX;
        if (!lowest || number < low) {
            lowest = &readings[i];
            low = number;
        }
    }
    pattern.name = lowest->name;
    pattern.number = lowest->number;
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
        plain[low]->projections = true;
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
        for (unsigned k = 0;
             byproduct_projections(patterns[i].name, patterns[i].number.prefix_bytes, k, &n_bytes); k++) {
            key.number.prefix_bytes = n_bytes;
            mark_prefix(plain, nplain, &key);
        }
    }
    free(plain);
    return STATUS_OK;
}

/* The patterns of the groups, in their order, projections marked. */
static enum status describe_groups(struct sequence *sequence, const struct name_groups *groups,
                                   struct error *error)
{
    sequence->patterns = calloc(groups->ngroups, sizeof *sequence->patterns);
    if (!sequence->patterns)
        return error_no_memory(error, groups->ngroups * sizeof *sequence->patterns, "the names of a folder");
    for (size_t i = 0; i < groups->ngroups; i++)
        sequence->patterns[i] = describe(groups, i);
    return mark_projections(sequence->patterns, groups->ngroups, error);
}

/* Keeps pattern `taken`, in front, and those of two names or more; the names of others are ignored. */
static void keep_patterns(struct sequence *sequence, size_t npatterns, size_t taken)
{
    struct sequence_pattern first = sequence->patterns[taken];
    memmove(sequence->patterns + 1, sequence->patterns, taken * sizeof first);
    sequence->patterns[0] = first;
    sequence->npatterns = 1;
    for (size_t i = 1; i < npatterns; i++)
        if (sequence->patterns[i].count > 1)
            sequence->patterns[sequence->npatterns++] = sequence->patterns[i];
        else
            sequence->ignored[sequence->nignored++] = sequence->patterns[i].name;
}

static enum status no_common_pattern(const struct sequence *sequence, size_t npatterns, const char *folder,
                                     struct error *error)
{
    struct shown shown;
    show(&shown, folder, sequence->patterns[0].name, sequence->patterns[1].name);
    return error_set(
        error, STATUS_INPUT,
        "%s: no two of its %zu images are of one pattern, in which one number differs (%s, %s%s); "
        "choose one with --pattern, or give them in their order, as in: ls FOLDER/* | stackthumb ... -",
        shown.folder, npatterns, shown.first, shown.second, npatterns > 2 ? " ..." : "");
}

/* Takes the largest group that are no projections. */
static enum status take_group(struct sequence *sequence, const struct name_groups *groups, const char *folder,
                              struct error *error)
{
    enum status status = describe_groups(sequence, groups, error);
    if (status != STATUS_OK)
        return status;
    size_t taken = 0;
    while (taken + 1 < groups->ngroups && sequence->patterns[taken].projections)
        taken++;
    if (groups->groups[0].count == 1 && groups->ngroups > 1)
        return no_common_pattern(sequence, groups->ngroups, folder, error);
    status =
        number_slices(sequence, first_reading(groups, taken), groups->groups[taken].count, folder, error);
    if (status != STATUS_OK)
        return status;
    keep_patterns(sequence, groups->ngroups, taken);
    return check_numbers(sequence, folder, error);
}

/* The groups of the names; of names of which no two are in one group a series, where they are one. */
static enum status find_groups(struct name_groups *groups, bool *series, const char *const *names,
                               size_t nnames, const struct name_pattern *wanted, struct error *error)
{
    struct name_groups found;
    enum status status = name_groups_find(groups, names, nnames, wanted, error);
    if (status != STATUS_OK || groups->ngroups < 2 || groups->groups[0].count > 1)
        return status;
    status = name_series_find(&found, names, nnames, error);
    if (status != STATUS_OK)
        return status;
    *series = found.ngroups > 0;
    if (*series) {
        struct name_groups singles = *groups;
        *groups = found;
        found = singles;
    }
    name_groups_end(&found);
    return STATUS_OK;
}

enum status sequence_find(struct sequence *sequence, const char *const *names, size_t nnames,
                          bool (*takes)(const char *name), const struct name_pattern *wanted,
                          const char *folder, struct error *error)
{
    struct name_groups groups = {0};
    bool series = false;
    *sequence = (struct sequence){0};
    const char **candidates = calloc(nnames + 1, sizeof *candidates);
    sequence->ignored = calloc(nnames + 1, sizeof *sequence->ignored);
    sequence->aside = calloc(nnames + 1, sizeof *sequence->aside);
    enum status status = STATUS_OK;
    if (!candidates || !sequence->ignored || !sequence->aside) {
        status = error_no_memory(error, nnames * sizeof *candidates, "the names of a folder");
        goto free_candidates;
    }
    size_t count = sift_names(sequence, names, nnames, takes, wanted, candidates);
    if ((status = find_groups(&groups, &series, candidates, count, wanted, error)) != STATUS_OK ||
        (status = ignore_ungrouped(sequence, candidates, count, &groups, error)) != STATUS_OK)
        goto free_candidates;
    if (groups.ngroups > 0)
        status = take_group(sequence, &groups, folder, error);
    if (status == STATUS_OK && groups.ngroups > 0)
        sequence->patterns[0].series = series;
    qsort(sequence->ignored, sequence->nignored, sizeof *sequence->ignored, compare_names);
    qsort(sequence->aside, sequence->naside, sizeof *sequence->aside, compare_names);
free_candidates:
    name_groups_end(&groups);
    free(candidates);
    if (status != STATUS_OK)
        sequence_end(sequence);
    return status;
}

void sequence_end(struct sequence *sequence)
{
    free(sequence->slices);
    free(sequence->patterns);
    free(sequence->aside);
    free(sequence->ignored);
    *sequence = (struct sequence){0};
}

char *sequence_pattern_text(const struct sequence_pattern *pattern)
{
    if (pattern->series)
        return name_series_text(pattern->name);
    size_t prefix = pattern->number.prefix_bytes;
    const char *suffix = pattern->name + prefix + pattern->number.n_bytes;
    size_t n_bytes = prefix + pattern->width + strlen(suffix) + 1;
    char *text = malloc(n_bytes);
    if (!text)
        return NULL;
    memcpy(text, pattern->name, prefix);
    memset(text + prefix, '#', pattern->width);
    strcpy(text + prefix + pattern->width, suffix);
    return text;
}

uint32_t sequence_positions(const struct sequence *sequence)
{
    return (uint32_t)(sequence->slices[sequence->nslices - 1].number - sequence->slices[0].number + 1);
}
