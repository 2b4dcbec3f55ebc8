/* SPDX-License-Identifier: MIT
 * Going on where an earlier run ended: whatever was cut short or changed, the pyramid ends as an undisturbed
 * run makes it, and what can stay stays. */
#include "output/journal.h"
#include "output/manifest.h"
#include "output_fixture.h"

#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct output_state found(const struct output_fixture *fixture, bool check)
{
    struct error error = {0};
    struct output_state state;
    struct output_request request = output_fixture_request(fixture, false);
    request.check = check;
    if (level_folders_check(&request, &state, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return state;
}

/* Goes on from there, up to slice `until` of the source (all of them: finishes); `until` does not lie in
 * a slab. */
static void go_on(const struct output_fixture *fixture, uint32_t until, bool check)
{
    struct error error = {0};
    struct output *output = NULL;
    struct output_state state = found(fixture, check);
    struct output_request request = output_fixture_request(fixture, false);
    const struct pyramid *pyramid = &fixture->pyramid;
    request.check = check;
    if (level_folders_open(&output, &request, state.first_slice, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    for (unsigned level = 1; level <= pyramid->nlevels && state.first_slice < until; level++) {
        uint32_t first = state.first_slice >> level, nz = extent_at_level(pyramid->extent, level).nz;
        uint32_t end = extent_reduce(until, level) < nz ? extent_reduce(until, level) : nz;
        for (uint32_t z = first; z < end; z++) {
            unsigned char *voxels = output_fixture_voxels(fixture, level, z);
            if (output_fixture_write(fixture, output, level, z - first, voxels, &error) != STATUS_OK)
                fail_msg("%s", error.message);
            free(voxels);
        }
    }
    uint64_t n_bytes = 0;
    if (until < pyramid->extent.nz && output->ops->flush)
        output->ops->flush(output, &n_bytes, &error);
    else if (until >= pyramid->extent.nz)
        output->ops->finish(output, &error);
    if (error.status != STATUS_OK)
        fail_msg("%s", error.message);
    output->ops->close(output);
}

static void assert_refused_as(const struct output_fixture *fixture, const char *part)
{
    output_fixture_assert_refused(fixture, fixture->folder, false, true, part);
    output_fixture_assert_refused(fixture, fixture->folder, false, true, "--force");
}

static uint32_t slab(const struct output_fixture *fixture)
{
    return UINT32_C(1) << fixture->pyramid.nlevels;
}

/* The start of the slab that slice z lies in. */
static uint32_t slab_start(const struct output_fixture *fixture, uint32_t z)
{
    return z / slab(fixture) * slab(fixture);
}

static void new_pyramid(struct output_fixture *fixture, uint64_t seed)
{
    output_fixture_pyramid(fixture, seed);
    fixture->form.encoding = (enum encoding)(seed % 3);
    fixture->form.nthreads = 2;
    for (uint32_t z = 0; z < fixture->pyramid.extent.nz; z++)
        fixture->slices[z].mtime_ns = (int64_t)(1000 * seed + z);
    fixture->slices[0].name = "slice.tif";
}

/* The fixture's stack with nz slices, those that are there as they are. */
static void set_length(struct output_fixture *fixture, uint32_t nz)
{
    uint32_t before = fixture->pyramid.extent.nz;
    fixture->slices = realloc(fixture->slices, nz * sizeof *fixture->slices);
    assert_non_null(fixture->slices);
    for (uint32_t z = before; z < nz; z++)
        fixture->slices[z] = (struct source_slice){.name = "new.tif", .n_bytes = 7, .identity = {.inode = z}};
    fixture->pyramid.extent.nz = nz;
    fixture->source.slices = fixture->slices;
    fixture->source.nslices = nz;
}

static void clear(struct output_fixture *fixture)
{
    temp_folder_remove(fixture->root);
    assert_int_equal(mkdir(fixture->root, 0700), 0);
    assert_int_equal(mkdir(fixture->input, 0700), 0);
}

static void test_cut_short(void **state)
{
    struct output_fixture *fixture = *state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        uint64_t random = seed;
        new_pyramid(fixture, seed);
        const uint32_t nz = fixture->pyramid.extent.nz;
        for (unsigned part = 0; part < 3; part++) {
            uint32_t before = found(fixture, false).first_slice;
            uint32_t until = slab_start(fixture, (uint32_t)(temp_random(&random) % nz));
            until = until < before ? before : until;
            if (until == nz)
                break;
            go_on(fixture, until, part == 1);
            assert_int_equal(found(fixture, false).first_slice, until);
            assert_int_equal(found(fixture, true).first_slice, until);
            assert_false(found(fixture, false).complete);
        }
        go_on(fixture, nz, false);
        output_fixture_assert_whole(fixture, true);
        assert_true(found(fixture, true).complete);
        clear(fixture);
    }
}

/* From the slab of the first slice that was changed or was added. */
static void test_other_slices(void **state)
{
    struct output_fixture *fixture = *state;
    for (uint64_t seed = 1; seed <= 80; seed++) {
        uint64_t random = seed;
        new_pyramid(fixture, seed);
        uint32_t nz = fixture->pyramid.extent.nz, changed;
        go_on(fixture, nz, false);
        if (temp_random(&random) % 2 == 0) {
            changed = (uint32_t)(temp_random(&random) % nz);
            if (changed == 0)
                goto next; /* that is another stack */
            fixture->slices[changed].name = "slice.tif";
            fixture->slices[changed].mtime_ns++;
        } else {
            changed = nz;
            set_length(fixture, nz + 1 + (uint32_t)(temp_random(&random) % 9));
        }
        struct output_state there = found(fixture, false);
        assert_int_equal(there.first_slice, slab_start(fixture, changed));
        assert_false(there.complete);
        go_on(fixture, fixture->pyramid.extent.nz, false);
        output_fixture_assert_whole(fixture, true);
        assert_true(found(fixture, false).complete);
    next:
        clear(fixture);
    }
}

/* Where slices are gone that done slabs were made from, those stay until --force says otherwise; what was not
 * done yet matters to nobody. */
static void test_slices_gone(void **state)
{
    struct output_fixture *fixture = *state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint64_t random = seed;
        new_pyramid(fixture, seed);
        fixture->pyramid.nlevels = 1 + (unsigned)(seed % 3);
        const uint32_t nslabs = 2 + (uint32_t)(temp_random(&random) % 3), nz = nslabs * slab(fixture);
        set_length(fixture, nz);
        for (uint32_t z = 0; z < nz; z++)
            fixture->slices[z].name = "slice.tif";
        const uint32_t done = slab(fixture) * (1 + (uint32_t)(temp_random(&random) % nslabs));
        const uint32_t gone = 1 + (uint32_t)(temp_random(&random) % (nz - 1));
        go_on(fixture, done, false);
        const unsigned way = (unsigned)(temp_random(&random) % 3);
        if (way == 0)
            set_length(fixture, gone);
        else if (way == 1)
            fixture->slices[gone].name = NULL;
        else
            fixture->slices[gone].unreadable = true;
        if (gone < done) {
            assert_refused_as(fixture, "gone now, or cannot be read (slice.tif");
            output_fixture_build(fixture, true);
        } else {
            assert_int_equal(found(fixture, false).first_slice, done);
            go_on(fixture, fixture->pyramid.extent.nz, false);
        }
        output_fixture_assert_whole(fixture, true);
        assert_true(found(fixture, false).complete);
        clear(fixture);
    }
}

/* Files that are gone or were changed are made anew; contents are looked at when that is asked for. */
static void test_damaged_files(void **state)
{
    struct output_fixture *fixture = *state;
    new_pyramid(fixture, 3);
    set_length(fixture, 5 * slab(fixture));
    const uint32_t nz = fixture->pyramid.extent.nz;
    go_on(fixture, nz, false);
    char name[TEMP_PATH_BYTES];
    strcpy(name, temp_path(fixture->folder, "1/%06u.tif", 3 * slab(fixture) / 2));
    struct stat about;
    assert_int_equal(stat(name, &about), 0);
    int fd = open(name, O_WRONLY);
    assert_int_equal(pwrite(fd, "\x55", 1, about.st_size - 1), 1);
    close(fd);
    assert_true(found(fixture, false).complete);
    assert_false(found(fixture, true).complete);
    assert_int_equal(found(fixture, true).first_slice, 3 * slab(fixture));
    /* A signal ends that, and no other look at what is there. */
    const atomic_bool stop = true;
    struct error error = {0};
    struct output_state state_found;
    struct output_request request = output_fixture_request(fixture, false);
    request.cancel = &stop;
    assert_int_equal(level_folders_check(&request, &state_found, &error), STATUS_OK);
    request.check = true;
    assert_int_equal(level_folders_check(&request, &state_found, &error), STATUS_INTERRUPTED);
    assert_string_equal(error.message, "interrupted; what was finished stays");
    go_on(fixture, nz, true);
    output_fixture_assert_whole(fixture, true);
    assert_int_equal(truncate(name, about.st_size - 1), 0);
    assert_int_equal(found(fixture, false).first_slice, 3 * slab(fixture));
    assert_int_equal(unlink(name), 0);
    assert_int_equal(found(fixture, false).first_slice, 3 * slab(fixture));
    go_on(fixture, nz, false);
    output_fixture_assert_whole(fixture, true);
}

/* Wherever its last write was cut, the journal tells nothing that is not so. */
static void test_journal_cut_anywhere(void **state)
{
    struct output_fixture *fixture = *state;
    size_t n_bytes;
    new_pyramid(fixture, 5);
    fixture->pyramid.nlevels = 2;
    set_length(fixture, 24);
    go_on(fixture, 16, false);
    char *text = temp_file_read(temp_path(fixture->folder, JOURNAL_NAME), &n_bytes);
    uint32_t before = 0;
    for (size_t n = 0; n <= n_bytes; n++) {
        temp_file_write(temp_path(fixture->folder, JOURNAL_NAME), text, n);
        struct output_state there = found(fixture, true);
        assert_true(there.first_slice >= before && there.first_slice <= 16 && there.first_slice % 4 == 0);
        before = there.first_slice;
    }
    assert_int_equal(before, 16);
    /* What is not sealed counts for nothing. */
    static const char *const lines[] = {"1 0 0 ",  "0 0 5 ", "3 0 5 ", "1 99999 5 ",
                                        "1 -1 5 ", "x",      "1 0 99 "};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        enum { MORE = 64 };
        char *all = malloc(n_bytes + MORE);
        memcpy(all, text, n_bytes);
        int n = snprintf(all + n_bytes, MORE, "%s00000000000000000000000000000000\n", lines[i]);
        temp_file_write(temp_path(fixture->folder, JOURNAL_NAME), all, n_bytes + (size_t)n);
        free(all);
        assert_int_equal(found(fixture, false).first_slice, 16);
    }
    /* A digit of a hash, of every fifth line: what stands behind it is made anew, and what ends is right. */
    char *line = strchr(text, '\n') + 1;
    for (unsigned n = 0; *line; line = strchr(line, '\n') + 1) {
        char *digit = strchr(line, '\n') - 15;
        if (n++ % 5 != 0)
            continue;
        *digit ^= 1;
        temp_file_write(temp_path(fixture->folder, JOURNAL_NAME), text, n_bytes);
        *digit ^= 1;
        assert_true(found(fixture, false).first_slice < 16);
    }
    text[30] ^= 1; /* in the manifest's hash: what stands in the journal of another one counts for nothing */
    temp_file_write(temp_path(fixture->folder, JOURNAL_NAME), text, n_bytes);
    assert_int_equal(found(fixture, false).first_slice, 0);
    free(text);
    go_on(fixture, 24, false);
    output_fixture_assert_whole(fixture, true);
}

/* Of what was asked for otherwise nothing may stay; the difference is named. */
static void test_made_otherwise(void **state)
{
    struct output_fixture *fixture = *state;
    new_pyramid(fixture, 7);
    fixture->pyramid.nlevels = 2;
    fixture->form.encoding = ENCODING_NONE;
    fixture->pyramid.type = VOXEL_U8;
    set_length(fixture, 12);
    go_on(fixture, 8, false);
    for (int complete = 0; complete < 2; complete++) {
        struct output_fixture other = *fixture;
        other.pyramid.nlevels = 3;
        assert_refused_as(&other, "it had 2 levels and is to have 3");
        other = *fixture;
        other.form.encoding = ENCODING_ZSTD;
        assert_refused_as(&other, "compression was \"none\" and is \"zstd\"");
        other = *fixture;
        other.pyramid.type = VOXEL_I8;
        assert_refused_as(&other, "type was \"u8\" and is \"i8\"");
        other = *fixture;
        other.pyramid.extent.ny++;
        assert_refused_as(&other, "extent ny was ");
        other = *fixture;
        other.pyramid.spacing = (struct spacing){5.5, 5.5, 5.5, UNIT_UM};
        assert_refused_as(&other, "spacing x was ");
        other = *fixture;
        other.source.program_version = "0.0.1";
        assert_refused_as(&other, "program version was \"0.0.0\" and is \"0.0.1\"");
        other = *fixture;
        other.source.options = "--gray";
        assert_refused_as(&other, "source options was nothing and is \"--gray\"");
        struct source_slice first = fixture->slices[0];
        fixture->slices[0].n_bytes++;
        assert_refused_as(fixture, "a first slice (slice.tif) that was changed");
        fixture->slices[0] = first;
        if (!complete)
            go_on(fixture, 12, false);
    }
    output_fixture_assert_whole(fixture, true);
    /* Of a run that left nothing, nothing can stay: it is no matter how it was asked for. */
    clear(fixture);
    go_on(fixture, 0, false);
    fixture->form.encoding = ENCODING_ZSTD;
    go_on(fixture, 12, false);
    output_fixture_assert_whole(fixture, true);
}

/* The last step of a run was missing: all slices are there, and its last word is not. */
static void test_only_the_end_is_missing(void **state)
{
    struct output_fixture *fixture = *state;
    struct error error = {0};
    struct output *output;
    new_pyramid(fixture, 11);
    const uint32_t nz = fixture->pyramid.extent.nz;
    struct output_request request = output_fixture_request(fixture, false);
    assert_int_equal(level_folders_open(&output, &request, 0, &error), STATUS_OK);
    output_fixture_write_all(fixture, output);
    uint64_t n_bytes = 0;
    assert_true(!output->ops->flush || output->ops->flush(output, &n_bytes, &error) == STATUS_OK);
    output->ops->close(output);
    assert_int_equal(found(fixture, true).first_slice, nz);
    assert_false(found(fixture, true).complete);
    go_on(fixture, nz, true);
    temp_text_write(temp_path(fixture->folder, JOURNAL_NAME), "left behind");
    assert_int_equal(found(fixture, true).first_slice, nz);
    assert_false(found(fixture, true).complete);
    go_on(fixture, nz, true);
}

/* Puts `value` (a JSON text) in the place of slice z of the source; or of the member `name` of the source, or
 * of the whole, when z is negative. */
static void edit_manifest(const struct output_fixture *fixture, int z, const char *name, const char *value)
{
    const char *path = temp_path(fixture->folder, MANIFEST_NAME);
    json_t *json = json_load_file(path, 0, NULL), *new = json_loads(value, JSON_DECODE_ANY, NULL);
    assert_true(json && new);
    json_t *source = json_object_get(json, "source");
    if (z >= 0)
        assert_int_equal(json_array_set_new(json_object_get(source, "slices"), (size_t)z, new), 0);
    else
        assert_int_equal(json_object_set_new(strcmp(name, "source") == 0 ? json : source, name, new), 0);
    assert_int_equal(json_dump_file(json, path, JSON_INDENT(1)), 0);
    json_decref(json);
}

/* A manifest that tells of no such slices as these: they are other ones. */
static void test_manifest_tells_otherwise(void **state)
{
    struct output_fixture *fixture = *state;
    size_t n_bytes;
    new_pyramid(fixture, 8);
    fixture->pyramid.nlevels = 2;
    set_length(fixture, 12);
    go_on(fixture, 12, false);
    char *text = temp_file_read(temp_path(fixture->folder, MANIFEST_NAME), &n_bytes);
    static const char *const others[] = {"null", "5", "[]", "{}", "\"slice.tif\"", "{\"name\": \"x\"}"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const int z = 5 + (int)i % 4; /* slice.tif, or none */
        edit_manifest(fixture, 0, NULL, others[i]);
        assert_refused_as(fixture, "a first slice (slice.tif) that was changed");
        temp_file_write(temp_path(fixture->folder, MANIFEST_NAME), text, n_bytes);
        edit_manifest(fixture, z, NULL, others[i]);
        if (*others[i] == '{') {
            assert_refused_as(fixture, "was made with 1 slice that is gone now");
            temp_file_write(temp_path(fixture->folder, MANIFEST_NAME), text, n_bytes);
            continue;
        }
        const struct output_state there = found(fixture, false);
        const bool is_none = !fixture->slices[z].name && i == 0;
        assert_int_equal(there.complete, is_none);
        assert_int_equal(there.first_slice, is_none ? 12 : z / 4 * 4);
        assert_true(is_none ||
                    ((there.change == OUTPUT_SLICE_CHANGED || there.change == OUTPUT_SLICE_OTHER) &&
                     there.changed_slice == (uint32_t)z));
        temp_file_write(temp_path(fixture->folder, MANIFEST_NAME), text, n_bytes);
        edit_manifest(fixture, -1, "slices", others[i]);
        assert_refused_as(fixture, "a pyramid of other slices");
        edit_manifest(fixture, -1, "source", others[i]);
        assert_refused_as(fixture, "holds a pyramid");
        temp_file_write(temp_path(fixture->folder, MANIFEST_NAME), text, n_bytes);
    }
    free(text);
    assert_true(found(fixture, true).complete);
}

/* One that could not be read then, or cannot be now: the same file, and not the same slice. */
static void test_unreadable_slices(void **state)
{
    struct output_fixture *fixture = *state;
    new_pyramid(fixture, 9);
    fixture->pyramid.nlevels = 2;
    set_length(fixture, 16);
    fixture->slices[9].name = "slice.tif";
    fixture->slices[9].unreadable = true;
    go_on(fixture, 16, false);
    assert_true(found(fixture, false).complete);
    fixture->slices[9].n_bytes += 5; /* in vain: only the manifest is to tell of it */
    assert_int_equal(found(fixture, false).first_slice, 16);
    assert_false(found(fixture, false).complete);
    go_on(fixture, 16, false);
    assert_true(found(fixture, false).complete);
    fixture->slices[9].unreadable = false;
    fixture->slices[9].n_bytes++; /* it was mended */
    const struct output_state there = found(fixture, false);
    assert_int_equal(there.change, OUTPUT_SLICE_READABLE);
    assert_int_equal(there.changed_slice, 9);
    assert_int_equal(there.first_slice, 8);
    go_on(fixture, 16, false);
    fixture->slices[13].unreadable = true;
    assert_refused_as(fixture, "was made with 1 slice that is gone now, or cannot be read (new.tif)");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, output_fixture_make, output_fixture_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_cut_short),
        TEST(test_other_slices),
        TEST(test_slices_gone),
        TEST(test_damaged_files),
        TEST(test_journal_cut_anywhere),
        TEST(test_made_otherwise),
        TEST(test_only_the_end_is_missing),
        TEST(test_manifest_tells_otherwise),
        TEST(test_unreadable_slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
