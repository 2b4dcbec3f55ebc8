/* SPDX-License-Identifier: MIT
 * Level folders: what a run leaves when it ends well, when it is stopped, and when it builds again. */
#include "output/manifest.h"
#include "output/null_output.h"
#include "output_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_random_pyramids(void **state)
{
    struct output_fixture *fixture = *state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        output_fixture_pyramid(fixture, seed);
        strcpy(fixture->folder, temp_path(fixture->root, "deep%d/er/out%s", (int)seed,
                                          seed % 2 ? "//" : "")); /* parents are made too */
        output_fixture_build(fixture, false);
        output_fixture_assert_whole(fixture, true);
    }
}

/* One pyramid over another: what does not belong to the new one goes, whatever their shapes. */
static void test_random_rebuilds(void **state)
{
    struct output_fixture *fixture = *state;
    for (uint64_t seed = 100; seed < 160; seed++) {
        output_fixture_pyramid(fixture, seed);
        output_fixture_build(fixture, false);
        output_fixture_assert_whole(fixture, true);
    }
}

static bool manifest_complete(const struct output_fixture *fixture)
{
    struct error error = {0};
    struct manifest manifest;
    assert_int_equal(manifest_read(fixture->folder, &manifest, &error), STATUS_OK);
    manifest_end(&manifest);
    return manifest.complete;
}

static void test_complete_comes_last(void **state)
{
    struct output_fixture *fixture = *state;
    struct error error = {0};
    output_fixture_build(fixture, false);
    assert_true(manifest_complete(fixture));
    struct output *output = output_fixture_open(fixture, false);
    assert_false(manifest_complete(fixture)); /* before any slice is touched */
    output_fixture_write_all(fixture, output);
    assert_false(manifest_complete(fixture));
    assert_int_equal(output->ops->finish(output, &error), STATUS_OK);
    assert_true(manifest_complete(fixture));
    output->ops->close(output);
}

static void test_closed_without_finish(void **state)
{
    struct output_fixture *fixture = *state;
    struct output *output = output_fixture_open(fixture, false);
    output_fixture_write_slice(fixture, output, 1, 0);
    output->ops->close(output);
    assert_false(manifest_complete(fixture));
    assert_int_equal(temp_count_entries(temp_path(fixture->folder, "1")), 1);
    assert_true(temp_exists(temp_path(fixture->folder, "1/000000.tif")));
    output_fixture_build(fixture, false); /* ours: no force */
    output_fixture_assert_whole(fixture, true);
}

static void test_finish_needs_every_slice(void **state)
{
    struct output_fixture *fixture = *state;
    struct error error = {0};
    fixture->pyramid.extent.nz = 9;
    fixture->pyramid.nlevels = 2;
    struct output *output = output_fixture_open(fixture, false);
    for (uint32_t z = 0; z < 5; z++)
        output_fixture_write_slice(fixture, output, 1, z);
    output_fixture_write_slice(fixture, output, 2, 0);
    assert_int_equal(output->ops->finish(output, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "1 of 3 slices"));
    assert_false(manifest_complete(fixture));
    output->ops->close(output);
}

static void test_leftovers_of_a_dead_run(void **state)
{
    struct output_fixture *fixture = *state;
    /* It died in its first instant: no manifest yet. */
    assert_int_equal(mkdir(fixture->folder, 0700), 0);
    temp_text_write(temp_path(fixture->folder, ".stackthumb.json.partial"), "{");
    output_fixture_build(fixture, false);
    output_fixture_assert_whole(fixture, true);
    /* Later, within slices; of a level too that the next run does not have. */
    temp_text_write(temp_path(fixture->folder, ".stackthumb.json.partial"), "{");
    temp_text_write(temp_path(fixture->folder, "1/.000000.tif.partial"), "II");
    temp_text_write(temp_path(fixture->folder, "1/.000777.tif.partial"), "");
    assert_int_equal(mkdir(temp_path(fixture->folder, "16"), 0700), 0);
    temp_text_write(temp_path(fixture->folder, "16/.000000.tif.partial"), "II");
    struct output *output = output_fixture_open(fixture, false);
    assert_false(temp_exists(temp_path(fixture->folder, "16/.000000.tif.partial")));
    assert_false(temp_exists(temp_path(fixture->folder, "1/.000000.tif.partial")));
    output->ops->close(output);
    output_fixture_build(fixture, false);
    assert_int_equal(rmdir(temp_path(fixture->folder, "16")), 0); /* may be anybody's */
    output_fixture_assert_whole(fixture, true);
}

/* Runs for ever; it tells by the pipe that it has opened the folder. */
static void run_for_ever(const struct output_fixture *fixture, int pipe_fd)
{
    struct output *output = output_fixture_open(fixture, false);
    if (write(pipe_fd, "", 1) != 1)
        _exit(1);
    for (;;) {
        struct error error = {0};
        output_fixture_write_all(fixture, output);
        if (output->ops->finish(output, &error) != STATUS_OK)
            _exit(1);
        output->ops->close(output);
        output = output_fixture_open(fixture, false);
    }
}

/* Killed at any moment, a run leaves whole slices, a manifest that says the truth, and a folder that the next
 * run takes. */
static void test_killed(void **state)
{
    struct output_fixture *fixture = *state;
    fixture->pyramid.extent.nx = 200;
    fixture->pyramid.extent.ny = 300;
    for (useconds_t round = 0; round < 30; round++) {
        int pipe_fds[2];
        char byte;
        bool opened = round % 3 != 0; /* otherwise it is killed while opening */
        assert_int_equal(pipe(pipe_fds), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            run_for_ever(fixture, pipe_fds[1]);
        if (opened)
            assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
        usleep(300 * round);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        if (temp_exists(temp_path(fixture->folder, MANIFEST_NAME)) && manifest_complete(fixture)) {
            unlink(temp_path(fixture->folder, "." MANIFEST_NAME ".partial"));
            unlink(temp_path(fixture->folder, "stackthumb.journal")); /* killed before its last step, */
            unlink(temp_path(fixture->folder, "stackthumb.lock"));
            unlink(temp_path(fixture->folder, ".stackthumb.journal.partial")); /* or in its first ones */
            output_fixture_assert_whole(fixture, true);
        }
        output_fixture_build(fixture, false);
        output_fixture_assert_whole(fixture, true);
    }
}

static void test_two_runs_at_once(void **state)
{
    struct output_fixture *fixture = *state;
    struct output *output = output_fixture_open(fixture, false);
    output_fixture_assert_refused(fixture, fixture->folder, false, false, "is writing into it");
    output_fixture_assert_refused(fixture, fixture->folder, true, false, "is writing into it");
    char who[300], host[256];
    gethostname(host, sizeof host);
    snprintf(who, sizeof who, "another run (process %ld on %s)", (long)getpid(), host);
    output_fixture_assert_refused(fixture, fixture->folder, false, false, who);
    output_fixture_write_all(fixture, output);
    output->ops->close(output);
    assert_false(temp_exists(temp_path(fixture->folder, "stackthumb.lock")));
    /* What a run that died left is no lock, however much stands in it. */
    static const char *const left[] = {"", "process 1 on elsewhere\n", "process 999999999 on ", "process 9"};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        temp_text_write(temp_path(fixture->folder, "stackthumb.lock"), left[i]);
        output_fixture_build(fixture, false);
    }
    output_fixture_assert_whole(fixture, true);
}

/* The open folders are written to, wherever their paths lead meanwhile; but that is no success. */
static void test_folder_is_moved_while_written(void **state)
{
    struct output_fixture *fixture = *state;
    struct error error = {0};
    char moved[TEMP_PATH_BYTES];
    strcpy(moved, temp_path(fixture->root, "moved"));
    struct output *output = output_fixture_open(fixture, false);
    assert_int_equal(rename(fixture->folder, moved), 0);
    assert_int_equal(symlink("in", fixture->folder), 0);
    output_fixture_write_all(fixture, output);
    assert_int_equal(output->ops->finish(output, &error), STATUS_OUTPUT);
    assert_non_null(strstr(error.message, "out: was moved or replaced while it was written"));
    output->ops->close(output);
    assert_int_equal(temp_count_entries(fixture->input), 0);
    strcpy(fixture->folder, moved);
    output_fixture_build(fixture, false);
    output_fixture_assert_whole(fixture, true);
}

static void test_level_folder_vanishes(void **state)
{
    struct output_fixture *fixture = *state;
    struct error error = {0};
    unsigned char *voxels = output_fixture_voxels(fixture, 1, 0);
    struct output *output = output_fixture_open(fixture, false);
    assert_int_equal(rmdir(temp_path(fixture->folder, "1")), 0);
    assert_int_equal(output_fixture_write(fixture, output, 1, 0, voxels, &error), STATUS_OUTPUT);
    assert_non_null(strstr(error.message, temp_path(fixture->folder, "1/")));
    output->ops->close(output);
    free(voxels);
}

/* Row by row in turn, as bands of a deep slab come; the last one's last row is kept back. */
static void test_slices_side_by_side(void **state)
{
    struct output_fixture *fixture = *state;
    fixture->pyramid = (struct pyramid){.extent = {7, 11, 9}, .type = VOXEL_I16, .nlevels = 1};
    free(fixture->slices);
    fixture->source.slices = fixture->slices = calloc(9, sizeof *fixture->slices);
    fixture->source.nslices = 9;
    struct error error = {0};
    struct output *output = output_fixture_open(fixture, false);
    unsigned char *voxels[5];
    for (uint32_t z = 0; z < 5; z++)
        voxels[z] = output_fixture_voxels(fixture, 1, z);
    uint64_t n_bytes = 0;
    for (uint32_t i = 0; i < 6 * 5; i++) {
        uint32_t y = i / 5, z = i % 5;
        struct level_rows row = {.level = 1, .z = z, .y0 = y, .nrows = 1, .voxels = voxels[z] + y * 4 * 2};
        if (i == 6 * 5 - 1)
            break;
        assert_int_equal(output->ops->write(output, &row, &n_bytes, &error), STATUS_OK);
        assert_true(y == 5 || !temp_exists(temp_path(fixture->folder, "1/%06u.tif", z)));
    }
    assert_int_equal(output->ops->finish(output, &error), STATUS_FAILED);
    output->ops->close(output);
    assert_int_equal(temp_count_entries(temp_path(fixture->folder, "1")), 4); /* the partial file is gone */
    for (uint32_t z = 0; z < 5; z++)
        free(voxels[z]);
    output_fixture_build(fixture, false);
    output_fixture_assert_whole(fixture, true);
}

static void test_null_output(void **state)
{
    struct output_fixture *fixture = *state;
    struct error error = {0};
    struct output *output = NULL;
    uint64_t n_bytes = 0;
    for (unsigned level = 1; level <= fixture->pyramid.nlevels; level++)
        n_bytes +=
            extent_volume_bytes(extent_at_level(fixture->pyramid.extent, level), fixture->pyramid.type);
    assert_int_equal(null_output_open(&output, &fixture->pyramid, &error), STATUS_OK);
    output_fixture_write_all(fixture, output);
    assert_int_equal(output->ops->finish(output, &error), STATUS_OK);
    assert_true(null_output_bytes(output) == n_bytes);
    output->ops->close(output);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, output_fixture_make, output_fixture_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_random_pyramids),
        TEST(test_random_rebuilds),
        TEST(test_complete_comes_last),
        TEST(test_closed_without_finish),
        TEST(test_finish_needs_every_slice),
        TEST(test_leftovers_of_a_dead_run),
        TEST(test_killed),
        TEST(test_two_runs_at_once),
        TEST(test_folder_is_moved_while_written),
        TEST(test_level_folder_vanishes),
        TEST(test_slices_side_by_side),
        TEST(test_null_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
