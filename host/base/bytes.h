/* SPDX-License-Identifier: MIT
 * A growable run of bytes that is reused from slice to slice. */
#ifndef STACKTHUMB_BASE_BYTES_H
#define STACKTHUMB_BASE_BYTES_H

#include "base/error.h"

#include <stddef.h>

/* Zero-initialised it is empty and valid. The owner calls bytes_end. */
struct bytes {
    unsigned char *data;
    size_t n_bytes;        /* in use */
    size_t capacity_bytes; /* allocated */
};

/* Makes room for at least `capacity_bytes`, keeping what is in use; STATUS_FAILED when memory is refused. */
enum status bytes_reserve(struct bytes *bytes, size_t capacity_bytes, struct error *error);
void bytes_end(struct bytes *bytes);

#endif
