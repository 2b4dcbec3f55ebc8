/* SPDX-License-Identifier: MIT */
#include "stack/slice_folder.h"

#include "base/path.h"
#include "base/printable.h"
#include "base/restart.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; /* that Linux follows, too: path_resolution(7) */

static enum status refused(const char *path, struct error *error)
{
    return error_no_memory(error, strlen(path) + 1, "the name of a folder");
}

static enum status gone(const struct slice *slice, const char *folder, const char *reason,
                        struct error *error)
{
    char shown[384], shown_folder[384];
    return error_set(error, STATUS_INPUT,
                     "%s: its folder %s is gone (%s); mount it, or put it back, and run again",
                     printable(shown, sizeof shown, slice->path),
                     printable(shown_folder, sizeof shown_folder, folder), reason);
}

/* What file systems of networks and in user space tell of a folder is what their servers say now, not what
 * was kept of what they said. Where there is no such call, or it is forbidden, that has to do. */
static int look(int fd, struct stat *about)
{
    struct statx fresh;
    if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &fresh) != 0 &&
        errno != ENOSYS && errno != EINVAL && errno != EPERM)
        return -1;
    return fstat(fd, about);
}

/* The folder can be reached; and is the one of `then`, which may be NULL. */
static enum status check(const struct slice *slice, const char *folder, const struct file_identity *then,
                         struct error *error)
{
    char text[128];
    struct stat about;
    int fd = restart_open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        return error_set_errno(error, STATUS_FAILED, errno, "%s: cannot be looked at",
                               printable(text, sizeof text, folder));
    if (fd < 0)
        return gone(slice, folder, strerror_r(errno, text, sizeof text), error);
    enum status status = STATUS_OK;
    if (look(fd, &about) != 0)
        status = gone(slice, folder, strerror_r(errno, text, sizeof text), error);
    else if (then) {
        const struct file_identity now = file_identity_of(&about);
        if (!file_identity_same(then, &now, fd, folder))
            status = gone(slice, folder, "another one stands there", error);
    }
    close(fd);
    return status;
}

/* Where `path` leads when links are followed, as far as they are there; malloc'ed, NULL when memory is
 * refused. */
static char *follow(const char *path)
{
    char target[PATH_MAX];
    char *at = strdup(path);
    for (unsigned nlinks = 0; at && nlinks < LINKS_MAX; nlinks++) {
        const char *name;
        ssize_t n = readlink(at, target, sizeof target - 1);
        if (n < 0)
            break;
        target[n] = '\0';
        char *folder = *target == '/' ? strdup("/") : path_folder(at, &name);
        char *next = folder ? path_join(folder, target + strspn(target, "/")) : NULL;
        free(folder);
        free(at);
        at = next;
    }
    return at;
}

void slice_folder_note(struct stack *stack)
{
    struct stat about;
    stack->folder_noted = stat(stack->folder, &about) == 0;
    if (stack->folder_noted)
        stack->folder_identity = file_identity_of(&about);
}

enum status slice_folder_check(const struct stack *stack, const struct slice *slice, struct error *error)
{
    const char *name;
    char *end = NULL, *folder = path_folder(slice->path, &name);
    if (!folder)
        return refused(slice->path, error);
    const bool known = stack->folder_noted && strcmp(folder, stack->folder) == 0;
    enum status status = check(slice, folder, known ? &stack->folder_identity : NULL, error);
    free(folder);
    if (status != STATUS_OK || !slice->has_header)
        return status;
    end = follow(slice->path);
    folder = end ? path_folder(end, &name) : NULL;
    status = folder ? check(slice, folder, NULL, error) : refused(slice->path, error);
    free(folder);
    free(end);
    return status;
}
