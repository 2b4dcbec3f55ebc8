/* SPDX-License-Identifier: MIT
 * One strip or tile that has to be decoded: by libdeflate where it can, else by libtiff, whose word is not
 * taken for it. */
#ifndef STACKTHUMB_CODEC_TIFF_CHUNK_H
#define STACKTHUMB_CODEC_TIFF_CHUNK_H

#include "base/error.h"
#include "codec/tiff_handle.h"
#include "codec/tiff_image.h"

#include <stdint.h>

/* Decodes chunk `index` (of all planes; tiff_image_check_chunks has found that it lies within the source) to
 * `to`, aligned to a sample: as many bytes as tiff_image_chunk_bytes says. Samples are in the host's order,
 * those of rasters RGBA. STATUS_INPUT when it cannot be decoded, or only in part. */
enum status tiff_chunk_decode(struct tiff_handle *handle, const struct tiff_image *image, uint32_t index,
                              void *to, struct error *error);

#endif
