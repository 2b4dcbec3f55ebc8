/* SPDX-License-Identifier: MIT
 * The made-up format: a plain file is some bytes, then the voxels; an encoded one is 'E', then the voxels
 * with every bit turned. */
#include "pipeline_rig.h"

#include "base/file.h"
#include "pipeline/queue.h"
#include "pipeline/results.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { LEAD_BYTES = 100, RUN_SECONDS = 60 };

static const struct knobs *current; /* for what has no context: those of the rig that runs */
static atomic_bool files_are_cold;  /* where reading and writing take turns */
static atomic_uint nopened;         /* slice files, while it runs */

/* The linker puts these in the place of the functions that every stage goes through, so that all of them may
 * dawdle: the reader at its files, the driver at the rows that it collects, and each of them before and
 * behind a queue.
 */
enum status __real_input_file_open(struct input_file *file, const char *path, struct error *error);
enum status __wrap_input_file_open(struct input_file *file, const char *path, struct error *error);
enum status __real_input_file_read(const struct input_file *file, void *data, size_t n_bytes, uint64_t offset,
                                   struct error *error);
enum status __wrap_input_file_read(const struct input_file *file, void *data, size_t n_bytes, uint64_t offset,
                                   struct error *error);
enum status __real_results_add(void *context, const struct level_rows *rows, struct error *error);
enum status __wrap_results_add(void *context, const struct level_rows *rows, struct error *error);
enum status __real_queue_push(struct queue *queue, void *item, struct error *error);
enum status __wrap_queue_push(struct queue *queue, void *item, struct error *error);
enum status __real_queue_pop(struct queue *queue, void **item, struct error *error);
enum status __wrap_queue_pop(struct queue *queue, void **item, struct error *error);

/* preadv2, as the C library names it for 64-bit offsets. */
ssize_t __real_preadv64v2(int fd, const struct iovec *to, int n, off_t offset, int flags);
ssize_t __wrap_preadv64v2(int fd, const struct iovec *to, int n, off_t offset, int flags);

enum status __wrap_input_file_open(struct input_file *file, const char *path, struct error *error)
{
    dawdle(current);
    atomic_fetch_add(&nopened, 1);
    return __real_input_file_open(file, path, error);
}

enum status __wrap_input_file_read(const struct input_file *file, void *data, size_t n_bytes, uint64_t offset,
                                   struct error *error)
{
    dawdle(current);
    return __real_input_file_read(file, data, n_bytes, offset, error);
}

enum status __wrap_results_add(void *context, const struct level_rows *rows, struct error *error)
{
    dawdle(current);
    return __real_results_add(context, rows, error);
}

/* Asked whether a file is in memory. */
ssize_t __wrap_preadv64v2(int fd, const struct iovec *to, int n, off_t offset, int flags)
{
    if (!atomic_load(&files_are_cold))
        return __real_preadv64v2(fd, to, n, offset, flags);
    errno = EAGAIN;
    return -1;
}

enum status __wrap_queue_push(struct queue *queue, void *item, struct error *error)
{
    dawdle(current);
    return __real_queue_push(queue, item, error);
}

enum status __wrap_queue_pop(struct queue *queue, void **item, struct error *error)
{
    enum status status = __real_queue_pop(queue, item, error);
    dawdle(current);
    return status;
}

static enum status rig_decode(const void *data, size_t n_bytes, const char *path,
                              const struct slice_header *header, void *voxels, struct error *error)
{
    size_t wanted = (size_t)header->nx * header->ny * voxel_bytes(header->type);
    const unsigned char *from = data;
    unsigned char *to = voxels;
    dawdle(current);
    usleep(current->decode_us);
    if (current->fault == FAULT_DECODE && strcmp(path, current->fault_path) == 0)
        return error_set(error, STATUS_INPUT, "%s: decode fails", path);
    if (n_bytes != wanted + 1 || from[0] != 'E')
        return error_set(error, STATUS_INPUT, "%s: is not what its header says", path);
    for (size_t i = 0; i < wanted; i++)
        to[i] = from[i + 1] ^ 0xff;
    return STATUS_OK;
}

static const struct codec rig_codec = {.name = "rig", .decode = rig_decode};

const char *rig_path(const struct rig *rig, uint32_t z, char path[128])
{
    snprintf(path, 128, "%s/slice_%04u.raw", rig->folder, z);
    return path;
}

static void write_file(const char *path, const void *data, size_t n_bytes)
{
    FILE *file = need(fopen(path, "wb"));
    if (fwrite(data, 1, n_bytes, file) != n_bytes || fclose(file) != 0)
        abort();
}

static void make_slice(struct rig *rig, uint32_t z)
{
    uint64_t chance = mix(rig->shape.knobs.seed, z);
    bool encoded = chance % 100 < rig->shape.percent_encoded;
    size_t lead = encoded ? 1 : chance / 100 % LEAD_BYTES;
    size_t n_bytes = extent_slice_bytes(rig->shape.extent, rig->shape.type);
    unsigned char *data = need(malloc(lead + n_bytes));
    struct slice *slice = &rig->stack.slices[z];
    char path[128];
    struct stat about;
    memset(data, 'E', lead);
    memcpy(data + lead, cube_row(&rig->input, 0, z), n_bytes);
    for (size_t i = 0; encoded && i < n_bytes; i++)
        data[lead + i] ^= 0xff;
    slice->path = need(strdup(rig_path(rig, z, path)));
    slice->name = slice->path + strlen(rig->folder) + 1;
    slice->number = z;
    slice->codec = &rig_codec;
    write_file(slice->path, data, lead + n_bytes);
    if (stat(slice->path, &about) != 0)
        abort();
    slice->n_bytes = lead + n_bytes;
    slice->mtime_ns = (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec;
    slice->identity = (struct file_identity){.device = about.st_dev, .inode = about.st_ino};
    slice->header = (struct slice_header){.nx = rig->shape.extent.nx,
                                          .ny = rig->shape.extent.ny,
                                          .type = rig->shape.type,
                                          .plain = !encoded,
                                          .voxels_offset = encoded ? 0 : lead};
    slice_header_set_whole(&slice->header, lead + n_bytes);
    free(data);
}

/* Does to a file what the fault says; the stack does not know. */
static void spoil_slice(const struct rig *rig)
{
    const struct timespec then[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    const struct knobs *knobs = &rig->shape.knobs;
    const struct slice *slice = &rig->stack.slices[knobs->fault_at];
    int failure = 0;
    if (knobs->fault == FAULT_TRUNCATED)
        failure = truncate(slice->path, (off_t)slice->n_bytes / 2);
    else if (knobs->fault == FAULT_TOUCHED)
        failure = utimensat(AT_FDCWD, slice->path, then, 0);
    else if (knobs->fault == FAULT_VANISHED)
        failure = unlink(slice->path);
    if (failure)
        abort();
}

static void make_input(struct rig *rig)
{
    uint64_t seed = rig->shape.knobs.seed;
    cube_init(&rig->input, rig->shape.extent, rig->shape.type);
    uint64_t n_bytes = extent_volume_bytes(rig->shape.extent, rig->shape.type);
    for (uint64_t i = 0; i < n_bytes; i++)
        rig->input.voxels[i] = (unsigned char)mix(seed, i);
    for (uint32_t z = 0; z < rig->shape.extent.nz; z++)
        rig->input.present[z] = mix(~seed, z) % 100 >= rig->shape.percent_missing;
}

void rig_init(struct rig *rig, const struct rig_shape *shape)
{
    memset(rig, 0, sizeof *rig);
    rig->shape = *shape;
    rig->pyramid = (struct pyramid){.extent = shape->extent, .type = shape->type, .nlevels = shape->nlevels};
    struct downsample_plan plan = {.batch_slices = shape->batch_slices,
                                   .band_rows = shape->band_rows,
                                   .nbuffers = shape->nbuffers,
                                   .buffer_bytes = (uint64_t)shape->batch_slices * shape->band_rows *
                                                   shape->extent.nx * voxel_bytes(shape->type)};
    strcpy(rig->folder, "/tmp/stackthumb-rig-XXXXXX");
    need(mkdtemp(rig->folder));
    make_input(rig);
    rig->stack = (struct stack){.folder = rig->folder,
                                .extent = shape->extent,
                                .type = shape->type,
                                .slices = need(calloc(shape->extent.nz, sizeof(struct slice)))};
    for (uint32_t z = 0; z < shape->extent.nz; z++)
        if (rig->input.present[z])
            make_slice(rig, z);
    if (shape->knobs.fault >= FAULT_DECODE) {
        rig->shape.knobs.fault_path = rig->stack.slices[shape->knobs.fault_at].path;
        spoil_slice(rig);
    }
    stub_downsampler_init(&rig->downsampler, &rig->pyramid, &plan, &rig->input, &rig->shape.knobs);
    stub_output_init(&rig->output, &rig->pyramid, &rig->shape.knobs);
    rig->run = (struct pipeline_run){.stack = &rig->stack,
                                     .pyramid = &rig->pyramid,
                                     .downsampler = &rig->downsampler.base,
                                     .output = &rig->output.base,
                                     .nthreads = shape->nthreads,
                                     .stretch_bytes = shape->stretch_bytes,
                                     .progress = &rig->progress,
                                     .cancel = &rig->cancel};
}

void rig_end(struct rig *rig)
{
    for (uint32_t z = 0; z < rig->shape.extent.nz; z++) {
        if (rig->stack.slices[z].path)
            unlink(rig->stack.slices[z].path);
        free(rig->stack.slices[z].path);
    }
    rmdir(rig->folder);
    free(rig->stack.slices);
    stub_output_end(&rig->output);
    stub_downsampler_end(&rig->downsampler);
    cube_end(&rig->input);
}

enum status rig_run(struct rig *rig, struct error *error)
{
    current = &rig->shape.knobs;
    atomic_store(&files_are_cold, rig->shape.stretch_bytes > 0);
    atomic_store(&nopened, 0);
    alarm(RUN_SECONDS);
    enum status status = pipeline_run(&rig->run, error);
    alarm(0);
    rig->nopened = atomic_load(&nopened);
    return status;
}

static bool slice_is_right(const struct rig *rig, unsigned level, uint32_t z)
{
    const struct cube *cube = &rig->output.levels[level];
    size_t width = voxel_bytes(cube->type);
    for (uint32_t y = 0; y < cube->extent.ny; y++) {
        for (uint32_t x = 0; x < cube->extent.nx; x++) {
            unsigned char wanted[8];
            cube_reduce(&rig->input, level, x, y, z, wanted);
            if (memcmp(cube_row(cube, y, z) + x * width, wanted, width) != 0)
                return false;
        }
    }
    return true;
}

bool rig_is_right(const struct rig *rig, bool all)
{
    bool right = !rig->output.wrong && !rig->downsampler.wrong;
    for (unsigned level = 1; level <= rig->shape.nlevels; level++) {
        const struct cube *cube = &rig->output.levels[level];
        for (uint32_t z = 0; right && z < cube->extent.nz; z++)
            right = cube->present[z] ? slice_is_right(rig, level, z) : !all;
    }
    return right;
}

/* Numbers that depend on the seed alone, one after the other. */
struct draws {
    uint64_t seed, ndrawn;
};

/* From low to high, both included. */
static uint32_t draw(struct draws *draws, uint32_t low, uint32_t high)
{
    return low + (uint32_t)(mix(draws->seed, draws->ndrawn++) % (high - low + 1));
}

struct rig_shape rig_random_shape(uint64_t seed)
{
    static const unsigned percents[] = {0, 0, 30, 100};
    struct draws draws = {.seed = seed};
    struct rig_shape shape = {.nlevels = draw(&draws, 1, 4), .knobs = {.seed = seed}};
    uint32_t box = 1u << shape.nlevels;
    shape.extent.nx = draw(&draws, 1, 40);
    shape.extent.ny = draw(&draws, 1, 40);
    shape.extent.nz = draw(&draws, 1, 40);
    shape.type = (enum voxel_type)draw(&draws, 0, VOXEL_TYPES - 1);
    shape.nbuffers = draw(&draws, 1, 4);
    shape.nthreads = draw(&draws, 1, 4);
    uint32_t depth = draw(&draws, 0, shape.nlevels + 1);
    shape.batch_slices = depth < shape.nlevels ? 2u << depth : box * draw(&draws, 1, 3);
    if (shape.extent.nz == 1)
        shape.batch_slices = 1;
    shape.band_rows = box * draw(&draws, 1, 3);
    if (shape.band_rows > shape.extent.ny || draw(&draws, 0, 1))
        shape.band_rows = shape.extent.ny;
    shape.percent_encoded = percents[draw(&draws, 0, 3)];
    shape.percent_missing = percents[draw(&draws, 0, 2)];
    return shape;
}
