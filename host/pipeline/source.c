/* SPDX-License-Identifier: MIT */
#include "pipeline/source.h"

#include "base/checked.h"
#include "base/clock.h"
#include "base/printable.h"
#include "pipeline/pipeline.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/uio.h>

enum {
    STEP_BYTES = 16 << 20, /* one read: far more than a disk needs at once, a few ms of waiting for a stop */
    /* Of the next files are asked for: so much, and a slab's files, as these are read side by side. */
    AHEAD_BYTES = 64 << 20,
    AHEAD_SLAB_BYTES = 1 << 30, /* no more for the slab than this */
    ASKED_AT_ONCE = 64,         /* files, however small: a stop is looked for between them and the next */
};

enum status source_init(struct source *source, const struct stack *stack, uint32_t nfiles, struct stop *stop,
                        struct pipeline_progress *progress, struct error *error)
{
    uint64_t slab_bytes = saturated_mul3(nfiles, extent_slice_bytes(stack->extent, stack->type), 1);
    *source = (struct source){.stack = stack, .stop = stop, .progress = progress, .nfiles = nfiles};
    source->most_ahead_bytes = AHEAD_BYTES + (slab_bytes < AHEAD_SLAB_BYTES ? slab_bytes : AHEAD_SLAB_BYTES);
    source->files = calloc(nfiles, sizeof *source->files);
    source->from_disk = calloc(stack->extent.nz, sizeof *source->from_disk);
    if (!source->files || !source->from_disk) {
        free(source->files);
        free(source->from_disk);
        return error_no_memory(error, nfiles * sizeof *source->files, "open files");
    }
    for (uint32_t i = 0; i < nfiles; i++)
        source->files[i].fd = -1;
    return STATUS_OK;
}

void source_end(struct source *source)
{
    for (uint32_t i = 0; i < source->nfiles; i++)
        input_file_close(&source->files[i]);
    free(source->files);
    free(source->from_disk);
    *source = (struct source){0};
}

enum status source_changed(const struct slice *slice, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    return error_set(error, STATUS_INPUT,
                     "%s: was changed since the run began; start again when nothing writes to it any more",
                     printable(shown, sizeof shown, slice->path));
}

/* To look costs less than to ask for what is there, which would cost a sixth of what reading it costs. */
bool source_is_cached(const struct input_file *file, struct file_part part)
{
    char byte;
    const struct iovec to = {.iov_base = &byte, .iov_len = 1};
    return part.n_bytes > 0 && preadv2(file->fd, &to, 1, (off_t)part.offset, RWF_NOWAIT) == 1 &&
           preadv2(file->fd, &to, 1, (off_t)(part.offset + part.n_bytes - 1), RWF_NOWAIT) == 1;
}

/* This is advice: where it cannot be given, nothing is wrong yet, and what is wrong with a file is told when
 * its turn comes. */
static void ask_for(const struct slice *slice, bool *from_disk)
{
    struct error ignored = {0};
    struct input_file file;
    if (input_file_open(&file, slice->path, &ignored) != STATUS_OK)
        return;
    struct file_part parts[FILE_PARTS_MAX];
    unsigned nparts = slice_parts(slice, parts);
    for (unsigned i = 0; i < nparts; i++) {
        if (source_is_cached(&file, parts[i]))
            continue;
        *from_disk = true;
        posix_fadvise(file.fd, (off_t)parts[i].offset, (off_t)parts[i].n_bytes, POSIX_FADV_WILLNEED);
    }
    input_file_close(&file);
}

/* Bytes that a slice counts among those asked for ahead: never more than all of them may be. */
static uint64_t ahead_bytes(const struct source *source, const struct slice *slice)
{
    uint64_t most_bytes = source->most_ahead_bytes;
    struct file_part parts[FILE_PARTS_MAX];
    unsigned nparts = slice->path ? slice_parts(slice, parts) : 0;
    uint64_t n_bytes = 0;
    for (unsigned i = 0; i < nparts; i++)
        n_bytes += parts[i].n_bytes;
    return n_bytes < most_bytes ? n_bytes : most_bytes;
}

/* Asks the kernel to read the files behind slice z, as far as they fit most_ahead_bytes. What was asked for
 * when earlier slices were opened is only counted down, so that a run looks at every file once. */
static void ask_ahead(struct source *source, uint32_t z)
{
    const struct stack *stack = source->stack;
    for (; source->opened_to <= z; source->opened_to++)
        if (source->opened_to < source->asked_to)
            source->ahead_bytes -= ahead_bytes(source, &stack->slices[source->opened_to]);
    if (source->asked_to < source->opened_to)
        source->asked_to = source->opened_to;
    const uint32_t first = source->asked_to;
    for (; source->asked_to < stack->extent.nz && source->asked_to - first < ASKED_AT_ONCE;
         source->asked_to++) {
        const struct slice *slice = &stack->slices[source->asked_to];
        uint64_t n_bytes = ahead_bytes(source, slice);
        if (n_bytes > source->most_ahead_bytes - source->ahead_bytes)
            break;
        source->ahead_bytes += n_bytes;
        if (slice->path)
            ask_for(slice, &source->from_disk[source->asked_to]);
    }
}

enum status source_open_file(struct source *source, struct input_file *file, const struct slice *slice,
                             struct error *error)
{
    if (source->first_opened_at == 0)
        source->first_opened_at = clock_seconds();
    enum status status = input_file_open(file, slice->path, error);
    if (status != STATUS_OK) {
        file->fd = -1;
        return status;
    }
    if (file->n_bytes != slice->n_bytes || file->mtime_ns != slice->mtime_ns ||
        !file_identity_same(&slice->identity, &file->identity, file->fd, slice->path))
        return source_changed(slice, error);
    posix_fadvise(file->fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* advice, too */
    return STATUS_OK;
}

enum status source_open(struct source *source, uint32_t z, struct error *error)
{
    double began = clock_seconds();
    struct input_file *file = &source->files[z % source->nfiles];
    enum status status = source_open_file(source, file, &source->stack->slices[z], error);
    if (status == STATUS_OK)
        ask_ahead(source, z);
    busy_add(&source->busy, began, 0);
    return status;
}

void source_count(struct source *source, uint64_t n_bytes, bool from_disk)
{
    source->busy.n_bytes += n_bytes;
    source->disk_bytes += from_disk ? n_bytes : 0;
    if (source->progress)
        atomic_fetch_add_explicit(&source->progress->bytes_read, n_bytes, memory_order_relaxed);
}

enum status source_read(struct source *source, uint32_t z, void *data, uint64_t n_bytes, uint64_t offset,
                        struct error *error)
{
    const struct input_file *file = &source->files[z % source->nfiles];
    unsigned char *to = data;
    while (n_bytes > 0) {
        size_t step = n_bytes < STEP_BYTES ? (size_t)n_bytes : STEP_BYTES;
        enum status status = stop_check(source->stop, error);
        if (status != STATUS_OK)
            return status;
        double began = clock_seconds();
        status = input_file_read(file, to, step, offset, error);
        busy_add(&source->busy, began, 0);
        if (status != STATUS_OK)
            return status;
        source_count(source, step, source->from_disk[z]);
        to += step;
        offset += step;
        n_bytes -= step;
    }
    return STATUS_OK;
}

enum status source_close(struct source *source, uint32_t z, struct error *error)
{
    const struct slice *slice = &source->stack->slices[z];
    struct input_file *file = &source->files[z % source->nfiles];
    double began = clock_seconds();
    bool same = input_file_unchanged(file);
    input_file_close(file);
    busy_add(&source->busy, began, 0);
    return same ? STATUS_OK : source_changed(slice, error);
}

void source_abandon(struct source *source, uint32_t z)
{
    input_file_close(&source->files[z % source->nfiles]);
}
