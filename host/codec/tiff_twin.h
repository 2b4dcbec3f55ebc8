/* SPDX-License-Identifier: MIT
 * Pages whose voxels are stored alike, each in one strip, and elsewhere: most programs write stacks of these.
 * The header of such a page is that of the page before, and libtiff, which takes some microseconds to look at
 * a directory, is not asked. */
#ifndef STACKTHUMB_CODEC_TIFF_TWIN_H
#define STACKTHUMB_CODEC_TIFF_TWIN_H

#include "codec/codec.h"
#include "codec/tiff_directory.h"
#include "codec/tiff_trim.h"

#include <stdbool.h>

/* A page that others may be like. Zero-initialise. */
struct tiff_twin {
    bool known;
    struct tiff_trimmed trimmed;
    struct tiff_directory directory;
    struct slice_header header;
};

/* Takes the page whose header was read just now as the one to compare with. */
void tiff_twin_keep(struct tiff_twin *twin, const struct tiff_trimmed *trimmed,
                    const struct tiff_directory *directory, const struct slice_header *header);

/* Fills the header of the page with the directory `trimmed`, of which source->used has all that was read;
 * false, with nothing done, where the page is not like the other, or not all of it in the file. */
bool tiff_twin_fill(const struct tiff_twin *twin, const struct tiff_source *source,
                    const struct tiff_form *form, const struct tiff_trimmed *trimmed,
                    const struct tiff_directory *directory, struct slice_header *header);

#endif
