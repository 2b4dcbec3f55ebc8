/* SPDX-License-Identifier: MIT
 * Files that appear under their name only when they are complete.
 *
 *      begin -> append ... -> put? -> sync? -> name, or abandon at any time instead
 *
 * Every function that fails has abandoned the file: what the name was before is left as it was. */
#ifndef STACKTHUMB_OUTPUT_ATOMIC_FILE_H
#define STACKTHUMB_OUTPUT_ATOMIC_FILE_H

#include "base/error.h"
#include "output/file_hash.h"
#include "output/level_names.h"

#include <stdbool.h>
#include <stddef.h>

/* A file under its partial name; one thread's. */
struct atomic_file {
    int fd; /* -1: none is open */
    int folder_fd;
    const char *folder; /* for messages; borrowed */
    uint64_t n_bytes;
    struct file_hasher *hasher; /* owned; of all that was appended, or NULL */
    bool was_put;               /* what the hasher was given is not what is there */
    char name[ATOMIC_NAME_BYTES];
};

/* Creates an empty file under name's partial name (name has less than ATOMIC_NAME_BYTES bytes) in the folder
 * open as folder_fd, which stays open until the end. STATUS_OUTPUT on failure, as for all functions here;
 * `folder` is for messages, and borrowed. With `hashed` atomic_file_hash may be called later. */
enum status atomic_file_begin(struct atomic_file *file, int folder_fd, const char *folder, const char *name,
                              bool hashed, struct error *error);

/* Appends first head_bytes at `head` (none: 0), then n_bytes at `data`, in one go where the system lets it.
 */
enum status atomic_file_append(struct atomic_file *file, const void *head, size_t head_bytes,
                               const void *data, size_t n_bytes, struct error *error);

/* Puts n_bytes at `data` in the place of the first ones that were appended. */
enum status atomic_file_put(struct atomic_file *file, const void *data, size_t n_bytes, struct error *error);

/* The hash of what is in the file. It was hashed as it was appended; where something was put it is read
 * again. */
enum status atomic_file_hash(struct atomic_file *file, struct file_hash *hash, struct error *error);

/* Waits until the file's contents are on the disk. */
enum status atomic_file_sync(struct atomic_file *file, struct error *error);

/* Closes the file and renames it to its name, in place of whatever file has that name. Whether a power
 * failure finds it there is settled when its contents (before this) and its folder (after it) are on the
 * disk. */
enum status atomic_file_name(struct atomic_file *file, struct error *error);

/* Waits until the names in the folder are on the disk. */
enum status atomic_folder_sync(int folder_fd, const char *folder, struct error *error);

/* Removes the file; one that is not open is allowed. */
void atomic_file_abandon(struct atomic_file *file);

/* All of it at once. With `durable` it survives a power failure from here on; otherwise that is left to the
 * system, which writes back when it sees fit. */
enum status atomic_file_write(int folder_fd, const char *folder, const char *name, const void *data,
                              size_t n_bytes, bool durable, struct error *error);

#endif
