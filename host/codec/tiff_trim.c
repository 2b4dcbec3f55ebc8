/* SPDX-License-Identifier: MIT */
#include "codec/tiff_trim.h"

#include <stdbool.h>
#include <string.h>
#include <tiff.h>

/* In rising order. Of other tags none changes which voxels a file has, nor their spacing. */
static const uint16_t needed[] = {
    TIFFTAG_SUBFILETYPE,
    TIFFTAG_OSUBFILETYPE,
    TIFFTAG_IMAGEWIDTH,
    TIFFTAG_IMAGELENGTH,
    TIFFTAG_BITSPERSAMPLE,
    TIFFTAG_COMPRESSION,
    TIFFTAG_PHOTOMETRIC,
    TIFFTAG_FILLORDER,
    TIFFTAG_IMAGEDESCRIPTION,
    TIFFTAG_STRIPOFFSETS,
    TIFFTAG_ORIENTATION,
    TIFFTAG_SAMPLESPERPIXEL,
    TIFFTAG_ROWSPERSTRIP,
    TIFFTAG_STRIPBYTECOUNTS,
    TIFFTAG_XRESOLUTION,
    TIFFTAG_YRESOLUTION,
    TIFFTAG_PLANARCONFIG,
    TIFFTAG_T4OPTIONS,
    TIFFTAG_T6OPTIONS,
    TIFFTAG_RESOLUTIONUNIT,
    TIFFTAG_PREDICTOR,
    TIFFTAG_COLORMAP,
    TIFFTAG_TILEWIDTH,
    TIFFTAG_TILELENGTH,
    TIFFTAG_TILEOFFSETS,
    TIFFTAG_TILEBYTECOUNTS,
    TIFFTAG_EXTRASAMPLES,
    TIFFTAG_SAMPLEFORMAT,
    TIFFTAG_JPEGTABLES,
    TIFFTAG_JPEGPROC,
    TIFFTAG_JPEGIFOFFSET,
    TIFFTAG_JPEGIFBYTECOUNT,
    TIFFTAG_JPEGRESTARTINTERVAL,
    TIFFTAG_JPEGLOSSLESSPREDICTORS,
    TIFFTAG_JPEGPOINTTRANSFORM,
    TIFFTAG_JPEGQTABLES,
    TIFFTAG_JPEGDCTABLES,
    TIFFTAG_JPEGACTABLES,
    TIFFTAG_YCBCRCOEFFICIENTS,
    TIFFTAG_YCBCRSUBSAMPLING,
    TIFFTAG_YCBCRPOSITIONING,
    TIFFTAG_REFERENCEBLACKWHITE,
    TIFFTAG_MATTEING,
    TIFFTAG_DATATYPE,
    TIFFTAG_IMAGEDEPTH,
    TIFFTAG_TILEDEPTH,
    TIFFTAG_LERC_PARAMETERS,
};
enum { NEEDED = sizeof needed / sizeof *needed };
_Static_assert(8 + NEEDED * TIFF_ENTRY_BYTES_MAX + 8 <= TIFF_TRIMMED_BYTES, "all of them fit");

/* The tag's place in `needed`, or NEEDED. */
static unsigned find_needed(uint64_t tag)
{
    unsigned first = 0, last = NEEDED;
    while (first < last) {
        unsigned middle = (first + last) / 2;
        if (needed[middle] < tag)
            first = middle + 1;
        else
            last = middle;
    }
    return first < NEEDED && needed[first] == tag ? first : NEEDED;
}

void tiff_trim_directory(struct tiff_source *source, const struct tiff_form *form, uint64_t at,
                         struct tiff_trimmed *trimmed)
{
    struct tiff_entries entries;
    struct error error = {0};
    bool seen[NEEDED] = {false};
    unsigned n = 0;
    trimmed->at = at;
    trimmed->n_bytes = 0;
    if (tiff_entries_read(source, form, at, &entries, &error) != STATUS_OK)
        return;
    const unsigned count_bytes = form->big ? 8 : 2, next_bytes = form->big ? 8 : 4;
    for (unsigned i = 0; i < entries.n; i++) {
        const unsigned char *entry = entries.bytes + i * entries.entry_bytes;
        unsigned place = find_needed(tiff_form_get(form, entry, 2));
        bool is_text = place < NEEDED && needed[place] == TIFFTAG_IMAGEDESCRIPTION;
        if (place == NEEDED || seen[place] || (is_text && at != form->first_directory))
            continue; /* of a tag that occurs twice libtiff takes the first, too */
        seen[place] = true;
        memcpy(trimmed->bytes + count_bytes + n++ * entries.entry_bytes, entry, entries.entry_bytes);
    }
    if (n == 0)
        return;
    for (unsigned i = 0; i < count_bytes; i++)
        trimmed->bytes[form->big_endian ? count_bytes - 1 - i : i] = i == 0 ? (unsigned char)n : 0;
    trimmed->n_bytes = count_bytes + n * entries.entry_bytes + next_bytes;
    memset(trimmed->bytes + trimmed->n_bytes - next_bytes, 0, next_bytes); /* no page behind it */
}
