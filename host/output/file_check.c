/* SPDX-License-Identifier: MIT */
#include "output/file_check.h"

#include "base/printable.h"
#include "base/restart.h"
#include "output/level_names.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP_BYTES = 1 << 20 };

/* One line about slice z. */
static enum status wrong(struct error *error, const char *folder, uint32_t z, int errnum, const char *what)
{
    char shown[PRINTABLE_BYTES], name[SLICE_NAME_BYTES];
    printable(shown, sizeof shown, folder);
    slice_name(name, z);
    return errnum ? error_set_errno(error, STATUS_INPUT, errnum, "%s/%s: %s", shown, name, what)
                  : error_set(error, STATUS_INPUT, "%s/%s: %s", shown, name, what);
}

/* The hash of the whole file. STATUS_INPUT, with errno and no message, when it cannot be read. */
static enum status hash_file(int fd, struct file_hash *hash, const atomic_bool *cancel, struct error *error)
{
    struct file_hasher *hasher = file_hasher_create();
    unsigned char *step = malloc(STEP_BYTES);
    enum status status = STATUS_OK;
    if (!hasher || !step)
        status = error_no_memory(error, STEP_BYTES, "the contents of a slice");
    while (status == STATUS_OK) {
        if (cancel && atomic_load(cancel)) {
            status = error_set(error, STATUS_INTERRUPTED, "interrupted; not all slices have been looked at");
            break;
        }
        ssize_t n = read(fd, step, STEP_BYTES);
        if (n == 0)
            break;
        if (n > 0)
            file_hasher_add(hasher, step, (size_t)n);
        else if (errno != EINTR)
            status = STATUS_INPUT;
    }
    if (status == STATUS_OK)
        *hash = file_hasher_take(hasher);
    int failure = errno;
    free(step);
    file_hasher_free(hasher);
    errno = failure;
    return status;
}

static enum status check_contents(int folder_fd, const char *folder, uint32_t z,
                                  const struct file_hash *right, const atomic_bool *cancel,
                                  struct error *error)
{
    char name[SLICE_NAME_BYTES];
    struct file_hash hash;
    int fd =
        restart_openat(folder_fd, slice_name(name, z), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
    if (fd < 0)
        return wrong(error, folder, z, errno, "cannot be opened");
    enum status status = hash_file(fd, &hash, cancel, error);
    if (status == STATUS_INPUT)
        wrong(error, folder, z, errno, "cannot be read");
    else if (status == STATUS_OK && !file_hash_equal(&hash, right))
        status = wrong(error, folder, z, 0, "has other contents than were written");
    close(fd);
    return status;
}

enum status file_check_slice(int folder_fd, const char *folder, uint32_t z, const struct slice_record *record,
                             bool hashed, const atomic_bool *cancel, struct error *error)
{
    char name[SLICE_NAME_BYTES];
    struct stat about;
    slice_name(name, z);
    if (record->n_bytes == 0)
        return wrong(error, folder, z, 0, "was not written");
    if (folder_fd < 0)
        return wrong(error, folder, z, 0, "is not there");
    if (fstatat(folder_fd, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return wrong(error, folder, z, errno == ENOENT ? 0 : errno,
                     errno == ENOENT ? "is not there" : "cannot be looked at");
    if (!S_ISREG(about.st_mode))
        return wrong(error, folder, z, 0, "is not a regular file");
    if ((uint64_t)about.st_size != record->n_bytes)
        return wrong(error, folder, z, 0, "has another length than was written");
    return hashed ? check_contents(folder_fd, folder, z, &record->hash, cancel, error) : STATUS_OK;
}

bool file_check_is_there(int folder_fd, uint32_t z, const struct slice_record *record, bool hashed,
                         const atomic_bool *cancel)
{
    struct error ignored = {0};
    return file_check_slice(folder_fd, "", z, record, hashed, cancel, &ignored) == STATUS_OK;
}
