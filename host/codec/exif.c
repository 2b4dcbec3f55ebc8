/* SPDX-License-Identifier: MIT */
#include "codec/exif.h"

#include "codec/tiff_directory.h"

#include <tiff.h>

uint16_t exif_orientation(const unsigned char *data, size_t n_bytes)
{
    enum { ENTRY_BYTES = 12 };
    struct tiff_form form;
    if (!tiff_form_parse(&form, data, n_bytes) || form.big || form.first_directory > n_bytes - 2)
        return ORIENTATION_TOPLEFT;
    size_t at = (size_t)form.first_directory;
    uint64_t nentries = tiff_form_get(&form, data + at, 2);
    at += 2;
    for (uint64_t i = 0; i < nentries && n_bytes - at >= ENTRY_BYTES; i++, at += ENTRY_BYTES) {
        uint64_t value = tiff_form_get(&form, data + at + 8, 2);
        if (tiff_form_get(&form, data + at, 2) == TIFFTAG_ORIENTATION &&
            tiff_form_get(&form, data + at + 2, 2) == TIFF_SHORT &&
            tiff_form_get(&form, data + at + 4, 4) == 1 && value >= ORIENTATION_TOPLEFT &&
            value <= ORIENTATION_LEFTBOT)
            return (uint16_t)value;
    }
    return ORIENTATION_TOPLEFT;
}
