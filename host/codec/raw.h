/* SPDX-License-Identifier: MIT
 * Voxels that lie in a file just as they are, row after row without a gap, in either byte order: the codec of
 * whatever only describes such voxels (a volume's header, a page of a TIFF). It has no header of its own to
 * read and no extension; who knows where the voxels lie fills the slice_header with raw_header_set. */
#ifndef STACKTHUMB_CODEC_RAW_H
#define STACKTHUMB_CODEC_RAW_H

#include "codec/codec.h"

#include <stdbool.h>
#include <stdint.h>

/* Its read_header, encode and encode_head are NULL. */
extern const struct codec codec_raw;

/* Fills of `header` all that tells where the ny * nx voxels of `type` lie and how they are read: nx, ny,
 * type, plain, voxels_offset, parts, encoded_bytes, swapped, decode_bytes. `big_endian` is the byte order of
 * the file. The spacing and the layout are left as they are. nx and ny are such that the voxels' bytes can be
 * counted. */
void raw_header_set(struct slice_header *header, uint32_t nx, uint32_t ny, enum voxel_type type,
                    bool big_endian, uint64_t offset);

/* The same for voxels that are 64-bit floats in the file: each becomes the nearest f32 (IEEE 754, ties to
 * even; beyond its range infinity). */
void raw_header_set_f64(struct slice_header *header, uint32_t nx, uint32_t ny, bool big_endian,
                        uint64_t offset);

#endif
