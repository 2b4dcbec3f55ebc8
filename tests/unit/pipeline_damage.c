/* SPDX-License-Identifier: MIT */
#include "pipeline_damage.h"

#include "pipeline_stubs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { RUN_SECONDS = 60, GOOD_READS_MAX = 3 };

enum damage { SOUND, AT_OPEN, AT_READ, AT_DECODE, AT_CLOSE, DAMAGES };

/* What is wrong with a slice; of the slices of the folder that is run. */
struct bad_slice {
    enum damage damage;
    unsigned ngood; /* reads that go well */
    atomic_uint nreads;
    atomic_bool lost;
};
static struct {
    struct bad_slice *slices;
    uint32_t nz;
    atomic_bool active;
} bad;

enum status __real_input_file_open(struct input_file *file, const char *path, struct error *error);
enum status __wrap_input_file_open(struct input_file *file, const char *path, struct error *error);
enum status __real_input_file_read(const struct input_file *file, void *data, size_t n_bytes, uint64_t offset,
                                   struct error *error);
enum status __wrap_input_file_read(const struct input_file *file, void *data, size_t n_bytes, uint64_t offset,
                                   struct error *error);
bool __real_input_file_unchanged(const struct input_file *file);
bool __wrap_input_file_unchanged(const struct input_file *file);
enum status __real_codec_decode(const struct codec *codec, const void *data, size_t n_bytes, const char *path,
                                const struct slice_header *header, void *voxels, struct error *error);
enum status __wrap_codec_decode(const struct codec *codec, const void *data, size_t n_bytes, const char *path,
                                const struct slice_header *header, void *voxels, struct error *error);

/* The slice at `path`, FOLDER/sZ.tif; NULL while nothing is damaged. */
static struct bad_slice *slice_at(const char *path)
{
    const char *name = strrchr(path, '/');
    uint32_t z;
    if (!atomic_load(&bad.active) || !name || sscanf(name, "/s%u.tif", &z) != 1 || z >= bad.nz)
        return NULL;
    return &bad.slices[z];
}

enum status __wrap_input_file_open(struct input_file *file, const char *path, struct error *error)
{
    const struct bad_slice *slice = slice_at(path);
    if (slice && slice->damage == AT_OPEN)
        return error_set(error, STATUS_INPUT, "%s: cannot be opened", path);
    return __real_input_file_open(file, path, error);
}

enum status __wrap_input_file_read(const struct input_file *file, void *data, size_t n_bytes, uint64_t offset,
                                   struct error *error)
{
    struct bad_slice *slice = slice_at(file->path);
    if (slice && slice->damage == AT_READ && atomic_fetch_add(&slice->nreads, 1) >= slice->ngood)
        return error_set(error, STATUS_INPUT, "%s: cannot be read", file->path);
    return __real_input_file_read(file, data, n_bytes, offset, error);
}

/* Where it is not read often enough, or not decoded, a damaged slice fails when it is closed. */
bool __wrap_input_file_unchanged(const struct input_file *file)
{
    const struct bad_slice *slice = slice_at(file->path);
    return (!slice || slice->damage == SOUND) && __real_input_file_unchanged(file);
}

enum status __wrap_codec_decode(const struct codec *codec, const void *data, size_t n_bytes, const char *path,
                                const struct slice_header *header, void *voxels, struct error *error)
{
    const struct bad_slice *slice = slice_at(path);
    if (slice && slice->damage == AT_DECODE)
        return error_set(error, STATUS_INPUT, "%s: cannot be decoded", path);
    return __real_codec_decode(codec, data, n_bytes, path, header, voxels, error);
}

/* Damages about every third slice, and leaves one at least. */
static void damage(struct test_volume *volume, struct test_random *random)
{
    const uint32_t nz = volume->pyramid.extent.nz, kept = test_random_range(random, 0, nz - 1) / 2 * 2;
    bad.slices = calloc(nz, sizeof *bad.slices);
    assert_non_null(bad.slices);
    bad.nz = nz;
    for (uint32_t z = 0; z < nz; z++) {
        if (!volume->present[z] || z == kept || test_random_range(random, 0, 2) > 0)
            continue;
        bad.slices[z].damage = (enum damage)test_random_range(random, AT_OPEN, DAMAGES - 1);
        bad.slices[z].ngood = test_random_range(random, 0, GOOD_READS_MAX);
        volume->present[z] = false;
    }
    atomic_store(&bad.active, true);
}

static enum status lose(void *context, uint32_t z, const struct error *reason, struct error *error)
{
    (void)context, (void)error;
    if (reason->status != STATUS_INPUT || bad.slices[z].damage == SOUND ||
        atomic_exchange(&bad.slices[z].lost, true))
        abort(); /* not on the test's own thread */
    return STATUS_OK;
}

static void take_out(const struct stack *stack)
{
    for (uint32_t z = 0; z < bad.nz; z++)
        if (atomic_load(&bad.slices[z].lost)) {
            free(stack->slices[z].path);
            stack->slices[z].path = NULL;
        }
}

/* One run; true when it is to be begun again. */
static bool run_once(const struct pipeline_folder *folder, const struct stack *stack,
                     struct downsampler *downsampler, struct stub_output *output, unsigned nthreads)
{
    struct pipeline_losses losses = {.lose = lose};
    struct error error = {0};
    const struct pipeline_run run = {.stack = stack,
                                     .pyramid = &folder->volume.pyramid,
                                     .downsampler = downsampler,
                                     .output = &output->base,
                                     .nthreads = nthreads,
                                     .losses = &losses};
    alarm(RUN_SECONDS);
    enum status status = pipeline_run(&run, &error);
    alarm(0);
    take_out(stack);
    if (status != STATUS_OK && (status != STATUS_INPUT || !losses.again))
        fail_msg("%s", error.message);
    assert_int_equal(output->finished, status == STATUS_OK);
    assert_false(output->wrong);
    return status != STATUS_OK;
}

static void compare(const struct pipeline_folder *folder, const struct stub_output *output, const char *name)
{
    struct test_levels levels = {0}, expected;
    for (unsigned level = 1; level <= folder->volume.pyramid.nlevels; level++)
        levels.voxels[level] = output->levels[level].voxels;
    test_oracle(&folder->volume, &expected);
    test_compare(&folder->volume, &levels, &expected, name);
    test_levels_free(&expected);
}

unsigned pipeline_damage_check(struct pipeline_folder *folder, downsampler_maker make, void *context,
                               struct test_random *random)
{
    const struct knobs knobs = {0};
    const unsigned nthreads = test_random_range(random, 1, 4);
    const struct stack_request request = {.input = folder->path, .missing = MISSING_IGNORE};
    struct stack *stack;
    struct error error = {0};
    unsigned nagain = 0;
    if (stack_open(&stack, &request, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    damage(&folder->volume, random);
    for (bool again = true; again;) {
        struct stub_output output;
        struct downsampler *downsampler = make(context, &folder->volume.pyramid);
        stub_output_init(&output, &folder->volume.pyramid, &knobs);
        again = run_once(folder, stack, downsampler, &output, nthreads);
        nagain += again;
        if (!again)
            compare(folder, &output, downsampler->ops->name);
        stub_output_end(&output);
        downsampler->ops->destroy(downsampler);
    }
    for (uint32_t z = 0; z < bad.nz; z++)
        assert_int_equal(atomic_load(&bad.slices[z].lost), bad.slices[z].damage != SOUND);
    atomic_store(&bad.active, false);
    free(bad.slices);
    stack_close(stack);
    return nagain;
}
