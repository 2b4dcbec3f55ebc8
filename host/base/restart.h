/* SPDX-License-Identifier: MIT
 * System calls that are made again when they were cut short by a signal (EINTR): no signal is caught on the
 * threads of a run, but file systems in user space, and those of networks, pass on what their servers met.
 *
 * Only what may be repeated is here. Not close: on Linux the descriptor is gone even so (close(2)). Nor
 * mkdir, rename and unlink, which may have been done. As the calls of the same name, else. */
#ifndef STACKTHUMB_BASE_RESTART_H
#define STACKTHUMB_BASE_RESTART_H

#include <dirent.h>
#include <sys/types.h>

int restart_open(const char *path, int flags); /* not with O_CREAT */
int restart_openat(int folder_fd, const char *path, int flags, mode_t mode);
DIR *restart_opendir(const char *path);
int restart_fsync(int fd);
int restart_fdatasync(int fd);
int restart_syncfs(int fd);
int restart_ftruncate(int fd, off_t n_bytes);
int restart_flock(int fd, int operation);

/* Reads n_bytes at `offset`, or less where the file ends there or cannot be read; how many. */
size_t restart_read(int fd, void *data, size_t n_bytes, off_t offset);

/* Writes all n_bytes at `offset`. 0, or an errno. */
int restart_write(int fd, const void *data, size_t n_bytes, off_t offset);

#endif
