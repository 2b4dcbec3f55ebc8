/* SPDX-License-Identifier: MIT
 * What a folder's manifest says, against what is to be built there now. */
#ifndef STACKTHUMB_OUTPUT_MANIFEST_COMPARE_H
#define STACKTHUMB_OUTPUT_MANIFEST_COMPARE_H

#include "output/manifest.h"

enum { DIFFERENCE_BYTES = 256 };

struct manifest_difference {
    /* What differs, slices apart: "compression was \"none\" and is \"zstd\"", printable; "" for nothing. The
     * folder of the slices may: they may have been moved. */
    char text[DIFFERENCE_BYTES];
    uint32_t nsame;      /* the first slices that are the same: by name, bytes and time, and are, or are not,
                            missing      because they cannot be read */
    uint32_t nalike;     /* the first slices that are the same but for the latter */
    bool was_unreadable; /* the one at nsame, when it is alike: it could not be read then, and can be now */
    uint32_t nthen;      /* slices that the manifest tells of */
    bool told_alike;     /* it would say the same of all slices now, as long as both have them */
    bool was_there;      /* the one at nsame, changed or not: one of that name, or none then and now */
    /* Of each of these, which of the slices that can be read now is the same by its name; SLICE_NONE when
     * none is, or it was not read then. NULL: all that were read then stand where they stood. */
    uint32_t *where;
};

/* Where `doubtful` is not NULL, sets doubtful[z] of slices that could not be read then, may be readable now,
 * and are the same otherwise. The caller calls manifest_difference_end after STATUS_OK. STATUS_FAILED when
 * memory is refused. */
enum status manifest_compare(const struct manifest *manifest, const struct pyramid *pyramid,
                             const struct output_source *source, enum encoding encoding,
                             struct manifest_difference *difference, bool *doubtful, struct error *error);

void manifest_difference_end(struct manifest_difference *difference);

#endif
