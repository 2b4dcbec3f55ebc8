/* SPDX-License-Identifier: MIT */
#include "base/disk.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

bool disk_has_heads(const char *sys, dev_t device)
{
    char link[PATH_MAX - 64], *target;
    snprintf(link, sizeof link, "%s/dev/block/%u:%u", sys, major(device), minor(device));
    target = realpath(link, NULL);
    bool is_virtual = !target || strstr(target, "/virtio");
    free(target);
    if (is_virtual)
        return false;
    static const char *const places[] = {"queue/rotational", "../queue/rotational"};
    for (int i = 0; i < 2; i++) {
        char path[PATH_MAX], answer = '0';
        int n = snprintf(path, sizeof path, "%s/%s", link, places[i]);
        int fd = n < (int)sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        if (fd < 0)
            continue;
        bool rotational = read(fd, &answer, 1) == 1 && answer == '1';
        close(fd);
        return rotational;
    }
    return false;
}

bool disk_is_one_with_heads(const char *folder, const char *other_folder)
{
    struct stat one, other;
    return stat(folder, &one) == 0 && stat(other_folder, &other) == 0 && one.st_dev == other.st_dev &&
           disk_has_heads("/sys", one.st_dev);
}
