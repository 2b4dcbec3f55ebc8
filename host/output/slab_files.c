/* SPDX-License-Identifier: MIT */
#include "output/slab_files.h"

#include "base/restart.h"
#include "output/level_names.h"

#include <fcntl.h>
#include <unistd.h>

void level_fds_open(struct level_fds *levels, int folder_fd, unsigned nlevels)
{
    for (unsigned level = 1; level <= nlevels; level++) {
        char name[LEVEL_NAME_BYTES];
        levels->fds[level] = restart_openat(folder_fd, level_name(name, level),
                                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    }
}

void level_fds_close(const struct level_fds *levels, unsigned nlevels)
{
    for (unsigned level = 1; level <= nlevels; level++)
        if (levels->fds[level] >= 0)
            close(levels->fds[level]);
}

void slab_at_level(const struct slice_records *records, uint32_t z0, uint64_t z1, unsigned level,
                   uint32_t *first, uint32_t *end)
{
    *first = z0 >> level;
    *end = z1 >> level < records->nz[level] ? (uint32_t)(z1 >> level) : records->nz[level];
}
