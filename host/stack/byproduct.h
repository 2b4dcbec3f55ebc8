/* SPDX-License-Identifier: MIT
 * Files that scanners and systems leave beside the slices, known by their names. */
#ifndef STACKTHUMB_STACK_BYPRODUCT_H
#define STACKTHUMB_STACK_BYPRODUCT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a file called `name` is no slice for certain: a log or a table of settings (.log, .txt, .xtekct,
 * .vgi, .pca ...), a preview or an archive image of SkyScan (its name without the extension ends in _spr or
 * _arc), or what a system left there (Thumbs.db, .DS_Store, ._NAME). Letters in any case. */
bool byproduct_is_one(const char *name);

/* Whether slices whose names begin with the prefix_bytes of `prefix` are the reconstruction of projections
 * with another prefix: SkyScan's NAME0000.tif become NAME_rec0000.bmp (NRecon; NAME__rec with older versions)
 * or NAME_IR_rec0000.bmp (InstaRecon). Tells of the `index`th such prefix, 0 first, how long it is: a
 * beginning of `prefix`. False when there are no more. */
bool byproduct_projections(const char *prefix, size_t prefix_bytes, unsigned index,
                           size_t *projections_bytes);

#endif
