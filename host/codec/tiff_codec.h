/* SPDX-License-Identifier: MIT
 * The operations of codec_tiff, one file each; codec.h says what they do. */
#ifndef STACKTHUMB_CODEC_TIFF_CODEC_H
#define STACKTHUMB_CODEC_TIFF_CODEC_H

#include "codec/codec.h"

enum status tiff_read_header(const struct input_file *file, const struct codec_options *options,
                             struct slice_header *header, struct error *error);

enum status tiff_decode(const void *data, size_t n_bytes, const char *path, const struct slice_header *header,
                        void *voxels, struct error *error);

enum status tiff_encode(uint32_t nx, uint32_t ny, enum voxel_type type, struct spacing spacing,
                        const void *voxels, struct bytes *encoded, struct error *error);

enum status tiff_encode_head(uint32_t nx, uint32_t ny, enum voxel_type type, struct spacing spacing,
                             struct bytes *head, struct error *error);

/* tiff_encode_head as a BigTIFF when `big`, else as a classic one. */
enum status tiff_encode_head_as(bool big, uint32_t nx, uint32_t ny, enum voxel_type type,
                                struct spacing spacing, struct bytes *head, struct error *error);

#endif
