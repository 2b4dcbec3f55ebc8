/* SPDX-License-Identifier: MIT
 * How the voxels of a slice that is written are compressed in its file. */
#ifndef STACKTHUMB_CODEC_ENCODING_H
#define STACKTHUMB_CODEC_ENCODING_H

#include <stdbool.h>

enum encoding { ENCODING_NONE, ENCODING_DEFLATE, ENCODING_ZSTD };
enum { ENCODINGS = ENCODING_ZSTD + 1 };

/* "none", "deflate", "zstd". */
const char *encoding_name(enum encoding encoding);

/* The encoding of exactly that name; false, with *encoding untouched, when there is none. */
bool encoding_parse(const char *name, enum encoding *encoding);

#endif
