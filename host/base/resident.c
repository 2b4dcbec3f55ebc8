/* SPDX-License-Identifier: MIT */
#include "base/resident.h"

#include "base/checked.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

uint64_t resident_peak_bytes(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return saturated_mul3((uint64_t)usage.ru_maxrss, 1024, 1); /* Linux counts it in KiB */
}

/* /proc/self/statm: sizes in pages; the second number is what is resident. (proc(5)) */
uint64_t resident_bytes(void)
{
    unsigned long long npages;
    long page_bytes = sysconf(_SC_PAGESIZE);
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return resident_peak_bytes();
    int nread = fscanf(file, "%*u %llu", &npages);
    fclose(file);
    return nread == 1 && page_bytes > 0 ? saturated_mul3(npages, (uint64_t)page_bytes, 1)
                                        : resident_peak_bytes();
}

bool memory_is_there(uint64_t n_bytes)
{
    if (n_bytes == 0)
        return true;
    void *volatile probe = n_bytes <= SIZE_MAX ? malloc((size_t)n_bytes) : NULL;
    bool is_there = probe != NULL;
    free(probe);
    return is_there;
}

void memory_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

uint64_t machine_memory_bytes(void)
{
    long npages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    return npages > 0 && page_bytes > 0 ? saturated_mul3((uint64_t)npages, (uint64_t)page_bytes, 1)
                                        : UINT64_MAX;
}
