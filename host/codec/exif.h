/* SPDX-License-Identifier: MIT
 * How a picture is to be turned, as Exif metadata in JPEG and PNG files say. (CIPA DC-008, "Exif", section 4:
 * a TIFF without an image, of which the first directory is read here for its Orientation.) */
#ifndef STACKTHUMB_CODEC_EXIF_H
#define STACKTHUMB_CODEC_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* 1 to 8 as in TIFF: see tiff_orientation.h. 1, which is as it is, where the n_bytes do not tell. */
uint16_t exif_orientation(const unsigned char *data, size_t n_bytes);

#endif
