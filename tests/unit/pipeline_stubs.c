/* SPDX-License-Identifier: MIT */
#include "pipeline_stubs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t h = a * 0x9e3779b97f4a7c15u + b + 1; /* the constants of splitmix64 */
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
    return h ^ (h >> 31);
}

void dawdle(const struct knobs *knobs)
{
    static atomic_uint_fast64_t ndawdles;
    if (knobs->delay_us == 0)
        return;
    uint64_t chance = mix(knobs->seed, atomic_fetch_add(&ndawdles, 1));
    if (chance % 3 == 0)
        usleep((useconds_t)(chance / 3 % knobs->delay_us));
}

void *need(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

/* --- cubes ------------------------------------------------------------------------------------------- */

void cube_init(struct cube *cube, struct extent extent, enum voxel_type type)
{
    *cube = (struct cube){.extent = extent,
                          .type = type,
                          .voxels = need(calloc(1, extent_volume_bytes(extent, type))),
                          .present = need(calloc(extent.nz, sizeof *cube->present))};
}

void cube_end(struct cube *cube)
{
    free(cube->present);
    free(cube->voxels);
}

unsigned char *cube_row(const struct cube *cube, uint32_t y, uint32_t z)
{
    return cube->voxels + ((size_t)z * cube->extent.ny + y) * cube->extent.nx * voxel_bytes(cube->type);
}

static uint32_t end_of_box(uint32_t i, unsigned level, uint32_t n)
{
    uint64_t end = ((uint64_t)i + 1) << level;
    return end < n ? (uint32_t)end : n;
}

void cube_reduce(const struct cube *cube, unsigned level, uint32_t x, uint32_t y, uint32_t z, void *to)
{
    size_t width = voxel_bytes(cube->type);
    uint64_t sum = 0, count = 0;
    for (uint32_t w = z << level; w < end_of_box(z, level, cube->extent.nz); w++) {
        if (!cube->present[w])
            continue;
        for (uint32_t v = y << level; v < end_of_box(y, level, cube->extent.ny); v++) {
            for (uint32_t u = x << level; u < end_of_box(x, level, cube->extent.nx); u++) {
                uint32_t value = 0;
                memcpy(&value, cube_row(cube, v, w) + u * width, width); /* little-endian */
                sum += value;
                count++;
            }
        }
    }
    sum = count ? sum / count : 0;
    memcpy(to, &sum, width);
}

/* --- the downsampler --------------------------------------------------------------------------------- */

unsigned count_open_files(void)
{
    unsigned n = 0;
    DIR *folder = need(opendir("/proc/self/fd"));
    while (readdir(folder))
        n++;
    closedir(folder);
    return n;
}

static void *stub_buffer(struct downsampler *downsampler, unsigned index)
{
    return ((struct stub_downsampler *)downsampler)->buffers[index];
}

/* Takes a row of the batch into `seen`, and looks whether it is what should be in it. */
static void see_row(struct stub_downsampler *stub, const unsigned char *row, uint32_t y, uint32_t z,
                    bool present)
{
    size_t row_bytes = stub->seen.extent.nx * voxel_bytes(stub->seen.type);
    unsigned char *wanted = stub->wanted_row;
    memcpy(wanted, cube_row(stub->input, y, z), row_bytes);
    if (!stub->input->present[z])
        voxels_fill_absent(stub->seen.type, wanted, stub->seen.extent.nx);
    if (present != stub->input->present[z] || memcmp(row, wanted, row_bytes) != 0)
        stub->wrong = true;
    memcpy(cube_row(&stub->seen, y, z), row, row_bytes);
    stub->seen.present[z] = present;
}

static void work(struct stub_downsampler *stub, struct in_flight *flight)
{
    const struct batch *batch = &flight->batch;
    const unsigned char *row = stub->buffers[flight->index];
    for (uint32_t s = 0; s < batch->nslices; s++) {
        for (uint32_t y = 0; y < batch->nrows; y++) {
            see_row(stub, row, batch->y0 + y, batch->z0 + s, batch->present[s]);
            row += stub->seen.extent.nx * voxel_bytes(stub->seen.type);
        }
    }
    flight->worked = true;
}

static void touch(const char *path)
{
    const struct timespec then[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    if (utimensat(AT_FDCWD, path, then, 0) != 0)
        abort();
}

static enum status stub_submit(struct downsampler *downsampler, unsigned index, const struct batch *batch,
                               struct error *error)
{
    struct stub_downsampler *stub = (struct stub_downsampler *)downsampler;
    const struct knobs *knobs = stub->knobs;
    unsigned nbuffers = stub->base.plan.nbuffers, nopen = count_open_files();
    struct in_flight *flight = &stub->in_flight[(stub->first + stub->count) % nbuffers];
    if (nopen > stub->most_open_files)
        stub->most_open_files = nopen;
    dawdle(knobs);
    if (knobs->fault == FAULT_SUBMIT && stub->nsubmitted == knobs->fault_at)
        return error_set(error, STATUS_DEVICE, "submit fails");
    if (knobs->fault == FAULT_MEANWHILE && stub->nsubmitted == 0)
        touch(knobs->fault_path);
    if (stub->count == nbuffers)
        stub->wrong = true;
    memset(stub->rows[index], 0xa5, stub->rows_bytes);
    *flight = (struct in_flight){.index = index, .batch = *batch};
    if (mix(knobs->seed, stub->nsubmitted) & 1)
        work(stub, flight);
    stub->count++;
    stub->nsubmitted++;
    return STATUS_OK;
}

/* Delivers rows y0 .. y1-1 of slice z of `level`, in pieces, which lie at *to and push it on. */
static enum status deliver(struct stub_downsampler *stub, unsigned level, uint32_t z, uint32_t y0,
                           uint32_t y1, unsigned char **to, level_sink sink, void *context,
                           struct error *error)
{
    uint32_t nx = extent_reduce(stub->seen.extent.nx, level);
    size_t width = voxel_bytes(stub->seen.type);
    enum status status = STATUS_OK;
    while (status == STATUS_OK && y0 < y1) {
        uint32_t nrows = 1 + (uint32_t)(mix(stub->knobs->seed, y0 + z) % (y1 - y0));
        unsigned char *rows = *to;
        *to += nrows * nx * width;
        for (uint32_t i = 0; i < nrows * nx; i++)
            cube_reduce(&stub->seen, level, i % nx, y0 + i / nx, z, rows + i * width);
        struct level_rows piece = {.level = level, .z = z, .y0 = y0, .nrows = nrows, .voxels = rows};
        if (stub->knobs->fault == FAULT_DISORDER && stub->ncollected == stub->knobs->fault_at)
            piece.z++;
        status = sink(context, &piece, error);
        y0 += nrows;
    }
    return status;
}

static enum status deliver_finished(struct stub_downsampler *stub, const struct in_flight *flight,
                                    level_sink sink, void *context, struct error *error)
{
    const struct batch *batch = &flight->batch;
    unsigned char *to = stub->rows[flight->index];
    const struct extent extent = stub->seen.extent;
    enum status status = STATUS_OK;
    for (unsigned level = 1; level <= stub->nlevels; level++) {
        uint32_t z, n = batch_finished(batch->z0, batch->nslices, extent.nz, level, &z);
        uint32_t y0 = batch->y0 >> level;
        uint32_t y1 = extent_reduce(batch->y0 + batch->nrows, level);
        if (stub->knobs->fault == FAULT_SHORTFALL && batch->z0 + batch->nslices == extent.nz)
            continue;
        for (uint32_t i = 0; status == STATUS_OK && i < n; i++)
            status = deliver(stub, level, z + i, y0, y1, &to, sink, context, error);
    }
    return status;
}

/* The buffer moves, as mapped ones may, and holds no stale voxels that would pass for new ones. */
static void move_buffer(struct stub_downsampler *stub, unsigned index)
{
    unsigned char *buffer = stub->spare_buffer;
    memset(buffer, 0xa5, stub->base.plan.buffer_bytes);
    stub->spare_buffer = stub->buffers[index];
    stub->buffers[index] = buffer;
}

static enum status stub_collect(struct downsampler *downsampler, level_sink sink, void *context,
                                struct error *error)
{
    struct stub_downsampler *stub = (struct stub_downsampler *)downsampler;
    struct in_flight *flight = &stub->in_flight[stub->first];
    dawdle(stub->knobs);
    if (stub->knobs->fault == FAULT_COLLECT && stub->ncollected == stub->knobs->fault_at)
        return error_set(error, STATUS_DEVICE, "collect fails");
    if (!flight->worked)
        work(stub, flight);
    enum status status = deliver_finished(stub, flight, sink, context, error);
    move_buffer(stub, flight->index);
    stub->first = (stub->first + 1) % stub->base.plan.nbuffers;
    stub->count--;
    stub->ncollected++;
    return status;
}

static const struct downsampler_ops stub_downsampler_ops = {
    .name = "stub", .buffer = stub_buffer, .submit = stub_submit, .collect = stub_collect};

void stub_downsampler_init(struct stub_downsampler *stub, const struct pyramid *pyramid,
                           const struct downsample_plan *plan, const struct cube *input,
                           const struct knobs *knobs)
{
    *stub = (struct stub_downsampler){.base = {.ops = &stub_downsampler_ops, .plan = *plan},
                                      .knobs = knobs,
                                      .input = input,
                                      .nlevels = pyramid->nlevels};
    cube_init(&stub->seen, pyramid->extent, pyramid->type);
    stub->buffers = need(calloc(plan->nbuffers, sizeof *stub->buffers));
    stub->wanted_row = need(malloc(pyramid->extent.nx * voxel_bytes(pyramid->type)));
    stub->spare_buffer = need(malloc(plan->buffer_bytes));
    stub->rows = need(calloc(plan->nbuffers, sizeof *stub->rows));
    for (unsigned level = 1; level <= pyramid->nlevels; level++)
        stub->rows_bytes += plan_level_bytes(plan, pyramid, level);
    stub->in_flight = need(calloc(plan->nbuffers, sizeof *stub->in_flight));
    for (unsigned i = 0; i < plan->nbuffers; i++) {
        stub->buffers[i] = need(malloc(plan->buffer_bytes));
        stub->rows[i] = need(malloc(stub->rows_bytes));
    }
}

void stub_downsampler_end(struct stub_downsampler *stub)
{
    for (unsigned i = 0; i < stub->base.plan.nbuffers; i++) {
        free(stub->buffers[i]);
        free(stub->rows[i]);
    }
    free(stub->buffers);
    free(stub->in_flight);
    free(stub->rows);
    free(stub->spare_buffer);
    free(stub->wanted_row);
    cube_end(&stub->seen);
}

/* --- the output -------------------------------------------------------------------------------------- */

static enum status stub_write(struct output *output, const struct level_rows *rows, uint64_t *n_bytes,
                              struct error *error)
{
    struct stub_output *stub = (struct stub_output *)output;
    struct cube *cube = &stub->levels[rows->level];
    uint32_t *nrows = &stub->nrows[rows->level][rows->z];
    dawdle(stub->knobs);
    usleep(stub->knobs->write_us);
    if (stub->knobs->fault == FAULT_WRITE && stub->nwrites == stub->knobs->fault_at)
        return error_set(error, STATUS_OUTPUT, "write fails");
    bool begins = rows->y0 == 0;
    if (rows->y0 != *nrows || (begins && rows->z > 0 && stub->nrows[rows->level][rows->z - 1] == 0))
        stub->wrong = true;
    memcpy(cube_row(cube, rows->y0, rows->z), rows->voxels,
           rows->nrows * cube->extent.nx * voxel_bytes(cube->type));
    *nrows += rows->nrows;
    if (stub->flushed)
        stub->wrong = true;
    if (stub->nwrites % 4 == 3) /* as if it were still being encoded */
        stub->held_bytes += (uint64_t)rows->nrows * STUB_BYTES_PER_ROW;
    else
        *n_bytes += (uint64_t)rows->nrows * STUB_BYTES_PER_ROW;
    cube->present[rows->z] = *nrows == cube->extent.ny;
    stub->nwrites++;
    return STATUS_OK;
}

static enum status stub_settle(struct output *output, struct error *error)
{
    struct stub_output *stub = (struct stub_output *)output;
    dawdle(stub->knobs);
    if (stub->knobs->fault == FAULT_SETTLE && stub->nsettled == stub->knobs->fault_at)
        return error_set(error, STATUS_OUTPUT, "settle fails");
    stub->nsettled++;
    return STATUS_OK;
}

static enum status stub_flush(struct output *output, uint64_t *n_bytes, struct error *error)
{
    struct stub_output *stub = (struct stub_output *)output;
    dawdle(stub->knobs);
    if (stub->knobs->fault == FAULT_FLUSH)
        return error_set(error, STATUS_OUTPUT, "flush fails");
    if (stub->flushed)
        stub->wrong = true;
    stub->flushed = true;
    *n_bytes += stub->held_bytes;
    return STATUS_OK;
}

static void stub_encoders(const struct output *output, struct output_encoders *encoders)
{
    *encoders = ((const struct stub_output *)output)->knobs->encoders;
}

static enum status stub_finish(struct output *output, struct error *error)
{
    struct stub_output *stub = (struct stub_output *)output;
    if (!stub->flushed)
        stub->wrong = true;
    if (stub->knobs->fault == FAULT_FINISH)
        return error_set(error, STATUS_OUTPUT, "finish fails");
    stub->finished = true;
    return STATUS_OK;
}

static const struct output_ops stub_output_ops = {
    .name = "stub",
    .write = stub_write,
    .flush = stub_flush,
    .encoders = stub_encoders,
    .settle = stub_settle,
    .finish = stub_finish,
};

void stub_output_init(struct stub_output *stub, const struct pyramid *pyramid, const struct knobs *knobs)
{
    *stub =
        (struct stub_output){.base = {.ops = &stub_output_ops}, .knobs = knobs, .nlevels = pyramid->nlevels};
    for (unsigned level = 1; level <= pyramid->nlevels; level++) {
        const struct extent extent = extent_at_level(pyramid->extent, level);
        cube_init(&stub->levels[level], extent, pyramid->type);
        stub->nrows[level] = need(calloc(extent.nz, sizeof *stub->nrows[level]));
    }
}

void stub_output_end(struct stub_output *stub)
{
    for (unsigned level = 1; level <= stub->nlevels; level++) {
        cube_end(&stub->levels[level]);
        free(stub->nrows[level]);
    }
}
