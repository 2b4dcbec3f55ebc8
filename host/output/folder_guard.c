/* SPDX-License-Identifier: MIT */
#include "output/folder_guard.h"

#include "base/printable.h"
#include "base/restart.h"
#include "output/earlier.h"
#include "output/folder_entries.h"
#include "output/input_set.h"
#include "output/journal.h"
#include "output/level_names.h"
#include "output/output_failure.h"
#include "output/run_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* What an output folder was found to hold. */
struct contents {
    int folder_fd;
    const char *folder;
    struct stat source;
    struct input_set inputs;
    const struct pyramid *pyramid; /* that is to be written */
    const struct earlier *earlier;
    bool has_levels, has_slices;
    char foreign[600]; /* folder-relative name of one entry that is none of ours (the first by strcmp), or ""
                        */
};

/* Context of a visit to one level folder. */
struct level_contents {
    struct contents *contents;
    unsigned level;
    const char *name;
    int fd;
    bool renumbers; /* its file system: see base/file.h */
};

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Walks from the source folder up to the root by "..", which no symbolic link can mislead, and looks for the
 * output folder. */
static enum status check_not_above(int folder_fd, const char *folder, const char *source_folder,
                                   struct stat *source, struct error *error)
{
    char shown[384], shown_source[384];
    struct stat output, here = {0}, below;
    printable(shown, sizeof shown, folder);
    printable(shown_source, sizeof shown_source, source_folder);
    int fd = restart_open(source_folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, source) != 0 || fstat(folder_fd, &output) != 0)
        goto failed;
    here = *source;
    if (same_file(&output, source)) {
        close(fd);
        return error_set(error, STATUS_OUTPUT, "%s: is the input folder itself; choose another OUTPUT",
                         shown);
    }
    do {
        int parent = restart_openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        below = here;
        if (parent < 0 || fstat(parent, &here) != 0) {
            if (parent >= 0)
                close(parent);
            goto failed;
        }
        close(fd);
        fd = parent;
        if (same_file(&output, &here)) {
            close(fd);
            return error_set(error, STATUS_OUTPUT,
                             "%s: lies above the input folder %s; choose another OUTPUT", shown,
                             shown_source);
        }
    } while (!same_file(&here, &below));
    close(fd);
    return STATUS_OK;
failed:
    if (fd >= 0)
        close(fd);
    return error_set_errno(error, STATUS_OUTPUT, errno, "%s: cannot be told apart from the input folder %s",
                           shown, shown_source);
}

/* What systems leave in any folder that somebody looks at or deletes from. It is left alone. */
static bool is_of_the_system(const char *name)
{
    static const char *const names[] = {".DS_Store", "Thumbs.db", "desktop.ini"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return strncmp(name, "._", 2) == 0 || strncmp(name, ".nfs", 4) == 0;
}

static void note_foreign(struct contents *contents, const char *level, const char *name)
{
    char path[sizeof contents->foreign];
    if (is_of_the_system(name))
        return;
    snprintf(path, sizeof path, "%s%s%s", level, *level ? "/" : "", name);
    if (!contents->foreign[0] || strcmp(path, contents->foreign) < 0)
        strcpy(contents->foreign, path);
}

/* Such a file may have the name of a slice of ours by chance, or be what a link among the inputs leads to. */
static bool is_input(const struct level_contents *level, const char *name)
{
    struct stat about;
    return fstatat(level->fd, name, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
           input_set_holds(&level->contents->inputs, &about, level->renumbers);
}

/* It has a name that a slice of the new pyramid is to have, and is no slice of the one that is there. */
static bool is_in_the_way(const struct level_contents *level, enum entry_kind kind, uint32_t z)
{
    const struct pyramid *pyramid = level->contents->pyramid;
    return (kind != ENTRY_FILE || z >= earlier_slices(level->contents->earlier, level->level)) &&
           level->level <= pyramid->nlevels && z < extent_reduce(pyramid->extent.nz, level->level);
}

static enum status visit_slice(void *context, const char *name, enum entry_kind kind, struct error *error)
{
    const struct level_contents *level = context;
    struct contents *contents = level->contents;
    char shown[PRINTABLE_BYTES];
    uint32_t z;
    const bool has_name = slice_name_parse(name, &z), is_slice = has_name && kind == ENTRY_FILE;
    const bool is_partial = slice_name_is_partial(name);
    if (((has_name && is_in_the_way(level, kind, z)) || (is_partial && kind != ENTRY_FILE)) &&
        !(is_slice && is_input(level, name)))
        return error_set(error, STATUS_OUTPUT,
                         "%s/%s/%s: is none of the pyramid's there, and one of that name is to be written; "
                         "move it elsewhere, or choose another OUTPUT",
                         printable(shown, sizeof shown, contents->folder), level->name, name);
    if (!is_slice && !is_partial)
        note_foreign(contents, level->name, name);
    else if (is_input(level, name))
        return error_set(error, STATUS_OUTPUT,
                         "%s/%s/%s: is one of the slices that are to be read; choose another OUTPUT",
                         printable(shown, sizeof shown, contents->folder), level->name, name);
    contents->has_slices |= is_slice;
    return STATUS_OK;
}

static enum status check_level(struct contents *contents, unsigned level, const char *name,
                               struct error *error)
{
    char path[PRINTABLE_BYTES];
    char shown[PRINTABLE_BYTES];
    struct stat about;
    int n = snprintf(path, sizeof path, "%s/%s", contents->folder, name);
    const char *level_path = (size_t)n < sizeof path ? path : name;
    int fd = restart_openat(contents->folder_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0)
        return output_failure(error, errno, contents->folder, name);
    enum status status = STATUS_OK;
    if (fstat(fd, &about) != 0)
        status = output_failure(error, errno, contents->folder, name);
    else if (same_file(&about, &contents->source))
        status = error_set(error, STATUS_OUTPUT, "%s: is the input folder itself; choose another OUTPUT",
                           printable(shown, sizeof shown, level_path));
    else
        status = folder_visit(fd, level_path, visit_slice,
                              &(struct level_contents){contents, level, name, fd, file_system_renumbers(fd)},
                              error);
    close(fd);
    return status;
}

/* In the output folder itself, besides the lock. */
static bool is_written(const char *name)
{
    static const char *const names[] = {MANIFEST_NAME, JOURNAL_NAME};
    char partial[PARTIAL_NAME_BYTES];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0 || strcmp(name, partial_name(partial, names[i])) == 0)
            return true;
    return false;
}

static enum status visit_entry(void *context, const char *name, enum entry_kind kind, struct error *error)
{
    struct contents *contents = context;
    char shown[PRINTABLE_BYTES];
    unsigned level;
    if (level_name_parse(name, &level)) {
        contents->has_levels = true;
        if (kind != ENTRY_FOLDER)
            return error_set(
                error, STATUS_OUTPUT,
                "%s/%s: is not a folder, and a level is to be written there; choose another OUTPUT",
                printable(shown, sizeof shown, contents->folder), name);
        return check_level(contents, level, name, error);
    }
    if (kind != ENTRY_FILE && is_written(name))
        return error_set(error, STATUS_OUTPUT,
                         "%s/%s: is no regular file, and one of that name is to be written; "
                         "move it elsewhere, or choose another OUTPUT",
                         printable(shown, sizeof shown, contents->folder), name);
    if (!is_written(name) && (kind != ENTRY_FILE || strcmp(name, LOCK_NAME) != 0))
        note_foreign(contents, "", name);
    return STATUS_OK;
}

/* Without --force: only a pyramid that its manifest tells to be ours, or nothing. What lies beside one is
 * left alone. */
static enum status check_ours(const struct contents *contents, struct error *error)
{
    char shown[384], foreign[256];
    printable(shown, sizeof shown, contents->folder);
    if (earlier_is_known(contents->earlier))
        return STATUS_OK;
    if (contents->earlier->has_manifest)
        return error_set(error, STATUS_OUTPUT,
                         "%.400s; choose another OUTPUT, or replace what is there with --force",
                         contents->earlier->damage.message);
    if (contents->foreign[0] && !contents->has_slices)
        return error_set(
            error, STATUS_OUTPUT,
            "%s: holds %s, which is no part of a pyramid; choose another OUTPUT, or write beside it"
            " with --force",
            shown, printable(foreign, sizeof foreign, contents->foreign));
    if (contents->has_levels)
        return error_set(error, STATUS_OUTPUT,
                         "%s: holds a pyramid of another program (there is no %s); choose another OUTPUT, or"
                         " replace it with --force",
                         shown, MANIFEST_NAME);
    return STATUS_OK;
}

enum status folder_guard_check(int folder_fd, const struct output_request *request,
                               const struct earlier *earlier, struct error *error)
{
    struct contents contents = {
        .folder_fd = folder_fd, .folder = request->folder, .pyramid = request->pyramid, .earlier = earlier};
    enum status status =
        check_not_above(folder_fd, request->folder, request->source->folder, &contents.source, error);
    if (status != STATUS_OK)
        return status;
    status = input_set_init(&contents.inputs, request->source, error);
    if (status != STATUS_OK)
        return status;
    status = folder_visit(folder_fd, request->folder, visit_entry, &contents, error);
    input_set_end(&contents.inputs);
    return status != STATUS_OK || request->force ? status : check_ours(&contents, error);
}

enum status folder_guard_check_writable(int folder_fd, const char *folder, struct error *error)
{
    if (faccessat(folder_fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
        return output_failure(error, errno, folder, NULL);
    for (unsigned level = 1; level <= LEVELS_MAX; level++) {
        char name[LEVEL_NAME_BYTES];
        if (faccessat(folder_fd, level_name(name, level), W_OK | X_OK, AT_EACCESS) != 0 && errno != ENOENT)
            return output_failure(error, errno, folder, name);
    }
    return STATUS_OK;
}

/* True when some component of `path` is "..". */
static bool has_parent_component(const char *path)
{
    for (const char *at = path; (at = strstr(at, "..")); at += 2)
        if ((at == path || at[-1] == '/') && (at[2] == '\0' || at[2] == '/'))
            return true;
    return false;
}

enum status folder_guard_check_absent(const char *folder, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    struct stat about;
    size_t n = strlen(folder);
    char *above = malloc(n + 2);
    if (!above)
        return error_no_memory(error, n + 2, "a file name");
    memcpy(above, folder, n + 1);
    enum status status = STATUS_OK;
    do { /* cut components off its end, until there is something */
        while (n > 0 && above[n - 1] == '/')
            n--;
        while (n > 0 && above[n - 1] != '/')
            n--;
        above[n] = '\0';
        if (n == 0)
            strcpy(above, ".");
    } while (stat(above, &about) != 0 && errno == ENOENT && n > 0);
    for (size_t end = n; end > 1 && above[end - 1] == '/'; end--)
        above[end - 1] = '\0'; /* for the messages */
    if (has_parent_component(folder + n))
        status = error_set(error, STATUS_OUTPUT,
                           "%s: leads by .. out of a folder that does not exist; write it without",
                           printable(shown, sizeof shown, folder));
    else if (faccessat(AT_FDCWD, above, W_OK | X_OK, AT_EACCESS) != 0)
        status = output_failure(error, errno, above, NULL);
    else if (stat(above, &about) == 0 && !S_ISDIR(about.st_mode))
        status = output_failure(error, ENOTDIR, above, NULL);
    free(above);
    return status;
}
