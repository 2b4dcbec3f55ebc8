/* SPDX-License-Identifier: MIT */
#include "output/output_failure.h"

#include "base/printable.h"

#include <errno.h>
#include <string.h>

static const char *advice(int errnum)
{
    switch (errnum) {
    case ENOSPC:
        return "the disk is full; free some space and run again";
    case EDQUOT:
        return "your disk quota is used up; free some space and run again";
    case EACCES:
    case EPERM:
    case EROFS:
        return "it cannot be written; make it writable or choose another OUTPUT";
    case ENOTDIR:
    case ELOOP:
        return "it is not a folder; choose another OUTPUT";
    case EFBIG:
        return "files may not become as large as that; allow larger ones (ulimit -f), or choose another "
               "OUTPUT";
    case EMFILE:
        return "allow more open files (ulimit -n) and run again";
    case ENFILE:
        return "end other programs, or allow more open files (fs.file-max), and run again";
    case ENOMEM:
        return "free some memory and run again";
    default:
        return "it cannot be written; choose another OUTPUT or look to the disk";
    }
}

enum status output_failure(struct error *error, int errnum, const char *folder, const char *name)
{
    char shown[PRINTABLE_BYTES], shown_name[128], text[128];
    size_t n = strlen(folder);
    const char *slash = name && n > 0 && folder[n - 1] != '/' ? "/" : "";
    return error_set(error, errnum == ENOMEM ? STATUS_FAILED : STATUS_OUTPUT, "%s%s%s: %s: %s",
                     printable(shown, sizeof shown, folder), slash,
                     name ? printable(shown_name, sizeof shown_name, name) : "",
                     strerror_r(errnum, text, sizeof text), advice(errnum));
}
