/* SPDX-License-Identifier: MIT
 * Where the bytes of a TIFF come from: an open file, read by position through a small read-ahead buffer, or
 * parts of a file in memory. A file is never mapped: one that shrinks while it is read gives an error, no
 * signal.
 */
#ifndef STACKTHUMB_CODEC_TIFF_SOURCE_H
#define STACKTHUMB_CODEC_TIFF_SOURCE_H

#include "base/error.h"
#include "base/file.h"
#include "codec/part_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Large enough for a header, its directory and short strip tables in one read. */
enum { TIFF_READ_AHEAD_BYTES = 8192 };

/* What the header of a BigTIFF takes; that of a classic one is shorter. */
enum { TIFF_START_BYTES = 16 };

struct tiff_source {
    const struct input_file *file; /* borrowed; NULL: the bytes lie in memory */
    const unsigned char *data;     /* borrowed; NULL: the bytes lie in a file */
    const struct file_part
        *parts; /* borrowed; of the file, in rising order, one behind the other in `data` */
    unsigned nparts;
    const char *path;  /* borrowed, for messages */
    uint64_t n_bytes;  /* of the file; in memory, of the file up to the end of its last part */
    uint64_t position; /* of libtiff, which reads as from a stream */
    unsigned char start[TIFF_START_BYTES]; /* the first bytes, once they were read */
    size_t start_bytes;
    struct part_list used; /* of a file: what was asked for */
    uint64_t used_bytes;   /* the bytes that were asked for, however often */
    struct error error;    /* of the first read that failed */
    uint64_t ahead_at;     /* ahead[0 .. ahead_bytes-1] are the file's bytes from here */
    size_t ahead_bytes;
    unsigned char ahead[TIFF_READ_AHEAD_BYTES];
};

void tiff_source_init_file(struct tiff_source *source, const struct input_file *file);

/* The nparts parts, each of them in the file's order, lie at `data`. */
void tiff_source_init_memory(struct tiff_source *source, const void *data, const struct file_part *parts,
                             unsigned nparts, const char *path);

/* Makes `start` the first bytes, which are read once. */
void tiff_source_start(struct tiff_source *source);

/* Where in memory the n_bytes at `offset` of the file lie; NULL when they do not, or not in one part. */
const unsigned char *tiff_source_span(const struct tiff_source *source, uint64_t offset, uint64_t n_bytes);

/* True when the memory holds the file from its first byte on, without a gap. */
bool tiff_source_is_whole(const struct tiff_source *source);

/* Copies up to n_bytes from `offset` and returns how many there were: fewer at the end, before a part that is
 * not there, or after a read error (source->error then holds it). */
size_t tiff_source_read(struct tiff_source *source, void *data, size_t n_bytes, uint64_t offset);

#endif
