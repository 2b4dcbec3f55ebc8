/* SPDX-License-Identifier: MIT
 * The stretches of a file that something needs, gathered piece by piece: few, in rising order, and so that
 * every piece lies within one of them. Pieces near each other share a stretch, for a read costs as much as
 * some thousand bytes do. */
#ifndef STACKTHUMB_CODEC_PART_LIST_H
#define STACKTHUMB_CODEC_PART_LIST_H

#include "codec/codec.h"

#include <stdint.h>

enum { PART_LIST_MAX = 8, PART_LIST_GAP_BYTES = 4096 };

/* Empty when zero-initialised. */
struct part_list {
    struct file_part parts[PART_LIST_MAX + 1]; /* the last one is only used while a piece is added */
    unsigned nparts;
};

/* Adds a piece; offset + n_bytes must not wrap. */
void part_list_add(struct part_list *list, uint64_t offset, uint64_t n_bytes);

/* Makes them the header's parts, at most FILE_PARTS_MAX, and sets encoded_bytes. */
void part_list_store(struct part_list *list, struct slice_header *header);

#endif
