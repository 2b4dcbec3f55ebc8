/* SPDX-License-Identifier: MIT
 * Folders that must not be written into, and what --force makes of them. */
#include "output/manifest.h"
#include "output_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Refused by check and by open, with and without force, and nothing appears in the root folder. */
static void assert_never(const struct output_fixture *fixture, const char *folder, const char *part)
{
    size_t before = temp_count_entries(fixture->root);
    char copy[TEMP_PATH_BYTES];
    snprintf(copy, sizeof copy, "%s", folder);
    output_fixture_assert_refused(fixture, copy, false, true, part);
    output_fixture_assert_refused(fixture, copy, true, true, part);
    assert_int_equal(temp_count_entries(fixture->root), before);
}

/* Refused without force; with it, everything in `kept` (a path below the output folder, or NULL) stays as it
 * was, and the pyramid is complete. */
static void assert_forced(const struct output_fixture *fixture, const char *part, const char *kept)
{
    size_t n_bytes;
    char *before = kept ? temp_file_read(temp_path(fixture->folder, "%s", kept), &n_bytes) : NULL;
    output_fixture_assert_refused(fixture, fixture->folder, false, true, part);
    output_fixture_build(fixture, true);
    if (kept) {
        char *after = temp_file_read(temp_path(fixture->folder, "%s", kept), &n_bytes);
        assert_string_equal(before, after);
        assert_int_equal(unlink(temp_path(fixture->folder, "%s", kept)), 0);
        free(after);
        free(before);
    }
    output_fixture_assert_whole(fixture, true);
}

static void test_the_input_or_above_it(void **state)
{
    struct output_fixture *fixture = *state;
    assert_never(fixture, fixture->input, "is the input folder itself");
    assert_never(fixture, fixture->root, "lies above the input folder");
    assert_never(fixture, "/", "lies above the input folder");
    assert_never(fixture, temp_path(fixture->root, "in/../in/."), "is the input folder itself");
    assert_never(fixture, temp_path(fixture->root, "in/.."), "lies above the input folder");
    assert_int_equal(symlink("in", temp_path(fixture->root, "to-in")), 0);
    assert_int_equal(symlink(".", temp_path(fixture->root, "to-root")), 0);
    assert_never(fixture, temp_path(fixture->root, "to-in"), "is the input folder itself");
    assert_never(fixture, temp_path(fixture->root, "to-root"), "lies above the input folder");
    /* And the other way round: the input by a link, from anywhere. */
    char elsewhere[TEMP_PATH_BYTES];
    temp_folder_make(elsewhere);
    assert_int_equal(symlink(fixture->input, temp_path(elsewhere, "in")), 0);
    fixture->source.folder = temp_path(elsewhere, "in");
    assert_never(fixture, fixture->root, "lies above the input folder");
    temp_folder_remove(elsewhere);
}

static void test_inside_the_input(void **state)
{
    struct output_fixture *fixture = *state;
    strcpy(fixture->folder, temp_path(fixture->root, "in/.thumbnail"));
    output_fixture_build(fixture, false);
    output_fixture_assert_whole(fixture, true);
    output_fixture_build(fixture, false);
}

/* in/ is out/1: writing level 1 would write into the input. */
static void test_a_level_folder_is_the_input(void **state)
{
    struct output_fixture *fixture = *state;
    assert_int_equal(mkdir(fixture->folder, 0700), 0);
    assert_int_equal(symlink("../in", temp_path(fixture->folder, "1")), 0);
    assert_never(fixture, fixture->folder, "1: is not a folder");
    unlink(temp_path(fixture->folder, "1"));
    assert_int_equal(rename(fixture->input, temp_path(fixture->folder, "1")), 0);
    fixture->source.folder = temp_path(fixture->folder, "1");
    assert_never(fixture, fixture->folder, "lies above the input folder");
    assert_int_equal(temp_count_entries(temp_path(fixture->folder, "1")), 0);
}

/* A slice in a level folder that nobody has built. */
static struct stat put_precious(const struct output_fixture *fixture)
{
    struct stat about;
    assert_int_equal(mkdir(fixture->folder, 0700), 0);
    assert_int_equal(mkdir(temp_path(fixture->folder, "1"), 0700), 0);
    temp_text_write(temp_path(fixture->folder, "1/000000.tif"), "precious");
    assert_int_equal(stat(temp_path(fixture->folder, "1/000000.tif"), &about), 0);
    return about;
}

/* out/1/000000.tif is read by another name, from wherever: not even --force may replace it. */
static void test_a_slice_is_an_input(void **state)
{
    struct output_fixture *fixture = *state;
    const struct stat about = put_precious(fixture);
    struct source_slice *last = &fixture->slices[fixture->pyramid.extent.nz - 1];
    last->name = "link.tif";
    last->identity = (struct file_identity){.device = about.st_dev, .inode = about.st_ino};
    assert_never(fixture, fixture->folder, "out/1/000000.tif: is one of the slices that are to be read");
    last->name = NULL; /* a missing slice is no file, whatever stands there */
    output_fixture_assert_refused(fixture, fixture->folder, false, true,
                                  "holds a pyramid of another program");
    output_fixture_build(fixture, true);
}

/* The same seen by way of another file system: another device, another inode, all else is the same. */
static void test_a_slice_is_an_input_seen_otherwise(void **state)
{
    struct output_fixture *fixture = *state;
    const struct stat about = put_precious(fixture);
    for (unsigned bits = 0; bits < 16; bits++) {
        for (uint32_t z = 0; z < fixture->pyramid.extent.nz; z++) { /* all are of one length and time */
            struct source_slice *slice = &fixture->slices[z];
            slice->name = "other.tif";
            slice->n_bytes = (uint64_t)about.st_size + (bits & 1);
            slice->mtime_ns = file_mtime_ns(&about) - (bits >> 1 & 1);
            slice->identity = file_identity_of(&about);
            slice->identity.inode += 1 + z;
            slice->identity.ctime_ns -= bits >> 2 & 1;
            slice->identity.device += bits >> 3;
        }
        if (bits == 8)
            assert_never(fixture, fixture->folder,
                         "out/1/000000.tif: is one of the slices that are to be read");
        else if (bits > 0)
            output_fixture_assert_refused(fixture, fixture->folder, false, true,
                                          "holds a pyramid of another program");
    }
}

static void test_no_folder(void **state)
{
    struct output_fixture *fixture = *state;
    char file[TEMP_PATH_BYTES];
    strcpy(file, temp_path(fixture->root, "file"));
    temp_text_write(file, "precious");
    assert_never(fixture, file, "file: Not a directory");
    assert_never(fixture, temp_path(fixture->root, "file/out"), "Not a directory");
    assert_never(fixture, temp_path(fixture->root, "new/../out"), "out of a folder that does not exist");
    assert_never(fixture, "", "its name is empty");
    assert_int_equal(symlink("nowhere", temp_path(fixture->root, "broken")), 0);
    output_fixture_assert_refused(fixture, temp_path(fixture->root, "broken"), false, false, "broken: ");
    assert_int_equal(mkfifo(temp_path(fixture->root, "fifo"), 0600), 0);
    assert_never(fixture, temp_path(fixture->root, "fifo"), "Not a directory");
}

static void test_level_folders_that_are_none(void **state)
{
    struct output_fixture *fixture = *state;
    assert_int_equal(mkdir(fixture->folder, 0700), 0);
    temp_text_write(temp_path(fixture->folder, "1"), "precious");
    assert_never(fixture, fixture->folder, "1: is not a folder");
    unlink(temp_path(fixture->folder, "1"));
    assert_int_equal(mkdir(temp_path(fixture->root, "other"), 0700), 0);
    assert_int_equal(symlink("../other", temp_path(fixture->folder, "2")), 0);
    assert_never(fixture, fixture->folder, "2: is not a folder");
    assert_int_equal(temp_count_entries(temp_path(fixture->root, "other")), 0);
}

static void test_foreign_files(void **state)
{
    struct output_fixture *fixture = *state;
    static const char *const names[] = {"thesis.txt", "1/notes.txt", "1/1.tif", ".stackthumb.json.partial2",
                                        "a\nb"};
    assert_int_equal(mkdir(fixture->folder, 0700), 0);
    assert_int_equal(mkdir(temp_path(fixture->folder, "1"), 0700), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *path = temp_path(fixture->folder, "%s", names[i]);
        temp_text_write(path, "precious");
        output_fixture_assert_refused(fixture, fixture->folder, false, true,
                                      i < 4 ? "which is no part of a pyramid" : "holds a\\x0ab");
        assert_int_equal(unlink(path), 0);
    }
    temp_text_write(temp_path(fixture->folder, "thesis.txt"), "precious");
    assert_forced(fixture, "holds thesis.txt, which is no part of a pyramid", "thesis.txt");
}

/* Beside a pyramid of ours they are left alone, and it is complete with them. */
static void test_foreign_files_beside_ours(void **state)
{
    struct output_fixture *fixture = *state;
    static const char *const names[] = {"thesis.txt",   "1/notes.txt",   "1/1.tif",
                                        "1/000999.tif", "16/000000.tif", "0/000000.tif"};
    const size_t nnames = sizeof names / sizeof *names;
    output_fixture_build(fixture, false);
    assert_int_equal(mkdir(temp_path(fixture->folder, "16"), 0700), 0);
    assert_int_equal(mkdir(temp_path(fixture->folder, "0"), 0700), 0);
    for (size_t i = 0; i < nnames; i++)
        temp_text_write(temp_path(fixture->folder, "%s", names[i]), "precious");
    for (int round = 0; round < 4; round++) {
        if (round == 2) /* something is to be done */
            assert_int_equal(unlink(temp_path(fixture->folder, "1/000000.tif")), 0);
        output_fixture_build(fixture, round % 2 == 1);
        for (size_t i = 0; i < nnames; i++) {
            size_t n_bytes;
            char *text = temp_file_read(temp_path(fixture->folder, "%s", names[i]), &n_bytes);
            assert_int_equal(n_bytes, strlen("precious"));
            free(text);
        }
    }
    for (size_t i = 0; i < nnames; i++)
        assert_int_equal(unlink(temp_path(fixture->folder, "%s", names[i])), 0);
    assert_int_equal(rmdir(temp_path(fixture->folder, "16")), 0);
    assert_int_equal(rmdir(temp_path(fixture->folder, "0")), 0);
    output_fixture_assert_whole(fixture, true);
}

/* A file of others has the name that a slice is to have: not even --force replaces it. */
static void test_foreign_slices_in_the_way(void **state)
{
    struct output_fixture *fixture = *state;
    fixture->pyramid.nlevels = 1;
    output_fixture_build(fixture, false);
    assert_int_equal(mkdir(temp_path(fixture->folder, "2"), 0700), 0);
    temp_text_write(temp_path(fixture->folder, "2/000000.tif"), "precious");
    fixture->pyramid.nlevels = 2;
    assert_never(fixture, fixture->folder, "out/2/000000.tif: is none of the pyramid's there");
    assert_int_equal(unlink(temp_path(fixture->folder, "2/000000.tif")), 0);
    output_fixture_build(fixture, true);
    output_fixture_assert_whole(fixture, true);
    /* The other way round it goes, for the manifest tells of it; files of others stay. */
    temp_text_write(temp_path(fixture->folder, "2/000999.tif"), "precious");
    fixture->pyramid.nlevels = 1;
    output_fixture_build(fixture, true);
    assert_int_equal(temp_count_entries(temp_path(fixture->folder, "2")), 1);
    assert_int_equal(unlink(temp_path(fixture->folder, "2/000999.tif")), 0);
    assert_int_equal(rmdir(temp_path(fixture->folder, "2")), 0);
    output_fixture_assert_whole(fixture, true);
}

/* Whether the folder may be written to, as it is; what is said when it may not. */
static bool is_accepted(const struct output_fixture *fixture, const char *folder, struct error *error)
{
    struct output_state found;
    struct output_request request = output_fixture_request(fixture, false);
    request.folder = folder;
    *error = (struct error){0};
    return level_folders_check(&request, &found, error) == STATUS_OK;
}

/* What systems leave where somebody looked, or deleted what was open, is no one's. */
static void test_files_of_systems(void **state)
{
    struct output_fixture *fixture = *state;
    static const char *const left[] = {".DS_Store",   "Thumbs.db",    "thumbs.DB",
                                       "DESKTOP.ini", "._000001.tif", ".nfs00000000012345"};
    static const char *const others[] = {".DS_Store2", "Thumbs.dbx", ".nf", "_.000001.tif", "nfs1"};
    struct error error;
    assert_int_equal(mkdir(fixture->folder, 0700), 0);
    assert_int_equal(mkdir(temp_path(fixture->folder, "1"), 0700), 0);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const char *path = temp_path(fixture->folder, "1/%s", others[i]);
        temp_text_write(path, "precious");
        assert_false(is_accepted(fixture, fixture->folder, &error));
        assert_non_null(strstr(error.message, "no part of a pyramid"));
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(temp_path(fixture->folder, "1")), 0);
    output_fixture_build(fixture, false);
    for (int below = 0; below < 2; below++)
        for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
            const char *path = temp_path(fixture->folder, "%s%s", below ? "1/" : "", left[i]);
            temp_text_write(path, "left");
            if (!is_accepted(fixture, fixture->folder, &error))
                fail_msg("%s", error.message);
            output_fixture_build(fixture, false);
            assert_true(temp_exists(path));
            assert_int_equal(unlink(path), 0);
        }
    output_fixture_assert_whole(fixture, true);
}

/* Folders that are to be made. */
static void test_folders_not_there(void **state)
{
    struct output_fixture *fixture = *state;
    static const char *const good[] = {"new",     "new/er", "new///", "new//er/", "..new/a..b/c..",
                                       "a/.../b", "./new"};
    static const char *const bad[] = {"new/..", "new/../x", "new/a/../..", "new//.."};
    struct error error;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!is_accepted(fixture, temp_path(fixture->root, "%s", good[i]), &error))
            fail_msg("%s", error.message);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(is_accepted(fixture, temp_path(fixture->root, "%s", bad[i]), &error));
        assert_non_null(strstr(error.message, "leads by .. out of a folder that does not exist"));
    }
    char *before = getcwd(NULL, 0);
    assert_int_equal(chdir(fixture->root), 0);
    assert_true(is_accepted(fixture, "new", &error));
    assert_true(is_accepted(fixture, "new/er", &error));
    assert_false(is_accepted(fixture, "new/../..", &error));
    assert_int_equal(chdir(before), 0);
    free(before);
    assert_int_equal(temp_count_entries(fixture->root), 1); /* the input: nothing was made */
}

/* What another program left: the same names, and no manifest. */
static void test_a_pyramid_without_manifest(void **state)
{
    struct output_fixture *fixture = *state;
    fixture->pyramid.nlevels = 2;
    assert_int_equal(mkdir(fixture->folder, 0700), 0);
    for (int level = 1; level <= 3; level++) {
        assert_int_equal(mkdir(temp_path(fixture->folder, "%d", level), 0700), 0);
        temp_text_write(temp_path(fixture->folder, "%d/000000.tif", level), "other");
        temp_text_write(temp_path(fixture->folder, "%d/000099.tif", level), "other");
    }
    assert_forced(fixture, "holds a pyramid of another program", NULL);
}

static void test_manifests_that_are_not_ours(void **state)
{
    struct output_fixture *fixture = *state;
    output_fixture_build(fixture, false);
    const char *const texts[] = {"", "{}", "{\"format_version\": 1}", "{\"format_version\": 99}", "[]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        temp_text_write(temp_path(fixture->folder, MANIFEST_NAME), texts[i]);
        assert_forced(fixture, MANIFEST_NAME, NULL);
    }
    /* Not a file: left alone, with force, too. */
    char outside[TEMP_PATH_BYTES];
    strcpy(outside, temp_path(fixture->root, "outside"));
    assert_int_equal(rename(temp_path(fixture->folder, MANIFEST_NAME), outside), 0);
    assert_int_equal(symlink("../outside", temp_path(fixture->folder, MANIFEST_NAME)), 0);
    size_t n_bytes;
    char *before = temp_file_read(outside, &n_bytes);
    output_fixture_assert_refused(fixture, fixture->folder, false, true,
                                  MANIFEST_NAME ": is no regular file");
    output_fixture_assert_refused(fixture, fixture->folder, true, true, MANIFEST_NAME ": is no regular file");
    char *after = temp_file_read(outside, &n_bytes);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

/* A check changes nothing. */
static void test_check_touches_nothing(void **state)
{
    struct output_fixture *fixture = *state;
    struct error error = {0};
    char folder[TEMP_PATH_BYTES];
    struct output_state found;
    struct output_request request = output_fixture_request(fixture, false);
    strcpy(folder, temp_path(fixture->root, "a/b/c/"));
    request.folder = folder;
    assert_int_equal(level_folders_check(&request, &found, &error), STATUS_OK);
    assert_int_equal(temp_count_entries(fixture->root), 1);
    output_fixture_build(fixture, false);
    temp_text_write(temp_path(fixture->folder, "1/.000000.tif.partial"), "II");
    request.folder = fixture->folder;
    assert_int_equal(level_folders_check(&request, &found, &error), STATUS_OK);
    assert_true(temp_exists(temp_path(fixture->folder, "1/.000000.tif.partial")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, output_fixture_make, output_fixture_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_input_or_above_it),
        TEST(test_inside_the_input),
        TEST(test_a_level_folder_is_the_input),
        TEST(test_a_slice_is_an_input),
        TEST(test_a_slice_is_an_input_seen_otherwise),
        TEST(test_no_folder),
        TEST(test_level_folders_that_are_none),
        TEST(test_foreign_files),
        TEST(test_foreign_files_beside_ours),
        TEST(test_foreign_slices_in_the_way),
        TEST(test_files_of_systems),
        TEST(test_folders_not_there),
        TEST(test_a_pyramid_without_manifest),
        TEST(test_manifests_that_are_not_ours),
        TEST(test_check_touches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
