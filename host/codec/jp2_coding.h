/* SPDX-License-Identifier: MIT
 * The markers of a JPEG 2000 codestream that say how its components are coded, in its main header and in
 * those of its tiles. */
#ifndef STACKTHUMB_CODEC_JP2_CODING_H
#define STACKTHUMB_CODEC_JP2_CODING_H

#include "codec/jp2_codestream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JP2_COD = 0xff52, JP2_COC = 0xff53 };

/* Counts what a marker segment of that kind (its n_bytes behind the length) asks of OpenJPEG into
 * stream->layout_bytes; all other markers are taken, and mean nothing here. False when it is damaged. */
bool jp2_coding_take(struct jp2_codestream *stream, unsigned marker, const unsigned char *data,
                     size_t n_bytes);

/* False when OpenJPEG would describe the tile in far more bytes than its voxels have. */
bool jp2_coding_is_sane(const struct jp2_codestream *stream);

#endif
