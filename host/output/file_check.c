/* SPDX-License-Identifier: MIT */
#include "output/file_check.h"

#include "output/level_names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP_BYTES = 1 << 20 };

/* The hash of the whole file; false when it cannot be read. */
static bool hash_file(int fd, struct file_hash *hash)
{
    struct file_hasher *hasher = file_hasher_create();
    unsigned char *step = malloc(STEP_BYTES);
    ssize_t n = hasher && step ? 1 : -1;
    while (n > 0 || (n < 0 && hasher && step && errno == EINTR)) {
        n = read(fd, step, STEP_BYTES);
        if (n > 0)
            file_hasher_add(hasher, step, (size_t)n);
    }
    if (n == 0)
        *hash = file_hasher_take(hasher);
    free(step);
    file_hasher_free(hasher);
    return n == 0;
}

bool file_check_slice(int folder_fd, uint32_t z, const struct slice_record *record, bool hashed)
{
    char name[SLICE_NAME_BYTES];
    struct file_hash hash;
    struct stat about;
    slice_name(name, z);
    if (record->n_bytes == 0 || fstatat(folder_fd, name, &about, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(about.st_mode) || (uint64_t)about.st_size != record->n_bytes)
        return false;
    if (!hashed)
        return true;
    int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool same = fd >= 0 && hash_file(fd, &hash) && file_hash_equal(&hash, &record->hash);
    if (fd >= 0)
        close(fd);
    return same;
}
