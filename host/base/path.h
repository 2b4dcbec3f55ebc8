/* SPDX-License-Identifier: MIT
 * Names of files and folders. The strings that are returned are malloc'ed and the caller's to free; NULL when
 * memory is refused. */
#ifndef STACKTHUMB_BASE_PATH_H
#define STACKTHUMB_BASE_PATH_H

#include <sys/types.h>

/* `folder` without the slashes at its end, which would show in messages; "/" stays. */
char *path_trim(const char *folder);

/* folder/name, with one slash between them. */
char *path_join(const char *folder, const char *name);

/* The folder that the file `path` is in, "." where it does not say; *name = the rest of path, within it. */
char *path_folder(const char *path, const char **name);

/* The folder `name` in the user's cache (XDG_CACHE_HOME, or .cache in HOME); NULL also where neither is set.
 */
char *path_in_user_cache(const char *name);

/* Creates those folders of `folder` that are missing, with `mode` (as mkdir -p does). 0, or an errno. */
int path_make_folders(const char *folder, mode_t mode);

#endif
