/* SPDX-License-Identifier: MIT */
#include "output/hash_check.h"

#include "base/path.h"
#include "base/printable.h"
#include "base/restart.h"
#include "output/extra_files.h"
#include "output/file_check.h"
#include "output/level_names.h"
#include "output/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whom to tell. */
struct told {
    hash_check_teller tell;
    const void *context;
};

/* What extra_files_find counts into. */
struct extra {
    const struct told *told;
    uint64_t n;
};

static void note_extra(void *context, unsigned level, const char *name, const char *line)
{
    struct extra *extra = context;
    (void)level, (void)name;
    extra->n++;
    extra->told->tell(extra->told->context, line);
}

static enum status check_slice(int fd, const char *level_path, uint32_t z, const struct slice_record *record,
                               const atomic_bool *cancel, const struct told *told, struct hash_check *check,
                               struct error *error)
{
    struct error reason = {0};
    enum status status = file_check_slice(fd, level_path, z, record, true, cancel, &reason);
    check->nslices++;
    check->n_bytes += record->n_bytes;
    if (status == STATUS_OK)
        return STATUS_OK;
    if (status != STATUS_INPUT)
        return error_set(error, status, "%s", reason.message);
    check->nwrong++;
    told->tell(told->context, reason.message);
    return STATUS_OK;
}

static enum status check_level(int folder_fd, const char *folder, const struct slice_records *records,
                               unsigned level, const atomic_bool *cancel, const struct told *told,
                               struct hash_check *check, struct error *error)
{
    char name[LEVEL_NAME_BYTES], shown[PRINTABLE_BYTES];
    char *path = path_join(folder, level_name(name, level));
    if (!path)
        return error_no_memory(error, strlen(folder), "a file name");
    int fd = restart_openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    enum status status = STATUS_OK;
    if (fd < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP) /* those: its slices are not there */
        status = error_set_errno(error, STATUS_INPUT, errno, "%s: cannot be opened",
                                 printable(shown, sizeof shown, path));
    for (uint32_t z = 0; z < records->nz[level] && status == STATUS_OK; z++)
        if (cancel && atomic_load(cancel))
            status = error_set(error, STATUS_INTERRUPTED, "interrupted; not all slices have been looked at");
        else
            status = check_slice(fd, path, z, &records->slices[level][z], cancel, told, check, error);
    if (fd >= 0)
        close(fd);
    free(path);
    return status;
}

enum status hash_check_run(const char *folder, const atomic_bool *cancel, hash_check_teller tell,
                           const void *context, struct hash_check *check, struct error *error)
{
    const struct told told = {tell, context};
    struct extra extra = {.told = &told};
    struct manifest manifest;
    char shown[PRINTABLE_BYTES];
    *check = (struct hash_check){0};
    enum status status = manifest_read(folder, &manifest, error);
    if (status != STATUS_OK)
        return status;
    int fd = restart_open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        status = error_set_errno(error, STATUS_INPUT, errno, "%s: cannot be opened",
                                 printable(shown, sizeof shown, folder));
    else if (!manifest.complete)
        status = error_set(error, STATUS_FAILED, "%s: the pyramid is not complete; build it again",
                           printable(shown, sizeof shown, folder));
    check->nlevels = manifest.pyramid.nlevels;
    for (unsigned level = 1; level <= manifest.pyramid.nlevels && status == STATUS_OK; level++)
        status = check_level(fd, folder, &manifest.records, level, cancel, &told, check, error);
    if (status == STATUS_OK)
        status = extra_files_find(folder, &manifest.pyramid, note_extra, &extra, error);
    check->nextra = extra.n;
    if (fd >= 0)
        close(fd);
    manifest_end(&manifest);
    return status;
}
