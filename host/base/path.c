/* SPDX-License-Identifier: MIT */
#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Bytes of `folder` without the slashes at its end; at least one, so that "/" stays. */
static size_t trimmed_bytes(const char *folder)
{
    size_t n = strlen(folder);
    while (n > 1 && folder[n - 1] == '/')
        n--;
    return n;
}

char *path_trim(const char *folder)
{
    return strndup(folder, trimmed_bytes(folder));
}

char *path_join(const char *folder, const char *name)
{
    char *path;
    const char *slash = strspn(folder, "/") == strlen(folder) ? "" : "/";
    return asprintf(&path, "%.*s%s%s", (int)trimmed_bytes(folder), folder, slash, name) < 0 ? NULL : path;
}

char *path_folder(const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    while (slash && slash > path && slash[-1] == '/')
        slash--;
    return !slash ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

char *path_in_user_cache(const char *name)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && *cache)
        return path_join(cache, name);
    char *path = NULL, *above = home && *home ? path_join(home, ".cache") : NULL;
    if (above)
        path = path_join(above, name);
    free(above);
    return path;
}

int path_make_folders(const char *folder, mode_t mode)
{
    char *path = strdup(folder);
    if (!path)
        return ENOMEM;
    int failure = 0;
    for (char *end = path; *end && !failure;) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        char behind = *end;
        *end = '\0';
        struct stat about;
        /* mkdir is not asked about what exists: on a read-only or automounted parent it may answer with
         * another error than EEXIST. */
        if (stat(path, &about) != 0 && mkdir(path, mode) != 0 && errno != EEXIST)
            failure = errno;
        *end = behind;
    }
    free(path);
    return failure;
}
