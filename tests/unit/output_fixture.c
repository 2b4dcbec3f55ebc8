/* SPDX-License-Identifier: MIT */
#include "output_fixture.h"

#include "codec/codec.h"
#include "output/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include <cmocka.h>

void output_fixture_pyramid(struct output_fixture *fixture, uint64_t seed)
{
    fixture->seed = seed;
    fixture->pyramid = (struct pyramid){
        .extent = {1 + temp_random(&seed) % 40, 1 + temp_random(&seed) % 40, 1 + temp_random(&seed) % 20},
        .type = (enum voxel_type)(temp_random(&seed) % VOXEL_TYPES),
        .nlevels = 1 + temp_random(&seed) % 5,
        .spacing = {0.5, 0.25, 2, (enum length_unit)(temp_random(&seed) % (UNIT_INCH + 1))},
    };
    free(fixture->slices);
    fixture->slices = calloc(fixture->pyramid.extent.nz, sizeof *fixture->slices);
    assert_non_null(fixture->slices);
    for (uint32_t z = 0; z < fixture->pyramid.extent.nz; z++)
        fixture->slices[z] = (struct source_slice){
            .name = z % 3 ? "slice.tif" : NULL, .n_bytes = z, .mtime_ns = z, .identity = {.inode = z}};
    fixture->source = (struct output_source){.folder = fixture->input,
                                             .slices = fixture->slices,
                                             .nslices = fixture->pyramid.extent.nz,
                                             .program_version = "0.0.0"};
}

int output_fixture_make(void **state)
{
    struct output_fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    temp_folder_make(fixture->root);
    strcpy(fixture->input, temp_path(fixture->root, "in"));
    strcpy(fixture->folder, temp_path(fixture->root, "out"));
    assert_int_equal(mkdir(fixture->input, 0700), 0);
    output_fixture_pyramid(fixture, 1);
    *state = fixture;
    return 0;
}

int output_fixture_clear(void **state)
{
    struct output_fixture *fixture = *state;
    temp_folder_remove(fixture->root);
    free(fixture->slices);
    free(fixture);
    return 0;
}

static size_t slice_bytes(const struct output_fixture *fixture, unsigned level)
{
    return (size_t)extent_slice_bytes(extent_at_level(fixture->pyramid.extent, level), fixture->pyramid.type);
}

unsigned char *output_fixture_voxels(const struct output_fixture *fixture, unsigned level, uint32_t z)
{
    size_t n_bytes = slice_bytes(fixture, level);
    uint64_t seed = fixture->seed * 1000003 + level * 1009 + z;
    unsigned char *voxels = malloc(n_bytes);
    assert_non_null(voxels);
    unsigned char first = (unsigned char)temp_random(&seed);
    for (size_t i = 0; i < n_bytes; i++)
        voxels[i] = z % 2 ? (unsigned char)(first + i / 5) : (unsigned char)temp_random(&seed);
    return voxels;
}

struct output_request output_fixture_request(const struct output_fixture *fixture, bool force)
{
    return (struct output_request){.folder = fixture->folder,
                                   .pyramid = &fixture->pyramid,
                                   .source = &fixture->source,
                                   .form = fixture->form,
                                   .force = force};
}

struct output *output_fixture_open(const struct output_fixture *fixture, bool force)
{
    struct error error = {0};
    struct output *output = NULL;
    struct output_state state;
    struct output_request request = output_fixture_request(fixture, force);
    if (level_folders_check(&request, &state, &error) != STATUS_OK &&
        !strstr(error.message, "holds a pyramid that was made otherwise") &&
        !strstr(error.message, "holds a pyramid of other slices"))
        fail_msg("%s", error.message);
    error = (struct error){0};
    request.force = true;
    if (level_folders_open(&output, &request, 0, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return output;
}

void output_fixture_write_slice(const struct output_fixture *fixture, struct output *output, unsigned level,
                                uint32_t z)
{
    struct error error = {0};
    unsigned char *voxels = output_fixture_voxels(fixture, level, z);
    if (output_fixture_write(fixture, output, level, z, voxels, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    free(voxels);
}

/* In three runs, or as many as there are rows. */
enum status output_fixture_write(const struct output_fixture *fixture, struct output *output, unsigned level,
                                 uint32_t z, const unsigned char *voxels, struct error *error)
{
    const struct extent extent = extent_at_level(fixture->pyramid.extent, level);
    const size_t row_bytes = extent.nx * voxel_bytes(fixture->pyramid.type);
    uint64_t n_bytes = 0;
    const uint32_t step = extent_reduce(extent.ny, 1) < 3 ? 1 : extent.ny / 3 + 1;
    for (uint32_t y0 = 0; y0 < extent.ny; y0 += step) {
        struct level_rows rows = {.level = level,
                                  .z = z,
                                  .y0 = y0,
                                  .nrows = extent.ny - y0 < step ? extent.ny - y0 : step,
                                  .voxels = voxels + y0 * row_bytes};
        enum status status = output->ops->write(output, &rows, &n_bytes, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

void output_fixture_write_all(const struct output_fixture *fixture, struct output *output)
{
    for (unsigned level = 1; level <= fixture->pyramid.nlevels; level++)
        for (uint32_t z = 0; z < extent_at_level(fixture->pyramid.extent, level).nz; z++)
            output_fixture_write_slice(fixture, output, level, z);
}

void output_fixture_build(const struct output_fixture *fixture, bool force)
{
    struct error error = {0};
    struct output *output = output_fixture_open(fixture, force);
    output_fixture_write_all(fixture, output);
    if (output->ops->finish(output, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    output->ops->close(output);
}

/* Reads the slice file and compares its header and voxels with what was to be written. */
static void assert_slice(const struct output_fixture *fixture, unsigned level, uint32_t z)
{
    const char *path = temp_path(fixture->folder, "%u/%06u.tif", level, z);
    struct extent extent = extent_at_level(fixture->pyramid.extent, level);
    struct error error = {0};
    struct input_file file;
    struct slice_header header;
    if (input_file_open(&file, path, &error) != STATUS_OK ||
        codec_tiff.read_header(&file, NULL, &header, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_int_equal(header.nx, extent.nx);
    assert_int_equal(header.ny, extent.ny);
    assert_int_equal(header.type, fixture->pyramid.type);
    size_t n_bytes = slice_bytes(fixture, level);
    unsigned char *data = malloc((size_t)header.encoded_bytes), *found = malloc(n_bytes);
    unsigned char *voxels = output_fixture_voxels(fixture, level, z);
    assert_int_equal(input_file_read(&file, data, (size_t)header.encoded_bytes, 0, &error), STATUS_OK);
    assert_int_equal(codec_tiff.decode(data, (size_t)header.encoded_bytes, path, &header, found, &error),
                     STATUS_OK);
    assert_memory_equal(found, voxels, n_bytes);
    free(voxels);
    free(found);
    free(data);
    input_file_close(&file);
}

/* The manifest tells the length and the hash of the file that is there. */
static void assert_recorded(const struct output_fixture *fixture, unsigned level, uint32_t z,
                            const struct slice_record *record)
{
    size_t n_bytes;
    char *data = temp_file_read(temp_path(fixture->folder, "%u/%06u.tif", level, z), &n_bytes);
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(data, n_bytes));
    assert_int_equal(record->n_bytes, n_bytes);
    assert_memory_equal(record->hash.bytes, canonical.digest, sizeof record->hash.bytes);
    free(data);
}

void output_fixture_assert_whole(const struct output_fixture *fixture, bool complete)
{
    struct error error = {0};
    struct manifest manifest;
    const struct pyramid *pyramid = &fixture->pyramid;
    if (manifest_read(fixture->folder, &manifest, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_int_equal(manifest.complete, complete);
    for (unsigned level = 1; level <= manifest.records.nlevels; level++)
        for (uint32_t z = 0; z < manifest.records.nz[level]; z++)
            assert_recorded(fixture, level, z, &manifest.records.slices[level][z]);
    manifest_end(&manifest);
    assert_int_equal(manifest.pyramid.nlevels, pyramid->nlevels);
    assert_memory_equal(&manifest.pyramid.extent, &pyramid->extent, sizeof pyramid->extent);
    assert_int_equal(temp_count_entries(fixture->folder), pyramid->nlevels + 1);
    for (unsigned level = 1; level <= pyramid->nlevels; level++) {
        uint32_t nz = extent_at_level(pyramid->extent, level).nz;
        assert_int_equal(temp_count_entries(temp_path(fixture->folder, "%u", level)), nz);
        for (uint32_t z = 0; z < nz; z++)
            assert_slice(fixture, level, z);
    }
}

static void assert_says(const struct error *error, enum status status, const char *part)
{
    assert_int_equal(status, STATUS_OUTPUT);
    assert_int_equal(error->status, STATUS_OUTPUT);
    if (!strstr(error->message, part))
        fail_msg("'%s' does not say '%s'", error->message, part);
    assert_null(strchr(error->message, '\n'));
}

void output_fixture_assert_refused(const struct output_fixture *fixture, const char *folder, bool force,
                                   bool checked, const char *part)
{
    struct error error = {0}, check_error = {0};
    struct output *output = NULL;
    struct output_state state;
    struct output_request request = output_fixture_request(fixture, force);
    request.folder = folder;
    enum status status = level_folders_check(&request, &state, &check_error);
    if (checked)
        assert_says(&check_error, status, part);
    status = level_folders_open(&output, &request, state.first_slice, &error);
    assert_null(output);
    assert_says(&error, status, part);
}
