/* SPDX-License-Identifier: MIT */
#include "output/run_lock.h"

#include "base/printable.h"
#include "base/restart.h"
#include "output/output_failure.h"

#include <errno.h>
#include <fcntl.h>
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

/* "process 1234 on host": what take_over wrote, and whatever else stands there is nobody. */
static void read_holder(int fd, struct holder *holder)
{
    char text[TEXT_BYTES];
    *holder = (struct holder){.pid = 0};
    text[restart_read(fd, text, sizeof text - 1, 0)] = '\0';
    if (sscanf(text, "process %ld on %255s", &holder->pid, holder->host) != 2 || holder->pid <= 0)
        *holder = (struct holder){.pid = 0};
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

/* The file that was locked is still the one that has the name: its holder before may have removed it
 * meanwhile. */
static bool is_named(int fd, int folder_fd)
{
    struct stat own, named;
    return fstat(fd, &own) == 0 && fstatat(folder_fd, LOCK_NAME, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           own.st_dev == named.st_dev && own.st_ino == named.st_ino;
}

static enum status write_holder(int fd, const char *folder, struct error *error)
{
    char text[TEXT_BYTES], host[HOST_BYTES];
    own_host(host);
    int n = snprintf(text, sizeof text, "process %ld on %s\n", (long)getpid(), host);
    int errnum = restart_ftruncate(fd, 0) == 0 ? restart_write(fd, text, (size_t)n, 0) : errno;
    return errnum == 0 ? STATUS_OK : output_failure(error, errnum, folder, LOCK_NAME);
}

/* Opens the file; *is_others: it is another user's, and can only be read. -1, and errno, on failure. */
static int open_lock(int folder_fd, bool *is_others)
{
    const int flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int fd = restart_openat(folder_fd, LOCK_NAME, O_RDWR | O_CREAT | flags, 0666);
    *is_others = fd < 0 && errno == EACCES;
    return *is_others ? restart_openat(folder_fd, LOCK_NAME, O_RDONLY | flags, 0) : fd;
}

/* Whether some run holds the open file; then `error` tells. */
static bool is_held(int fd, const char *folder, struct error *error)
{
    struct holder holder;
    int failure = restart_flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    read_holder(fd, &holder);
    /* EACCES: how SMB tells that another host has it. */
    bool certain = failure == EWOULDBLOCK || failure == EACCES;
    if (!certain && (failure == 0 || !is_alive(&holder)))
        return false;
    held(folder, &holder, certain, error);
    return true;
}

/* Opens and locks the file; *fd is -1 when it went away meanwhile, and all is to be tried again. A stale one
 * of another user is removed first. */
static enum status try_lock(int *fd, int folder_fd, const char *folder, struct error *error)
{
    bool is_others;
    *fd = open_lock(folder_fd, &is_others);
    if (*fd < 0)
        return output_failure(error, errno, folder, LOCK_NAME);
    enum status status = STATUS_OK;
    bool is_ours = false;
    if (is_held(*fd, folder, error))
        status = error->status;
    else if (is_named(*fd, folder_fd)) {
        is_ours = !is_others;
        if (is_others && unlinkat(folder_fd, LOCK_NAME, 0) != 0 && errno != ENOENT)
            status = output_failure(error, errno, folder, LOCK_NAME);
    }
    if (status == STATUS_OK && is_ours)
        return STATUS_OK;
    close(*fd);
    *fd = -1;
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
    unlinkat(lock->folder_fd, LOCK_NAME, 0); /* while it is locked; one that stays is stale */
    close(lock->fd);
    lock->fd = -1;
}
