/* SPDX-License-Identifier: MIT */
#include "stack/file_list_read.h"

#include "base/restart.h"
#include "stack/file_list.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BYTES = 64 << 10, WAIT_MS = 100 };

/* Waits until there is something to read, or an end; signals wake nobody here, so `cancel` is looked at. */
static enum status wait_for(int fd, const atomic_bool *cancel, struct error *error)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    for (;;) {
        if (cancel && atomic_load(cancel))
            return error_set(error, STATUS_INTERRUPTED, "interrupted; the list of files was not read");
        if (poll(&waiting, 1, WAIT_MS) > 0)
            return STATUS_OK;
    }
}

static enum status read_all(struct bytes *bytes, int fd, const char *shown, const atomic_bool *cancel,
                            struct error *error)
{
    bytes->n_bytes = 0;
    for (;;) {
        enum status status = wait_for(fd, cancel, error);
        if (status != STATUS_OK)
            return status;
        if (bytes->capacity_bytes - bytes->n_bytes < READ_BYTES &&
            (status = bytes_reserve(bytes, 2 * bytes->capacity_bytes + READ_BYTES, error)) != STATUS_OK)
            return status;
        ssize_t n = read(fd, bytes->data + bytes->n_bytes, READ_BYTES);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            return error_set_errno(error, STATUS_INPUT, errno, "%s: the list of files cannot be read", shown);
        if (n == 0)
            return STATUS_OK;
        bytes->n_bytes += (size_t)n;
        if (bytes->n_bytes > FILE_LIST_BYTES_MAX)
            return error_set(error, STATUS_INPUT, "%s: has more than %d bytes; split the list of files",
                             shown, FILE_LIST_BYTES_MAX);
    }
}

enum status file_list_read(struct bytes *bytes, const char *path, const char *shown,
                           const atomic_bool *cancel, struct error *error)
{
    struct stat about;
    /* O_NONBLOCK: opening a FIFO must not wait for its writer, where nobody could interrupt it. */
    int fd = path ? restart_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : STDIN_FILENO;
    if (fd < 0)
        return error_set_errno(error, STATUS_INPUT, errno, "%s: the list of files cannot be opened", shown);
    enum status status;
    if (fstat(fd, &about) == 0 && S_ISDIR(about.st_mode))
        status =
            error_set(error, STATUS_INPUT,
                      "%s: is a folder, not a list of files; name it without the @ for its slices", shown);
    else
        status = read_all(bytes, fd, shown, cancel, error);
    if (path)
        close(fd);
    return status;
}
