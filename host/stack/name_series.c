/* SPDX-License-Identifier: MIT
 * Names are sorted by what is between their numbers; then of the largest lot one number after the other is
 * tried. */
#include "stack/name_series.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The number with this index in `name`, 0 being the first; false when it has not so many before its last dot.
 */
static bool find_number(const char *name, size_t index, struct name_number *number)
{
    const char *dot = strrchr(name, '.');
    for (const char *c = name; dot && c < dot; c++) {
        size_t ndigits = strspn(c, "0123456789");
        if (ndigits > 0 && index-- == 0) {
            *number = (struct name_number){(size_t)(c - name), ndigits, ndigits};
            return true;
        }
        if (ndigits > 0)
            c += ndigits - 1;
    }
    return false;
}

/* The order of lots: 0 when two names are the same but for their numbers, and the case of the extension. */
static int compare_texts(const char *a, const char *b)
{
    const char *dot_a = strrchr(a, '.'), *dot_b = strrchr(b, '.');
    while (a < dot_a && b < dot_b) {
        if (is_digit(*a) != is_digit(*b) || (!is_digit(*a) && *a != *b))
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        size_t n_a = strspn(a, "0123456789"), n_b = strspn(b, "0123456789");
        a += n_a ? n_a : 1;
        b += n_b ? n_b : 1;
    }
    if (a < dot_a || b < dot_b)
        return a < dot_a ? 1 : -1;
    return strcasecmp(a, b);
}

static int compare_lots(const void *left, const void *right)
{
    const struct name_reading *a = left, *b = right;
    int order = compare_texts(a->name, b->name);
    return order ? order : strcmp(a->name, b->name);
}

static int compare_values(const void *left, const void *right)
{
    const struct name_reading *a = left, *b = right;
    const char *digits_a = a->name + a->number.prefix_bytes, *digits_b = b->name + b->number.prefix_bytes;
    size_t zeros_a = strspn(digits_a, "0"), zeros_b = strspn(digits_b, "0");
    size_t n_a = a->number.ndigits, n_b = b->number.ndigits;
    zeros_a = zeros_a < n_a ? zeros_a : n_a;
    zeros_b = zeros_b < n_b ? zeros_b : n_b;
    if (n_a - zeros_a != n_b - zeros_b)
        return n_a - zeros_a < n_b - zeros_b ? -1 : 1;
    return memcmp(digits_a + zeros_a, digits_b + zeros_b, n_a - zeros_a);
}

/* Gives the names of one lot that number which is another in each of them; false when there is none. */
static bool choose_number(struct name_reading *readings, size_t count)
{
    for (size_t index = 0; index < NAME_RUNS_MAX && find_number(readings[0].name, index, &readings[0].number);
         index++) {
        size_t i = 1;
        for (size_t k = 1; k < count; k++)
            find_number(readings[k].name, index, &readings[k].number); /* all have as many */
        qsort(readings, count, sizeof *readings, compare_values);
        while (i < count && compare_values(&readings[i - 1], &readings[i]) != 0)
            i++;
        if (i == count)
            return true;
    }
    return false;
}

/* The largest lot of the sorted readings. */
static struct name_group largest_lot(const struct name_reading *readings, size_t count)
{
    struct name_group best = {0};
    for (size_t first = 0, next; first < count; first = next) {
        for (next = first + 1; next < count; next++)
            if (compare_texts(readings[first].name, readings[next].name) != 0)
                break;
        size_t n = next - first;
        if (n > best.count ||
            (n == best.count && strcmp(readings[first].name, readings[best.first].name) < 0))
            best = (struct name_group){first, n};
    }
    return best;
}

enum status name_series_find(struct name_groups *groups, const char *const *names, size_t nnames,
                             struct error *error)
{
    struct name_number number;
    size_t count = 0;
    *groups = (struct name_groups){0};
    struct name_reading *readings = calloc(nnames + 1, sizeof *readings);
    struct name_group *group = calloc(1, sizeof *group);
    if (!readings || !group) {
        free(readings);
        free(group);
        return error_no_memory(error, nnames * sizeof *readings, "the names of a folder");
    }
    for (size_t i = 0; i < nnames; i++)
        if (names[i][0] != '.' && find_number(names[i], 0, &number))
            readings[count++] = (struct name_reading){names[i], (uint32_t)i, number};
    qsort(readings, count, sizeof *readings, compare_lots);
    *group = largest_lot(readings, count);
    *groups = (struct name_groups){readings, group, 0};
    if (group->count > 1 && choose_number(readings + group->first, group->count))
        groups->ngroups = 1;
    return STATUS_OK;
}

char *name_series_text(const char *name)
{
    char *text = malloc(strlen(name) + 1), *to = text;
    const char *dot = strrchr(name, '.');
    if (!text)
        return NULL;
    while (dot && name < dot) {
        size_t ndigits = strspn(name, "0123456789");
        *to++ = ndigits ? '*' : *name;
        name += ndigits ? ndigits : 1;
    }
    strcpy(to, name);
    return text;
}
