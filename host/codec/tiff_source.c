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

void tiff_source_init_memory(struct tiff_source *source, const void *data, const struct file_part *parts,
                             unsigned nparts, const char *path)
{
    memset(source, 0, offsetof(struct tiff_source, ahead));
    source->data = data;
    source->parts = parts;
    source->nparts = nparts;
    source->path = path;
    if (nparts > 0)
        source->n_bytes = parts[nparts - 1].offset + parts[nparts - 1].n_bytes;
}

/* Where the byte at `offset` lies in memory, and how many of its part follow from there on; NULL when it is
 * in no part. */
static const unsigned char *find_byte(const struct tiff_source *source, uint64_t offset, uint64_t *n_bytes)
{
    const unsigned char *data = source->data;
    for (unsigned i = 0; i < source->nparts; i++) {
        const struct file_part *part = &source->parts[i];
        if (offset >= part->offset && offset - part->offset < part->n_bytes) {
            *n_bytes = part->n_bytes - (offset - part->offset);
            return data + (offset - part->offset);
        }
        data += part->n_bytes;
    }
    return NULL;
}

const unsigned char *tiff_source_span(const struct tiff_source *source, uint64_t offset, uint64_t n_bytes)
{
    uint64_t nthere = 0;
    const unsigned char *data = find_byte(source, offset, &nthere);
    return nthere >= n_bytes ? data : NULL;
}

bool tiff_source_is_whole(const struct tiff_source *source)
{
    return source->data && source->nparts == 1 && source->parts[0].offset == 0;
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
    if (start == 0 && source->start_bytes == 0) {
        source->start_bytes = n_bytes < sizeof source->start ? n_bytes : sizeof source->start;
        memcpy(source->start, source->ahead, source->start_bytes);
    }
    return n_bytes;
}

static size_t read_file(struct tiff_source *source, void *data, size_t n_bytes, uint64_t offset)
{
    if (n_bytes >= TIFF_READ_AHEAD_BYTES / 2)
        return input_file_read(source->file, data, n_bytes, offset, &source->error) == STATUS_OK ? n_bytes
                                                                                                 : 0;
    /* A directory at the end of the file stays in the buffer when its start is asked for once more. */
    if (offset < source->start_bytes && n_bytes <= source->start_bytes - offset) {
        memcpy(data, source->start + offset, n_bytes);
        return n_bytes;
    }
    bool buffered = offset >= source->ahead_at && offset - source->ahead_at <= source->ahead_bytes &&
                    n_bytes <= source->ahead_bytes - (offset - source->ahead_at);
    if (!buffered && fill_ahead(source, offset) == 0)
        return 0;
    memcpy(data, source->ahead + (offset - source->ahead_at), n_bytes);
    return n_bytes;
}

static size_t read_memory(const struct tiff_source *source, unsigned char *to, size_t n_bytes,
                          uint64_t offset)
{
    size_t used = 0;
    while (used < n_bytes) {
        uint64_t nthere;
        const unsigned char *from = find_byte(source, offset + used, &nthere);
        if (!from)
            break;
        size_t n = nthere < n_bytes - used ? (size_t)nthere : n_bytes - used;
        memcpy(to + used, from, n);
        used += n;
    }
    return used;
}

size_t tiff_source_read(struct tiff_source *source, void *data, size_t n_bytes, uint64_t offset)
{
    if (offset >= source->n_bytes || n_bytes == 0)
        return 0;
    if (n_bytes > source->n_bytes - offset)
        n_bytes = (size_t)(source->n_bytes - offset);
    if (!source->file)
        return read_memory(source, data, n_bytes, offset);
    part_list_add(&source->used, offset, n_bytes);
    source->used_bytes += n_bytes;
    return read_file(source, data, n_bytes, offset);
}

void tiff_source_start(struct tiff_source *source)
{
    if (source->start_bytes == 0)
        source->start_bytes = tiff_source_read(source, source->start, sizeof source->start, 0);
}
