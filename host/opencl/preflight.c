/* SPDX-License-Identifier: MIT */
#include "opencl/preflight.h"

#include "base/path.h"
#include "base/printable.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { PROBE_BYTES = 4096 };

/* Files of a few programs take about 100 KB each, and one of 1 MiB meanwhile. */
static const rlim_t file_bytes_wanted = 2u << 20;

/* Below this a cache is as good as full. */
static const unsigned long long free_bytes_wanted = 8ull << 20;

/* The folder that PoCL will use, without a look at whether it exists; malloc'ed. */
static char *pocl_folder(void)
{
    const char *own = getenv("POCL_CACHE_DIR");
    if (own && *own)
        return strdup(own);
    char *folder = path_in_user_cache("pocl/kcache");
    return folder ? folder : strdup("/tmp/pocl/kcache");
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
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < file_bytes_wanted)
        return EFBIG;
    int failure = path_make_folders(path, 0700);
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

/* A folder that will do, under a name that is new; malloc'ed, NULL when there is none. */
static char *make_private_folder(void)
{
    const char *const places[] = {getenv("TMPDIR"), getenv("XDG_RUNTIME_DIR"), "/tmp", "/var/tmp",
                                  "/dev/shm"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *folder = places[i] && *places[i] ? path_join(places[i], "stackthumb-pocl-XXXXXX") : NULL;
        if (folder && mkdtemp(folder)) {
            if (probe_folder(folder) == 0)
                return folder;
            rmdir(folder);
        }
        free(folder);
    }
    return NULL;
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

enum status preflight_pocl(char **private_folder, char *note, size_t note_bytes, struct error *error)
{
    char shown[256]; /* leaves room for the reason in a note */
    if (!linker_exists())
        return error_set(
            error, STATUS_DEVICE,
            "PoCL needs the linker 'ld', which is not in PATH; install binutils, or use --device cpu");
    char *folder = pocl_folder();
    int failure = folder ? probe_folder(folder) : ENOMEM;
    /* Said aloud: PoCL takes variables that are set but empty at their word, and aborts. */
    if (!failure && setenv("POCL_CACHE_DIR", folder, 1) != 0)
        failure = errno;
    printable(shown, sizeof shown, folder ? folder : "");
    free(folder);
    if (!failure)
        return STATUS_OK;
    char *fresh = make_private_folder();
    if (!fresh)
        return error_set(error, STATUS_DEVICE,
                         "%s: PoCL cannot keep compiled kernels there (%s), nor in a temporary folder; set "
                         "POCL_CACHE_DIR to a folder that can be written, or use --device cpu",
                         shown, strerror(failure));
    if (setenv("POCL_CACHE_DIR", fresh, 1) != 0) {
        rmdir(fresh);
        free(fresh);
        return error_no_memory(error, strlen("POCL_CACHE_DIR"), "the environment");
    }
    *private_folder = fresh;
    snprintf(note, note_bytes,
             "%s: compiled kernels cannot be kept there (%s); they are compiled anew for this run", shown,
             strerror(failure));
    return STATUS_OK;
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *position)
{
    (void)about, (void)kind, (void)position;
    remove(path); /* what cannot be removed is left for the system's clean-up of temporary files */
    return 0;
}

void preflight_end(char *private_folder)
{
    if (!private_folder)
        return;
    nftw(private_folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    unsetenv("POCL_CACHE_DIR");
    free(private_folder);
}
