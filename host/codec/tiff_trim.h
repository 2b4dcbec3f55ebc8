/* SPDX-License-Identifier: MIT
 * The directory of a page without what decoding does not need. libtiff takes some microseconds for each tag
 * that it does not know, and more the more there are of them: a file of many such pages would keep it busy
 * for minutes. */
#ifndef STACKTHUMB_CODEC_TIFF_TRIM_H
#define STACKTHUMB_CODEC_TIFF_TRIM_H

#include "codec/tiff_directory.h"
#include "codec/tiff_source.h"

#include <stddef.h>
#include <stdint.h>

enum { TIFF_TRIMMED_BYTES = 1024 };

/* What libtiff is to see from byte `at` of the file on, in place of n_bytes of it. */
struct tiff_trimmed {
    uint64_t at;
    size_t n_bytes; /* 0: the file as it is */
    unsigned char bytes[TIFF_TRIMMED_BYTES];
};

/* Makes it of the directory at `at`. The ImageDescription is left in the file's first one only: writers put
 * what they know of all pages there, and texts may be long. Where the directory cannot be read nothing is
 * trimmed, and libtiff says what is wrong with it. */
void tiff_trim_directory(struct tiff_source *source, const struct tiff_form *form, uint64_t at,
                         struct tiff_trimmed *trimmed);

#endif
