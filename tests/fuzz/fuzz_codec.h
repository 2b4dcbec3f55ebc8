/* SPDX-License-Identifier: MIT
 * What every codec promises of any file. */
#ifndef STACKTHUMB_TESTS_FUZZ_CODEC_H
#define STACKTHUMB_TESTS_FUZZ_CODEC_H

#include "codec/codec.h"

#include <stddef.h>
#include <stdint.h>

/* Reads the header of a file with these bytes, as grey and, when that is refused, as what may become it; when
 * it is a slice of at most FUZZ_SLICE_BYTES_MAX that says it takes at most FUZZ_DECODE_BYTES_MAX to decode,
 * decodes it: libFuzzer's limit on allocations then tells whether that is true. */
void fuzz_codec(const struct codec *codec, const uint8_t *data, size_t n_bytes);

/* Checks what a header says of a file with these bytes and, as above, decodes its slice. decode() reads the
 * bytes that it is given, writes every voxel and none beyond, twice the same; plain voxels are those of
 * decode(); bytes that changed since the header was read do no harm. */
enum { FUZZ_SLICE_BYTES_MAX = 1 << 20, FUZZ_DECODE_BYTES_MAX = 64 << 20 };
void fuzz_codec_check(const struct codec *codec, const struct slice_header *header, const uint8_t *data,
                      size_t n_bytes);

#endif
