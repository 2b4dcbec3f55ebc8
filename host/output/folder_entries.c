/* SPDX-License-Identifier: MIT */
#include "output/folder_entries.h"

#include "base/restart.h"
#include "output/output_failure.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum entry_kind kind_of(int folder_fd, const struct dirent *entry)
{
    struct stat about;
    switch (entry->d_type) {
    case DT_REG:
        return ENTRY_FILE;
    case DT_DIR:
        return ENTRY_FOLDER;
    case DT_UNKNOWN:
        if (fstatat(folder_fd, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0)
            return ENTRY_OTHER; /* gone, or not to be known: nothing that we would touch */
        return S_ISREG(about.st_mode) ? ENTRY_FILE : S_ISDIR(about.st_mode) ? ENTRY_FOLDER : ENTRY_OTHER;
    default:
        return ENTRY_OTHER;
    }
}

enum status folder_visit(int folder_fd, const char *folder, folder_visitor visitor, void *context,
                         struct error *error)
{
    /* Opened anew: a duplicate would share its position with folder_fd. */
    int fd = restart_openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0)
        return output_failure(error, errno, folder, NULL);
    DIR *directory = fdopendir(fd);
    if (!directory) {
        int errnum = errno;
        close(fd);
        return output_failure(error, errnum, folder, NULL);
    }
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (!entry && errno != 0)
            status = output_failure(error, errno, folder, NULL);
        if (!entry)
            break;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = visitor(context, entry->d_name, kind_of(fd, entry), error);
    }
    closedir(directory);
    return status;
}
