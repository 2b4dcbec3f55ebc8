/* SPDX-License-Identifier: MIT */
#include "output/input_set.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int compare(uint64_t a, uint64_t b)
{
    return a == b ? 0 : a < b ? -1 : 1;
}

static int compare_numbers(const void *left, const void *right)
{
    const struct file_identity *a = &((const struct source_slice *)left)->identity,
                               *b = &((const struct source_slice *)right)->identity;
    const int devices = compare(a->device, b->device);
    return devices ? devices : compare(a->inode, b->inode);
}

static int compare_times(const void *left, const void *right)
{
    const struct source_slice *a = left, *b = right;
    const int lengths = compare(a->n_bytes, b->n_bytes),
              mtimes = compare((uint64_t)a->mtime_ns, (uint64_t)b->mtime_ns);
    return lengths  ? lengths
           : mtimes ? mtimes
                    : compare((uint64_t)a->identity.ctime_ns, (uint64_t)b->identity.ctime_ns);
}

enum status input_set_init(struct input_set *set, const struct output_source *source, struct error *error)
{
    const size_t n_bytes = ((size_t)source->nslices + 1) * sizeof *set->by_number;
    *set = (struct input_set){.by_number = malloc(n_bytes), .by_times = malloc(n_bytes)};
    if (!set->by_number || !set->by_times) {
        input_set_end(set);
        return error_no_memory(error, n_bytes, "the list of slices");
    }
    for (uint32_t z = 0; z < source->nslices; z++)
        if (source->slices[z].name)
            set->by_number[set->count++] = source->slices[z];
    memcpy(set->by_times, set->by_number, set->count * sizeof *set->by_times);
    qsort(set->by_number, set->count, sizeof *set->by_number, compare_numbers);
    qsort(set->by_times, set->count, sizeof *set->by_times, compare_times);
    return STATUS_OK;
}

void input_set_end(struct input_set *set)
{
    free(set->by_number);
    free(set->by_times);
    *set = (struct input_set){0};
}

/* The first of by_times that is not before `file`; or their end. */
static size_t find_times(const struct input_set *set, const struct source_slice *file)
{
    size_t first = 0, end = set->count;
    while (first < end) {
        const size_t middle = first + (end - first) / 2;
        if (compare_times(&set->by_times[middle], file) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

bool input_set_holds(const struct input_set *set, const struct stat *about, bool renumbers)
{
    const struct source_slice file = {.n_bytes = (uint64_t)about->st_size,
                                      .mtime_ns = file_mtime_ns(about),
                                      .identity = file_identity_of(about)};
    if (set->count == 0)
        return false;
    if (bsearch(&file, set->by_number, set->count, sizeof file, compare_numbers))
        return true;
    for (size_t i = find_times(set, &file); i < set->count && compare_times(&set->by_times[i], &file) == 0;
         i++)
        if (renumbers || set->by_times[i].identity.device != file.identity.device)
            return true;
    return false;
}
