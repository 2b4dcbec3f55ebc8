/* SPDX-License-Identifier: MIT
 * Compresses one strip of a TIFF at a time: Deflate by libdeflate, or ZSTD by libzstd. Differences of
 * neighbours in x are what ZSTD compresses of integers (TIFF's predictor 2); all else is taken as it is. */
#ifndef STACKTHUMB_CODEC_STRIP_ENCODER_H
#define STACKTHUMB_CODEC_STRIP_ENCODER_H

#include "base/error.h"
#include "codec/encoding.h"
#include "volume/voxel_type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One thread's: it keeps the tables of its library from strip to strip. The bytes that it makes depend on the
 * voxels and the version of that library, not on earlier strips. */
struct strip_encoder;

/* `encoding` is not ENCODING_NONE. STATUS_FAILED when memory is refused. */
enum status strip_encoder_create(struct strip_encoder **encoder, enum encoding encoding, struct error *error);
void strip_encoder_free(struct strip_encoder *encoder); /* NULL is allowed */

/* Encodes nrows rows of nx voxels, which it changes, to `encoded`, which has room for strip_encoded_bytes of
 * them; *n_encoded becomes their length. STATUS_FAILED when the library fails. */
enum status strip_encode(struct strip_encoder *encoder, enum voxel_type type, uint32_t nx, uint32_t nrows,
                         void *voxels, void *encoded, size_t *n_encoded, struct error *error);

/* The most bytes that n_bytes of voxels become. */
uint64_t strip_encoded_bytes(enum encoding encoding, uint64_t n_bytes);

/* About how many bytes an encoder holds. */
uint64_t strip_encoder_bytes(enum encoding encoding);

/* Whether strip_encode takes differences of such voxels. */
bool strip_encoder_predicts(enum encoding encoding, enum voxel_type type);

#endif
