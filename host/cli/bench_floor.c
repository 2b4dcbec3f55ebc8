/* SPDX-License-Identifier: MIT */
#include "cli/bench_floor.h"

#include "base/clock.h"
#include "base/file.h"
#include "output/level_names.h"
#include "output/output_failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK_BYTES = 1 << 20 };

struct floor {
    unsigned char *chunk;
    const char *folder;
    const atomic_bool *cancel;
};

static enum status check_cancel(const struct floor *self, struct error *error)
{
    return atomic_load(self->cancel)
               ? error_set(error, STATUS_INTERRUPTED, "interrupted; nothing is left behind")
               : STATUS_OK;
}

static enum status read_part(const struct floor *self, const struct input_file *file, struct file_part part,
                             struct error *error)
{
    enum status status = STATUS_OK;
    for (uint64_t done = 0; status == STATUS_OK && done < part.n_bytes;) {
        uint64_t left = part.n_bytes - done;
        size_t n = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;
        status = input_file_read(file, self->chunk, n, part.offset + done, error);
        done += n;
    }
    return status;
}

static enum status read_slice(const struct floor *self, const struct slice *slice, struct error *error)
{
    struct file_part parts[FILE_PARTS_MAX];
    unsigned nparts = slice_parts(slice, parts);
    struct input_file file;
    enum status status = input_file_open(&file, slice->path, error);
    if (status != STATUS_OK)
        return status;
    for (unsigned i = 0; i < nparts && status == STATUS_OK; i++)
        status = read_part(self, &file, parts[i], error);
    input_file_close(&file);
    return status;
}

static enum status read_all(const struct floor *self, const struct stack *stack, struct error *error)
{
    enum status status = STATUS_OK;
    for (uint32_t z = 0; status == STATUS_OK && z < stack->extent.nz; z++) {
        if (stack->slices[z].path)
            status = read_slice(self, &stack->slices[z], error);
        if (status == STATUS_OK)
            status = check_cancel(self, error);
    }
    return status;
}

static enum status write_file(const struct floor *self, int level_fd, uint32_t z, uint64_t n_bytes,
                              struct error *error)
{
    char name[SLICE_NAME_BYTES];
    int errnum = 0;
    int fd = openat(level_fd, slice_name(name, z), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return output_failure(error, errno, self->folder, name);
    while (errnum == 0 && n_bytes > 0) {
        ssize_t n = write(fd, self->chunk, n_bytes < CHUNK_BYTES ? (size_t)n_bytes : CHUNK_BYTES);
        if (n > 0)
            n_bytes -= (uint64_t)n;
        else if (n == 0 || errno != EINTR)
            errnum = n == 0 ? EIO : errno;
    }
    if (close(fd) != 0 && errnum == 0 && errno != EINTR)
        errnum = errno;
    return errnum ? output_failure(error, errnum, self->folder, name) : STATUS_OK;
}

/* Writes the nz files of one level. */
static enum status write_level(const struct floor *self, int folder_fd, unsigned level,
                               const struct file_digest *files, uint32_t nz, struct error *error)
{
    char name[LEVEL_NAME_BYTES];
    level_name(name, level);
    if (mkdirat(folder_fd, name, 0777) != 0)
        return output_failure(error, errno, self->folder, name);
    int level_fd = openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (level_fd < 0)
        return output_failure(error, errno, self->folder, name);
    enum status status = STATUS_OK;
    for (uint32_t z = 0; status == STATUS_OK && z < nz; z++) {
        status = write_file(self, level_fd, z, files[z].n_bytes, error);
        if (status == STATUS_OK)
            status = check_cancel(self, error);
    }
    close(level_fd);
    return status;
}

static enum status write_all(const struct floor *self, const struct pyramid *pyramid,
                             const struct bench_digest *files, struct error *error)
{
    const struct file_digest *next = files->files;
    if (mkdir(self->folder, 0777) != 0)
        return output_failure(error, errno, self->folder, NULL);
    int folder_fd = open(self->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_fd < 0)
        return output_failure(error, errno, self->folder, NULL);
    enum status status = STATUS_OK;
    for (unsigned level = 1; status == STATUS_OK && level <= pyramid->nlevels; level++) {
        uint32_t nz = extent_reduce(pyramid->extent.nz, level);
        status = write_level(self, folder_fd, level, next, nz, error);
        next += nz;
    }
    close(folder_fd);
    return status;
}

enum status bench_floor_run(struct floor_seconds *seconds, const struct stack *stack,
                            const struct pyramid *pyramid, const struct bench_digest *files,
                            const char *folder, const atomic_bool *cancel, struct error *error)
{
    struct floor self = {.chunk = malloc(CHUNK_BYTES), .folder = folder, .cancel = cancel};
    if (!self.chunk)
        return error_no_memory(error, CHUNK_BYTES, "reading");
    memset(self.chunk, 1, CHUNK_BYTES); /* its pages are there before the clock runs */
    double began = clock_seconds();
    enum status status = read_all(&self, stack, error);
    double middle = clock_seconds();
    if (status == STATUS_OK)
        status = write_all(&self, pyramid, files, error);
    *seconds = (struct floor_seconds){.read = middle - began, .write = clock_seconds() - middle};
    free(self.chunk);
    return status;
}
