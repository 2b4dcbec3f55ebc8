/* SPDX-License-Identifier: MIT */
#include "output/atomic_file.h"

#include "base/restart.h"
#include "output/output_failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* Writes all parts (which it changes). 0, or an errno. */
static int write_all(int fd, struct iovec *part, int nparts)
{
    while (nparts > 0) {
        ssize_t n = writev(fd, part, nparts);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return EIO; /* as in restart_write */
        while (nparts > 0 && (size_t)n >= part->iov_len) {
            n -= (ssize_t)part->iov_len;
            part++;
            nparts--;
        }
        if (nparts > 0) {
            part->iov_base = (char *)part->iov_base + n;
            part->iov_len -= (size_t)n;
        }
    }
    return 0;
}

static enum status fail(struct atomic_file *file, int errnum, struct error *error)
{
    atomic_file_abandon(file);
    return output_failure(error, errnum, file->folder, file->name);
}

enum status atomic_file_begin(struct atomic_file *file, int folder_fd, const char *folder, const char *name,
                              bool hashed, struct error *error)
{
    char partial[PARTIAL_NAME_BYTES];
    *file = (struct atomic_file){.fd = -1, .folder_fd = folder_fd, .folder = folder};
    snprintf(file->name, sizeof file->name, "%s", name);
    partial_name(partial, file->name);
    if (hashed && !(file->hasher = file_hasher_create()))
        return error_no_memory(error, 1024, "a hash");
    file->fd = restart_openat(folder_fd, partial, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file->fd >= 0)
        return STATUS_OK;
    enum status status = output_failure(error, errno, folder, partial);
    atomic_file_abandon(file);
    return status;
}

enum status atomic_file_append(struct atomic_file *file, const void *head, size_t head_bytes,
                               const void *data, size_t n_bytes, struct error *error)
{
    struct iovec parts[2] = {{.iov_base = (void *)head, .iov_len = head_bytes},
                             {.iov_base = (void *)data, .iov_len = n_bytes}};
    int first = head_bytes > 0 ? 0 : 1, end = n_bytes > 0 ? 2 : 1;
    int errnum = write_all(file->fd, parts + first, end - first);
    if (errnum != 0)
        return fail(file, errnum, error);
    file->n_bytes += head_bytes + n_bytes;
    if (file->hasher) {
        file_hasher_add(file->hasher, head, head_bytes);
        file_hasher_add(file->hasher, data, n_bytes);
    }
    return STATUS_OK;
}

enum status atomic_file_put(struct atomic_file *file, const void *data, size_t n_bytes, struct error *error)
{
    int errnum = restart_write(file->fd, data, n_bytes, 0);
    if (errnum != 0)
        return fail(file, errnum, error);
    file->was_put = true;
    return STATUS_OK;
}

static enum status hash_again(struct atomic_file *file, struct error *error)
{
    enum { STEP_BYTES = 256 << 10 };
    unsigned char *step = malloc(STEP_BYTES);
    ssize_t n = 1;
    if (!step) {
        atomic_file_abandon(file);
        return error_no_memory(error, STEP_BYTES, "a hash");
    }
    file_hasher_reset(file->hasher);
    for (off_t at = 0; n > 0; at += n) {
        do
            n = pread(file->fd, step, STEP_BYTES, at);
        while (n < 0 && errno == EINTR);
        if (n > 0)
            file_hasher_add(file->hasher, step, (size_t)n);
    }
    int errnum = errno;
    free(step);
    return n == 0 ? STATUS_OK : fail(file, errnum, error);
}

enum status atomic_file_hash(struct atomic_file *file, struct file_hash *hash, struct error *error)
{
    if (file->was_put && hash_again(file, error) != STATUS_OK)
        return error->status;
    *hash = file_hasher_take(file->hasher);
    return STATUS_OK;
}

enum status atomic_file_sync(struct atomic_file *file, struct error *error)
{
    return restart_fsync(file->fd) == 0 ? STATUS_OK : fail(file, errno, error);
}

enum status atomic_file_name(struct atomic_file *file, struct error *error)
{
    char partial[PARTIAL_NAME_BYTES];
    int errnum = 0, fd = file->fd;
    file->fd = -1;
    file_hasher_free(file->hasher);
    file->hasher = NULL;
    partial_name(partial, file->name);
    /* Network file systems may tell only here that the data did not fit. EINTR: closed nevertheless. */
    if (close(fd) != 0 && errno != EINTR)
        errnum = errno;
    if (errnum == 0 && renameat(file->folder_fd, partial, file->folder_fd, file->name) != 0)
        errnum = errno;
    if (errnum != 0) {
        unlinkat(file->folder_fd, partial, 0);
        return output_failure(error, errnum, file->folder, file->name);
    }
    return STATUS_OK;
}

enum status atomic_folder_sync(int folder_fd, const char *folder, struct error *error)
{
    /* EINVAL: this file system knows no such thing */
    return restart_fsync(folder_fd) == 0 || errno == EINVAL ? STATUS_OK
                                                            : output_failure(error, errno, folder, NULL);
}

void atomic_file_abandon(struct atomic_file *file)
{
    char partial[PARTIAL_NAME_BYTES];
    file_hasher_free(file->hasher);
    file->hasher = NULL;
    if (file->fd < 0)
        return;
    close(file->fd);
    file->fd = -1;
    unlinkat(file->folder_fd, partial_name(partial, file->name), 0);
}

enum status atomic_file_write(int folder_fd, const char *folder, const char *name, const void *data,
                              size_t n_bytes, bool durable, struct error *error)
{
    struct atomic_file file;
    enum status status = atomic_file_begin(&file, folder_fd, folder, name, false, error);
    if (status == STATUS_OK)
        status = atomic_file_append(&file, NULL, 0, data, n_bytes, error);
    if (status == STATUS_OK && durable)
        status = atomic_file_sync(&file, error);
    if (status == STATUS_OK)
        status = atomic_file_name(&file, error);
    return status == STATUS_OK && durable ? atomic_folder_sync(folder_fd, folder, error) : status;
}
