/* SPDX-License-Identifier: MIT
 * Stacks in folders: what is opened, and what is refused in which words. */
#include "stack/stack.h"
#include "temp_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* A slice of nx x ny voxels; its file's bytes are to be freed by bytes_end. */
static struct bytes encode(uint32_t nx, uint32_t ny, enum voxel_type type, struct spacing spacing)
{
    struct error error = {0};
    struct bytes encoded = {0};
    unsigned char *voxels = calloc((size_t)nx * ny, 4);
    assert_non_null(voxels);
    assert_int_equal(codec_tiff.encode(nx, ny, type, spacing, voxels, &encoded, &error), STATUS_OK);
    free(voxels);
    return encoded;
}

static void write_slice(const char *path, uint32_t nx, uint32_t ny, enum voxel_type type,
                        struct spacing spacing)
{
    struct bytes encoded = encode(nx, ny, type, spacing);
    temp_file_write(path, encoded.data, encoded.n_bytes);
    bytes_end(&encoded);
}

/* "s1.tif" ..., or with another printf pattern, each 3 x 2 u16. */
static void write_slices(const char *folder, const char *names)
{
    char list[512];
    snprintf(list, sizeof list, "%s", names);
    for (char *name = strtok(list, " "); name; name = strtok(NULL, " "))
        write_slice(temp_path(folder, "%s", name), 3, 2, VOXEL_U16, (struct spacing){0});
}

static struct stack *opened(const char *folder, enum missing_policy policy)
{
    struct error error = {0};
    struct stack *stack = NULL;
    if (stack_open(&stack, &(struct stack_request){.input = folder, .missing = policy}, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return stack;
}

/* Refused as bad input, in one line that holds both parts. */
static void assert_refused(const char *folder, enum missing_policy policy, const char *part1,
                           const char *part2)
{
    struct error error = {0};
    struct stack *stack = NULL;
    assert_int_equal(stack_open(&stack, &(struct stack_request){.input = folder, .missing = policy}, &error),
                     STATUS_INPUT);
    assert_null(stack);
    if (!strstr(error.message, part1) || !strstr(error.message, part2))
        fail_msg("'%s' does not say '%s' and '%s'", error.message, part1, part2);
    assert_null(strchr(error.message, '\n'));
}

static void test_stack_of_some(void **state)
{
    const char *folder = *state;
    const struct spacing spacing = {2, 2, 0, UNIT_CM};
    write_slice(temp_path(folder, "s8.tif"), 3, 2, VOXEL_I16, spacing);
    write_slice(temp_path(folder, "s10.TIF"), 3, 2, VOXEL_I16, (struct spacing){0});
    write_slice(temp_path(folder, "s9.tif"), 3, 2, VOXEL_I16, (struct spacing){0});
    temp_text_write(temp_path(folder, "notes.txt"), "");
    temp_text_write(temp_path(folder, ".hidden"), "");
    temp_text_write(temp_path(folder, "t1.tif"), "");
    assert_int_equal(mkdir(temp_path(folder, ".thumbnail"), 0700), 0);
    assert_int_equal(mkdir(temp_path(folder, "1"), 0700), 0);
    assert_int_equal(symlink(".thumbnail", temp_path(folder, "link")), 0);
    assert_int_equal(symlink("nowhere", temp_path(folder, "broken")), 0);

    char with_slashes[TEMP_PATH_BYTES + 2];
    snprintf(with_slashes, sizeof with_slashes, "%s//", folder);
    struct stack *stack = opened(with_slashes, MISSING_FAIL);
    assert_string_equal(stack->folder, folder);
    assert_string_equal(stack->pattern, "s#.tif");
    assert_ptr_equal(stack->slices[0].codec, &codec_tiff);
    assert_int_equal(stack->extent.nx, 3);
    assert_int_equal(stack->extent.ny, 2);
    assert_int_equal(stack->extent.nz, 3);
    assert_int_equal(stack->type, VOXEL_I16);
    assert_true(stack->spacing.x == 2 && stack->spacing.unit == UNIT_CM);
    assert_int_equal(stack->nmissing, 0);
    assert_string_equal(stack->missing, "");
    static const char *const names[] = {"s8.tif", "s9.tif", "s10.TIF"};
    uint64_t file_bytes = 0;
    for (uint32_t z = 0; z < 3; z++) {
        const struct slice *slice = &stack->slices[z];
        struct stat about;
        assert_string_equal(slice->name, names[z]);
        assert_string_equal(slice->path, temp_path(folder, "%s", names[z]));
        assert_true(slice->number == 8 + z);
        assert_int_equal(stat(slice->path, &about), 0);
        assert_true(slice->n_bytes == (uint64_t)about.st_size);
        assert_true(slice->mtime_ns == (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec);
        assert_int_equal(slice->header.nx, 3);
        file_bytes += slice->header.plain ? 12 : slice->header.encoded_bytes;
    }
    assert_true(stack_file_bytes(stack) == file_bytes);
    static const char *const ignored[] = {".hidden", "broken", "t1.tif"};
    assert_int_equal(stack->nignored, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(stack->ignored[i], ignored[i]);
    assert_int_equal(stack->naside, 1);
    assert_string_equal(stack->aside[0], "notes.txt");
    assert_int_equal(stack->npatterns, 0);
    stack_close(stack);
    stack_close(NULL);
}

static void test_one_slice(void **state)
{
    const char *folder = *state;
    write_slices(folder, "scan_0042.tif");
    struct stack *stack = opened(folder, MISSING_FAIL);
    assert_int_equal(stack->extent.nz, 1);
    assert_string_equal(stack->pattern, "scan_####.tif");
    stack_close(stack);
}

static void test_no_stack(void **state)
{
    const char *folder = *state;
    assert_refused(folder, MISSING_FAIL, folder, "holds no slices, it is empty");
    temp_text_write(temp_path(folder, "notes.txt"), "");
    assert_refused(folder, MISSING_FAIL, folder, "holds no slices; ");
    assert_refused(temp_path(folder, "nowhere"), MISSING_FAIL, "nowhere: ", "no such folder");
    assert_refused(temp_path(folder, "notes.txt"), MISSING_FAIL, "notes.txt: ", "is no folder");
    assert_refused("", MISSING_FAIL, "no such folder", "");
    assert_int_equal(mkfifo(temp_path(folder, "fifo"), 0600), 0);
    assert_refused(temp_path(folder, "fifo"), MISSING_FAIL, "fifo: ", "is no folder");
}

static void test_gaps(void **state)
{
    const char *folder = *state;
    write_slices(folder, "s0119.tif s0124.tif s0125.tif s0127.tif s0128.tif s0129.tif");
    assert_refused(folder, MISSING_FAIL, "5 slices of s####.tif are missing (0120-0123, 0126)",
                   "--missing ignore");
    struct stack *stack = opened(folder, MISSING_IGNORE);
    assert_int_equal(stack->extent.nz, 11);
    assert_int_equal(stack->nmissing, 5);
    assert_string_equal(stack->missing, "0120-0123, 0126");
    assert_int_equal(stack->nunreadable, 0);
    for (uint32_t z = 0; z < 11; z++) {
        bool missing = (z >= 1 && z <= 4) || z == 7;
        assert_true(stack->slices[z].number == 119 + z);
        assert_true(missing ? !stack->slices[z].path && !stack->slices[z].name
                            : stack->slices[z].path != NULL);
    }
    stack_close(stack);
    unlink(temp_path(folder, "s0119.tif"));
    assert_refused(folder, MISSING_FAIL, "1 slice of s####.tif is missing (0126)", "");
}

static void test_many_gaps_fit_a_message(void **state)
{
    const char *folder = *state;
    char name[64];
    for (int i = 0; i < 120; i++) {
        snprintf(name, sizeof name, "slice%06d.tif", 3 * (i / 2) + i % 2);
        write_slices(folder, name);
    }
    assert_refused(folder, MISSING_FAIL, "59 slices of slice######.tif are missing (000002, 000005, ",
                   ", ...); put them there, or leave their places empty with --missing ignore");
}

static void test_duplicates_and_strays(void **state)
{
    const char *folder = *state;
    write_slices(folder, "s1.tif s01.tif");
    assert_refused(folder, MISSING_IGNORE, "s01.tif and s1.tif", "same number");
    unlink(temp_path(folder, "s01.tif"));
    write_slices(folder, "s4000000000.tif");
    assert_refused(folder, MISSING_IGNORE, "s4000000000.tif", "only 2 slices");
    unlink(temp_path(folder, "s4000000000.tif"));
    write_slices(folder, "s99999999999999999999.tif");
    assert_refused(folder, MISSING_IGNORE, "s99999999999999999999.tif", "rename");
}

static void test_one_differs(void **state)
{
    const char *folder = *state;
    write_slices(folder, "s1.tif s2.tif s4.tif");
    const struct {
        uint32_t nx, ny;
        enum voxel_type type;
        const char *part;
    } cases[] = {
        {4, 2, VOXEL_U16, "is 4 x 2 u16, but s1.tif is 3 x 2 u16"},
        {3, 1, VOXEL_U16, "is 3 x 1 u16, but s1.tif is 3 x 2 u16"},
        {3, 2, VOXEL_I16, "is 3 x 2 i16, but s1.tif is 3 x 2 u16"},
    };
    for (size_t i = 0; i < 3; i++) {
        const char *path = temp_path(folder, "s3.tif");
        write_slice(path, cases[i].nx, cases[i].ny, cases[i].type, (struct spacing){0});
        assert_refused(folder, MISSING_FAIL, path, cases[i].part);
        assert_refused(folder, MISSING_IGNORE, path, cases[i].part); /* this is not a missing slice */
    }
}

/* Something named s2.tif that is no slice stops a run, or is a missing slice with its reason. */
static void assert_unreadable(const char *folder)
{
    assert_refused(folder, MISSING_FAIL, temp_path(folder, "s2.tif: "), "");
    struct stack *stack = opened(folder, MISSING_IGNORE);
    assert_int_equal(stack->extent.nz, 3);
    assert_int_equal(stack->nmissing, 1);
    assert_string_equal(stack->missing, "2");
    assert_null(stack->slices[1].path);
    assert_int_equal(stack->nunreadable, 1);
    assert_non_null(strstr(stack->unreadable[0], temp_path(folder, "s2.tif: ")));
    assert_int_equal(stack->nignored, 0);
    stack_close(stack);
}

static void test_unreadable_slices(void **state)
{
    const char *folder = *state;
    char path[TEMP_PATH_BYTES];
    strcpy(path, temp_path(folder, "s2.tif"));
    write_slices(folder, "s1.tif s3.tif");
    temp_text_write(path, "not an image");
    assert_unreadable(folder);
    temp_text_write(path, "");
    assert_unreadable(folder);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_unreadable(folder);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_unreadable(folder);
    rmdir(path);
    assert_int_equal(symlink("nowhere", path), 0);
    assert_unreadable(folder);
    unlink(path);
    struct bytes encoded = encode(3, 2, VOXEL_U16, (struct spacing){0});
    temp_file_write(path, encoded.data, encoded.n_bytes - 1); /* cut short */
    bytes_end(&encoded);
    assert_unreadable(folder);
}

/* Whether slice z may count as missing; the error holds `part`. */
static void assert_lost(struct stack *stack, uint32_t z, enum status expected, const char *part)
{
    struct error error = {0};
    size_t before = stack->nunreadable;
    enum status status = stack_note_unreadable(stack, &stack->slices[z], "its reason", &error);
    assert_int_equal(status, expected);
    assert_int_equal(stack->nunreadable, before + (status == STATUS_OK));
    assert_non_null(strstr(error.message, part));
}

/* What cannot be read for its folder is gone is not missing. */
static void test_folder_gone(void **state)
{
    char folder[TEMP_PATH_BYTES], away[TEMP_PATH_BYTES], far[TEMP_PATH_BYTES];
    strcpy(folder, temp_path(*state, "scan"));
    strcpy(away, temp_path(*state, "away"));
    strcpy(far, temp_path(*state, "far"));
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(mkdir(far, 0700), 0);
    write_slices(folder, "s1.tif s2.tif");
    write_slices(far, "s3.tif");
    assert_int_equal(symlink("../far/s3.tif", temp_path(folder, "s3.tif")), 0);
    assert_int_equal(symlink("s2.tif", temp_path(folder, "s4.tif")), 0);
    assert_int_equal(symlink("/nowhere/at/all.tif", temp_path(folder, "s5.tif")), 0);
    struct stack *stack = opened(folder, MISSING_IGNORE);
    assert_int_equal(stack->nunreadable, 1); /* what has never been there is missing */
    for (uint32_t z = 0; z < 4; z++)
        assert_lost(stack, z, STATUS_OK, "");
    assert_int_equal(rename(far, away), 0);
    assert_lost(stack, 1, STATUS_OK, "");
    assert_lost(stack, 2, STATUS_INPUT, "scan/../far is gone (No such file or directory)");
    assert_lost(stack, 3, STATUS_OK, "");
    assert_int_equal(rename(away, far), 0);
    assert_lost(stack, 2, STATUS_OK, "");
    assert_int_equal(rename(folder, away), 0);
    assert_lost(stack, 0, STATUS_INPUT, "scan is gone (No such file or directory); mount it");
    temp_text_write(folder, "no folder");
    assert_lost(stack, 0, STATUS_INPUT, "scan is gone (Not a directory); mount it");
    unlink(folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_lost(stack, 0, STATUS_INPUT, "scan is gone (another one stands there); mount it");
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(rename(away, folder), 0);
    assert_lost(stack, 0, STATUS_OK, "");
    stack_close(stack);
}

static void test_first_slice_unreadable(void **state)
{
    const char *folder = *state;
    temp_text_write(temp_path(folder, "s1.tif"), "");
    temp_text_write(temp_path(folder, "s3.tif"), "");
    assert_refused(folder, MISSING_IGNORE, "s1.tif: ", ""); /* no slice at all */
    write_slices(folder, "s2.tif");
    struct stack *stack = opened(folder, MISSING_IGNORE);
    assert_int_equal(stack->extent.nz, 3);
    assert_int_equal(stack->extent.nx, 3);
    assert_string_equal(stack->missing, "1, 3");
    stack_close(stack);
}

static void test_odd_names(void **state)
{
    const char *folder = *state;
    write_slices(folder, "a\n\x1b[31m1.tif a\n\x1b[31m2.tif");
    struct stack *stack = opened(folder, MISSING_FAIL);
    assert_string_equal(stack->slices[1].name, "a\n\x1b[31m2.tif");
    stack_close(stack);
    write_slices(folder, "a\n\x1b[31m4.tif");
    assert_refused(folder, MISSING_FAIL, "a\\x0a\\x1b[31m#.tif", "missing");
}

/* Listing and reading the headers of a long scan must not be what a user waits for. */
static void test_long_stack(void **state)
{
    enum { SLICES = 5000 };
    const char *folder = *state;
    struct bytes encoded = encode(3, 2, VOXEL_U16, (struct spacing){0});
    for (int i = 0; i < SLICES; i++)
        temp_file_write(temp_path(folder, "slice_%05d.tif", i), encoded.data, encoded.n_bytes);
    bytes_end(&encoded);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    struct stack *stack = opened(folder, MISSING_FAIL);
    clock_gettime(CLOCK_MONOTONIC, &after);
    double seconds = (double)(after.tv_sec - before.tv_sec) + 1e-9 * (double)(after.tv_nsec - before.tv_nsec);
    print_message("%d slices opened in %.3f s\n", SLICES, seconds);
    assert_int_equal(stack->extent.nz, SLICES);
    for (uint32_t z = 0; z < SLICES; z++)
        assert_true(stack->slices[z].number == z);
    stack_close(stack);
}

static void test_cancelled(void **state)
{
    const char *folder = *state;
    atomic_bool cancel = true;
    struct error error = {0};
    struct stack *stack = NULL;
    write_slices(folder, "a1.tif a2.tif");
    assert_int_equal(
        stack_open(&stack,
                   &(struct stack_request){.input = folder, .missing = MISSING_IGNORE, .cancel = &cancel},
                   &error),
        STATUS_INTERRUPTED);
    assert_null(stack);
    atomic_store(&cancel, false);
    error = (struct error){0};
    assert_int_equal(
        stack_open(&stack,
                   &(struct stack_request){.input = folder, .missing = MISSING_FAIL, .cancel = &cancel},
                   &error),
        STATUS_OK);
    stack_close(stack);
}

static struct stack *opened_as(const struct stack_request *request)
{
    struct error error = {0};
    struct stack *stack = NULL;
    if (stack_open(&stack, request, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return stack;
}

static void assert_refused_as(const struct stack_request *request, const char *part)
{
    struct error error = {0};
    struct stack *stack = NULL;
    assert_int_equal(stack_open(&stack, request, &error), STATUS_INPUT);
    if (!strstr(error.message, part))
        fail_msg("'%s' does not say '%s'", error.message, part);
}

/* A gap, or a file that is no slice, outside of the range is no matter; inside it is. */
static void test_range(void **state)
{
    const char *folder = *state;
    write_slices(folder, "s3.tif s5.tif s6.tif s7.tif s9.tif");
    temp_text_write(temp_path(folder, "s10.tif"), "no slice");
    struct stack_request request = {.input = folder, .range = {.given = true, .first = 5, .last = 7}};
    struct stack *stack = opened_as(&request);
    assert_int_equal(stack->extent.nz, 3);
    assert_int_equal(stack->nmissing, 0);
    assert_string_equal(stack->slices[0].name, "s5.tif");
    assert_string_equal(stack->slices[2].name, "s7.tif");
    stack_close(stack);
    request.range.first = 0;
    assert_refused_as(&request, "(4)");
    request.range = (struct slice_range){.given = true, .first = 6, .last = UINT64_MAX};
    assert_refused_as(&request, "(8)");
    request.missing = MISSING_IGNORE;
    stack = opened_as(&request);
    assert_int_equal(stack->extent.nz, 5);
    assert_string_equal(stack->missing, "8, 10");
    stack_close(stack);
    request.range = (struct slice_range){.given = true, .first = 11, .last = 12};
    assert_refused_as(&request, "they are 3 to 10");
    request.range = (struct slice_range){.given = true, .first = 4, .last = 4};
    assert_refused_as(&request, "none of its slices");
}

static void test_mixed_depth(void **state)
{
    const char *folder = *state;
    for (unsigned z = 1; z <= 12; z++)
        write_slice(temp_path(folder, "s%02u.tif", z), 3, 2, z == 4 || z > 10 ? VOXEL_U8 : VOXEL_U16,
                    (struct spacing){0});
    struct stack_request request = {.input = folder};
    assert_refused_as(&request, "3 of 12 slices have 8 bits (04, 11-12)");
    assert_refused_as(&request, "s01.tif");
    request.widen = true;
    struct stack *stack = opened_as(&request);
    assert_int_equal(stack->type, VOXEL_U16);
    assert_true(stack->slices[3].header.widened && !stack->slices[3].header.plain);
    assert_false(stack->slices[4].header.widened);
    stack_close(stack);
    write_slice(temp_path(folder, "s13.tif"), 3, 2, VOXEL_I16, (struct spacing){0});
    assert_refused_as(&request, "s04.tif: is 3 x 2 u8, but s01.tif is 3 x 2 u16");
    request.range = (struct slice_range){.given = true, .first = 11, .last = 12};
    stack = opened_as(&request); /* nothing is widened where all slices have 8 bits */
    assert_int_equal(stack->type, VOXEL_U8);
    stack_close(stack);
}

static void test_one_file(void **state)
{
    const char *folder = *state;
    write_slices(folder, "s1.tif s2.tif");
    const char *path = temp_path(folder, "s2.tif");
    struct stack *stack = opened(path, MISSING_FAIL);
    assert_int_equal(stack->extent.nz, 1);
    assert_string_equal(stack->folder, folder);
    assert_string_equal(stack->pattern, "s2.tif");
    assert_string_equal(stack->slices[0].path, path);
    assert_string_equal(stack->slices[0].name, "s2.tif");
    stack_close(stack);
}

static int make(void **state)
{
    *state = malloc(TEMP_PATH_BYTES);
    temp_folder_make(*state);
    return 0;
}

static int clear(void **state)
{
    temp_folder_remove(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stack_of_some, make, clear),
        cmocka_unit_test_setup_teardown(test_one_slice, make, clear),
        cmocka_unit_test_setup_teardown(test_no_stack, make, clear),
        cmocka_unit_test_setup_teardown(test_range, make, clear),
        cmocka_unit_test_setup_teardown(test_mixed_depth, make, clear),
        cmocka_unit_test_setup_teardown(test_one_file, make, clear),
        cmocka_unit_test_setup_teardown(test_gaps, make, clear),
        cmocka_unit_test_setup_teardown(test_many_gaps_fit_a_message, make, clear),
        cmocka_unit_test_setup_teardown(test_duplicates_and_strays, make, clear),
        cmocka_unit_test_setup_teardown(test_one_differs, make, clear),
        cmocka_unit_test_setup_teardown(test_unreadable_slices, make, clear),
        cmocka_unit_test_setup_teardown(test_folder_gone, make, clear),
        cmocka_unit_test_setup_teardown(test_first_slice_unreadable, make, clear),
        cmocka_unit_test_setup_teardown(test_odd_names, make, clear),
        cmocka_unit_test_setup_teardown(test_long_stack, make, clear),
        cmocka_unit_test_setup_teardown(test_cancelled, make, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
