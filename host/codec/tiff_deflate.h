/* SPDX-License-Identifier: MIT
 * Deflate chunks, decoded by libdeflate and not through libtiff. libtiff takes a stream that would go on
 * behind the end of its chunk for a good one, checksum unseen, and so lets much of what can be damaged pass.
 * Here the stream must end with the chunk, and its checksum must be right. */
#ifndef STACKTHUMB_CODEC_TIFF_DEFLATE_H
#define STACKTHUMB_CODEC_TIFF_DEFLATE_H

#include "base/error.h"
#include "codec/tiff_handle.h"
#include "codec/tiff_image.h"

#include <stdbool.h>
#include <stdint.h>

/* True for the images whose chunks these are; their bytes lie in memory. */
bool tiff_deflate_takes(const struct tiff_handle *handle, const struct tiff_image *image);

/* Decodes chunk `index`, which tiff_image_check_chunks has found to lie within the source, to `to`, which is
 * aligned to a sample: n_bytes are exactly its decoded length. Differences of samples of whole bytes are
 * added up. */
enum status tiff_deflate_chunk(const struct tiff_handle *handle, const struct tiff_image *image,
                               uint32_t index, void *to, uint64_t n_bytes, struct error *error);

#endif
