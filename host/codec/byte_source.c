/* SPDX-License-Identifier: MIT */
#include "codec/byte_source.h"

#include <string.h>

struct byte_source byte_source_of_file(const struct input_file *file)
{
    return (struct byte_source){.file = file, .path = file->path, .n_bytes = file->n_bytes};
}

struct byte_source byte_source_of_memory(const void *data, size_t n_bytes, const char *path)
{
    return (struct byte_source){.data = data, .path = path, .n_bytes = n_bytes};
}

enum status byte_source_read(const struct byte_source *source, void *data, size_t n_bytes, uint64_t offset,
                             size_t *n_read, struct error *error)
{
    *n_read = 0;
    if (offset >= source->n_bytes || n_bytes == 0)
        return STATUS_OK;
    if (n_bytes > source->n_bytes - offset)
        n_bytes = (size_t)(source->n_bytes - offset);
    if (source->file && input_file_read(source->file, data, n_bytes, offset, error) != STATUS_OK)
        return error->status;
    if (!source->file)
        memcpy(data, source->data + offset, n_bytes);
    *n_read = n_bytes;
    return STATUS_OK;
}
