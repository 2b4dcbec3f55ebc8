/* SPDX-License-Identifier: MIT
 * Every reading of every name is made, and the readings are sorted, so that each possible group is one run of
 * them. A heap then gives the largest group again and again; the names in it are taken, and other groups that
 * they might have been of become smaller. The heap is not told: a group whose size has changed since it was
 * put there is put there again when it comes up. */
#include "stack/name_groups.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NO_GROUP = -1, NAMES_MAX = INT32_MAX };

/* A run of the sorted readings that are of one pattern. */
struct candidate {
    size_t first, count;
    size_t live; /* those of its names that are in no group yet */
    size_t rank; /* which of equals comes first */
};

/* What is known while groups are made. */
struct search {
    struct name_reading *readings; /* all of them, sorted by pattern */
    size_t nreadings;
    struct candidate *candidates;
    size_t ncandidates;
    size_t *candidate_of; /* of each reading */
    size_t *by_name; /* the readings of name i are by_name[first_of[i]] .. by_name[first_of[i + 1] - 1] */
    size_t *first_of;
    bool *taken;       /* of each name: is in a group */
    size_t *heap;      /* candidates; the best first */
    size_t *heap_live; /* how large they were when they were put there */
    size_t heap_count;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The numbers that `name` may have, the last one first; returns how many. */
static size_t find_runs(const char *name, struct name_number *runs)
{
    size_t count = 0;
    const char *dot = strrchr(name, '.');
    if (!dot || name[0] == '.')
        return 0;
    for (const char *end = dot; end > name && count < NAME_RUNS_MAX; end--) {
        const char *first = end;
        while (first > name && is_digit(first[-1]))
            first--;
        if (first == end)
            continue;
        size_t ndigits = (size_t)(end - first);
        runs[count++] = (struct name_number){(size_t)(first - name), ndigits, ndigits};
        end = first + 1; /* less one: what is before it is no digit */
    }
    return count;
}

/* The readings of `name` that `wanted` allows. */
static size_t find_readings(const char *name, const struct name_pattern *wanted, struct name_number *runs)
{
    struct name_number number;
    if (!wanted)
        return find_runs(name, runs);
    if (!name_pattern_match(wanted, name, &number))
        return 0;
    if (number.n_bytes == 0)
        return find_runs(name, runs);
    runs[0] = number;
    return 1;
}

static int compare_spans(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    if (a_bytes != b_bytes)
        return a_bytes < b_bytes ? -1 : 1;
    return memcmp(a, b, a_bytes);
}

int name_reading_compare(const struct name_reading *a, const struct name_reading *b)
{
    int order = compare_spans(a->name, a->number.prefix_bytes, b->name, b->number.prefix_bytes);
    if (order)
        return order;
    const char *suffix_a = a->name + a->number.prefix_bytes + a->number.n_bytes;
    const char *suffix_b = b->name + b->number.prefix_bytes + b->number.n_bytes;
    const char *dot_a = strrchr(suffix_a, '.'), *dot_b = strrchr(suffix_b, '.');
    dot_a = dot_a ? dot_a : strchr(suffix_a, '\0');
    dot_b = dot_b ? dot_b : strchr(suffix_b, '\0');
    order = compare_spans(suffix_a, (size_t)(dot_a - suffix_a), suffix_b, (size_t)(dot_b - suffix_b));
    return order ? order : strcasecmp(dot_a, dot_b);
}

bool name_reading_value(const struct name_reading *reading, uint64_t *value)
{
    const struct name_number *at = &reading->number;
    const char *end = reading->name + at->prefix_bytes + at->n_bytes;
    *value = 0;
    for (const char *digit = end - at->ndigits; digit < end; digit++)
        if (__builtin_mul_overflow(*value, 10u, value) ||
            __builtin_add_overflow(*value, (unsigned)(*digit - '0'), value))
            return false;
    return true;
}

static int compare_readings(const void *left, const void *right)
{
    const struct name_reading *a = left, *b = right;
    int order = name_reading_compare(a, b);
    order = order ? order : strcmp(a->name, b->name);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

static enum status refused_memory(size_t count, struct error *error)
{
    return error_no_memory(error, count * sizeof(struct name_reading), "the names of a folder");
}

/* Makes all readings, sorts them and cuts them into candidates. */
static enum status make_readings(struct search *search, const char *const *names, size_t nnames,
                                 const struct name_pattern *wanted, struct error *error)
{
    struct name_number runs[NAME_RUNS_MAX];
    size_t total = 0;
    for (size_t i = 0; i < nnames; i++)
        total += find_readings(names[i], wanted, runs);
    search->readings = calloc(total + 1, sizeof *search->readings);
    search->candidates = calloc(total + 1, sizeof *search->candidates);
    search->candidate_of = calloc(total + 1, sizeof *search->candidate_of);
    if (!search->readings || !search->candidates || !search->candidate_of)
        return refused_memory(total, error);
    for (size_t i = 0; i < nnames; i++) {
        size_t count = find_readings(names[i], wanted, runs);
        for (size_t k = 0; k < count; k++)
            search->readings[search->nreadings++] = (struct name_reading){names[i], (uint32_t)i, runs[k]};
    }
    qsort(search->readings, search->nreadings, sizeof *search->readings, compare_readings);
    for (size_t i = 0; i < search->nreadings; i++) {
        if (i == 0 || name_reading_compare(&search->readings[i - 1], &search->readings[i]) != 0)
            search->candidates[search->ncandidates++] = (struct candidate){.first = i};
        search->candidates[search->ncandidates - 1].count++;
        search->candidates[search->ncandidates - 1].live++;
        search->candidate_of[i] = search->ncandidates - 1;
    }
    return STATUS_OK;
}

/* Finds the readings of each name. */
static enum status index_names(struct search *search, size_t nnames, struct error *error)
{
    search->by_name = calloc(search->nreadings + 1, sizeof *search->by_name);
    search->first_of = calloc(nnames + 2, sizeof *search->first_of);
    search->taken = calloc(nnames + 1, sizeof *search->taken);
    if (!search->by_name || !search->first_of || !search->taken)
        return refused_memory(search->nreadings + nnames, error);
    size_t *next = search->first_of + 1; /* becomes first_of once every reading has its place */
    for (size_t i = 0; i < search->nreadings; i++)
        next[search->readings[i].index + 1]++;
    for (size_t i = 0; i < nnames; i++)
        next[i + 1] += next[i];
    for (size_t i = 0; i < search->nreadings; i++)
        search->by_name[next[search->readings[i].index]++] = i;
    return STATUS_OK;
}

/* A candidate by what decides between equals. */
struct ranked {
    const struct name_reading *reading; /* its first one */
    size_t candidate;
};

static int compare_ranked(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    int order = strcmp(a->reading->name, b->reading->name);
    size_t at_a = a->reading->number.prefix_bytes, at_b = b->reading->number.prefix_bytes;
    return order ? order : (at_a < at_b) - (at_a > at_b);
}

static enum status rank_candidates(struct search *search, struct error *error)
{
    struct ranked *ranked = calloc(search->ncandidates + 1, sizeof *ranked);
    if (!ranked)
        return refused_memory(search->ncandidates, error);
    for (size_t i = 0; i < search->ncandidates; i++)
        ranked[i] = (struct ranked){&search->readings[search->candidates[i].first], i};
    qsort(ranked, search->ncandidates, sizeof *ranked, compare_ranked);
    for (size_t i = 0; i < search->ncandidates; i++)
        search->candidates[ranked[i].candidate].rank = i;
    free(ranked);
    return STATUS_OK;
}

/* Whether entry `a` of the heap comes before entry `b`. */
static bool heap_before(const struct search *search, size_t a, size_t b)
{
    if (search->heap_live[a] != search->heap_live[b])
        return search->heap_live[a] > search->heap_live[b];
    return search->candidates[search->heap[a]].rank < search->candidates[search->heap[b]].rank;
}

/* Moves entry `at` down to where it belongs. */
static void heap_sink(struct search *search, size_t at)
{
    for (size_t child = 2 * at + 1; child < search->heap_count; child = 2 * at + 1) {
        if (child + 1 < search->heap_count && heap_before(search, child + 1, child))
            child++;
        if (!heap_before(search, child, at))
            return;
        size_t candidate = search->heap[at], live = search->heap_live[at];
        search->heap[at] = search->heap[child];
        search->heap_live[at] = search->heap_live[child];
        search->heap[child] = candidate;
        search->heap_live[child] = live;
        at = child;
    }
}

static enum status heap_fill(struct search *search, struct error *error)
{
    search->heap = calloc(search->ncandidates + 1, sizeof *search->heap);
    search->heap_live = calloc(search->ncandidates + 1, sizeof *search->heap_live);
    if (!search->heap || !search->heap_live)
        return refused_memory(search->ncandidates, error);
    search->heap_count = search->ncandidates;
    for (size_t i = 0; i < search->heap_count; i++) {
        search->heap[i] = i;
        search->heap_live[i] = search->candidates[i].live;
    }
    for (size_t i = search->heap_count / 2; i-- > 0;)
        heap_sink(search, i);
    return STATUS_OK;
}

/* The largest candidate of the names that are left, or NO_GROUP. */
static long heap_best(struct search *search)
{
    while (search->heap_count > 0) {
        size_t candidate = search->heap[0], live = search->candidates[candidate].live;
        if (live > 0 && live == search->heap_live[0])
            return (long)candidate;
        if (live == 0) {
            search->heap_count--;
            search->heap[0] = search->heap[search->heap_count];
            search->heap_live[0] = search->heap_live[search->heap_count];
        } else {
            search->heap_live[0] = live;
        }
        heap_sink(search, 0);
    }
    return NO_GROUP;
}

/* Takes the name of reading `i` into the group that is being made. */
static void take_name(struct search *search, size_t i, struct name_groups *groups, size_t *count)
{
    uint32_t name = search->readings[i].index;
    search->taken[name] = true;
    groups->readings[(*count)++] = search->readings[i];
    for (size_t k = search->first_of[name]; k < search->first_of[name + 1]; k++)
        search->candidates[search->candidate_of[search->by_name[k]]].live--;
}

static enum status make_groups(struct search *search, size_t nnames, struct name_groups *groups,
                               struct error *error)
{
    size_t count = 0;
    groups->readings = calloc(nnames + 1, sizeof *groups->readings);
    groups->groups = calloc(nnames + 1, sizeof *groups->groups);
    if (!groups->readings || !groups->groups)
        return refused_memory(nnames, error);
    for (long best = heap_best(search); best != NO_GROUP; best = heap_best(search)) {
        const struct candidate *candidate = &search->candidates[best];
        size_t first = count;
        for (size_t i = candidate->first; i < candidate->first + candidate->count; i++)
            if (!search->taken[search->readings[i].index])
                take_name(search, i, groups, &count);
        groups->groups[groups->ngroups++] = (struct name_group){first, count - first};
    }
    return STATUS_OK;
}

static void search_end(struct search *search)
{
    free(search->readings);
    free(search->candidates);
    free(search->candidate_of);
    free(search->by_name);
    free(search->first_of);
    free(search->taken);
    free(search->heap);
    free(search->heap_live);
}

enum status name_groups_find(struct name_groups *groups, const char *const *names, size_t nnames,
                             const struct name_pattern *wanted, struct error *error)
{
    struct search search = {0};
    enum status status;
    *groups = (struct name_groups){0};
    if (nnames > NAMES_MAX)
        return refused_memory(nnames, error);
    if ((status = make_readings(&search, names, nnames, wanted, error)) != STATUS_OK ||
        (status = index_names(&search, nnames, error)) != STATUS_OK ||
        (status = rank_candidates(&search, error)) != STATUS_OK ||
        (status = heap_fill(&search, error)) != STATUS_OK ||
        (status = make_groups(&search, nnames, groups, error)) != STATUS_OK)
        name_groups_end(groups);
    search_end(&search);
    return status;
}

void name_groups_end(struct name_groups *groups)
{
    free(groups->readings);
    free(groups->groups);
    *groups = (struct name_groups){0};
}
