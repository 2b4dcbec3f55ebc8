/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include "base/printable.h"
#include "base/restart.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static int64_t nanoseconds(struct timespec time)
{
    int64_t seconds = time.tv_sec, ns;
    if (__builtin_mul_overflow(seconds, INT64_C(1000000000), &ns) ||
        __builtin_add_overflow(ns, (int64_t)time.tv_nsec, &ns))
        return seconds < 0 ? INT64_MIN : INT64_MAX;
    return ns;
}

/* What is there in place of a regular file, and could be opened: a socket cannot (open(2), ENXIO). */
static const char *kind_of(mode_t mode)
{
    return S_ISDIR(mode) ? "a folder" : S_ISFIFO(mode) ? "a named pipe" : "a device";
}

struct file_identity file_identity_of(const struct stat *about)
{
    return (struct file_identity){
        .device = about->st_dev, .inode = about->st_ino, .ctime_ns = nanoseconds(about->st_ctim)};
}

int64_t file_mtime_ns(const struct stat *about)
{
    return nanoseconds(about->st_mtim);
}

bool file_system_renumbers(int fd)
{
    static const unsigned long steady[] = {BTRFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, F2FS_SUPER_MAGIC, TMPFS_MAGIC,
                                           XFS_SUPER_MAGIC};
    struct statfs about;
    if (fstatfs(fd, &about) != 0)
        return true;
    for (size_t i = 0; i < sizeof steady / sizeof *steady; i++)
        if ((unsigned long)about.f_type == steady[i])
            return false;
    return true;
}

bool file_identity_same(const struct file_identity *then, const struct file_identity *now, int fd,
                        const char *path)
{
    struct stat about;
    if (then->device == now->device && then->inode == now->inode)
        return true;
    return then->ctime_ns == now->ctime_ns && lstat(path, &about) == 0 && !S_ISLNK(about.st_mode) &&
           file_system_renumbers(fd);
}

static void fill(struct input_file *file, int fd, const char *path, const struct stat *about)
{
    *file = (struct input_file){.fd = fd,
                                .path = path,
                                .n_bytes = (uint64_t)about->st_size,
                                .mtime_ns = file_mtime_ns(about),
                                .identity = file_identity_of(about)};
}

/* A regular file that somebody else has a lease on (a server of SMB does): who opens it waits until that has
 * been given back, or is taken away. Anything else is not opened: -1, and errno is EWOULDBLOCK. */
static int open_leased(const char *path)
{
    char same[64];
    struct stat about;
    int fd = restart_open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return -1;
    snprintf(same, sizeof same, "/proc/self/fd/%d", fd);
    int opened =
        fstat(fd, &about) == 0 && S_ISREG(about.st_mode) ? restart_open(same, O_RDONLY | O_CLOEXEC) : -1;
    close(fd);
    if (opened < 0)
        errno = EWOULDBLOCK;
    return opened;
}

enum status input_file_open(struct input_file *file, const char *path, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    struct stat about;
    /* O_NONBLOCK: opening a FIFO must not wait for its writer. */
    int fd = restart_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == EWOULDBLOCK)
        fd = open_leased(path);
    if (fd < 0) /* that it is not the file's fault matters to who goes on without it */
        return error_set_errno(
            error, errno == EMFILE || errno == ENFILE || errno == ENOMEM ? STATUS_FAILED : STATUS_INPUT,
            errno, "%s: cannot be opened", printable(shown, sizeof shown, path));
    if (fstat(fd, &about) != 0) {
        enum status status = error_set_errno(error, STATUS_INPUT, errno, "%s: cannot be opened",
                                             printable(shown, sizeof shown, path));
        close(fd);
        return status;
    }
    if (!S_ISREG(about.st_mode)) {
        close(fd);
        return error_set(error, STATUS_INPUT, "%s: is %s, not a regular file",
                         printable(shown, sizeof shown, path), kind_of(about.st_mode));
    }
    fill(file, fd, path, &about);
    return STATUS_OK;
}

bool input_file_look(struct input_file *file, const char *path)
{
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
        return false;
    fill(file, -1, path, &about);
    return true;
}

void input_file_close(struct input_file *file)
{
    if (file->fd >= 0)
        close(file->fd); /* read only: nothing can be lost here */
    file->fd = -1;
}

bool input_file_unchanged(const struct input_file *file)
{
    struct stat about;
    return fstat(file->fd, &about) == 0 && (uint64_t)about.st_size == file->n_bytes &&
           file_mtime_ns(&about) == file->mtime_ns;
}

enum status input_file_read(const struct input_file *file, void *data, size_t n_bytes, uint64_t offset,
                            struct error *error)
{
    char shown[PRINTABLE_BYTES];
    unsigned char *to = data;
    if (offset > INT64_MAX || n_bytes > INT64_MAX - offset)
        return error_set(error, STATUS_INPUT, "%s: an offset in it lies beyond any file; it is damaged",
                         printable(shown, sizeof shown, file->path));
    while (n_bytes > 0) {
        ssize_t n = pread(file->fd, to, n_bytes, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(error, STATUS_INPUT, errno, "%s: cannot be read at byte %" PRIu64,
                                   printable(shown, sizeof shown, file->path), offset);
        if (n == 0)
            return error_set(error, STATUS_INPUT,
                             "%s: ends after %" PRIu64
                             " bytes where more were expected; it is truncated, or was changed"
                             " while being read",
                             printable(shown, sizeof shown, file->path), offset);
        to += n;
        offset += (uint64_t)n;
        n_bytes -= (size_t)n;
    }
    return STATUS_OK;
}
