/* SPDX-License-Identifier: MIT
 * What the codecs share in refusing a slice: the form of the message, and the bounds on what a file may
 * declare. */
#ifndef STACKTHUMB_CODEC_SLICE_LIMITS_H
#define STACKTHUMB_CODEC_SLICE_LIMITS_H

#include "base/error.h"
#include "codec/codec.h"

#include <stdint.h>

/* The largest slice that is read. */
#define SLICE_BYTES_MAX (UINT64_C(4) << 30)

/* What to do about a file that is not as its format says. */
extern const char remedy_copy[];

/* What to do about a feature that is not read: "slices must be grey ...; convert it first". */
extern const char remedy_convert[];

/* STATUS_INPUT: "<path>: <what, by format>; <remedy>". */
__attribute__((format(printf, 4, 5))) enum status slice_refuse(const char *path, struct error *error,
                                                               const char *remedy, const char *format, ...);

/* Refuses an image without voxels, and one of more than SLICE_BYTES_MAX. */
enum status slice_check_extent(const char *path, const struct slice_header *header, struct error *error);

/* Decoding is given a file from its first byte to the last of `header`: refuses one with far more bytes than
 * its voxels can need. */
enum status slice_check_encoded(const char *path, const struct slice_header *header, struct error *error);

/* Refuses a slice that is not, in extent and type, what `header` says of it. */
enum status slice_check_unchanged(const char *path, const struct slice_header *header, uint32_t nx,
                                  uint32_t ny, enum voxel_type type, struct error *error);

#endif
