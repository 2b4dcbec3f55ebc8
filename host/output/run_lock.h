/* SPDX-License-Identifier: MIT
 * One run at a time in an output folder: stackthumb.lock, which tells the host and the process that hold it.
 *
 * The lock is the kernel's, on that file: it ends with its process, however that ends, and most network file
 * systems (NFS, SMB) keep it between hosts. So what stands in a lock file that is not locked is stale. Where
 * files cannot be locked at all, what stands there counts: a process of this host that is alive, or of
 * another host; the message then says to remove the file if that run has died.
 *
 * A file of that name is taken for a lock only if it is a regular one without other names that is empty or
 * says what a run writes, or the start of that. Anything else is left as it is, and not opened for writing.
 */
#ifndef STACKTHUMB_OUTPUT_RUN_LOCK_H
#define STACKTHUMB_OUTPUT_RUN_LOCK_H

#include "base/error.h"

#define LOCK_NAME "stackthumb.lock"

struct run_lock {
    int fd; /* -1: not held */
    int folder_fd;
};

/* Takes the lock of the folder open as folder_fd, which stays open until run_lock_give; `folder` is for
 * messages. STATUS_OUTPUT when another run has it, which is named, or when something else has its name. */
enum status run_lock_take(struct run_lock *lock, int folder_fd, const char *folder, struct error *error);

/* Removes the file and gives the lock up; one that is not held is allowed. */
void run_lock_give(struct run_lock *lock);

#endif
