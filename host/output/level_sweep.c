/* SPDX-License-Identifier: MIT */
#include "output/level_sweep.h"

#include "base/path.h"
#include "base/restart.h"
#include "output/atomic_file.h"
#include "output/folder_entries.h"
#include "output/journal.h"
#include "output/level_names.h"
#include "output/output_failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A visit that removes files of ours from one level folder. */
struct sweep {
    int fd;
    const char *path;    /* for messages */
    uint64_t first, end; /* slices from this z on go, and before this one */
    unsigned nremoved;
};

static enum status sweep_entry(void *context, const char *name, enum entry_kind kind, struct error *error)
{
    struct sweep *sweep = context;
    uint32_t z;
    bool goes =
        slice_name_is_partial(name) || (slice_name_parse(name, &z) && z >= sweep->first && z < sweep->end);
    if (!goes || kind != ENTRY_FILE)
        return STATUS_OK;
    if (unlinkat(sweep->fd, name, 0) != 0 && errno != ENOENT)
        return output_failure(error, errno, sweep->path, name);
    sweep->nremoved++;
    return STATUS_OK;
}

/* Removes partial files and slices first .. end-1 of a level folder, if there is one. */
static enum status sweep_level(int folder_fd, const char *folder, const char *name, uint64_t first,
                               uint64_t end, bool durable, struct error *error)
{
    int fd = restart_openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0)
        return errno == ENOENT ? STATUS_OK : output_failure(error, errno, folder, name);
    char *path = path_join(folder, name);
    struct sweep sweep = {.fd = fd, .path = path, .first = first, .end = end};
    enum status status = path ? folder_visit(fd, path, sweep_entry, &sweep, error)
                              : error_no_memory(error, strlen(folder), "a file name");
    if (status == STATUS_OK && durable && sweep.nremoved > 0)
        status = atomic_folder_sync(fd, path, error);
    free(path);
    close(fd);
    return status;
}

/* The last level folder that may be an earlier pyramid's: where it is not known, before the first gap. */
static unsigned last_level(int folder_fd, const struct earlier *earlier)
{
    char name[LEVEL_NAME_BYTES];
    unsigned level = 0;
    if (earlier_is_known(earlier))
        return earlier->manifest.pyramid.nlevels;
    while (level < LEVELS_MAX &&
           faccessat(folder_fd, level_name(name, level + 1), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        level++;
    return level;
}

/* From the last level on, so that no gap comes about when this is interrupted. */
enum status level_sweep_earlier(int folder_fd, const char *folder, const struct earlier *earlier,
                                const struct pyramid *pyramid, bool durable, struct error *error)
{
    enum status status = STATUS_OK;
    for (unsigned level = last_level(folder_fd, earlier); level >= 1 && status == STATUS_OK; level--) {
        char name[LEVEL_NAME_BYTES];
        const bool stays = level <= pyramid->nlevels;
        const uint64_t first = stays ? extent_reduce(pyramid->extent.nz, level) : 0,
                       end = earlier_slices(earlier, level);
        if (first >= end)
            continue;
        status = sweep_level(folder_fd, folder, level_name(name, level), first, end, durable, error);
        /* There may be files of others in it: then it stays. */
        if (status == STATUS_OK && !stays && unlinkat(folder_fd, name, AT_REMOVEDIR) != 0 &&
            errno != ENOTEMPTY && errno != EEXIST && errno != ENOENT)
            status = output_failure(error, errno, folder, name);
    }
    return status;
}

enum status level_sweep_partial(int folder_fd, const char *folder, struct error *error)
{
    static const char *const names[] = {MANIFEST_NAME, JOURNAL_NAME};
    char partial[PARTIAL_NAME_BYTES];
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        partial_name(partial, names[i]);
        if (unlinkat(folder_fd, partial, 0) != 0 && errno != ENOENT)
            return output_failure(error, errno, folder, partial);
    }
    for (unsigned level = 1; level <= LEVELS_MAX && status == STATUS_OK; level++) {
        char name[LEVEL_NAME_BYTES];
        status = sweep_level(folder_fd, folder, level_name(name, level), 0, 0, false, error);
    }
    return status;
}
