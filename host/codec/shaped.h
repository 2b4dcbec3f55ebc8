/* SPDX-License-Identifier: MIT
 * The text that the Python library tifffile keeps in the ImageDescription of a file's first page, unless it
 * writes for ImageJ or OME: {"axes": "ZYX", "truncated": true, "shape": [5, 512, 512]}, in any order. (As
 * written and read by TiffWriter.write and the function shaped_description_metadata of tifffile 2023.) */
#ifndef STACKTHUMB_CODEC_SHAPED_H
#define STACKTHUMB_CODEC_SHAPED_H

#include <stdbool.h>
#include <stdint.h>

enum { SHAPED_DIMENSIONS_MAX = 8 };

struct shaped_description {
    unsigned ndimensions;
    uint32_t n[SHAPED_DIMENSIONS_MAX]; /* the last one varies fastest; at least 1 each */
    char axes[SHAPED_DIMENSIONS_MAX];  /* a letter for each; 0 where the text does not tell */
    bool truncated;                    /* one directory stands for all planes */
};

/* False, with `description` untouched, when `text` is no such text, or has too many dimensions. */
bool shaped_parse(const char *text, struct shaped_description *description);

#endif
