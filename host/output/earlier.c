/* SPDX-License-Identifier: MIT */
#include "output/earlier.h"

#include "base/printable.h"
#include "base/resident.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum status earlier_find(struct earlier *earlier, int folder_fd, const char *folder, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    struct stat about;
    *earlier = (struct earlier){
        .has_manifest = fstatat(folder_fd, MANIFEST_NAME, &about, AT_SYMLINK_NOFOLLOW) == 0,
    };
    if (!earlier->has_manifest)
        return STATUS_OK;
    if (!S_ISREG(about.st_mode)) {
        error_set(&earlier->damage, STATUS_INPUT, "%s/%s: is not a regular file",
                  printable(shown, sizeof shown, folder), MANIFEST_NAME);
        return STATUS_OK;
    }
    enum status status = manifest_read(folder, &earlier->manifest, &earlier->damage);
    return status == STATUS_OK || status == STATUS_INPUT
               ? STATUS_OK
               : error_set(error, status, "%s", earlier->damage.message);
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
