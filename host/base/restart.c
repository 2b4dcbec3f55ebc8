/* SPDX-License-Identifier: MIT */
#include "base/restart.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

int restart_open(const char *path, int flags)
{
    return restart_openat(AT_FDCWD, path, flags, 0);
}

int restart_openat(int folder_fd, const char *path, int flags, mode_t mode)
{
    return (int)TEMP_FAILURE_RETRY(openat(folder_fd, path, flags, mode));
}

DIR *restart_opendir(const char *path)
{
    DIR *directory;
    do
        directory = opendir(path);
    while (!directory && errno == EINTR);
    return directory;
}

int restart_fsync(int fd)
{
    return (int)TEMP_FAILURE_RETRY(fsync(fd));
}

int restart_fdatasync(int fd)
{
    return (int)TEMP_FAILURE_RETRY(fdatasync(fd));
}

int restart_syncfs(int fd)
{
    return (int)TEMP_FAILURE_RETRY(syncfs(fd));
}

int restart_ftruncate(int fd, off_t n_bytes)
{
    return (int)TEMP_FAILURE_RETRY(ftruncate(fd, n_bytes));
}

int restart_flock(int fd, int operation)
{
    return (int)TEMP_FAILURE_RETRY(flock(fd, operation));
}

size_t restart_read(int fd, void *data, size_t n_bytes, off_t offset)
{
    size_t at = 0;
    ssize_t n;
    while (at < n_bytes && ((n = pread(fd, (char *)data + at, n_bytes - at, offset + (off_t)at)) > 0 ||
                            (n < 0 && errno == EINTR)))
        at += n > 0 ? (size_t)n : 0;
    return at;
}

int restart_write(int fd, const void *data, size_t n_bytes, off_t offset)
{
    for (size_t at = 0; at < n_bytes;) {
        ssize_t n = pwrite(fd, (const char *)data + at, n_bytes - at, offset + (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return EIO; /* no file system does that for a regular file; it must not loop for ever */
        at += (size_t)n;
    }
    return 0;
}
