/* SPDX-License-Identifier: MIT */
#include "cli/bench_folder.h"

#include "base/path.h"
#include "base/printable.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WALK_FILES = 16 }; /* descriptors that the walk may hold */

static enum status make_paths(struct bench_folder *folder, const char *parent, struct error *error)
{
    folder->path = path_join(parent, "stackthumb-bench-XXXXXX");
    if (!folder->path)
        return error_no_memory(error, strlen(parent), "a file name");
    char shown[PRINTABLE_BYTES], text[128];
    if (!mkdtemp(folder->path))
        return error_set(error, STATUS_OUTPUT,
                         "%s: no temporary folder can be made in it: %s; name another with --output",
                         printable(shown, sizeof shown, parent), strerror_r(errno, text, sizeof text));
    folder->slices = path_join(folder->path, "slices");
    folder->output = path_join(folder->path, "output");
    if (folder->slices && folder->output)
        return STATUS_OK;
    bench_folder_remove(folder->path, error);
    return error_no_memory(error, strlen(folder->path), "a file name");
}

enum status bench_folder_create(struct bench_folder *folder, const char *parent, struct error *error)
{
    const char *usual = getenv("TMPDIR");
    *folder = (struct bench_folder){0};
    if (!parent)
        parent = usual && *usual ? usual : "/tmp";
    enum status status = make_paths(folder, parent, error);
    if (status != STATUS_OK)
        bench_folder_end(folder);
    return status;
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about, (void)kind, (void)place;
    return remove(path);
}

enum status bench_folder_remove(const char *path, struct error *error)
{
    char shown[PRINTABLE_BYTES], text[128];
    if (nftw(path, remove_entry, WALK_FILES, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return STATUS_OK;
    return error_set(error, STATUS_OUTPUT, "%s: cannot be removed: %s; remove it by hand",
                     printable(shown, sizeof shown, path), strerror_r(errno, text, sizeof text));
}

void bench_folder_end(struct bench_folder *folder)
{
    free(folder->path);
    free(folder->slices);
    free(folder->output);
    *folder = (struct bench_folder){0};
}
