/* SPDX-License-Identifier: MIT */
#include "codec/part_list.h"

#include <string.h>

static uint64_t end_of(const struct file_part *part)
{
    return part->offset + part->n_bytes;
}

static uint64_t gap_behind(const struct part_list *list, unsigned i)
{
    uint64_t end = end_of(&list->parts[i]), next = list->parts[i + 1].offset;
    return next > end ? next - end : 0;
}

/* Makes one of parts i and i + 1, and of what lies between. */
static void join(struct part_list *list, unsigned i)
{
    uint64_t end = end_of(&list->parts[i]), next_end = end_of(&list->parts[i + 1]);
    list->parts[i].n_bytes = (end > next_end ? end : next_end) - list->parts[i].offset;
    list->nparts--;
    memmove(&list->parts[i + 1], &list->parts[i + 2], (list->nparts - (i + 1)) * sizeof *list->parts);
}

/* Joins those with the smallest gaps until there are at most `most`. */
static void shorten(struct part_list *list, unsigned most)
{
    while (list->nparts > most) {
        unsigned best = 0;
        for (unsigned i = 1; i + 1 < list->nparts; i++)
            if (gap_behind(list, i) < gap_behind(list, best))
                best = i;
        join(list, best);
    }
}

void part_list_add(struct part_list *list, uint64_t offset, uint64_t n_bytes)
{
    unsigned i = 0;
    while (i < list->nparts && list->parts[i].offset <= offset)
        i++;
    memmove(&list->parts[i + 1], &list->parts[i], (list->nparts - i) * sizeof *list->parts);
    list->parts[i] = (struct file_part){.offset = offset, .n_bytes = n_bytes};
    list->nparts++;
    if (i > 0 && gap_behind(list, i - 1) <= PART_LIST_GAP_BYTES)
        join(list, --i);
    while (i + 1 < list->nparts && gap_behind(list, i) <= PART_LIST_GAP_BYTES)
        join(list, i);
    shorten(list, PART_LIST_MAX);
}

void part_list_store(struct part_list *list, struct slice_header *header)
{
    shorten(list, FILE_PARTS_MAX);
    header->nparts = list->nparts;
    header->encoded_bytes = 0;
    for (unsigned i = 0; i < list->nparts; i++) {
        header->parts[i] = list->parts[i];
        header->encoded_bytes += list->parts[i].n_bytes;
    }
}
