/* SPDX-License-Identifier: MIT */
#include "output/hash_check.h"

#include "base/path.h"
#include "base/printable.h"
#include "output/file_check.h"
#include "output/level_names.h"
#include "output/manifest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void note_wrong(struct hash_check *check, const char *level, uint32_t z)
{
    char name[SLICE_NAME_BYTES];
    if (check->nwrong++ == 0)
        snprintf(check->first, sizeof check->first, "%s/%s", level, slice_name(name, z));
}

static enum status check_level(int folder_fd, const struct slice_records *records, unsigned level,
                               const atomic_bool *cancel, struct hash_check *check, struct error *error)
{
    char name[LEVEL_NAME_BYTES];
    int fd = openat(folder_fd, level_name(name, level), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    enum status status = STATUS_OK;
    for (uint32_t z = 0; z < records->nz[level] && status == STATUS_OK; z++) {
        const struct slice_record *record = &records->slices[level][z];
        if (cancel && atomic_load(cancel))
            status = error_set(error, STATUS_INTERRUPTED, "interrupted; not all slices have been looked at");
        else if (fd < 0 || !file_check_slice(fd, z, record, true))
            note_wrong(check, name, z);
        check->nslices++;
        check->n_bytes += record->n_bytes;
    }
    if (fd >= 0)
        close(fd);
    return status;
}

enum status hash_check_run(const char *folder, const atomic_bool *cancel, struct hash_check *check,
                           struct error *error)
{
    struct manifest manifest;
    char shown[PRINTABLE_BYTES];
    *check = (struct hash_check){0};
    enum status status = manifest_read(folder, &manifest, error);
    if (status != STATUS_OK)
        return status;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!manifest.complete)
        status = error_set(error, STATUS_FAILED, "%s: the pyramid is not complete; build it again",
                           printable(shown, sizeof shown, folder));
    check->nlevels = manifest.pyramid.nlevels;
    for (unsigned level = 1; level <= manifest.pyramid.nlevels && status == STATUS_OK; level++)
        status = check_level(fd, &manifest.records, level, cancel, check, error);
    if (fd >= 0)
        close(fd);
    manifest_end(&manifest);
    return status;
}
