/* SPDX-License-Identifier: MIT */
#include "codec/tiff_source.h"

#include <string.h>

void tiff_source_init_file(struct tiff_source *source, const struct input_file *file)
{
    memset(source, 0, offsetof(struct tiff_source, ahead));
    source->file = file;
    source->path = file->path;
    source->n_bytes = file->n_bytes;
}

void tiff_source_init_memory(struct tiff_source *source, const void *data, uint64_t n_bytes, const char *path)
{
    memset(source, 0, offsetof(struct tiff_source, ahead));
    source->data = data;
    source->path = path;
    source->n_bytes = n_bytes;
}

/* Fills the buffer with the bytes around `offset`; near the end of the file with its last bytes, because
 * writers put the tables that a directory points to right before it. */
static size_t fill_ahead(struct tiff_source *source, uint64_t offset)
{
    uint64_t last_start =
        source->n_bytes > TIFF_READ_AHEAD_BYTES ? source->n_bytes - TIFF_READ_AHEAD_BYTES : 0;
    uint64_t start = offset < last_start ? offset : last_start;
    uint64_t rest = source->n_bytes - start;
    size_t n_bytes = rest < TIFF_READ_AHEAD_BYTES ? (size_t)rest : TIFF_READ_AHEAD_BYTES;
    source->ahead_bytes = 0;
    if (input_file_read(source->file, source->ahead, n_bytes, start, &source->error) != STATUS_OK)
        return 0;
    source->ahead_at = start;
    source->ahead_bytes = n_bytes;
    return n_bytes;
}

static size_t read_file(struct tiff_source *source, void *data, size_t n_bytes, uint64_t offset)
{
    if (n_bytes >= TIFF_READ_AHEAD_BYTES / 2)
        return input_file_read(source->file, data, n_bytes, offset, &source->error) == STATUS_OK ? n_bytes
                                                                                                 : 0;
    bool buffered = offset >= source->ahead_at && offset - source->ahead_at <= source->ahead_bytes &&
                    n_bytes <= source->ahead_bytes - (offset - source->ahead_at);
    if (!buffered && fill_ahead(source, offset) == 0)
        return 0;
    memcpy(data, source->ahead + (offset - source->ahead_at), n_bytes);
    return n_bytes;
}

size_t tiff_source_read(struct tiff_source *source, void *data, size_t n_bytes, uint64_t offset)
{
    if (offset >= source->n_bytes || n_bytes == 0)
        return 0;
    if (n_bytes > source->n_bytes - offset)
        n_bytes = (size_t)(source->n_bytes - offset);
    if (source->used_bytes < offset + n_bytes)
        source->used_bytes = offset + n_bytes;
    if (source->file)
        return read_file(source, data, n_bytes, offset);
    memcpy(data, source->data + offset, n_bytes);
    return n_bytes;
}
