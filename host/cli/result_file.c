/* SPDX-License-Identifier: MIT */
#include "cli/result_file.h"

#include "base/printable.h"

#include <errno.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* True when a file of this path can be made. Otherwise errno tells why not. */
static bool can_be_made(const char *path)
{
    char *copy = strdup(path);
    bool ok = copy && access(dirname(copy), W_OK | X_OK) == 0;
    int errnum = errno;
    free(copy);
    errno = errnum;
    return ok;
}

enum status result_file_check(const char *path, struct error *error)
{
    bool exists = access(path, F_OK) == 0;
    if (exists ? access(path, W_OK) == 0 : can_be_made(path))
        return STATUS_OK;
    return result_file_failure(error, errno, path);
}

enum status result_file_failure(struct error *error, int errnum, const char *path)
{
    char shown[PRINTABLE_BYTES], text[128];
    return error_set(error, STATUS_OUTPUT, "%s: cannot be written: %s; name another file",
                     printable(shown, sizeof shown, path), strerror_r(errnum, text, sizeof text));
}
