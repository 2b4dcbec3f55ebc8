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

/* What the names of one pattern tell that are not the slices' while there are others. */
enum byproduct_kind { BYPRODUCT_NONE, BYPRODUCT_PROJECTIONS, BYPRODUCT_OTHER };

/* Tells it by the word before the number, of names that begin with the prefix_bytes of `prefix` and go on
 * with the number: projections ("Proj_0001.tif", "scan-projections 1.tif"), or previews, archive images and
 * references ("m_spr0001.bmp", "m_arc0001.bmp", "flats_01.tif", "darkfield.01.tif"). The word is a whole one:
 * it begins the name, or stands behind a separator (one of "_- .") or a digit; separators may follow it, and
 * letters are in any case. */
enum byproduct_kind byproduct_of_prefix(const char *prefix, size_t prefix_bytes);

/* "projections", "by-products"; "" for BYPRODUCT_NONE. */
const char *byproduct_text(enum byproduct_kind kind);

/* Whether slices whose names begin with the prefix_bytes of `prefix` are the reconstruction of projections
 * with another prefix: SkyScan's NAME0000.tif become NAME_rec0000.bmp (NRecon; NAME__rec with older versions)
 * or NAME_IR_rec0000.bmp (InstaRecon). Tells of the `index`th such prefix, 0 first, how long it is: a
 * beginning of `prefix`. False when there are no more. */
bool byproduct_projections(const char *prefix, size_t prefix_bytes, unsigned index,
                           size_t *projections_bytes);

#endif
