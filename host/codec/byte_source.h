/* SPDX-License-Identifier: MIT
 * Where a codec that looks at bytes itself takes them from: an open file, or its contents in memory. One
 * parser then serves read_header and decode alike. */
#ifndef STACKTHUMB_CODEC_BYTE_SOURCE_H
#define STACKTHUMB_CODEC_BYTE_SOURCE_H

#include "base/error.h"
#include "base/file.h"

#include <stddef.h>
#include <stdint.h>

struct byte_source {
    const struct input_file *file; /* borrowed; NULL: the bytes lie in memory */
    const unsigned char *data;     /* borrowed; NULL: they lie in the file */
    const char *path;              /* borrowed, for messages */
    uint64_t n_bytes;
};

struct byte_source byte_source_of_file(const struct input_file *file);
struct byte_source byte_source_of_memory(const void *data, size_t n_bytes, const char *path);

/* Copies the n_bytes from `offset` on, or as many as there are, to `data`; *n_read says how many. A file that
 * cannot be read, or ends sooner than when it was opened, is an error that names it. */
enum status byte_source_read(const struct byte_source *source, void *data, size_t n_bytes, uint64_t offset,
                             size_t *n_read, struct error *error);

/* Little- and big-endian numbers. */
static inline uint16_t get_u16le(const unsigned char *data)
{
    return (uint16_t)(data[0] | data[1] << 8);
}

static inline uint32_t get_u32le(const unsigned char *data)
{
    return get_u16le(data) | (uint32_t)get_u16le(data + 2) << 16;
}

static inline uint16_t get_u16be(const unsigned char *data)
{
    return (uint16_t)(data[0] << 8 | data[1]);
}

static inline uint32_t get_u32be(const unsigned char *data)
{
    return (uint32_t)get_u16be(data) << 16 | get_u16be(data + 2);
}

#endif
