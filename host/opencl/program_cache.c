/* SPDX-License-Identifier: MIT */
#include "opencl/program_cache.h"

#include "base/path.h"
#include "base/restart.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

/* No binary of ours comes near this; a larger file is not ours. */
static const off_t binary_bytes_max = 64 << 20;

/* Where binaries are kept; malloc'ed, NULL where there is no such place. PoCL's lie in its own cache (see
 * preflight.h), without which they are worth little: it compiles a binary for each work-group size. */
static char *cache_folder(const struct program_build *build)
{
    const char *pocl =
        strstr(build->device->platform, "Portable Computing Language") ? getenv("POCL_CACHE_DIR") : NULL;
    if (build->cache_folder)
        return strdup(build->cache_folder);
    return pocl ? strdup(pocl) : path_in_user_cache("stackthumb");
}

static bool add_text(XXH3_state_t *state, const char *text)
{
    return XXH3_128bits_update(state, text, strlen(text) + 1) ==
           XXH_OK; /* the zero keeps "ab","c" from "a","bc" */
}

/* folder/<key>.bin; malloc'ed, NULL when memory is refused. */
static char *entry_path(const char *folder, const struct program_build *build, const char *const texts[2],
                        const char *options)
{
    char name[64], *path = NULL;
    const struct opencl_device *device = build->device;
    XXH3_state_t *state = XXH3_createState();
    if (state && XXH3_128bits_reset(state) == XXH_OK && add_text(state, texts[0]) &&
        add_text(state, texts[1]) && add_text(state, options) && add_text(state, device->name) &&
        add_text(state, device->version) && add_text(state, device->driver) &&
        add_text(state, device->platform)) {
        XXH128_hash_t key = XXH3_128bits_digest(state);
        snprintf(name, sizeof name, "%016" PRIx64 "%016" PRIx64 ".bin", (uint64_t)key.high64,
                 (uint64_t)key.low64);
        path = path_join(folder, name);
    }
    XXH3_freeState(state);
    return path;
}

/* What an entry ends in: entries are not flushed, so that one may be there without its contents. */
static XXH128_canonical_t seal(const unsigned char *data, size_t n_bytes)
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(data, n_bytes));
    return canonical;
}

/* Reads an entry of n_bytes and its seal; false when it is not as it was written. */
static bool read_sealed(int fd, unsigned char *data, size_t n_bytes)
{
    XXH128_canonical_t sealed;
    if (restart_read(fd, data, n_bytes + sizeof sealed, 0) != n_bytes + sizeof sealed)
        return false;
    sealed = seal(data, n_bytes);
    return memcmp(data + n_bytes, &sealed, sizeof sealed) == 0;
}

/* The binary of an entry; malloc'ed, NULL when it is not there, or not as it was written. */
static unsigned char *read_binary(const char *path, size_t *n_bytes)
{
    struct stat about;
    const off_t seal_bytes = sizeof(XXH128_canonical_t);
    unsigned char *data = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > seal_bytes &&
        about.st_size <= binary_bytes_max)
        data = malloc((size_t)about.st_size);
    if (data) {
        *n_bytes = (size_t)(about.st_size - seal_bytes);
        if (!read_sealed(fd, data, *n_bytes)) {
            free(data);
            data = NULL;
        }
    }
    close(fd);
    return data;
}

bool program_cache_load(cl_program *program, const struct program_build *build, const char *const texts[2],
                        const char *options)
{
    char *folder = cache_folder(build);
    char *path = folder ? entry_path(folder, build, texts, options) : NULL;
    size_t n_bytes = 0;
    unsigned char *data = path ? read_binary(path, &n_bytes) : NULL;
    free(path);
    free(folder);
    if (!data)
        return false;
    cl_device_id device = build->device->device_id;
    const unsigned char *binaries[1] = {data};
    cl_int accepted = CL_INVALID_BINARY, code;
    cl_program loaded =
        clCreateProgramWithBinary(build->context, 1, &device, &n_bytes, binaries, &accepted, &code);
    free(data);
    if (code != CL_SUCCESS)
        return false;
    if (accepted != CL_SUCCESS || clBuildProgram(loaded, 1, &device, options, NULL, NULL) != CL_SUCCESS) {
        clReleaseProgram(loaded);
        return false;
    }
    *program = loaded;
    return true;
}

/* Writes under a temporary name, renames; a failure leaves nothing. Every process has a temporary name of its
 * own, as several may store the same binary. */
static void write_binary(const char *path, const unsigned char *data, size_t n_bytes)
{
    char *temporary;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        return;
    const XXH128_canonical_t sealed = seal(data, n_bytes);
    int fd = mkostemp(temporary, O_CLOEXEC);
    bool written = fd >= 0 && restart_write(fd, data, n_bytes, 0) == 0 &&
                   restart_write(fd, &sealed, sizeof sealed, (off_t)n_bytes) == 0;
    if (fd >= 0 && (close(fd) != 0 || !written || rename(temporary, path) != 0))
        unlink(temporary);
    free(temporary);
}

/* The binary of a built program; malloc'ed, NULL when it cannot be had. */
static unsigned char *get_binary(cl_program program, size_t *n_bytes)
{
    *n_bytes = 0;
    if (clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof *n_bytes, n_bytes, NULL) != CL_SUCCESS ||
        *n_bytes == 0)
        return NULL;
    unsigned char *data = malloc(*n_bytes);
    if (data && clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof data, &data, NULL) == CL_SUCCESS)
        return data;
    free(data);
    return NULL;
}

void program_cache_store(cl_program program, const struct program_build *build, const char *const texts[2],
                         const char *options)
{
    char *folder = cache_folder(build);
    char *path = folder ? entry_path(folder, build, texts, options) : NULL;
    size_t n_bytes;
    unsigned char *data = path ? get_binary(program, &n_bytes) : NULL;
    if (data && path_make_folders(folder, 0700) == 0)
        write_binary(path, data, n_bytes);
    free(data);
    free(path);
    free(folder);
}

bool program_cache_has(const struct program_build *build, const char *const texts[2], const char *options)
{
    char *folder = cache_folder(build);
    char *path = folder ? entry_path(folder, build, texts, options) : NULL;
    bool has = path && access(path, F_OK) == 0;
    free(path);
    free(folder);
    return has;
}
