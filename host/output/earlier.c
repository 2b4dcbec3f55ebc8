/* SPDX-License-Identifier: MIT */
#include "output/earlier.h"

#include "base/printable.h"
#include "base/resident.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum status earlier_find(struct earlier *earlier, int folder_fd, const char *folder, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    struct stat about;
    *earlier = (struct earlier){.has_manifest = true};
    if (fstatat(folder_fd, MANIFEST_NAME, &about, AT_SYMLINK_NOFOLLOW) != 0) {
        earlier->has_manifest = false;
        return errno == ENOENT ? STATUS_OK
                               : error_set_errno(error, STATUS_OUTPUT, errno, "%s/%s: cannot be looked at",
                                                 printable(shown, sizeof shown, folder), MANIFEST_NAME);
    }
    if (!S_ISREG(about.st_mode)) {
        error_set(&earlier->damage, STATUS_INPUT, "%s/%s: is not a regular file",
                  printable(shown, sizeof shown, folder), MANIFEST_NAME);
        return STATUS_OK;
    }
    enum status status = manifest_read(folder, &earlier->manifest, &earlier->damage);
    if (status == STATUS_OK || (status == STATUS_INPUT && earlier->manifest.was_read))
        return STATUS_OK;
    /* Whose the files beside it are is not known: even --force has to wait until it can be read. */
    return error_set(error, status == STATUS_INPUT ? STATUS_OUTPUT : status, "%s", earlier->damage.message);
}

bool earlier_is_known(const struct earlier *earlier)
{
    return earlier->has_manifest && earlier->damage.status == STATUS_OK;
}

uint64_t earlier_slices(const struct earlier *earlier, unsigned level)
{
    const struct pyramid *pyramid = &earlier->manifest.pyramid;
    if (!earlier_is_known(earlier))
        return UINT64_MAX;
    return level <= pyramid->nlevels ? extent_reduce(pyramid->extent.nz, level) : 0;
}

void earlier_end(struct earlier *earlier)
{
    if (earlier_is_known(earlier))
        manifest_end(&earlier->manifest);
    *earlier = (struct earlier){.has_manifest = false};
    memory_trim(); /* its manifest was large, and a build plans by what memory is held */
}
