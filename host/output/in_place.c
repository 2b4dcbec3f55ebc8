/* SPDX-License-Identifier: MIT */
#include "output/in_place.h"

#include "base/printable.h"
#include "output/file_check.h"
#include "output/level_names.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

static bool is_same_folder(int fd, int at_fd, const char *path, int flags)
{
    struct stat opened, named;
    return fstat(fd, &opened) == 0 && fstatat(at_fd, path, &named, flags) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

static enum status moved(const char *path, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    return error_set(error, STATUS_OUTPUT,
                     "%s: was moved or replaced while it was written; leave it where it is and run again",
                     printable(shown, sizeof shown, path));
}

enum status in_place_folder(int fd, const char *path, struct error *error)
{
    return is_same_folder(fd, AT_FDCWD, path, 0) ? STATUS_OK : moved(path, error);
}

enum status in_place_level(int folder_fd, const struct slice_folder *folder, unsigned level,
                           const struct slice_records *records, struct error *error)
{
    char shown[PRINTABLE_BYTES], name[LEVEL_NAME_BYTES], slice[SLICE_NAME_BYTES];
    if (!is_same_folder(folder->fd, folder_fd, level_name(name, level), AT_SYMLINK_NOFOLLOW))
        return moved(folder->path, error);
    for (uint32_t z = 0; z < records->nz[level]; z++)
        if (!file_check_is_there(folder->fd, z, &records->slices[level][z], false, NULL))
            return error_set(error, STATUS_OUTPUT,
                             "%s/%s: was removed or changed while the others were written; run again",
                             printable(shown, sizeof shown, folder->path), slice_name(slice, z));
    return STATUS_OK;
}
