/* SPDX-License-Identifier: MIT */
#include "opencl/preflight.h"

#include "base/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Set in the environment beside POCL_CACHE_DIR when the folder is ours to remove: the environment is where
 * PoCL's own setting lives, so no other global state is needed. */
#define PRIVATE_MARK "STACKTHUMB_PRIVATE_POCL_CACHE"

enum { PROBE_BYTES = 4096 };

/* A few programs take about 100 KB each; below this a cache is as good as full. */
static const unsigned long long free_bytes_wanted = 8ull << 20;

/* The folder that PoCL will use, without a look at whether it exists. */
static bool cache_folder(char *path, size_t n_bytes)
{
    const char *own = getenv("POCL_CACHE_DIR"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n;
    if (own && *own)
        n = snprintf(path, n_bytes, "%s", own);
    else if (cache && *cache)
        n = snprintf(path, n_bytes, "%s/pocl/kcache", cache);
    else if (home && *home)
        n = snprintf(path, n_bytes, "%s/.cache/pocl/kcache", home);
    else
        n = snprintf(path, n_bytes, "/tmp/pocl/kcache");
    return n > 0 && (size_t)n < n_bytes;
}

/* mkdir -p; 0 or an errno. */
static int make_folders(const char *path)
{
    char part[PATH_MAX];
    if (strlen(path) >= sizeof part)
        return ENAMETOOLONG;
    strcpy(part, path);
    for (char *slash = part + 1; *slash; slash++) {
        if (*slash != '/')
            continue;
        *slash = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return errno;
        *slash = '/';
    }
    return mkdir(part, 0700) != 0 && errno != EEXIST ? errno : 0;
}

/* Writes a page to the open file and maps it executably; 0 or an errno. */
static int probe_file(int fd)
{
    char page[PROBE_BYTES] = {0};
    ssize_t n = write(fd, page, sizeof page);
    if (n != PROBE_BYTES)
        return n < 0 ? errno : ENOSPC;
    void *mapped = mmap(NULL, PROBE_BYTES, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    if (mapped == MAP_FAILED)
        return errno;
    munmap(mapped, PROBE_BYTES);
    return 0;
}

/* Why compiled kernels cannot be kept in `path` and run from there: 0 or an errno. Creates the folder. */
static int probe_folder(const char *path)
{
    char name[PATH_MAX];
    int failure = make_folders(path);
    if (failure)
        return failure;
    struct statvfs about;
    if (statvfs(path, &about) == 0 && (unsigned long long)about.f_bavail * about.f_frsize < free_bytes_wanted)
        return ENOSPC;
    if (snprintf(name, sizeof name, "%s/.stackthumb-probe-XXXXXX", path) >= (int)sizeof name)
        return ENAMETOOLONG;
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0)
        return errno;
    failure = probe_file(fd);
    close(fd); /* what it holds is thrown away */
    unlink(name);
    return failure;
}

static bool make_private_folder(char *path, size_t n_bytes)
{
    const char *const places[] = {getenv("TMPDIR"), getenv("XDG_RUNTIME_DIR"), "/tmp", "/var/tmp",
                                  "/dev/shm"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!places[i] || snprintf(path, n_bytes, "%s/stackthumb-pocl-XXXXXX", places[i]) >= (int)n_bytes)
            continue;
        if (!mkdtemp(path))
            continue;
        if (probe_folder(path) == 0)
            return true;
        rmdir(path);
    }
    return false;
}

static bool linker_exists(void)
{
    const char *path = getenv("PATH");
    if (!path || !*path)
        return false;
    char *copy = strdup(path), *rest = NULL;
    if (!copy)
        return false;
    bool found = false;
    for (char *folder = strtok_r(copy, ":", &rest); folder && !found; folder = strtok_r(NULL, ":", &rest)) {
        char program[PATH_MAX];
        found = snprintf(program, sizeof program, "%s/ld", folder) < (int)sizeof program &&
                access(program, X_OK) == 0;
    }
    free(copy);
    return found;
}

enum status preflight_pocl(char *note, size_t note_bytes, struct error *error)
{
    char folder[PATH_MAX], fresh[PATH_MAX], shown[PRINTABLE_BYTES];
    if (!linker_exists())
        return error_set(
            error, STATUS_DEVICE,
            "PoCL needs the linker 'ld', which is not in PATH; install binutils, or use --device cpu");
    int failure = cache_folder(folder, sizeof folder) ? probe_folder(folder) : ENAMETOOLONG;
    if (!failure)
        return STATUS_OK;
    if (!make_private_folder(fresh, sizeof fresh))
        return error_set_errno(error, STATUS_DEVICE, failure,
                               "%s: PoCL cannot keep compiled kernels there, nor in a temporary folder; set "
                               "POCL_CACHE_DIR to a folder that can be written, or use --device cpu",
                               printable(shown, sizeof shown, folder));
    if (setenv("POCL_CACHE_DIR", fresh, 1) != 0 || setenv(PRIVATE_MARK, fresh, 1) != 0) {
        rmdir(fresh);
        return error_no_memory(error, strlen(fresh), "the environment");
    }
    snprintf(note, note_bytes,
             "%s: compiled kernels cannot be kept there (%s); they are compiled anew for this run",
             printable(shown, sizeof shown, folder), strerror(failure));
    return STATUS_OK;
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *position)
{
    (void)about;
    (void)kind;
    (void)position;
    remove(path); /* what cannot be removed is left for the system's clean-up of temporary files */
    return 0;
}

void preflight_end(void)
{
    const char *folder = getenv(PRIVATE_MARK);
    if (!folder)
        return;
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    unsetenv("POCL_CACHE_DIR");
    unsetenv(PRIVATE_MARK);
}
