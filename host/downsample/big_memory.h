/* SPDX-License-Identifier: MIT
 * Memory for buffers that are streamed through: aligned, and on huge pages where the system grants them. */
#ifndef STACKTHUMB_DOWNSAMPLE_BIG_MEMORY_H
#define STACKTHUMB_DOWNSAMPLE_BIG_MEMORY_H

#include <stdint.h>

/* At least n_bytes, aligned to a page (4096 bytes), contents undefined; NULL when memory is refused or
 * n_bytes does not fit this machine. The caller frees it with free(). n_bytes may be 0. */
void *big_alloc(uint64_t n_bytes);

#endif
