/* SPDX-License-Identifier: MIT
 * What the kernel says of the disk below a file system. */
#ifndef STACKTHUMB_BASE_DISK_H
#define STACKTHUMB_BASE_DISK_H

#include <stdbool.h>
#include <sys/types.h>

/* True when both folders lie on one disk that has heads to move. False where that cannot be told: network
 * file systems, file systems over several disks (btrfs, ZFS), a virtual machine's disk, or a path that is no
 * folder. */
bool disk_is_one_with_heads(const char *folder, const char *other_folder);

/* The same of a device number, asked under `sys` ("/sys"). A partition is asked for its disk.
 * virtio is not believed: it calls every disk rotational. (Linux,
 * Documentation/ABI/stable/sysfs-block: queue/rotational) */
bool disk_has_heads(const char *sys, dev_t device);

#endif
