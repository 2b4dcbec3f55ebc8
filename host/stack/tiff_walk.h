/* SPDX-License-Identifier: MIT
 * All pages of a TIFF, read once, from the first to the last. */
#ifndef STACKTHUMB_STACK_TIFF_WALK_H
#define STACKTHUMB_STACK_TIFF_WALK_H

#include "stack/ranges.h"
#include "stack/stack.h"

/* Zero-initialise. The owner calls tiff_walk_end. */
struct tiff_walk {
    struct slice *slices; /* a page each, as a slice without path and number: codec is NULL where it is a
                             reduced copy or a mask, and has_header false where it cannot be a slice */
    uint32_t nslices, capacity;
    uint32_t nimages;  /* pages with a codec */
    char *description; /* the first page's ImageDescription, and that page then has a header; NULL when there
                          is none, or the page can be no slice */
    char *damage;      /* of the chain behind the pages that are here: a message; else NULL */
    struct ranges reduced, masks; /* pages that are no slices, by number from 0 */
};

/* Reads the pages of request->input. STATUS_INPUT when one cannot be a slice and nothing allows for that. A
 * chain that is damaged behind a page or more ends there, when slices may be missing or a range is given,
 * unless it leads back: then it is not known which pages are its own. */
enum status tiff_walk_read(struct tiff_walk *walk, const struct stack_request *request, struct error *error);
void tiff_walk_end(struct tiff_walk *walk);

#endif
