/* SPDX-License-Identifier: MIT */
#include "output/run_lock.h"

#include "base/printable.h"
#include "base/restart.h"
#include "output/output_failure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOST_BYTES = 256, TEXT_BYTES = HOST_BYTES + 64, TRIES = 10 };

/* Who a lock file says that holds it. */
struct holder {
    long pid; /* 0: it does not say */
    char host[HOST_BYTES];
};

static void own_host(char host[HOST_BYTES])
{
    if (gethostname(host, HOST_BYTES) != 0)
        host[0] = '\0';
    host[HOST_BYTES - 1] = '\0';
}

/* Takes `text` off the start of *at; false, with *at at its end, where that has less of it, or else. */
static bool take(const char **at, const char *text, bool *is_cut)
{
    while (*text && **at == *text) {
        (*at)++;
        text++;
    }
    *is_cut = **at == '\0';
    return *text == '\0';
}

/* "process 1234 on host\n": what write_holder writes, or the start of it that a run which died meanwhile has
 * left; nothing, too. Then *holder is who it says, if it says all. False for anything else. */
static bool parse_holder(const char *text, struct holder *holder)
{
    struct holder said = {.pid = 0};
    bool is_cut;
    *holder = said;
    if (!take(&text, "process ", &is_cut))
        return is_cut;
    for (; *text >= '0' && *text <= '9' && said.pid < LONG_MAX / 10 - 1; text++)
        said.pid = 10 * said.pid + (*text - '0');
    if (!take(&text, " on ", &is_cut))
        return is_cut;
    const size_t n = strcspn(text, "\n");
    if (n >= HOST_BYTES || text[n] == '\0' || text[n + 1] != '\0')
        return n < HOST_BYTES && text[n] == '\0';
    memcpy(said.host, text, n);
    *holder = said;
    return true;
}

/* Why the open file is no lock of ours; NULL: it is one, and *holder is who has it, as far as it says. It
 * has to be `read` in full, unless another host may have locked it (SMB lets nobody read it then). */
static const char *why_foreign(int fd, const struct stat *about, bool read, struct holder *holder)
{
    char text[TEXT_BYTES];
    *holder = (struct holder){.pid = 0};
    if (!S_ISREG(about->st_mode))
        return "is no regular file";
    if (about->st_nlink > 1)
        return "is a file that has other names, too";
    if (about->st_size >= TEXT_BYTES)
        return "is not what this program writes there";
    const size_t n = restart_read(fd, text, sizeof text - 1, 0);
    text[n] = '\0';
    if (read && n < (size_t)about->st_size)
        return "cannot be read";
    size_t nzeros = 0; /* as after a power failure: its length was kept, and its contents were not */
    while (nzeros < n && text[nzeros] == '\0')
        nzeros++;
    if (nzeros == n)
        return NULL;
    return strlen(text) == n && parse_holder(text, holder) ? NULL : "is not what this program writes there";
}

/* `certain`: the kernel says so, and not only what stands in the file. */
static enum status held(const char *folder, const struct holder *holder, bool certain, struct error *error)
{
    char shown[384], host[200], who[256] = "";
    printable(shown, sizeof shown, folder);
    if (holder->pid > 0)
        snprintf(who, sizeof who, " (process %ld on %s)", holder->pid,
                 printable(host, sizeof host, holder->host));
    return certain
               ? error_set(error, STATUS_OUTPUT,
                           "%s: another run%s is writing into it; wait for its end, or choose another OUTPUT",
                           shown, who)
               : error_set(error, STATUS_OUTPUT,
                           "%s: another run%s seems to be writing into it, which cannot be told for certain "
                           "on this file system; wait for its end, or remove %s if it has died",
                           shown, who, LOCK_NAME);
}

/* For where nothing can be locked. A process that may not be signalled is alive. */
static bool is_alive(const struct holder *holder)
{
    char host[HOST_BYTES];
    own_host(host);
    if (holder->pid == 0 || holder->pid == (long)getpid())
        return false;
    return strcmp(host, holder->host) != 0 || kill((pid_t)holder->pid, 0) == 0 || errno != ESRCH;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The file that was locked is still the one that has the name: its holder before may have removed it
 * meanwhile. */
static bool is_named(const struct stat *own, int folder_fd)
{
    struct stat named;
    return fstatat(folder_fd, LOCK_NAME, &named, AT_SYMLINK_NOFOLLOW) == 0 && is_same_file(own, &named);
}

static enum status write_holder(int fd, const char *folder, struct error *error)
{
    char text[TEXT_BYTES], host[HOST_BYTES];
    own_host(host);
    int n = snprintf(text, sizeof text, "process %ld on %s\n", (long)getpid(), host);
    int errnum = restart_ftruncate(fd, 0) == 0 ? restart_write(fd, text, (size_t)n, 0) : errno;
    return errnum == 0 ? STATUS_OK : output_failure(error, errnum, folder, LOCK_NAME);
}

static enum status refuse(const char *folder, const char *reason, struct error *error)
{
    char shown[384];
    return error_set(error, STATUS_OUTPUT,
                     "%s/%s: %s, and stays as it is; move it elsewhere, or choose another OUTPUT",
                     printable(shown, sizeof shown, folder), LOCK_NAME, reason);
}

/* A lock file in the making. */
struct candidate {
    int fd;         /* -1: there is none, and all is to be tried again */
    bool is_others; /* another user's, which can only be read */
};

/* Opens the file that is there, for reading until it proves to be a lock. It is to be opened for writing
 * then: servers of NFS lock no other. */
static enum status open_present(struct candidate *lock, int folder_fd, const char *folder,
                                struct error *error)
{
    const int flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    struct holder ignored;
    struct stat about;
    int fd = restart_openat(folder_fd, LOCK_NAME, O_RDONLY | flags, 0);
    if (fd < 0 && errno == ELOOP)
        return refuse(folder, "is a symbolic link", error);
    if (fd < 0)
        return errno == ENOENT ? STATUS_OK : output_failure(error, errno, folder, LOCK_NAME);
    const bool is_there = fstat(fd, &about) == 0;
    const char *reason = is_there ? why_foreign(fd, &about, false, &ignored) : NULL;
    if (!is_there || reason) {
        close(fd);
        return is_there ? refuse(folder, reason, error) : STATUS_OK;
    }
    lock->fd = restart_openat(folder_fd, LOCK_NAME, O_RDWR | flags, 0);
    if (lock->fd < 0 && errno == EACCES) {
        lock->is_others = true;
        lock->fd = fd;
        return STATUS_OK;
    }
    enum status status = lock->fd >= 0 || errno == ENOENT || errno == ELOOP
                             ? STATUS_OK
                             : output_failure(error, errno, folder, LOCK_NAME);
    close(fd);
    return status;
}

static enum status open_lock(struct candidate *lock, int folder_fd, const char *folder, struct error *error)
{
    *lock = (struct candidate){
        .fd = restart_openat(folder_fd, LOCK_NAME, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666)};
    if (lock->fd >= 0)
        return STATUS_OK;
    return errno == EEXIST ? open_present(lock, folder_fd, folder, error)
                           : output_failure(error, errno, folder, LOCK_NAME);
}

/* Locks the open file, unless some run holds it, or it is no lock. *is_gone: it is not the one that has the
 * name any more. */
static enum status lock_file(int fd, int folder_fd, const char *folder, bool *is_gone, struct error *error)
{
    struct holder holder = {.pid = 0};
    struct stat about;
    int failure = restart_flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    /* EACCES: how SMB tells that another host has it. */
    bool certain = failure == EWOULDBLOCK || failure == EACCES;
    *is_gone = fstat(fd, &about) != 0;
    const char *reason = *is_gone ? NULL : why_foreign(fd, &about, !certain, &holder);
    if (certain || (failure != 0 && is_alive(&holder)))
        return held(folder, &holder, certain, error);
    if (reason)
        return refuse(folder, reason, error);
    *is_gone |= !is_named(&about, folder_fd);
    return STATUS_OK;
}

/* Opens and locks the file; *fd is -1 when it went away meanwhile, and all is to be tried again. A stale one
 * of another user is removed first. */
static enum status try_lock(int *fd, int folder_fd, const char *folder, struct error *error)
{
    struct candidate lock;
    bool is_gone;
    *fd = -1;
    if (open_lock(&lock, folder_fd, folder, error) != STATUS_OK || lock.fd < 0)
        return error->status;
    enum status status = lock_file(lock.fd, folder_fd, folder, &is_gone, error);
    if (status == STATUS_OK && !is_gone) {
        if (!lock.is_others) {
            *fd = lock.fd;
            return STATUS_OK;
        }
        if (unlinkat(folder_fd, LOCK_NAME, 0) != 0 && errno != ENOENT)
            status = output_failure(error, errno, folder, LOCK_NAME);
    }
    close(lock.fd);
    return status;
}

enum status run_lock_take(struct run_lock *lock, int folder_fd, const char *folder, struct error *error)
{
    *lock = (struct run_lock){.fd = -1, .folder_fd = folder_fd};
    for (int i = 0; i < TRIES && lock->fd < 0; i++)
        if (try_lock(&lock->fd, folder_fd, folder, error) != STATUS_OK)
            return error->status;
    if (lock->fd < 0)
        return held(folder, &(struct holder){.pid = 0}, true, error);
    enum status status = write_holder(lock->fd, folder, error);
    if (status != STATUS_OK)
        run_lock_give(lock);
    return status;
}

void run_lock_give(struct run_lock *lock)
{
    if (lock->fd < 0)
        return;
    struct stat own, named;
    if (fstat(lock->fd, &own) != 0 || fstatat(lock->folder_fd, LOCK_NAME, &named, AT_SYMLINK_NOFOLLOW) != 0 ||
        is_same_file(&own, &named))              /* not what somebody has put in its place */
        unlinkat(lock->folder_fd, LOCK_NAME, 0); /* while it is locked; one that stays is stale */
    close(lock->fd);
    lock->fd = -1;
}
