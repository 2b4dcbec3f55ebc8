/* SPDX-License-Identifier: MIT
 * Disks that are full or read-only: small file systems are mounted, in a mount namespace of this program's
 * own, so that none outlives it. Where that is not permitted these tests are skipped, and say so; what a
 * write that fails leaves is tested in test_output_files.c too. */
#include "output/manifest.h"
#include "output_fixture.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static bool mounts_are_permitted(void)
{
    static int permitted = -1;
    if (permitted < 0) {
        permitted = unshare(CLONE_NEWNS) == 0 && mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0;
        if (!permitted)
            print_message("mounts are not permitted here (%s): full and read-only disks are not tested\n",
                          strerror(errno));
    }
    return permitted;
}

/* A tmpfs of that many bytes at root/disk, the output folder below it; false when mounts are not permitted.
 */
static bool mount_disk(struct output_fixture *fixture, const char *options)
{
    char disk[TEMP_PATH_BYTES];
    if (!mounts_are_permitted())
        return false;
    strcpy(disk, temp_path(fixture->root, "disk"));
    assert_int_equal(mkdir(disk, 0700), 0);
    if (mount("tmpfs", disk, "tmpfs", 0, options) != 0) {
        print_message("a tmpfs cannot be mounted here (%s)\n", strerror(errno));
        return false;
    }
    strcpy(fixture->folder, temp_path(fixture->root, "disk/out"));
    return true;
}

static void unmount_disk(const struct output_fixture *fixture)
{
    assert_int_equal(umount2(temp_path(fixture->root, "disk"), MNT_DETACH), 0);
}

/* Level 1 has 20 slices of 64 KiB. */
static void make_large(struct output_fixture *fixture)
{
    fixture->pyramid = (struct pyramid){.extent = {512, 512, 40}, .type = VOXEL_U8, .nlevels = 1};
    free(fixture->slices);
    fixture->slices = calloc(40, sizeof *fixture->slices);
    fixture->source.slices = fixture->slices;
}

/* Writes slices until one fails; returns its z, and the error. */
static uint32_t write_until_full(const struct output_fixture *fixture, struct output *output,
                                 struct error *error)
{
    for (uint32_t z = 0; z < 20; z++) {
        unsigned char *voxels = output_fixture_voxels(fixture, 1, z);
        enum status status = output_fixture_write(fixture, output, 1, z, voxels, error);
        free(voxels);
        if (status != STATUS_OK)
            return z;
    }
    fail_msg("all of it was written");
    return 0;
}

static void test_disk_full(void **state)
{
    struct output_fixture *fixture = *state;
    struct error error = {0};
    struct manifest manifest;
    char name[32];
    make_large(fixture);
    if (!mount_disk(fixture, "size=700k"))
        skip();
    struct output *output = output_fixture_open(fixture, false);
    uint32_t z = write_until_full(fixture, output, &error);
    assert_true(z > 0);
    output->ops->close(output);
    assert_int_equal(error.status, STATUS_OUTPUT);
    snprintf(name, sizeof name, "1/%06u.tif: ", z);
    assert_non_null(strstr(error.message, name));
    assert_non_null(strstr(error.message, "the disk is full; free some space and run again"));
    /* What was finished is there, whole; nothing else is. */
    assert_int_equal(temp_count_entries(temp_path(fixture->folder, "1")), z);
    assert_false(temp_exists(temp_path(fixture->folder, "1/%06u.tif", z)));
    assert_false(temp_exists(temp_path(fixture->folder, "1/.%06u.tif.partial", z)));
    for (uint32_t i = 0; i < z; i++) {
        struct stat about, first;
        assert_int_equal(stat(temp_path(fixture->folder, "1/%06u.tif", i), &about), 0);
        assert_int_equal(stat(temp_path(fixture->folder, "1/000000.tif"), &first), 0);
        assert_int_equal(about.st_size, first.st_size);
    }
    assert_int_equal(manifest_read(fixture->folder, &manifest, &(struct error){0}), STATUS_OK);
    assert_false(manifest.complete);
    manifest_end(&manifest);
    /* With space, the same folder is built to its end. */
    assert_int_equal(mount("none", temp_path(fixture->root, "disk"), "none", MS_REMOUNT, "size=4m"), 0);
    output_fixture_build(fixture, false);
    output_fixture_assert_whole(fixture, true);
    unmount_disk(fixture);
}

/* The same with encoders, behind which the disk is found to be full a little later. */
static void test_disk_full_compressed(void **state)
{
    struct output_fixture *fixture = *state;
    struct error error = {0};
    struct manifest manifest;
    uint64_t n_bytes = 0;
    make_large(fixture);
    fixture->form = (struct output_form){.encoding = ENCODING_DEFLATE, .nthreads = 2};
    if (!mount_disk(fixture, "size=300k"))
        skip();
    struct output *output = output_fixture_open(fixture, false);
    for (uint32_t z = 0; z < 20 && error.status == STATUS_OK; z++) {
        unsigned char *voxels = output_fixture_voxels(fixture, 1, z);
        output_fixture_write(fixture, output, 1, z, voxels, &error);
        free(voxels);
    }
    if (error.status == STATUS_OK)
        output->ops->flush(output, &n_bytes, &error);
    output->ops->close(output);
    assert_int_equal(error.status, STATUS_OUTPUT);
    if (!strstr(error.message, "the disk is full; free some space and run again"))
        fail_msg("%s", error.message);
    size_t nslices = 0;
    while (temp_exists(temp_path(fixture->folder, "1/%06zu.tif", nslices)))
        nslices++;
    assert_true(nslices > 0 && nslices < 20);
    assert_int_equal(temp_count_entries(temp_path(fixture->folder, "1")), nslices);
    assert_int_equal(manifest_read(fixture->folder, &manifest, &(struct error){0}), STATUS_OK);
    assert_false(manifest.complete);
    manifest_end(&manifest);
    assert_int_equal(mount("none", temp_path(fixture->root, "disk"), "none", MS_REMOUNT, "size=4m"), 0);
    output_fixture_build(fixture, false);
    output_fixture_assert_whole(fixture, true);
    unmount_disk(fixture);
}

/* No space for even the manifest: the pyramid that is there stays what it was. */
static void test_disk_full_at_once(void **state)
{
    struct output_fixture *fixture = *state;
    if (!mount_disk(fixture, "size=4m"))
        skip();
    output_fixture_build(fixture, false);
    FILE *filler = fopen(temp_path(fixture->root, "disk/filler"), "wb");
    assert_non_null(filler);
    setvbuf(filler, NULL, _IONBF, 0);
    static const char block[4096];
    while (fwrite(block, 1, sizeof block, filler) == sizeof block)
        continue;
    fclose(filler);
    output_fixture_assert_refused(fixture, fixture->folder, false, false, "the disk is full");
    output_fixture_assert_whole(fixture, true);
    unmount_disk(fixture);
}

static void test_no_inode_left(void **state)
{
    struct output_fixture *fixture = *state;
    make_large(fixture);
    if (!mount_disk(fixture, "size=64m,nr_inodes=10"))
        skip();
    struct error error = {0};
    struct output *output = output_fixture_open(fixture, false);
    uint32_t z = write_until_full(fixture, output, &error);
    output->ops->close(output);
    assert_non_null(strstr(error.message, "the disk is full"));
    assert_int_equal(temp_count_entries(temp_path(fixture->folder, "1")), z);
    unmount_disk(fixture);
}

/* What is up to date is accepted where nothing can be written. */
static void assert_up_to_date(const struct output_fixture *fixture)
{
    const struct output_request request = output_fixture_request(fixture, false);
    struct output_state found;
    struct error error = {0};
    assert_int_equal(level_folders_check(&request, &found, &error), STATUS_OK);
    assert_true(found.complete);
}

static void test_read_only(void **state)
{
    struct output_fixture *fixture = *state;
    if (!mount_disk(fixture, "size=4m"))
        skip();
    output_fixture_build(fixture, false);
    assert_int_equal(
        mount("none", temp_path(fixture->root, "disk"), "none", MS_REMOUNT | MS_RDONLY, "size=4m"), 0);
    assert_up_to_date(fixture);
    output_fixture_assert_refused(fixture, fixture->folder, true, true, "Read-only file system");
    output_fixture_assert_refused(fixture, temp_path(fixture->root, "disk/new/er"), false, true,
                                  "Read-only file system");
    output_fixture_assert_whole(fixture, true);
    unmount_disk(fixture);
}

static void test_level_folder_read_only(void **state)
{
    struct output_fixture *fixture = *state;
    char level[TEMP_PATH_BYTES];
    if (!mounts_are_permitted())
        skip();
    output_fixture_build(fixture, false);
    strcpy(level, temp_path(fixture->folder, "1"));
    assert_int_equal(mount(level, level, "none", MS_BIND, NULL), 0);
    assert_int_equal(mount("none", level, "none", MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
    assert_up_to_date(fixture);
    output_fixture_assert_refused(fixture, fixture->folder, true, true, "out/1: Read-only file system");
    output_fixture_assert_whole(fixture, true);
    assert_int_equal(umount2(level, MNT_DETACH), 0);
}

/* By another path, which no link betrays. */
static void test_input_mounted_as_level_folder(void **state)
{
    struct output_fixture *fixture = *state;
    char level[TEMP_PATH_BYTES];
    if (!mounts_are_permitted())
        skip();
    strcpy(level, temp_path(fixture->folder, "1"));
    assert_int_equal(mkdir(fixture->folder, 0700), 0);
    assert_int_equal(mkdir(level, 0700), 0);
    assert_int_equal(mount(fixture->input, level, "none", MS_BIND, NULL), 0);
    output_fixture_assert_refused(fixture, fixture->folder, false, true, "1: is the input folder itself");
    output_fixture_assert_refused(fixture, fixture->folder, true, true, "1: is the input folder itself");
    output_fixture_assert_refused(fixture, level, false, true, "1: is the input folder itself");
    assert_int_equal(umount2(level, MNT_DETACH), 0);
}

/* Who is not root meets this one most; root is not held up by modes, so that it needs another user. */
static void test_not_permitted(void **state)
{
    struct output_fixture *fixture = *state;
    const bool root = geteuid() == 0;
    assert_int_equal(chmod(fixture->root, 0755), 0);
    assert_int_equal(chmod(fixture->input, 0755), 0);
    assert_int_equal(mkdir(fixture->folder, 0555), 0);
    if (root)
        assert_int_equal(seteuid(65534), 0);
    output_fixture_assert_refused(fixture, fixture->folder, false, true, "out: Permission denied");
    output_fixture_assert_refused(fixture, temp_path(fixture->folder, "new"), true, true,
                                  "out: Permission denied");
    if (root) {
        assert_int_equal(seteuid(0), 0);
        assert_int_equal(prctl(PR_SET_DUMPABLE, 1), 0); /* or LeakSanitizer cannot look at this process */
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, output_fixture_make, output_fixture_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_disk_full),
        TEST(test_disk_full_compressed),
        TEST(test_disk_full_at_once),
        TEST(test_no_inode_left),
        TEST(test_read_only),
        TEST(test_level_folder_read_only),
        TEST(test_input_mounted_as_level_folder),
        TEST(test_not_permitted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
