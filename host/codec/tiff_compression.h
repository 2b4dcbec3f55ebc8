/* SPDX-License-Identifier: MIT
 * The compressions of TIFF by name, and which of them can hold which voxels. */
#ifndef STACKTHUMB_CODEC_TIFF_COMPRESSION_H
#define STACKTHUMB_CODEC_TIFF_COMPRESSION_H

#include "base/error.h"
#include "codec/tiff_pixels.h"

#include <stdbool.h>
#include <stdint.h>

/* "lzw", or NULL for a number that has no name here. */
const char *tiff_compression_name(uint16_t compression);

/* STATUS_INPUT, naming the file and the compression, when libtiff was built without it or it cannot hold such
 * pixels. `path` is for the message. */
enum status tiff_compression_check(uint16_t compression, const struct tiff_pixels *pixels, const char *path,
                                   struct error *error);

/* Bytes that libtiff's decoder takes for itself while it decodes a strip or tile of chunk_bytes. */
uint64_t tiff_compression_decode_bytes(uint16_t compression, uint64_t chunk_bytes);

/* How many times as long as for an uncompressed page libtiff takes to look at a directory, at most. */
unsigned tiff_compression_effort(uint16_t compression);

/* Whether so many warnings tell of damaged data, for which libtiff's decoder filled in. */
bool tiff_compression_warned_of_damage(uint16_t compression, unsigned nwarnings);

#endif
