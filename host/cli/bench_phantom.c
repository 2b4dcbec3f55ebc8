/* SPDX-License-Identifier: MIT
 * Slices are made by rounds of one for each thread: the threads compute and encode them, then they are
 * written in order. */
#include "cli/bench_phantom.h"

#include "base/bytes.h"
#include "base/workers.h"
#include "codec/codec.h"
#include "output/atomic_file.h"
#include "output/level_names.h"
#include "output/output_failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { THREADS_MOST = 8 }; /* each holds a slice twice */

/* One slice in the making; a thread's alone during a round. */
struct phantom_slice_job {
    double *row;
    unsigned char *voxels;
    struct bytes encoded;
    struct error error;
};

struct phantom_maker {
    const struct phantom_volume *volume;
    unsigned count;
    uint32_t z0; /* of the round */
    struct phantom_slice_job jobs[THREADS_MOST];
};

static void make_slice(void *context, unsigned index, unsigned worker)
{
    struct phantom_maker *maker = context;
    struct phantom_slice_job *job = &maker->jobs[index];
    const struct phantom_volume *volume = maker->volume;
    (void)worker;
    phantom_slice(volume, maker->z0 + index, job->row, job->voxels);
    codec_tiff.encode(volume->extent.nx, volume->extent.ny, volume->type, (struct spacing){0}, job->voxels,
                      &job->encoded, &job->error);
}

/* `fd` is the folder. What is still to be written back would disturb what is measured later: each slice
 * reaches the disk. */
static enum status make_all(struct phantom_maker *maker, int fd, const char *folder, struct workers *workers,
                            const atomic_bool *cancel, struct error *error)
{
    uint32_t nz = maker->volume->extent.nz;
    for (maker->z0 = 0; maker->z0 < nz; maker->z0 += maker->count) {
        unsigned n = nz - maker->z0 < maker->count ? nz - maker->z0 : maker->count;
        if (atomic_load(cancel))
            return error_set(error, STATUS_INTERRUPTED, "interrupted; nothing is left behind");
        workers_run(workers, n, make_slice, maker);
        for (unsigned i = 0; i < n; i++) {
            const struct phantom_slice_job *job = &maker->jobs[i];
            if (job->error.status != STATUS_OK)
                return error_set(error, job->error.status, "%s", job->error.message);
            char name[SLICE_NAME_BYTES];
            enum status status = atomic_file_write(fd, folder, slice_name(name, maker->z0 + i),
                                                   job->encoded.data, job->encoded.n_bytes, true, error);
            if (status != STATUS_OK)
                return status;
        }
    }
    return STATUS_OK;
}

static enum status allocate(struct phantom_maker *maker, struct error *error)
{
    struct extent extent = maker->volume->extent;
    uint64_t slice_bytes = extent_slice_bytes(extent, maker->volume->type);
    for (unsigned i = 0; i < maker->count; i++) {
        maker->jobs[i].row = malloc(extent.nx * sizeof(double));
        maker->jobs[i].voxels = malloc(slice_bytes);
        if (!maker->jobs[i].row || !maker->jobs[i].voxels)
            return error_no_memory(error, slice_bytes, "a phantom slice");
    }
    return STATUS_OK;
}

enum status bench_phantom_write(const struct phantom_volume *volume, const char *folder, unsigned nthreads,
                                const atomic_bool *cancel, struct error *error)
{
    struct phantom_maker maker = {.volume = volume,
                                  .count = nthreads < THREADS_MOST ? nthreads : THREADS_MOST};
    struct workers *workers = NULL;
    if (mkdir(folder, 0777) != 0)
        return output_failure(error, errno, folder, NULL);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return output_failure(error, errno, folder, NULL);
    enum status status = allocate(&maker, error);
    if (status == STATUS_OK)
        status = workers_create(&workers, maker.count, error);
    if (status == STATUS_OK)
        status = make_all(&maker, fd, folder, workers, cancel, error);
    workers_free(workers);
    for (unsigned i = 0; i < maker.count; i++) {
        free(maker.jobs[i].row);
        free(maker.jobs[i].voxels);
        bytes_end(&maker.jobs[i].encoded);
    }
    close(fd);
    return status;
}
