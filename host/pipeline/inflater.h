/* SPDX-License-Identifier: MIT
 * What a gzip or zlib stream in a file gives (struct slice_header: streamed), for the reader thread: slices
 * are taken in the order of z, and what lies before one that is asked for is inflated and thrown away. zlib
 * does it; it checks the CRC or Adler sum, and gzip's count, when the stream ends: right behind the last
 * slice in it. A run that stops before that slice (--range) sees no checksum. Several gzip members one behind
 * the other are one stream (RFC 1952); what is no member behind them is passed over, as gzip does.
 *
 * The file is checked to be what the stack was opened with, when it is opened and when it is left. */
#ifndef STACKTHUMB_PIPELINE_INFLATER_H
#define STACKTHUMB_PIPELINE_INFLATER_H

#include "base/file.h"
#include "stack/stack.h"

#include <stdbool.h>
#include <stdint.h>
#include <zlib.h>

struct source;

struct inflater {
    struct source *source;     /* borrowed: whom the bytes and the time that they take are counted to */
    const struct slice *slice; /* one of those in the open stream; NULL: none is open */
    struct input_file file;
    bool from_disk;
    uint64_t read_bytes;  /* of the stream, so far */
    uint64_t given_bytes; /* by it */
    bool ended;
    z_stream zlib;
    unsigned char *input; /* NULL when the stack has no streams */
    unsigned char *waste;
};

/* Allocates for a stack with streams. On failure nothing is to be ended. */
enum status inflater_init(struct inflater *inflater, const struct stack *stack, struct source *source,
                          struct error *error);
void inflater_end(struct inflater *inflater);

/* Bytes that inflater_init and zlib allocate for a stack with streams. */
enum { INFLATER_HOST_BYTES = 384 << 10 };

/* Writes the encoded_bytes of a streamed slice, whose place is not before that of the slice read last, to
 * `data`. STATUS_INPUT, the file named, when the stream is damaged or ends too early, or the file was
 * changed.
 */
enum status inflater_read(struct inflater *inflater, const struct slice *slice, void *data,
                          struct error *error);

#endif
