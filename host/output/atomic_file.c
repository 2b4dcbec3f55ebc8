/* SPDX-License-Identifier: MIT */
#include "output/atomic_file.h"

#include "output/level_names.h"
#include "output/output_failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0, or an errno. */
static int write_all(int fd, const unsigned char *data, size_t n_bytes)
{
    while (n_bytes > 0) {
        ssize_t n = write(fd, data, n_bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return EIO; /* no file system does that for a regular file; it must not loop for ever */
        data += n;
        n_bytes -= (size_t)n;
    }
    return 0;
}

enum status atomic_file_write(int folder_fd, const char *folder, const char *name, const void *data,
                              size_t n_bytes, bool durable, struct error *error)
{
    char partial[PARTIAL_NAME_BYTES];
    partial_name(partial, name);
    int fd = openat(folder_fd, partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return output_failure(error, errno, folder, partial);
    int errnum = write_all(fd, data, n_bytes);
    if (errnum == 0 && durable && fsync(fd) != 0)
        errnum = errno;
    /* Network file systems may tell only here that the data did not fit. EINTR: closed nevertheless. */
    if (close(fd) != 0 && errnum == 0 && errno != EINTR)
        errnum = errno;
    if (errnum == 0 && renameat(folder_fd, partial, folder_fd, name) != 0)
        errnum = errno;
    if (errnum != 0) {
        unlinkat(folder_fd, partial, 0);
        return output_failure(error, errnum, folder, name);
    }
    if (durable && fsync(folder_fd) != 0 &&
        errno != EINVAL) /* EINVAL: this file system knows no such thing */
        return output_failure(error, errno, folder, NULL);
    return STATUS_OK;
}
