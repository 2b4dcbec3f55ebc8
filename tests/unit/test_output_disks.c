/* SPDX-License-Identifier: MIT
 * What is known of a disk beforehand, and how what is written is made to reach it: disks of every kind are
 * told of in the place of the one that is there. */
#include "call_faults.h"
#include "output/folder_flush.h"
#include "output/output_space.h"
#include "output_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { NFS = 0x6969, XFS = 0x58465342, ZFS = 0x2fc12fc1 };
static const unsigned long bcachefs = 0xca451a4e; /* beyond what an enum holds */

/* A pyramid of 4 slices, of 2 KiB and a header: of one block each. */
static void set_pyramid(struct output_fixture *fixture)
{
    fixture->pyramid = (struct pyramid){.extent = {64, 64, 8}, .type = VOXEL_U16, .nlevels = 1};
    free(fixture->slices);
    fixture->slices = calloc(8, sizeof *fixture->slices);
    assert_non_null(fixture->slices);
    fixture->source.slices = fixture->slices;
    fixture->source.nslices = 8;
}

static struct output_space space_of(const struct output_fixture *fixture, struct told_system system,
                                    uint32_t first_slice)
{
    struct output_space space;
    struct error error = {0};
    const struct output_request request = output_fixture_request(fixture, true);
    call_faults_tell(&system);
    if (output_space_check(&request, first_slice, &space, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    call_faults_tell(NULL);
    return space;
}

static struct statvfs free_blocks(fsblkcnt_t nfree, fsblkcnt_t navailable, fsfilcnt_t nfiles)
{
    return (struct statvfs){.f_bsize = 4096,
                            .f_frsize = 4096,
                            .f_blocks = 1000,
                            .f_bfree = nfree,
                            .f_bavail = navailable,
                            .f_files = 1000,
                            .f_ffree = nfiles,
                            .f_favail = nfiles};
}

static void assert_lacks(struct output_space space, uint64_t needed_bytes, uint64_t free_bytes)
{
    assert_int_equal(space.needed_bytes, needed_bytes);
    assert_int_equal(space.free_bytes, free_bytes);
    assert_int_equal(space.needed_files, 0);
}

static void test_bytes(void **state)
{
    struct output_fixture *fixture = *state;
    struct statvfs about = free_blocks(4, 3, 100);
    set_pyramid(fixture);
    /* The last block is for root alone. */
    assert_lacks(space_of(fixture, (struct told_system){.space = &about, .user = "0"}, 0), 0, 0);
    assert_lacks(space_of(fixture, (struct told_system){.space = &about, .user = "1000"}, 0), 16384, 12288);
    /* What is still to come: slices 4 to 7 of the source become 2. */
    assert_lacks(space_of(fixture, (struct told_system){.space = &about, .user = "1000"}, 4), 0, 0);
    about = free_blocks(1, 1, 100);
    assert_lacks(space_of(fixture, (struct told_system){.space = &about}, 4), 8192, 4096);
    assert_lacks(space_of(fixture, (struct told_system){.space = &about}, 8), 0, 0);
    /* Some file systems tell how much they like to transfer at a time. */
    about.f_frsize = 1 << 20;
    assert_lacks(space_of(fixture, (struct told_system){.space = &about}, 0), 0, 0);
    about.f_bfree = about.f_bavail = 0;
    assert_lacks(space_of(fixture, (struct told_system){.space = &about}, 0), 16384, 0);
    about.f_blocks = 0; /* it counts none */
    assert_lacks(space_of(fixture, (struct told_system){.space = &about}, 0), 0, 0);
}

static void test_files(void **state)
{
    struct output_fixture *fixture = *state;
    struct statvfs about = free_blocks(100, 100, 3);
    set_pyramid(fixture);
    struct output_space space = space_of(fixture, (struct told_system){.space = &about}, 0);
    assert_int_equal(space.needed_files, 4);
    assert_int_equal(space.free_files, 3);
    assert_int_equal(space.needed_bytes, 0);
    about.f_ffree = 4; /* of which one is for root */
    space = space_of(fixture, (struct told_system){.space = &about, .user = "1000"}, 0);
    assert_int_equal(space.needed_files, 4);
    space = space_of(fixture, (struct told_system){.space = &about, .user = "0"}, 0);
    assert_int_equal(space.needed_files, 0);
    about.f_files = about.f_ffree = about.f_favail = 0; /* it counts none */
    space = space_of(fixture, (struct told_system){.space = &about}, 0);
    assert_int_equal(space.needed_files, 0);
}

/* What may become smaller is not certain to lack space. */
static void test_certainty(void **state)
{
    struct output_fixture *fixture = *state;
    const struct statvfs about = free_blocks(1, 1, 100);
    const struct {
        unsigned long type;
        bool certain;
    } disks[] = {{EXT4_SUPER_MAGIC, true},  {TMPFS_MAGIC, true}, {NFS, true},      {BTRFS_SUPER_MAGIC, false},
                 {F2FS_SUPER_MAGIC, false}, {ZFS, false},        {bcachefs, false}};
    set_pyramid(fixture);
    for (size_t i = 0; i < sizeof disks / sizeof *disks; i++) {
        const struct told_system system = {.disk_type = disks[i].type, .space = &about};
        fixture->form.encoding = ENCODING_NONE;
        struct output_space space = space_of(fixture, system, 0);
        assert_lacks(space, 16384, 4096);
        assert_int_equal(space.certain, disks[i].certain);
        fixture->form = (struct output_form){.encoding = ENCODING_ZSTD, .nthreads = 1};
        space = space_of(fixture, system, 0);
        assert_lacks(space, 16384, 4096);
        assert_false(space.certain);
        fixture->form.encoding = ENCODING_NONE;
    }
    call_faults_set(&(struct call_fault){.call = "fstatfs", .n = 1, .later = true, .errnum = EIO});
    assert_false(space_of(fixture, (struct told_system){.space = &about}, 0).certain);
    call_faults_set(NULL);
}

/* What will be replaced gives its space back; what has another name too does not. */
static void test_what_is_replaced(void **state)
{
    struct output_fixture *fixture = *state;
    const struct statvfs about = free_blocks(1, 1, 1);
    struct stat file;
    set_pyramid(fixture);
    output_fixture_build(fixture, false);
    assert_int_equal(stat(temp_path(fixture->folder, "1/000000.tif"), &file), 0);
    const uint64_t each = (uint64_t)file.st_blocks * 512;
    assert_true(each >= 2048);
    struct output_space space = space_of(fixture, (struct told_system){.space = &about}, 0);
    assert_int_equal(space.needed_files, 0);
    assert_int_equal(link(temp_path(fixture->folder, "1/000000.tif"), temp_path(fixture->root, "same")), 0);
    assert_int_equal(unlink(temp_path(fixture->folder, "1/000001.tif")), 0);
    assert_int_equal(unlink(temp_path(fixture->folder, "1/000002.tif")), 0);
    assert_int_equal(symlink("000003.tif", temp_path(fixture->folder, "1/000002.tif")), 0);
    temp_text_write(temp_path(fixture->folder, "1/000077.tif"), "beyond the end");
    temp_text_write(temp_path(fixture->folder, "1/notes.txt"), "not ours");
    space = space_of(fixture, (struct told_system){.space = &about}, 0);
    assert_int_equal(space.needed_files, 4);
    assert_int_equal(space.free_files, 1 + 1);
    assert_int_equal(space.needed_bytes, 16384);
    assert_int_equal(space.free_bytes, 4096 + each);
    temp_file_write(temp_path(fixture->folder, "1/.000001.tif.partial"), "cut short", 9);
    space = space_of(fixture, (struct told_system){.space = &about}, 0);
    assert_int_equal(space.free_files, 1 + 2);
    /* From slice 6 of the source on, 000003.tif alone is replaced. */
    space = space_of(fixture, (struct told_system){.space = &about}, 6);
    assert_int_equal(space.needed_files, 0);
}

/* Where none can be asked, or there is nothing to be asked, nothing is known. */
static void test_not_to_be_asked(void **state)
{
    struct output_fixture *fixture = *state;
    const struct statvfs about = free_blocks(0, 0, 10);
    static const struct call_fault faults[] = {
        {"fstat", 1, true, EIO}, {"fstatvfs", 1, true, EIO}, {"open", 1, true, EACCES}};
    set_pyramid(fixture);
    strcpy(fixture->folder, temp_path(fixture->root, "not/there//yet/"));
    assert_lacks(space_of(fixture, (struct told_system){.space = &about}, 0), 16384, 0);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        call_faults_set(&faults[i]);
        assert_lacks(space_of(fixture, (struct told_system){.space = &about}, 0), 0, 0);
        assert_true(call_faults_hit());
        call_faults_set(NULL);
    }
}

/* How often a build calls that. */
static unsigned calls_of(struct output_fixture *fixture, const char *call, struct told_system system)
{
    temp_folder_remove(fixture->root);
    assert_int_equal(mkdir(fixture->root, 0700), 0);
    assert_int_equal(mkdir(fixture->input, 0700), 0);
    call_faults_tell(&system);
    call_faults_set(&(struct call_fault){.call = call});
    output_fixture_build(fixture, false);
    const unsigned n = call_faults_count();
    call_faults_set(NULL);
    call_faults_tell(NULL);
    output_fixture_assert_whole(fixture, true);
    return n;
}

/* One syncfs does for a batch where it tells of what could not be written; else each file is flushed. */
static void test_flushes(void **state)
{
    struct output_fixture *fixture = *state;
    static const struct {
        struct told_system system;
        bool by_syncfs;
    } cases[] = {
        {{.disk_type = EXT4_SUPER_MAGIC, .release = "6.1.0-13-amd64"}, true},
        {{.disk_type = XFS, .release = "5.8.0"}, true},
        {{.disk_type = BTRFS_SUPER_MAGIC, .release = "5.10.1"}, true},
        {{.disk_type = F2FS_SUPER_MAGIC, .release = "10.0"}, true},
        {{.disk_type = TMPFS_MAGIC, .release = "6.0.0"}, true},
        {{.disk_type = NFS, .release = "6.0.0"}, false},
        {{.disk_type = EXT4_SUPER_MAGIC, .release = "5.7.19"}, false},
        {{.disk_type = EXT4_SUPER_MAGIC, .release = "4.19.0"}, false},
        {{.disk_type = EXT4_SUPER_MAGIC, .release = "6"}, false},
        {{.disk_type = EXT4_SUPER_MAGIC, .release = "a new one"}, false},
    };
    set_pyramid(fixture);
    fixture->pyramid.extent = (struct extent){64, 64, 8};
    fixture->pyramid.nlevels = 2; /* 4 + 2 slices in one batch */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const unsigned nfsync = calls_of(fixture, "fsync", cases[i].system);
        assert_int_equal(calls_of(fixture, "syncfs", cases[i].system), cases[i].by_syncfs);
        const unsigned without = calls_of(fixture, "fsync", cases[0].system);
        assert_int_equal(nfsync, cases[i].by_syncfs ? without : without + 6);
    }
    fixture->form.unsynced = true;
    assert_int_equal(calls_of(fixture, "fsync", cases[0].system), 0);
    assert_int_equal(calls_of(fixture, "syncfs", cases[0].system), 0);
}

/* Levels on several disks, or on one that cannot be asked about. */
static void test_flushes_without_stat(void **state)
{
    struct output_fixture *fixture = *state;
    struct error error = {0};
    const struct told_system system = {.disk_type = EXT4_SUPER_MAGIC, .release = "6.1.0"};
    set_pyramid(fixture);
    fixture->pyramid.nlevels = 2;
    call_faults_tell(&system);
    struct output *output = output_fixture_open(fixture, false);
    output_fixture_write_all(fixture, output);
    call_faults_set(&(struct call_fault){.call = "fstatfs", .n = 1, .later = true, .errnum = EIO});
    assert_int_equal(output->ops->finish(output, &error), STATUS_OK); /* flushed by its files */
    assert_true(call_faults_hit());
    call_faults_set(NULL);
    output->ops->close(output);
    call_faults_tell(NULL);
    output_fixture_assert_whole(fixture, true);
}

/* The folder and those above it, as far as they are on its disk: each is flushed, or it is said which was
 * not.
 */
static void test_folders_above(void **state)
{
    struct output_fixture *fixture = *state;
    static const struct {
        const char *call;
        int errnum;
        enum status status;
    } cases[] = {{"open", EIO, STATUS_OUTPUT},  {"open", EMFILE, STATUS_OUTPUT}, {"open", EINTR, STATUS_OK},
                 {"fstat", EIO, STATUS_OUTPUT}, {"fsync", EIO, STATUS_OUTPUT},   {"fsync", EINTR, STATUS_OK},
                 {"fsync", EINVAL, STATUS_OK},  {"fsync", ENOSPC, STATUS_OUTPUT}};
    char deep[TEMP_PATH_BYTES];
    strcpy(deep, temp_path(fixture->root, "deep"));
    assert_int_equal(mkdir(deep, 0700), 0);
    int fd = open(deep, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct call_fault fault = {.call = cases[i].call, .n = 1, .errnum = cases[i].errnum};
        for (bool hit = true; hit; fault.n++) {
            struct error error = {0};
            call_faults_set(&fault);
            enum status status = folder_flush_above(fd, deep, &error);
            hit = call_faults_hit();
            call_faults_set(NULL);
            assert_int_equal(status, hit ? cases[i].status : STATUS_OK);
            assert_true(status == STATUS_OK || strstr(error.message, "deep: "));
        }
        assert_true(fault.n > 2);
    }
    /* One above it that may not be read: the whole disk is flushed. */
    call_faults_set(&(struct call_fault){.call = "open", .n = 2, .errnum = EACCES});
    assert_int_equal(folder_flush_above(fd, deep, &(struct error){0}), STATUS_OK);
    assert_true(call_faults_hit());
    call_faults_set(NULL);
    close(fd);
}

/* With few files that may be open at a time batches are small; after one that fails all others are given up.
 */
static void test_small_batches(void **state)
{
    struct output_fixture *fixture = *state;
    const struct told_system system = {.disk_type = EXT4_SUPER_MAGIC, .release = "6.1.0"};
    struct rlimit before;
    struct error error = {0};
    set_pyramid(fixture);
    free(fixture->slices);
    fixture->pyramid.extent = (struct extent){16, 16, 80};
    fixture->slices = calloc(80, sizeof *fixture->slices);
    assert_non_null(fixture->slices);
    fixture->source.slices = fixture->slices;
    fixture->source.nslices = 80;
    const unsigned nwhole = calls_of(fixture, "fdatasync", system); /* the journal, once for a batch */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){48, before.rlim_max}), 0);
    const unsigned nsmall = calls_of(fixture, "fdatasync", system);
    assert_int_equal(nwhole, 1);
    assert_true(nsmall >= 4); /* 40 slices, less than 12 at a time */
    call_faults_tell(&system);
    call_faults_set(&(struct call_fault){.call = "rename", .n = 8, .errnum = EIO}); /* in the first batch */
    struct output *output = output_fixture_open(fixture, true);
    for (uint32_t z = 0; z < 40 && error.status == STATUS_OK; z++) {
        unsigned char *voxels = output_fixture_voxels(fixture, 1, z);
        output_fixture_write(fixture, output, 1, z, voxels, &error);
        free(voxels);
    }
    assert_int_equal(error.status, STATUS_OUTPUT);
    output->ops->close(output);
    assert_true(call_faults_hit());
    call_faults_set(NULL);
    for (uint32_t z = 0; z < 40; z++)
        assert_false(temp_exists(temp_path(fixture->folder, "1/.%06u.tif.partial", z)));
    output_fixture_build(fixture, true);
    output_fixture_assert_whole(fixture, true);
    call_faults_tell(NULL);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, output_fixture_make, output_fixture_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_bytes),
        TEST(test_files),
        TEST(test_certainty),
        TEST(test_what_is_replaced),
        TEST(test_not_to_be_asked),
        TEST(test_flushes),
        TEST(test_flushes_without_stat),
        TEST(test_folders_above),
        TEST(test_small_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
