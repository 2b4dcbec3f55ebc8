/* SPDX-License-Identifier: MIT
 * Input files: opened for reading only, regular files only, read by position so that no state is shared. */
#ifndef STACKTHUMB_BASE_FILE_H
#define STACKTHUMB_BASE_FILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which file it is, whatever it is called. */
struct file_identity {
    uint64_t device, inode;
    int64_t ctime_ns; /* of the last change to the file or its names; not a part of which it is */
};

struct stat;

struct file_identity file_identity_of(const struct stat *about);
int64_t file_mtime_ns(const struct stat *about); /* as struct input_file has it */

/* Whether the file system of the open file or folder may number a file anew while it is mounted, as those of
 * networks, in user space and without inodes do with files that the kernel has forgotten. False only of those
 * that are known not to. */
bool file_system_renumbers(int fd);

/* Whether `now`, open as `fd` at `path`, is the file or folder that stood there `then`: by its number; or,
 * where that may have become another one, by its ctime, which hardly any file shares that is put there
 * instead: but one that a symbolic link is turned to keeps its ctime, and many have the same. */
bool file_identity_same(const struct file_identity *then, const struct file_identity *now, int fd,
                        const char *path);

struct input_file {
    int fd;
    const char *path; /* for messages; owned by the caller of input_file_open, and outlives the file */
    uint64_t n_bytes; /* as fstat told when it was opened */
    struct file_identity identity;
    int64_t mtime_ns; /* modification time, ns since 1970; the nearest that fits (1677 to 2262) */
};

/* Opens `path` for reading. A symbolic link is followed; anything but a regular file (a FIFO, a device, a
 * folder) is STATUS_INPUT, and never blocks. STATUS_FAILED when too many files are open, or memory is
 * refused. Errors name the file. */
enum status input_file_open(struct input_file *file, const char *path, struct error *error);

/* What is known, without opening it, of the regular file that `path` leads to: all but the descriptor, which
 * is -1. False where there is none, or nothing is to be known of it. */
bool input_file_look(struct input_file *file, const char *path);

void input_file_close(struct input_file *file);

/* False when the file has another length or modification time than when it was opened. */
bool input_file_unchanged(const struct input_file *file);

/* Reads exactly n_bytes at `offset`; a file that ends before that is STATUS_INPUT ("ends after ..."). */
enum status input_file_read(const struct input_file *file, void *data, size_t n_bytes, uint64_t offset,
                            struct error *error);

#endif
