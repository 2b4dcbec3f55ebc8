/* SPDX-License-Identifier: MIT */
#include "pipeline_folder.h"

#include "codec_fixture.h"
#include "pipeline_stubs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <tiffio.h>

enum { RUN_SECONDS = 60 };

static void slice_path(char path[128], const char *folder, uint32_t z)
{
    snprintf(path, 128, "%s/s%u.tif", folder, z);
}

/* Writes slice z plain by the codec's own encoder, or in one of the layouts that have to be decoded. */
static void write_slice(const char *folder, const struct test_volume *volume, uint32_t z, bool compressed,
                        struct test_random *random)
{
    const struct pyramid *pyramid = &volume->pyramid;
    const struct tiff_layout layouts[] = {
        {.mode = "wl", .compression = COMPRESSION_ADOBE_DEFLATE, .rows_per_strip = 7},
        {.mode = "wb", .compression = COMPRESSION_LZW, .rows_per_strip = 1000},
        {.mode = "w8l", .compression = COMPRESSION_PACKBITS, .tile_nx = 16, .tile_ny = 32},
        {.mode = "wb", .compression = COMPRESSION_NONE, .rows_per_strip = 3},
    };
    uint64_t slice_bytes = extent_slice_bytes(pyramid->extent, pyramid->type);
    const unsigned char *voxels = (const unsigned char *)volume->voxels + z * slice_bytes;
    const uint32_t nx = pyramid->extent.nx, ny = pyramid->extent.ny;
    char path[128];
    if (compressed) {
        assert_true(
            fixture_write_tiff(&layouts[test_random_range(random, 0, 3)], nx, ny, pyramid->type, voxels));
    } else {
        struct bytes encoded = {0};
        struct error error = {0};
        assert_int_equal(codec_tiff.encode(nx, ny, pyramid->type, pyramid->spacing, voxels, &encoded, &error),
                         STATUS_OK);
        fixture_write(encoded.data, encoded.n_bytes);
        bytes_end(&encoded);
    }
    slice_path(path, folder, z);
    assert_int_equal(rename(fixture_path(), path), 0);
}

static void write_slices(const char *folder, const struct test_volume *volume, struct test_random *random)
{
    const unsigned percents[] = {0, 50, 100};
    unsigned percent = percents[test_random_range(random, 0, 2)];
    for (uint32_t z = 0; z < volume->pyramid.extent.nz; z++)
        if (volume->present[z])
            write_slice(folder, volume, z, test_random_range(random, 1, 100) <= percent, random);
}

/* Missing slices as the stack room accepts them: not the first, not the last, and at most every other one. */
static void keep_a_stack(struct test_volume *volume)
{
    uint32_t nz = volume->pyramid.extent.nz;
    for (uint32_t z = 0; z < nz; z += 2)
        volume->present[z] = true;
    volume->present[nz - 1] = true;
}

void pipeline_folder_init(struct pipeline_folder *folder, struct test_random *random)
{
    strcpy(folder->path, "/tmp/stackthumb-slices-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    test_volume_random(&folder->volume, random);
    keep_a_stack(&folder->volume);
    write_slices(folder->path, &folder->volume, random);
}

void pipeline_folder_end(struct pipeline_folder *folder)
{
    for (uint32_t z = 0; z < folder->volume.pyramid.extent.nz; z++) {
        char path[128];
        slice_path(path, folder->path, z);
        unlink(path);
    }
    assert_int_equal(rmdir(folder->path), 0);
    test_volume_free(&folder->volume);
}

static void run(const struct pipeline_folder *folder, struct downsampler *downsampler,
                struct stub_output *output, unsigned nthreads)
{
    struct stack *stack;
    struct error error = {0};
    if (stack_open(&stack, &(struct stack_request){.input = folder->path, .missing = MISSING_IGNORE},
                   &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_memory_equal(&stack->extent, &folder->volume.pyramid.extent, sizeof stack->extent);
    const struct pipeline_run pipeline = {.stack = stack,
                                          .pyramid = &folder->volume.pyramid,
                                          .downsampler = downsampler,
                                          .output = &output->base,
                                          .nthreads = nthreads};
    alarm(RUN_SECONDS);
    if (pipeline_run(&pipeline, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    alarm(0);
    assert_true(output->finished);
    assert_false(output->wrong);
    stack_close(stack);
}

void pipeline_folder_check(const struct pipeline_folder *folder, struct downsampler *downsampler,
                           const struct test_levels *expected, struct test_random *random)
{
    const struct knobs knobs = {0};
    struct test_levels levels = {0};
    struct stub_output output;
    stub_output_init(&output, &folder->volume.pyramid, &knobs);
    run(folder, downsampler, &output, test_random_range(random, 1, 4));
    for (unsigned level = 1; level <= folder->volume.pyramid.nlevels; level++)
        levels.voxels[level] = output.levels[level].voxels;
    test_compare(&folder->volume, &levels, expected, downsampler->ops->name);
    stub_output_end(&output);
    downsampler->ops->destroy(downsampler);
}
