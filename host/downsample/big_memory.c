/* SPDX-License-Identifier: MIT */
#include "downsample/big_memory.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE_BYTES = 4096, HUGE_PAGE_BYTES = 2 << 20 };

void *big_alloc(uint64_t n_bytes)
{
    size_t alignment = n_bytes >= HUGE_PAGE_BYTES ? HUGE_PAGE_BYTES : PAGE_BYTES;
    if (n_bytes > SIZE_MAX / 2)
        return NULL;
    void *memory = NULL;
    if (posix_memalign(&memory, alignment, n_bytes ? (size_t)n_bytes : 1) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    if (n_bytes >= HUGE_PAGE_BYTES)
        (void)madvise(memory, (size_t)n_bytes, MADV_HUGEPAGE); /* advice: a refusal changes nothing */
#endif
    return memory;
}
