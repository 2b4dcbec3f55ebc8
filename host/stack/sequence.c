/* SPDX-License-Identifier: MIT
 * Names are split, sorted by pattern so that each pattern is one run, and the longest run is sorted by
 * number. */
#include "stack/sequence.h"

#include "base/printable.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A name that may be a slice's, cut into its parts. */
struct split {
    const char *name;
    size_t prefix_bytes;
    size_t ndigits;
    const char *extension; /* behind the dot */
};

/* A run of the sorted splits that are of one pattern. */
struct run {
    size_t first, count;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool split_name(const char *name, struct split *split)
{
    const char *dot = strrchr(name, '.');
    if (!dot || name[0] == '.')
        return false;
    const char *digits = dot;
    while (digits > name && is_digit(digits[-1]))
        digits--;
    *split = (struct split){
        .name = name,
        .prefix_bytes = (size_t)(digits - name),
        .ndigits = (size_t)(dot - digits),
        .extension = dot + 1,
    };
    return split->ndigits > 0;
}

/* The order of patterns: any that is total will do. */
static int compare_patterns(const struct split *a, const struct split *b)
{
    if (a->prefix_bytes != b->prefix_bytes)
        return a->prefix_bytes < b->prefix_bytes ? -1 : 1;
    int order = memcmp(a->name, b->name, a->prefix_bytes);
    return order ? order : strcasecmp(a->extension, b->extension);
}

static int compare_splits(const void *left, const void *right)
{
    const struct split *a = left, *b = right;
    int order = compare_patterns(a, b);
    return order ? order : strcmp(a->name, b->name);
}

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

/* The value of the digits of `split`; false when it does not fit. */
static bool split_number(const struct split *split, uint64_t *number)
{
    const char *digits = split->name + split->prefix_bytes;
    *number = 0;
    for (size_t i = 0; i < split->ndigits; i++) {
        unsigned digit = (unsigned)(digits[i] - '0');
        if (__builtin_mul_overflow(*number, 10u, number) || __builtin_add_overflow(*number, digit, number))
            return false;
    }
    return true;
}

/* The longest run of one pattern; of equals the one whose first name sorts first. */
static struct run longest_run(const struct split *splits, size_t nsplits)
{
    struct run best = {0};
    for (size_t first = 0, next; first < nsplits; first = next) {
        for (next = first + 1; next < nsplits; next++)
            if (compare_patterns(&splits[first], &splits[next]) != 0)
                break;
        size_t count = next - first;
        if (count > best.count ||
            (count == best.count && strcmp(splits[first].name, splits[best.first].name) < 0))
            best = (struct run){first, count};
    }
    return best;
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

/* Turns the splits of one pattern into the slices of `sequence`, by number. */
static enum status number_slices(struct sequence *sequence, const struct split *splits, size_t count,
                                 const char *folder, struct error *error)
{
    struct shown shown;
    sequence->prefix_bytes = splits[0].prefix_bytes;
    sequence->width = (unsigned)splits[0].ndigits;
    for (size_t i = 0; i < count; i++) {
        struct sequence_slice *slice = &sequence->slices[i];
        slice->name = splits[i].name;
        if (!split_number(&splits[i], &slice->number)) {
            show(&shown, folder, slice->name, "");
            return error_set(error, STATUS_INPUT,
                             "%s: the number of %s is above %" PRIu64 "; rename that file", shown.folder,
                             shown.first, UINT64_MAX);
        }
        if (splits[i].ndigits < sequence->width)
            sequence->width = (unsigned)splits[i].ndigits;
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
                         " elsewhere, or number the slices without gaps",
                         shown.folder, shown.first, shown.second, sequence->nslices, nmissing);
    if (step >= SEQUENCE_POSITIONS_MAX)
        return error_set(error, STATUS_INPUT,
                         "%s: from %s to %s there are more than %d positions; split the stack", shown.folder,
                         shown.first, shown.second, SEQUENCE_POSITIONS_MAX);
    return STATUS_OK;
}

/* Splits the names that may be slices' into `splits`, and the others into `ignored`. */
static size_t split_names(struct sequence *sequence, const char *const *names, size_t nnames,
                          bool (*takes)(const char *name), struct split *splits)
{
    size_t nsplits = 0;
    for (size_t i = 0; i < nnames; i++)
        if (split_name(names[i], &splits[nsplits]) && takes(names[i]))
            nsplits++;
        else
            sequence->ignored[sequence->nignored++] = names[i];
    return nsplits;
}

enum status sequence_find(struct sequence *sequence, const char *const *names, size_t nnames,
                          bool (*takes)(const char *name), const char *folder, struct error *error)
{
    *sequence = (struct sequence){0};
    if (nnames == 0)
        return STATUS_OK;
    enum status status = STATUS_OK;
    struct split *splits = calloc(nnames, sizeof *splits);
    sequence->slices = calloc(nnames, sizeof *sequence->slices);
    sequence->ignored = calloc(nnames, sizeof *sequence->ignored);
    if (!splits || !sequence->slices || !sequence->ignored) {
        status = error_no_memory(error, nnames * sizeof *splits, "the names of a folder");
        goto free_splits;
    }
    size_t nsplits = split_names(sequence, names, nnames, takes, splits);
    qsort(splits, nsplits, sizeof *splits, compare_splits);
    struct run run = longest_run(splits, nsplits);
    for (size_t i = 0; i < nsplits; i++)
        if (i < run.first || i >= run.first + run.count)
            sequence->ignored[sequence->nignored++] = splits[i].name;
    qsort(sequence->ignored, sequence->nignored, sizeof *sequence->ignored, compare_names);
    if (run.count > 0)
        status = number_slices(sequence, splits + run.first, run.count, folder, error);
    if (status == STATUS_OK && run.count > 0)
        status = check_numbers(sequence, folder, error);
free_splits:
    free(splits);
    if (status != STATUS_OK)
        sequence_end(sequence);
    return status;
}

void sequence_end(struct sequence *sequence)
{
    free(sequence->slices);
    free(sequence->ignored);
    *sequence = (struct sequence){0};
}

uint32_t sequence_positions(const struct sequence *sequence)
{
    return (uint32_t)(sequence->slices[sequence->nslices - 1].number - sequence->slices[0].number + 1);
}
