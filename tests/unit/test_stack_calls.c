/* SPDX-License-Identifier: MIT
 * A folder that cannot be looked into tells so: what lies in it is not taken for absent. */
#include "call_faults.h"
#include "stack/listing.h"
#include "stack/sidecar_files.h"
#include "temp_folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char scan_log[] =
    "[System]\r\nScanner=SkyScan1275\r\n[Reconstruction]\r\nReconstruction Program=NRecon\r\n"
    "Result Image Width (pixels)=10\r\nPixel Size (um)=14.5\r\n";

static const char *const calls[] = {"opendir", "readdir", "open", "fstat", "pread"};

/* Of the sidecar: found, noted as unreadable, or an error; false when the call did not come any more. */
static bool find_disturbed(const char *folder, const struct call_fault *fault)
{
    struct sidecar_files files;
    struct note_list notes = {0};
    struct error error = {0};
    call_faults_set(fault);
    enum status status = sidecar_files_find(&files, folder, "scan_", false, &notes, &error);
    const bool hit = call_faults_hit();
    call_faults_set(NULL);
    if (status != STATUS_OK) {
        assert_non_null(strstr(error.message, "the folder cannot be read"));
        assert_true(hit && fault->errnum != EINTR);
    } else {
        const bool found = files.nfiles == 1 && files.files[0].sidecar.spacing.x == 14.5;
        assert_true(found || (hit && fault->errnum != EINTR && notes.count == 1 &&
                              strstr(notes.lines[0], "it is not looked into for the voxel size")));
        sidecar_files_end(&files);
    }
    note_list_end(&notes);
    return hit;
}

static void test_sidecar_is_not_lost(void **state)
{
    const char *folder = *state;
    temp_text_write(temp_path(folder, "scan_.log"), scan_log);
    temp_text_write(temp_path(folder, "scan_0001.tif"), "a slice");
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        for (int interrupts = 0; interrupts < 2; interrupts++) {
            struct call_fault fault = {.call = calls[i], .n = 1, .errnum = interrupts ? EINTR : EIO};
            if (interrupts && (strcmp(fault.call, "readdir") == 0 || strcmp(fault.call, "fstat") == 0))
                continue; /* these are not interrupted: getdents(2), stat(2) */
            while (find_disturbed(folder, &fault))
                fault.n++;
            assert_true(fault.n > 1);
        }
}

/* A folder that may be passed through, but not listed, and one that is not there. */
static void test_no_sidecars(void **state)
{
    static const int errnums[] = {EACCES, ENOENT, ENOTDIR};
    struct sidecar_files files;
    struct note_list notes = {0};
    struct error error = {0};
    for (size_t i = 0; i < sizeof errnums / sizeof *errnums; i++) {
        call_faults_set(&(struct call_fault){.call = "opendir", .n = 1, .errnum = errnums[i]});
        assert_int_equal(sidecar_files_find(&files, *state, "scan_", false, &notes, &error), STATUS_OK);
        assert_true(call_faults_hit());
        call_faults_set(NULL);
        assert_int_equal(files.nfiles, 0);
        sidecar_files_end(&files);
    }
    assert_int_equal(notes.count, 0);
}

static void test_listing(void **state)
{
    struct listing listing;
    static const struct call_fault faults[] = {
        {"opendir", 1, false, EMFILE}, {"readdir", 1, false, EIO}, {"readdir", 3, false, EIO}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct error error = {0};
        call_faults_set(&faults[i]);
        assert_int_equal(listing_read(&listing, *state, &error), STATUS_INPUT);
        assert_non_null(strstr(error.message, i == 0 ? "cannot be opened" : "cannot be read"));
        call_faults_set(NULL);
    }
    call_faults_set(&(struct call_fault){.call = "opendir", .n = 1, .errnum = EINTR});
    assert_int_equal(listing_read(&listing, *state, &(struct error){0}), STATUS_OK);
    assert_int_equal(listing.count, 2);
    listing_end(&listing);
    call_faults_set(NULL);
    call_faults_hide_kinds(true);
    assert_int_equal(mkdir(temp_path(*state, "folder"), 0700), 0);
    assert_int_equal(listing_read(&listing, *state, &(struct error){0}), STATUS_OK);
    assert_int_equal(listing.count, 3);
    for (size_t i = 0; i < listing.count; i++)
        assert_int_equal(listing.entries[i].is_folder, strcmp(listing.entries[i].name, "folder") == 0);
    listing_end(&listing);
    call_faults_hide_kinds(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sidecar_is_not_lost),
        cmocka_unit_test(test_no_sidecars),
        cmocka_unit_test(test_listing),
    };
    return cmocka_run_group_tests(tests, temp_folder_setup, temp_folder_teardown);
}
