/* SPDX-License-Identifier: MIT */
#include "call_faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

/* A linker's wrapper has no one to be handed its state by: it is the program's. */
static struct {
    struct call_fault fault;
    atomic_uint ncalls;
    atomic_bool hit, hides;
    struct told_system told;
} state;

void call_faults_set(const struct call_fault *fault)
{
    state.fault = fault ? *fault : (struct call_fault){.call = ""};
    atomic_store(&state.ncalls, 0);
    atomic_store(&state.hit, false);
}

bool call_faults_hit(void)
{
    return atomic_load(&state.hit);
}

unsigned call_faults_count(void)
{
    return atomic_load(&state.ncalls);
}

void call_faults_tell(const struct told_system *told)
{
    state.told = told ? *told : (struct told_system){0};
}

void call_faults_hide_kinds(bool hide)
{
    atomic_store(&state.hides, hide);
}

/* What this call is disturbed with; 0: nothing. */
static int disturbance(const char *call)
{
    if (!state.fault.call || strcmp(call, state.fault.call) != 0)
        return 0;
    unsigned n = atomic_fetch_add(&state.ncalls, 1) + 1;
    if (n != state.fault.n && !(state.fault.later && n > state.fault.n))
        return 0;
    atomic_store(&state.hit, true);
    return state.fault.errnum;
}

/* True when the call is to fail, with errno. */
static bool fails(const char *call)
{
    int errnum = disturbance(call);
    if (errnum == 0)
        return false;
    errno = errnum;
    return true;
}

/* The same for one that transfers *n_bytes, which is made less where it is to be short; none: *n_bytes is 0.
 */
static bool transfer_fails(const char *call, size_t *n_bytes)
{
    int errnum = disturbance(call);
    if (errnum == CALL_SHORT)
        *n_bytes = *n_bytes > 1 ? 1 : *n_bytes;
    else if (errnum == CALL_ENDS)
        *n_bytes = 0;
    else if (errnum != 0)
        errno = errnum;
    return errnum > 0;
}

#define WRAP(type, function, call, parameters, arguments)                                                    \
    type __real_##function parameters;                                                                       \
    type __wrap_##function parameters;                                                                       \
    type __wrap_##function parameters                                                                        \
    {                                                                                                        \
        return fails(call) ? (type)-1 : __real_##function arguments;                                         \
    }

WRAP(int, fstat64, "fstat", (int fd, struct stat *about), (fd, about))
WRAP(int, stat64, "stat", (const char *path, struct stat *about), (path, about))
WRAP(int, fstatat64, "fstat", (int fd, const char *path, struct stat *about, int flags),
     (fd, path, about, flags))
WRAP(int, faccessat, "faccess", (int fd, const char *path, int mode, int flags), (fd, path, mode, flags))
WRAP(int, fsync, "fsync", (int fd), (fd))
WRAP(int, fdatasync, "fdatasync", (int fd), (fd))
WRAP(int, syncfs, "syncfs", (int fd), (fd))
WRAP(int, flock, "flock", (int fd, int operation), (fd, operation))
WRAP(int, ftruncate64, "ftruncate", (int fd, off_t n_bytes), (fd, n_bytes))
WRAP(int, mkdir, "mkdir", (const char *path, mode_t mode), (path, mode))
WRAP(int, mkdirat, "mkdir", (int fd, const char *path, mode_t mode), (fd, path, mode))
WRAP(int, renameat, "rename", (int from, const char *name, int to, const char *other),
     (from, name, to, other))
WRAP(int, unlinkat, "unlink", (int fd, const char *path, int flags), (fd, path, flags))

int __real_fstatfs64(int fd, struct statfs *about);
int __wrap_fstatfs64(int fd, struct statfs *about);
int __wrap_fstatfs64(int fd, struct statfs *about)
{
    int result = fails("fstatfs") ? -1 : __real_fstatfs64(fd, about);
    if (state.told.disk_type)
        about->f_type = (__typeof__(about->f_type))state.told.disk_type;
    return result;
}

int __real_fstatvfs64(int fd, struct statvfs *about);
int __wrap_fstatvfs64(int fd, struct statvfs *about);
int __wrap_fstatvfs64(int fd, struct statvfs *about)
{
    int result = fails("fstatvfs") ? -1 : __real_fstatvfs64(fd, about);
    if (state.told.space)
        *about = *state.told.space;
    return result;
}

int __real_statvfs64(const char *path, struct statvfs *about);
int __wrap_statvfs64(const char *path, struct statvfs *about);
int __wrap_statvfs64(const char *path, struct statvfs *about)
{
    int result = fails("statvfs") ? -1 : __real_statvfs64(path, about);
    if (state.told.space)
        *about = *state.told.space;
    return result;
}

int __real_uname(struct utsname *name);
int __wrap_uname(struct utsname *name);
int __wrap_uname(struct utsname *name)
{
    int result = fails("uname") ? -1 : __real_uname(name);
    if (state.told.release)
        snprintf(name->release, sizeof name->release, "%s", state.told.release);
    return result;
}

uid_t __real_geteuid(void);
uid_t __wrap_geteuid(void);
uid_t __wrap_geteuid(void)
{
    return state.told.user ? (uid_t)strtoul(state.told.user, NULL, 10) : __real_geteuid();
}

#define WRAP_TRANSFER(function, call, parameters, arguments)                                                 \
    ssize_t __real_##function parameters;                                                                    \
    ssize_t __wrap_##function parameters;                                                                    \
    ssize_t __wrap_##function parameters                                                                     \
    {                                                                                                        \
        return transfer_fails(call, &n_bytes) ? -1 : n_bytes == 0 ? 0 : __real_##function arguments;         \
    }

WRAP_TRANSFER(read, "read", (int fd, void *data, size_t n_bytes), (fd, data, n_bytes))
WRAP_TRANSFER(pread64, "pread", (int fd, void *data, size_t n_bytes, off_t at), (fd, data, n_bytes, at))
WRAP_TRANSFER(write, "write", (int fd, const void *data, size_t n_bytes), (fd, data, n_bytes))
WRAP_TRANSFER(pwrite64, "pwrite", (int fd, const void *data, size_t n_bytes, off_t at),
              (fd, data, n_bytes, at))

ssize_t __real_writev(int fd, const struct iovec *parts, int nparts);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int nparts);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int nparts)
{
    size_t n_bytes = 0;
    for (int i = 0; i < nparts; i++)
        n_bytes += parts[i].iov_len;
    const size_t all_bytes = n_bytes;
    if (transfer_fails("write", &n_bytes))
        return -1;
    if (n_bytes == all_bytes)
        return __real_writev(fd, parts, nparts);
    while (parts->iov_len == 0)
        parts++;
    return n_bytes == 0 ? 0 : __real_writev(fd, &(struct iovec){parts->iov_base, n_bytes}, 1);
}

/* The mode is there with O_CREAT only. */
#define WRAP_OPEN(function, parameters, arguments)                                                           \
    int __real_##function parameters;                                                                        \
    int __wrap_##function parameters;                                                                        \
    int __wrap_##function parameters                                                                         \
    {                                                                                                        \
        mode_t mode = 0;                                                                                     \
        if (flags & O_CREAT) {                                                                               \
            va_list list;                                                                                    \
            va_start(list, flags);                                                                           \
            mode = va_arg(list, mode_t);                                                                     \
            va_end(list);                                                                                    \
        }                                                                                                    \
        return fails("open") ? -1 : __real_##function arguments;                                             \
    }

WRAP_OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
WRAP_OPEN(openat64, (int fd, const char *path, int flags, ...), (fd, path, flags, mode))

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    int result = __real_close(fd);
    return fails("close") ? -1 : result;
}

DIR *__real_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd)
{
    return fails("fdopendir") ? NULL : __real_fdopendir(fd);
}

DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
DIR *__wrap_opendir(const char *path)
{
    return fails("opendir") ? NULL : __real_opendir(path);
}

struct dirent *__real_readdir64(DIR *directory);
struct dirent *__wrap_readdir64(DIR *directory);
struct dirent *__wrap_readdir64(DIR *directory)
{
    if (fails("readdir"))
        return NULL;
    struct dirent *entry = __real_readdir64(directory);
    if (entry && atomic_load(&state.hides))
        entry->d_type = DT_UNKNOWN;
    return entry;
}
