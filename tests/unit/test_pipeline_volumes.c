/* SPDX-License-Identifier: MIT
 * From raw volumes to levels: whatever the header, the byte order, the compression, the cut into data files
 * and the split into batches and bands, the pipeline delivers the same bits as the reference fed from memory;
 * and what is wrong with a stream ends the run with its name. */
#include "codec_fixture.h"
#include "downsample/backends.h"
#include "pipeline_folder.h"
#include "pipeline_stubs.h"
#include "temp_folder.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

enum { ROUNDS = 40, RUN_SECONDS = 60, GZIP_BITS = 15 + 16, ZLIB_BITS = 15 };

/* How a volume is written. */
struct form {
    bool meta, big, compressed, zlib, attached;
    uint32_t nfiles; /* 1 when attached */
    unsigned nmembers, skip_bytes;
};

struct buffer {
    unsigned char *data;
    size_t n_bytes;
};

static void append(struct buffer *buffer, const void *data, size_t n_bytes)
{
    buffer->data = realloc(buffer->data, buffer->n_bytes + n_bytes + 1);
    assert_non_null(buffer->data);
    memcpy(buffer->data + buffer->n_bytes, data, n_bytes);
    buffer->n_bytes += n_bytes;
}

static void append_compressed(struct buffer *buffer, const unsigned char *data, size_t n_bytes, int bits)
{
    z_stream zlib = {0};
    assert_int_equal(deflateInit2(&zlib, 1, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t most = deflateBound(&zlib, n_bytes);
    unsigned char *packed = malloc(most);
    assert_non_null(packed);
    zlib.next_in = (unsigned char *)data;
    zlib.avail_in = (uInt)n_bytes;
    zlib.next_out = packed;
    zlib.avail_out = (uInt)most;
    assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    append(buffer, packed, most - zlib.avail_out);
    deflateEnd(&zlib);
    free(packed);
}

/* The voxels in the other byte order, if that is asked for. */
static unsigned char *in_order(const unsigned char *voxels, size_t n_bytes, size_t voxel, bool big)
{
    unsigned char *ordered = malloc(n_bytes);
    assert_non_null(ordered);
    bool swap = big != (*(const unsigned char *)&(const uint16_t){1} == 0);
    for (size_t i = 0; i < n_bytes; i++)
        ordered[i] = voxels[swap ? i - i % voxel + (voxel - 1 - i % voxel) : i];
    return ordered;
}

/* What one data file holds: n_bytes of voxels behind what is to be skipped. */
static void append_voxels(struct buffer *buffer, const struct form *form, const unsigned char *voxels,
                          size_t n_bytes)
{
    struct buffer plain = {0};
    static const char skipped[] = "these bytes are no voxels at all";
    append(form->compressed && !form->meta ? &plain : buffer, skipped, form->skip_bytes);
    append(&plain, voxels, n_bytes);
    size_t done = 0;
    for (unsigned i = form->compressed ? form->nmembers : 0; i > 0; i--) {
        size_t n = i == 1 ? plain.n_bytes - done : (plain.n_bytes - done) / 2;
        append_compressed(buffer, plain.data + done, n, form->zlib ? ZLIB_BITS : GZIP_BITS);
        done += n;
    }
    if (!form->compressed)
        append(buffer, plain.data, plain.n_bytes);
    free(plain.data);
}

static void append_header(struct buffer *buffer, const struct form *form, const struct pyramid *pyramid)
{
    static const char *const nrrd_types[] = {"uchar",  "int8_t",     "unsigned short", "short",
                                             "uint32", "signed int", "float"};
    static const char *const meta_types[] = {"MET_UCHAR", "MET_CHAR", "MET_USHORT", "MET_SHORT",
                                             "MET_UINT",  "MET_INT",  "MET_FLOAT"};
    const struct extent extent = pyramid->extent;
    char text[600], names[64] = "LOCAL";
    if (!form->attached && form->nfiles == 1)
        strcpy(names, "v00.raw");
    else if (!form->attached)
        snprintf(names, sizeof names, "v%%02d.raw 0 %u 1 3", form->nfiles - 1);
    int n = form->meta
                ? snprintf(text, sizeof text,
                           "NDims = 3\nDimSize = %u %u %u\nElementType = %s\nBinaryDataByteOrderMSB = %s\n"
                           "CompressedData = %s\nHeaderSize = %u\nElementDataFile = %s\n",
                           extent.nx, extent.ny, extent.nz, meta_types[pyramid->type],
                           form->big ? "True" : "False", form->compressed ? "True" : "False",
                           form->skip_bytes, names)
                : snprintf(text, sizeof text,
                           "NRRD0004\ndimension: 3\nsizes: %u %u %u\ntype: %s\nendian: %s\nencoding: %s\n"
                           "byte skip: %u\n%s%s\n\n",
                           extent.nx, extent.ny, extent.nz, nrrd_types[pyramid->type],
                           form->big ? "big" : "little", form->compressed ? "gzip" : "raw", form->skip_bytes,
                           form->attached ? "#" : "data file: ", names);
    append(buffer, text, (size_t)n);
}

static void write_volume(const struct pipeline_folder *folder, const char *temp, const struct form *form)
{
    const struct pyramid *pyramid = &folder->volume.pyramid;
    const size_t voxel = voxel_bytes(pyramid->type);
    const size_t n_bytes = (size_t)extent_volume_bytes(pyramid->extent, pyramid->type);
    unsigned char *ordered = in_order(folder->volume.voxels, n_bytes, voxel, form->big);
    struct buffer header = {0};
    append_header(&header, form, pyramid);
    for (uint32_t i = 0; i < form->nfiles; i++) {
        struct buffer data = {0};
        size_t share = n_bytes / form->nfiles;
        append_voxels(form->attached ? &header : &data, form, ordered + i * share, share);
        if (!form->attached)
            temp_file_write(temp_path(temp, "v%02u.raw", i), data.data, data.n_bytes);
        free(data.data);
    }
    temp_file_write(folder->path, header.data, header.n_bytes);
    free(header.data);
    free(ordered);
}

static struct form random_form(uint32_t nz, struct test_random *random)
{
    struct form form = {
        .meta = test_random_range(random, 0, 1),
        .big = test_random_range(random, 0, 1),
        .compressed = test_random_range(random, 0, 3) > 0,
        .zlib = test_random_range(random, 0, 1),
        .attached = test_random_range(random, 0, 1),
        .nfiles = 1,
        .nmembers = 1,
        .skip_bytes = test_random_range(random, 0, 9),
    };
    uint32_t nfiles = test_random_range(random, 1, 7);
    if (!form.attached && nz % nfiles == 0)
        form.nfiles = nfiles;
    if (form.meta && form.attached)
        form.skip_bytes = 0; /* HeaderSize would count from the start of the header */
    if (!form.zlib)
        form.nmembers = test_random_range(random, 1, 4);
    return form;
}

static void volume_init(struct pipeline_folder *folder, const char *temp, struct test_random *random)
{
    test_volume_random(&folder->volume, random);
    for (uint32_t z = 0; z < folder->volume.pyramid.extent.nz; z++)
        folder->volume.present[z] = true;
    const struct form form = random_form(folder->volume.pyramid.extent.nz, random);
    snprintf(folder->path, sizeof folder->path, "%.50s/v.%s", temp, form.meta ? "mhd" : "nhdr");
    write_volume(folder, temp, &form);
}

static struct downsampler *create(bool fast, const struct pyramid *pyramid, struct test_random *random)
{
    struct downsample_plan plan;
    struct downsampler *downsampler;
    struct error error = {0};
    test_plan_random(&plan, pyramid, random);
    enum status status =
        fast ? cpu_create(&downsampler, pyramid, &plan, 1 + test_random_range(random, 0, 2), &error)
             : reference_create(&downsampler, pyramid, &plan, &error);
    if (status != STATUS_OK)
        fail_msg("%s", error.message);
    return downsampler;
}

static void volumes_give_the_same_as_memory(void **state)
{
    (void)state;
    struct test_random random = test_random_seeded(41);
    for (unsigned round = test_rounds(ROUNDS); round > 0; round--) {
        struct pipeline_folder folder;
        struct test_levels expected;
        char temp[TEMP_PATH_BYTES];
        temp_folder_make(temp);
        volume_init(&folder, temp, &random);
        struct downsampler *direct = create(false, &folder.volume.pyramid, &random);
        test_run(direct, &folder.volume, 1, &expected);
        direct->ops->destroy(direct);
        for (int fast = 0; fast < 2; fast++)
            pipeline_folder_check(&folder, create(fast, &folder.volume.pyramid, &random), &expected, &random);
        test_levels_free(&expected);
        test_volume_free(&folder.volume);
        temp_folder_remove(temp);
    }
}

/* How a volume is run: fast with a random plan, or slowly with few buffers, so that much is left to read when
 * somebody meddles with the run. */
struct conditions {
    struct test_random *random; /* NULL: slowly */
    struct pipeline_progress *progress;
    const atomic_bool *cancel;
};

static struct downsampler *create_slow(const struct pyramid *pyramid)
{
    struct downsample_plan plan = {.nbuffers = 2};
    struct downsampler *downsampler;
    struct error error = {0};
    assert_true(plan_set_batch(&plan, pyramid, 2, pyramid->extent.ny));
    assert_int_equal(reference_create(&downsampler, pyramid, &plan, &error), STATUS_OK);
    return downsampler;
}

/* Runs the volume `path`; the status, and the message in `error`. */
static enum status run_file(const char *path, const struct conditions *conditions, struct error *error)
{
    const struct knobs knobs = {.write_us = conditions->random ? 0 : 10000};
    struct stack *stack;
    struct stub_output output;
    if (stack_open(&stack, &(struct stack_request){.input = path}, error) != STATUS_OK)
        return error->status;
    const struct pyramid pyramid = {.extent = stack->extent, .type = stack->type, .nlevels = 1};
    struct downsampler *downsampler =
        conditions->random ? create(false, &pyramid, conditions->random) : create_slow(&pyramid);
    stub_output_init(&output, &pyramid, &knobs);
    const struct pipeline_run run = {.stack = stack,
                                     .pyramid = &pyramid,
                                     .downsampler = downsampler,
                                     .output = &output.base,
                                     .nthreads = 2,
                                     .progress = conditions->progress,
                                     .cancel = conditions->cancel};
    alarm(RUN_SECONDS);
    enum status status = pipeline_run(&run, error);
    alarm(0);
    assert_int_equal(output.finished, status == STATUS_OK);
    stub_output_end(&output);
    downsampler->ops->destroy(downsampler);
    stack_close(stack);
    return status;
}

enum { NX = 31, NY = 17, NZ = 40, VOLUME_BYTES = NX * NY * NZ * 2 };

/* A gzip volume of noise whose stream holds VOLUME_BYTES + more_bytes. Returns where the stream begins. */
static size_t write_noise(struct buffer *file, int more_bytes, bool big)
{
    static unsigned char noise[VOLUME_BYTES + 1000];
    uint64_t random = 7;
    char header[200];
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (unsigned char)random_next(&random);
    int n = snprintf(header, sizeof header,
                     "NRRD0001\ndimension: 3\nsizes: %d %d %d\ntype: uint16\nencoding: gz\nendian: %s\n\n",
                     NX, NY, NZ, big ? "big" : "little");
    append(file, header, (size_t)n);
    append_compressed(file, noise, (size_t)(VOLUME_BYTES + more_bytes), GZIP_BITS);
    return (size_t)n;
}

static void expect_failure(const struct buffer *file, const char *said)
{
    struct pipeline_progress progress = {0};
    struct test_random random = test_random_seeded(file->n_bytes);
    for (int i = 0; i < 4; i++) { /* with plans of whole slices and of bands */
        struct error error = {0};
        fixture_write(file->data, file->n_bytes);
        char path[TEMP_PATH_BYTES];
        snprintf(path, sizeof path, "%s.nrrd", fixture_path());
        assert_int_equal(rename(fixture_path(), path), 0);
        const struct conditions conditions = {&random, &progress, NULL};
        assert_int_equal(run_file(path, &conditions, &error), STATUS_INPUT);
        if (!strstr(error.message, said) || !strstr(error.message, path))
            fail_msg("'%s' was expected, not: %s", said, error.message);
        unlink(path);
    }
}

static void broken_streams_end_the_run(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        struct buffer file = {0};
        size_t at = write_noise(&file, 0, big);
        const size_t whole = file.n_bytes;
        for (file.n_bytes = whole - 1; file.n_bytes > whole - 8; file.n_bytes--)
            expect_failure(&file, "no checksum; it is truncated");
        file.n_bytes = (at + whole) / 2;
        expect_failure(&file, "it is truncated");
        file.n_bytes = whole;
        file.data[whole - 6] ^= 1; /* the CRC */
        expect_failure(&file, "incorrect data check");
        file.data[whole - 6] ^= 1;
        file.data[whole - 3] ^= 1; /* the count */
        expect_failure(&file, "incorrect length check");
        file.n_bytes = 0;
        write_noise(&file, -1, big);
        expect_failure(&file, "its header does not fit");
        free(file.data);
    }
}

static void what_is_behind_the_voxels_is_counted(void **state)
{
    (void)state;
    char temp[TEMP_PATH_BYTES];
    struct buffer file = {0};
    struct error error = {0};
    struct pipeline_progress progress = {0};
    struct test_random random = test_random_seeded(3);
    temp_folder_make(temp);
    write_noise(&file, 999, true);
    temp_file_write(temp_path(temp, "v.nrrd"), file.data, file.n_bytes);
    const struct conditions conditions = {&random, &progress, NULL};
    assert_int_equal(run_file(temp_path(temp, "v.nrrd"), &conditions, &error), STATUS_OK);
    assert_int_equal(atomic_load(&progress.surplus_bytes), 999);
    free(file.data);
    temp_folder_remove(temp);
}

/* Who does something to a run once it has read some slices, on a thread of its own. */
struct meddler {
    struct pipeline_progress progress;
    atomic_bool cancel;
    const char *path; /* to touch; NULL: set `cancel` */
    pthread_t thread;
};

static void *meddle(void *context)
{
    struct meddler *meddler = context;
    while (atomic_load(&meddler->progress.slices_read) < 4)
        usleep(500);
    const struct timespec times[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
    if (!meddler->path)
        atomic_store(&meddler->cancel, true);
    else if (utimensat(AT_FDCWD, meddler->path, times, 0) != 0)
        abort();
    return NULL;
}

/* Runs a gzip volume that is meddled with. The whole of it was not read. */
static enum status run_meddled(bool touch, bool big, struct error *error)
{
    struct meddler meddler = {0};
    struct buffer file = {0};
    char temp[TEMP_PATH_BYTES], path[TEMP_PATH_BYTES + 16];
    temp_folder_make(temp);
    snprintf(path, sizeof path, "%s/v.nrrd", temp);
    write_noise(&file, 0, big);
    temp_file_write(path, file.data, file.n_bytes);
    meddler.path = touch ? path : NULL;
    assert_int_equal(pthread_create(&meddler.thread, NULL, meddle, &meddler), 0);
    const struct conditions conditions = {NULL, &meddler.progress, &meddler.cancel};
    enum status status = run_file(path, &conditions, error);
    pthread_join(meddler.thread, NULL);
    free(file.data);
    temp_folder_remove(temp);
    return status;
}

static void a_run_stops_within_a_stream(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        struct error error = {0};
        assert_int_equal(run_meddled(false, big, &error), STATUS_INTERRUPTED);
    }
}

static void a_file_that_changes_ends_the_run(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        struct error error = {0};
        assert_int_equal(run_meddled(true, big, &error), STATUS_INPUT);
        assert_non_null(strstr(error.message, "was changed since the run began"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(volumes_give_the_same_as_memory),
        cmocka_unit_test_teardown(broken_streams_end_the_run, fixture_end),
        cmocka_unit_test(what_is_behind_the_voxels_is_counted),
        cmocka_unit_test(a_run_stops_within_a_stream),
        cmocka_unit_test(a_file_that_changes_ends_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
