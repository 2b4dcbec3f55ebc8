/* SPDX-License-Identifier: MIT */
#include "cli/bench_digest.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/path.h"
#include "cli/job.h"
#include "output/level_names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Reads one file into `bytes` and hashes it. */
static enum status digest_file(struct file_digest *digest, const char *path, struct bytes *bytes,
                               struct error *error)
{
    struct input_file file;
    enum status status = input_file_open(&file, path, error);
    if (status != STATUS_OK)
        return status;
    status = bytes_reserve(bytes, file.n_bytes, error);
    if (status == STATUS_OK)
        status = input_file_read(&file, bytes->data, file.n_bytes, 0, error);
    if (status == STATUS_OK)
        *digest = (struct file_digest){file.n_bytes, XXH3_64bits(bytes->data, file.n_bytes)};
    input_file_close(&file);
    return status;
}

static enum status digest_slice(struct file_digest *digest, const char *folder, unsigned level, uint32_t z,
                                struct bytes *bytes, struct error *error)
{
    char level_text[LEVEL_NAME_BYTES], slice_text[SLICE_NAME_BYTES];
    char *level_path = path_join(folder, level_name(level_text, level));
    char *path = level_path ? path_join(level_path, slice_name(slice_text, z)) : NULL;
    free(level_path);
    if (!path)
        return error_no_memory(error, strlen(folder), "a file name");
    enum status status = digest_file(digest, path, bytes, error);
    free(path);
    return status;
}

enum status bench_digest_read(struct bench_digest *digest, const char *folder, const struct pyramid *pyramid,
                              const atomic_bool *cancel, struct error *error)
{
    struct bytes bytes = {0};
    enum status status = STATUS_OK;
    uint64_t i = 0;
    *digest = (struct bench_digest){.nfiles = pyramid_slices(pyramid)};
    digest->files = calloc(digest->nfiles, sizeof *digest->files);
    if (!digest->files)
        return error_no_memory(error, digest->nfiles * sizeof *digest->files, "the hashes of the output");
    for (unsigned level = 1; level <= pyramid->nlevels; level++) {
        uint32_t nz = extent_reduce(pyramid->extent.nz, level);
        for (uint32_t z = 0; status == STATUS_OK && z < nz; z++) {
            status = digest_slice(&digest->files[i++], folder, level, z, &bytes, error);
            if (status == STATUS_OK && atomic_load(cancel))
                status = error_set(error, STATUS_INTERRUPTED, "interrupted; nothing is left behind");
        }
    }
    bytes_end(&bytes);
    if (status != STATUS_OK)
        bench_digest_end(digest);
    return status;
}

void bench_digest_end(struct bench_digest *digest)
{
    free(digest->files);
    *digest = (struct bench_digest){0};
}

enum status bench_digest_compare(const struct bench_digest *digest, const struct bench_digest *expected,
                                 const struct pyramid *pyramid, const char *name, struct error *error)
{
    uint64_t i = 0;
    for (unsigned level = 1; level <= pyramid->nlevels; level++) {
        uint32_t nz = extent_reduce(pyramid->extent.nz, level);
        for (uint32_t z = 0; z < nz; z++, i++)
            if (digest->files[i].n_bytes != expected->files[i].n_bytes ||
                digest->files[i].hash != expected->files[i].hash)
                return error_set(
                    error, STATUS_FAILED,
                    "%s: level %u, slice %" PRIu32
                    " is not what the CPU path wrote first; see 'stackthumb verify' with its output",
                    name, level, z);
    }
    return STATUS_OK;
}
