/* SPDX-License-Identifier: MIT
 * Names that cannot be slices' are put aside; the rest is sorted into groups of one pattern each; the largest
 * group that are no by-products is taken, and sorted by number. */
#include "stack/sequence.h"

#include "base/printable.h"
#include "stack/byproduct.h"
#include "stack/name_groups.h"
#include "stack/name_series.h"
#include "stack/sequence_patterns.h"

#include <inttypes.h>
#include <stdio.h>
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

/* What is known while names are sorted. */
struct sorting {
    const char **names; /* those that may be slices'; without those that were set aside */
    size_t count;
    struct name_groups groups;         /* of them */
    bool series;                       /* the groups are one of name_series.h */
    struct sequence_pattern *patterns; /* of groups that were set aside, of two names or more */
    size_t npatterns;
};

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
        if (!name_reading_value(&readings[i], &slice->number)) {
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

/* Every number once. */
static enum status check_numbers(const struct sequence *sequence, const char *folder, struct error *error)
{
    struct shown shown;
    const struct sequence_slice *slices = sequence->slices;
    for (size_t i = 1; i < sequence->nslices; i++)
        if (slices[i - 1].number == slices[i].number) {
            show(&shown, folder, slices[i - 1].name, slices[i].name);
            return error_set(error, STATUS_INPUT,
                             "%s: %s and %s have the same number; move one of them elsewhere", shown.folder,
                             shown.first, shown.second);
        }
    return STATUS_OK;
}

/* Which positions are meant: "from s1.tif to s9.tif", or "in the range 1:9". */
static void show_where(char *where, size_t n_bytes, const struct slice_range *range,
                       const struct shown *shown)
{
    char text[SLICE_RANGE_TEXT_BYTES];
    if (range->given)
        snprintf(where, n_bytes, "in the range %s", slice_range_text(text, range));
    else
        snprintf(where, n_bytes, "from %s to %s", shown->first, shown->second);
}

/* Finds the first and the last position, between which there are no more gaps than a stack may have. */
static enum status find_positions(struct sequence *sequence, const struct sequence_request *request,
                                  struct error *error)
{
    struct shown shown;
    const struct slice_range *range = &request->range;
    const struct sequence_slice *slices = sequence->slices, *end = slices + sequence->nslices - 1;
    uint64_t count = 0;
    char where[2 * 200 + 16];
    show(&shown, request->folder, slices->name, end->name);
    for (size_t i = 0; i < sequence->nslices; i++)
        count += slice_range_holds(range, slices[i].number);
    if (count == 0)
        return slice_range_refuse(range, shown.folder, slices->number, end->number, error);
    sequence->first = range->given && range->first > slices->number ? range->first : slices->number;
    sequence->last = range->given && range->last < end->number ? range->last : end->number;
    uint64_t step = sequence->last - sequence->first; /* positions less one, which cannot wrap */
    uint64_t nmissing = step - (count - 1);
    const char *verb = count == 1 ? "is" : "are", *plural = count == 1 ? "" : "s";
    show_where(where, sizeof where, range, &shown);
    if (step >= SEQUENCE_POSITIONS_MAX)
        return error_set(error, STATUS_INPUT,
                         "%s: %s there %s %s%" PRIu64 " slice%s for more than %d positions; take a part with"
                         " --range, or name the slices in a list (@FILE)",
                         shown.folder, where, verb, nmissing > count ? "only " : "", count, plural,
                         SEQUENCE_POSITIONS_MAX);
    if (!request->keeps_gaps && nmissing > SEQUENCE_MISSING_MAX && nmissing > count)
        return error_set(
            error, STATUS_INPUT,
            "%s: %s there %s only %" PRIu64 " slice%s, and %" PRIu64
            " numbers, more than half, have none; leave their places empty with --missing ignore,"
            " take a part with --range, or name the slices in a list (@FILE)",
            shown.folder, where, verb, count, plural, nmissing);
    return STATUS_OK;
}

/* The names that may be slices' are copied into `candidates`; by-products and others are noted in `sequence`.
 */
static size_t sift_names(struct sequence *sequence, const char *const *names, size_t nnames,
                         const struct sequence_request *request, const char **candidates)
{
    struct name_number number;
    size_t count = 0;
    for (size_t i = 0; i < nnames; i++)
        if (request->wanted && !name_pattern_match(request->wanted, names[i], &number))
            continue;
        else if (byproduct_is_one(names[i]))
            sequence->aside[sequence->naside++] = names[i];
        else if (request->takes(names[i]))
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

/* Puts the patterns that were set aside behind the others. */
static enum status append_patterns(struct sequence *sequence, const struct sorting *sorting,
                                   struct error *error)
{
    size_t count = sequence->npatterns + sorting->npatterns;
    struct sequence_pattern *patterns = reallocarray(sequence->patterns, count, sizeof *sequence->patterns);
    if (!patterns)
        return error_no_memory(error, count * sizeof *patterns, "the names of a folder");
    sequence->patterns = patterns;
    for (size_t i = 0; i < sorting->npatterns; i++)
        patterns[sequence->npatterns++] = sorting->patterns[i];
    return STATUS_OK;
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

/* Takes the largest group that are no by-products. */
static enum status take_group(struct sequence *sequence, const struct sorting *sorting,
                              const struct sequence_request *request, struct error *error)
{
    const struct name_groups *groups = &sorting->groups;
    enum status status = sequence_patterns_describe(&sequence->patterns, groups, error);
    if (status != STATUS_OK)
        return status;
    size_t taken = 0;
    while (taken + 1 < groups->ngroups && sequence->patterns[taken].byproduct != BYPRODUCT_NONE)
        taken++;
    if (groups->groups[0].count == 1 && groups->ngroups > 1)
        return no_common_pattern(sequence, groups->ngroups, request->folder, error);
    status = number_slices(sequence, first_reading(groups, taken), groups->groups[taken].count,
                           request->folder, error);
    if (status != STATUS_OK)
        return status;
    keep_patterns(sequence, groups->ngroups, taken);
    sequence->patterns[0].series = sorting->series;
    if ((status = append_patterns(sequence, sorting, error)) != STATUS_OK ||
        (status = check_numbers(sequence, request->folder, error)) != STATUS_OK)
        return status;
    return find_positions(sequence, request, error);
}

/* Sorts the names into groups; names of which no two are in one group into a series, where they are one. */
static enum status find_groups(struct sorting *sorting, const struct name_pattern *wanted,
                               struct error *error)
{
    struct name_groups *groups = &sorting->groups, found;
    enum status status = name_groups_find(groups, sorting->names, sorting->count, wanted, error);
    if (status != STATUS_OK || groups->ngroups < 2 || groups->groups[0].count > 1)
        return status;
    status = name_series_find(&found, sorting->names, sorting->count, error);
    if (status != STATUS_OK)
        return status;
    sorting->series = found.ngroups > 0;
    if (sorting->series) {
        struct name_groups singles = *groups;
        *groups = found;
        found = singles;
    }
    name_groups_end(&found);
    return STATUS_OK;
}

static bool are_byproducts(const struct name_groups *groups, size_t group)
{
    const struct name_reading *reading = first_reading(groups, group);
    return byproduct_of_prefix(reading->name, reading->number.prefix_bytes) != BYPRODUCT_NONE;
}

/* Takes the names of group `group` out, as a pattern, or as one more by-product. */
static void set_group_aside(struct sequence *sequence, struct sorting *sorting, size_t group)
{
    const struct name_groups *groups = &sorting->groups;
    const struct name_reading *readings = first_reading(groups, group);
    size_t count = groups->groups[group].count;
    for (size_t i = 0; i < count; i++)
        sorting->names[readings[i].index] = NULL;
    if (count > 1)
        sorting->patterns[sorting->npatterns++] = sequence_pattern_of(groups, group);
    else
        sequence->aside[sequence->naside++] = readings->name;
}

/* Takes the groups that are by-products by their words out, and sorts the other names again, as if they were
 * all; but where they are none, or a single one, such as an overview beside projections. */
static enum status set_groups_aside(struct sequence *sequence, struct sorting *sorting,
                                    const struct name_pattern *wanted, struct error *error)
{
    const struct name_groups *groups = &sorting->groups;
    size_t nbyproducts = 0, nothers = 0, count = 0;
    for (size_t i = 0; i < groups->ngroups; i++) {
        bool aside = are_byproducts(groups, i);
        nbyproducts += aside;
        nothers += aside ? 0 : groups->groups[i].count;
    }
    if (nbyproducts == 0 || nothers < 2)
        return STATUS_OK;
    sorting->patterns = calloc(nbyproducts, sizeof *sorting->patterns);
    if (!sorting->patterns)
        return error_no_memory(error, nbyproducts * sizeof *sorting->patterns, "the names of a folder");
    for (size_t i = 0; i < groups->ngroups; i++)
        if (are_byproducts(groups, i))
            set_group_aside(sequence, sorting, i);
    for (size_t i = 0; i < sorting->count; i++)
        if (sorting->names[i])
            sorting->names[count++] = sorting->names[i];
    sorting->count = count;
    name_groups_end(&sorting->groups);
    return find_groups(sorting, wanted, error);
}

static enum status sort_names(struct sequence *sequence, struct sorting *sorting, const char *const *names,
                              size_t nnames, const struct sequence_request *request, struct error *error)
{
    sorting->names = calloc(nnames + 1, sizeof *sorting->names);
    sequence->ignored = calloc(nnames + 1, sizeof *sequence->ignored);
    sequence->aside = calloc(nnames + 1, sizeof *sequence->aside);
    if (!sorting->names || !sequence->ignored || !sequence->aside)
        return error_no_memory(error, nnames * sizeof *sorting->names, "the names of a folder");
    sorting->count = sift_names(sequence, names, nnames, request, sorting->names);
    enum status status = find_groups(sorting, request->wanted, error);
    if (status == STATUS_OK && !sorting->series)
        status = set_groups_aside(sequence, sorting, request->wanted, error);
    return status == STATUS_OK
               ? ignore_ungrouped(sequence, sorting->names, sorting->count, &sorting->groups, error)
               : status;
}

enum status sequence_find(struct sequence *sequence, const char *const *names, size_t nnames,
                          const struct sequence_request *request, struct error *error)
{
    struct sorting sorting = {0};
    *sequence = (struct sequence){0};
    enum status status = sort_names(sequence, &sorting, names, nnames, request, error);
    if (status == STATUS_OK && sorting.groups.ngroups > 0)
        status = take_group(sequence, &sorting, request, error);
    if (status == STATUS_OK) {
        qsort(sequence->ignored, sequence->nignored, sizeof *sequence->ignored, compare_names);
        qsort(sequence->aside, sequence->naside, sizeof *sequence->aside, compare_names);
    } else {
        sequence_end(sequence);
    }
    name_groups_end(&sorting.groups);
    free(sorting.patterns);
    free(sorting.names);
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
    return (uint32_t)(sequence->last - sequence->first + 1);
}
