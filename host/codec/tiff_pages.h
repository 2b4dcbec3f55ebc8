/* SPDX-License-Identifier: MIT
 * The pages of a TIFF, one behind the other as the chain of directories has them, each read once: for a file
 * that holds several slices. A page is decoded like a file of its own, by codec_tiff, from its parts. */
#ifndef STACKTHUMB_CODEC_TIFF_PAGES_H
#define STACKTHUMB_CODEC_TIFF_PAGES_H

#include "codec/codec.h"

#include <stdbool.h>
#include <stdint.h>

/* The most pages of a file; how many of these may differ from the one before in more than where their voxels
 * are (see tiff_twin.h; unusual compressions, and pages that are no slices, count as several); and the most
 * bytes that all directories and tags may take, however often pages share them. Files that need more of any
 * do not exist but to keep a program busy: each bound stands for about two seconds. */
enum { TIFF_PAGES_MAX = 1000000, TIFF_PAGES_EFFORT_MAX = 250000 };
#define TIFF_PAGES_BYTES_MAX (UINT64_C(512) << 20)

struct tiff_page {
    uint64_t at;    /* of its directory */
    bool reduced;   /* a reduced copy of another page, and */
    bool mask;      /* a transparency mask of one: these are no slices, and their headers are not read */
    bool can_slice; /* the header is there; false: tiff_pages_reason says why not */
    struct slice_header header;
};

struct tiff_pages;

/* `file` is borrowed until tiff_pages_close. STATUS_INPUT when it is no TIFF. */
enum status tiff_pages_open(struct tiff_pages **pages, const struct input_file *file, struct error *error);
void tiff_pages_close(struct tiff_pages *pages); /* NULL is allowed */

/* Reads the next page; *any is false, and *page untouched, behind the last one. options->page_at does not
 * matter. STATUS_INPUT, the page named by its number from 0, when the chain of the directories is damaged. */
enum status tiff_pages_next(struct tiff_pages *pages, const struct codec_options *options,
                            struct tiff_page *page, bool *any, struct error *error);

/* Whether the chain led back to an earlier page, when tiff_pages_next failed: some pages were then read more
 * than once. */
bool tiff_pages_led_back(const struct tiff_pages *pages);

/* Why the page that was read last cannot be a slice; names it. */
const char *tiff_pages_reason(const struct tiff_pages *pages);

/* The ImageDescription of the page that was read last; NULL when it has none or is no slice. Valid until the
 * next page is read. */
const char *tiff_pages_description(const struct tiff_pages *pages);

#endif
