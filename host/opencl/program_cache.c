/* SPDX-License-Identifier: MIT */
#include "opencl/program_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

/* No binary of ours comes near this; a larger file is not ours. */
static const off_t binary_bytes_max = 64 << 20;

/* PoCL and NVIDIA keep compiled programs themselves. */
static bool wanted(const struct program_build *build)
{
    const char *platform = build->device->platform;
    return build->cache_always ||
           (!strstr(platform, "Portable Computing Language") && !strstr(platform, "NVIDIA"));
}

static bool cache_folder(char *path, size_t n_bytes, const struct program_build *build)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n;
    if (build->cache_folder)
        n = snprintf(path, n_bytes, "%s", build->cache_folder);
    else if (cache && *cache)
        n = snprintf(path, n_bytes, "%s/stackthumb", cache);
    else if (home && *home)
        n = snprintf(path, n_bytes, "%s/.cache/stackthumb", home);
    else
        return false;
    return n > 0 && (size_t)n < n_bytes;
}

static bool add_text(XXH3_state_t *state, const char *text)
{
    return XXH3_128bits_update(state, text, strlen(text) + 1) ==
           XXH_OK; /* the zero keeps "ab","c" from "a","bc" */
}

/* <folder>/<key>.bin */
static bool binary_path(char *path, size_t n_bytes, const struct program_build *build,
                        const char *const texts[2], const char *options)
{
    char folder[PATH_MAX - 64];
    const struct opencl_device *device = build->device;
    XXH3_state_t *state = XXH3_createState();
    bool ok = state && XXH3_128bits_reset(state) == XXH_OK && add_text(state, texts[0]) &&
              add_text(state, texts[1]) && add_text(state, options) && add_text(state, device->name) &&
              add_text(state, device->version) && add_text(state, device->driver) &&
              add_text(state, device->platform) && cache_folder(folder, sizeof folder, build);
    if (ok) {
        XXH128_hash_t key = XXH3_128bits_digest(state);
        int n = snprintf(path, n_bytes, "%s/%016" PRIx64 "%016" PRIx64 ".bin", folder, (uint64_t)key.high64,
                         (uint64_t)key.low64);
        ok = n > 0 && (size_t)n < n_bytes;
    }
    XXH3_freeState(state);
    return ok;
}

static unsigned char *read_binary(const char *path, size_t *n_bytes)
{
    struct stat about;
    unsigned char *data = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0 &&
        about.st_size <= binary_bytes_max)
        data = malloc((size_t)about.st_size);
    if (data) {
        *n_bytes = (size_t)about.st_size;
        if (read(fd, data, *n_bytes) != (ssize_t)*n_bytes) {
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
    char path[PATH_MAX];
    size_t n_bytes = 0;
    if (!wanted(build) || !binary_path(path, sizeof path, build, texts, options))
        return false;
    unsigned char *data = read_binary(path, &n_bytes);
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

/* Writes under a temporary name, renames; a failure leaves nothing. */
static void write_binary(const char *path, const unsigned char *data, size_t n_bytes)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= (int)sizeof temporary)
        return;
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return;
    bool written = write(fd, data, n_bytes) == (ssize_t)n_bytes;
    if (close(fd) != 0 || !written || rename(temporary, path) != 0)
        unlink(temporary);
}

void program_cache_store(cl_program program, const struct program_build *build, const char *const texts[2],
                         const char *options)
{
    char path[PATH_MAX], folder[PATH_MAX];
    size_t n_bytes = 0;
    if (!wanted(build) || !binary_path(path, sizeof path, build, texts, options) ||
        !cache_folder(folder, sizeof folder, build))
        return;
    if (clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof n_bytes, &n_bytes, NULL) != CL_SUCCESS ||
        n_bytes == 0)
        return;
    unsigned char *data = malloc(n_bytes);
    if (!data)
        return;
    char *slash = strrchr(folder, '/'); /* the folder above it: ~/.cache need not exist yet */
    if (slash && slash != folder) {
        *slash = '\0';
        mkdir(folder, 0700);
        *slash = '/';
    }
    if ((mkdir(folder, 0700) == 0 || errno == EEXIST) &&
        clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof data, &data, NULL) == CL_SUCCESS)
        write_binary(path, data, n_bytes);
    free(data);
}
