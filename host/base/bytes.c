/* SPDX-License-Identifier: MIT */
#include "base/bytes.h"

#include <stdlib.h>

enum status bytes_reserve(struct bytes *bytes, size_t capacity_bytes, struct error *error)
{
    if (capacity_bytes <= bytes->capacity_bytes)
        return STATUS_OK;
    unsigned char *data = realloc(bytes->data, capacity_bytes);
    if (!data)
        return error_no_memory(error, capacity_bytes, "file contents");
    bytes->data = data;
    bytes->capacity_bytes = capacity_bytes;
    return STATUS_OK;
}

void bytes_end(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}
