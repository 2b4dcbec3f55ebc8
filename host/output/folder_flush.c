/* SPDX-License-Identifier: MIT */
#include "output/folder_flush.h"

#include "base/restart.h"
#include "output/output_failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens the folder above the one that is open as *fd, which is closed, in its place; false when that is
 * another file system's, or there is none. 0, or an errno in *failure. */
static bool climb(int *fd, int *failure)
{
    struct stat here, above;
    int parent = restart_openat(*fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    *failure = 0;
    if (parent < 0 || fstat(*fd, &here) != 0 || fstat(parent, &above) != 0)
        *failure = errno;
    if (parent >= 0) {
        close(*fd);
        *fd = parent;
    }
    return *failure == 0 && here.st_dev == above.st_dev && here.st_ino != above.st_ino;
}

enum status folder_flush_above(int folder_fd, const char *folder, struct error *error)
{
    int failure = 0;
    int fd = restart_openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0)
        return output_failure(error, errno, folder, NULL);
    while (failure == 0 && climb(&fd, &failure))
        if (restart_fsync(fd) != 0 && errno != EINVAL) /* that: this file system knows no such thing */
            failure = errno;
    close(fd);
    if (failure == EACCES) /* a folder that may be passed through but not read */
        failure = restart_syncfs(folder_fd) == 0 ? 0 : errno;
    return failure == 0 ? STATUS_OK : output_failure(error, failure, folder, NULL);
}
