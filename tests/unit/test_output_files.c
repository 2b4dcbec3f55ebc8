/* SPDX-License-Identifier: MIT
 * The names inside an output folder, and files that appear whole or not at all. */
#include "output/atomic_file.h"
#include "output/level_names.h"
#include "temp_folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void test_slice_names(void **state)
{
    (void)state;
    const struct {
        const char *name;
        int64_t z; /* -1: not a slice's name */
    } cases[] = {
        {"000000.tif", 0},
        {"000123.tif", 123},
        {"999999.tif", 999999},
        {"1000000.tif", 1000000},
        {"4294967295.tif", 4294967295},
        {"4294967296.tif", -1},
        {"0000000.tif", -1},
        {"00000.tif", -1},
        {"1.tif", -1},
        {"000001.TIF", -1},
        {"000001.tiff", -1},
        {"000001", -1},
        {" 00001.tif", -1},
        {"+00001.tif", -1},
        {"-00001.tif", -1},
        {".000001.tif", -1},
        {"", -1},
        {"00000a.tif", -1},
        {"99999999999999999999999999.tif", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t z = 77;
        assert_int_equal(slice_name_parse(cases[i].name, &z), cases[i].z >= 0);
        assert_int_equal(z, cases[i].z >= 0 ? (uint32_t)cases[i].z : 77);
    }
    assert_true(slice_name_is_partial(".000001.tif.partial"));
    assert_true(slice_name_is_partial(".4294967295.tif.partial"));
    assert_false(slice_name_is_partial("000001.tif.partial"));
    assert_false(slice_name_is_partial(".000001.tif.partial~"));
    assert_false(slice_name_is_partial(".partial"));
    assert_false(slice_name_is_partial("."));
    assert_false(slice_name_is_partial(".1.tif.partial"));
    assert_false(
        slice_name_is_partial(".000000000000000000000000000000000000000000000000000001.tif.partial"));
}

static void test_level_names(void **state)
{
    (void)state;
    unsigned level = 0;
    assert_true(level_name_parse("1", &level) && level == 1);
    assert_true(level_name_parse("16", &level) && level == 16);
    static const char *const others[] = {"0", "17", "01", "1a", "", "+1", " 1", "-1", "4294967297", "1/"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(level_name_parse(others[i], &level));
    assert_int_equal(level, 16);
}

/* A folder, and one open file descriptor of it. */
struct folder {
    char path[TEMP_PATH_BYTES];
    int fd;
};

static int make(void **state)
{
    struct folder *folder = malloc(sizeof *folder);
    temp_folder_make(folder->path);
    folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY);
    *state = folder;
    return folder->fd < 0;
}

static int clear(void **state)
{
    struct folder *folder = *state;
    close(folder->fd);
    temp_folder_remove(folder->path);
    free(folder);
    return 0;
}

static void assert_file(const char *path, const char *text)
{
    size_t n_bytes;
    char *data = temp_file_read(path, &n_bytes);
    assert_string_equal(data, text);
    free(data);
}

static void test_written_and_replaced(void **state)
{
    struct folder *folder = *state;
    struct error error = {0};
    const char *path = temp_path(folder->path, "f");
    for (int durable = 0; durable < 2; durable++) {
        assert_int_equal(atomic_file_write(folder->fd, folder->path, "f", "first", 5, durable, &error),
                         STATUS_OK);
        assert_file(path, "first");
        assert_int_equal(atomic_file_write(folder->fd, folder->path, "f", "2nd", 3, durable, &error),
                         STATUS_OK);
        assert_file(path, "2nd");
        assert_int_equal(atomic_file_write(folder->fd, folder->path, "f", "", 0, durable, &error), STATUS_OK);
        assert_file(path, "");
    }
    assert_int_equal(temp_count_entries(folder->path), 1);
    struct stat about;
    mode_t mask = umask(0);
    umask(mask);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0666 & ~mask);
}

static void test_links_are_not_followed(void **state)
{
    struct folder *folder = *state;
    struct error error = {0};
    const char *precious = temp_path(folder->path, "precious");
    temp_text_write(precious, "precious");
    assert_int_equal(symlink("precious", temp_path(folder->path, "f")), 0);
    assert_int_equal(atomic_file_write(folder->fd, folder->path, "f", "new", 3, false, &error), STATUS_OK);
    assert_file(precious, "precious"); /* the link was replaced */
    assert_file(temp_path(folder->path, "f"), "new");

    assert_int_equal(symlink("precious", temp_path(folder->path, ".g.partial")), 0);
    assert_int_equal(atomic_file_write(folder->fd, folder->path, "g", "new", 3, false, &error),
                     STATUS_OUTPUT);
    assert_file(precious, "precious");
    assert_false(temp_exists(temp_path(folder->path, "g")));
    assert_true(temp_exists(temp_path(folder->path, ".g.partial"))); /* not ours to remove here */

    assert_int_equal(link(precious, temp_path(folder->path, ".h.partial")), 0);
    error = (struct error){0};
    assert_int_equal(atomic_file_write(folder->fd, folder->path, "h", "new", 3, false, &error),
                     STATUS_OUTPUT);
    assert_file(precious, "precious");
}

static void test_failed_rename_leaves_nothing(void **state)
{
    struct folder *folder = *state;
    struct error error = {0};
    assert_int_equal(mkdir(temp_path(folder->path, "f"), 0700), 0);
    assert_int_equal(atomic_file_write(folder->fd, folder->path, "f", "new", 3, false, &error),
                     STATUS_OUTPUT);
    assert_non_null(strstr(error.message, temp_path(folder->path, "f: Is a directory")));
    assert_int_equal(temp_count_entries(folder->path), 1);
}

/* A file that cannot grow: what a full disk does, wherever the tests run. */
static void test_file_too_large(void **state)
{
    struct folder *folder = *state;
    struct error error = {0};
    static const char data[10000];
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    temp_text_write(temp_path(folder->path, "f"), "old");
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit small = {4096, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum status status = atomic_file_write(folder->fd, folder->path, "f", data, sizeof data, false, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, STATUS_OUTPUT);
    assert_non_null(strstr(error.message, temp_path(folder->path, "f: File too large")));
    assert_file(temp_path(folder->path, "f"), "old");
    assert_int_equal(temp_count_entries(folder->path), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slice_names),
        cmocka_unit_test(test_level_names),
        cmocka_unit_test_setup_teardown(test_written_and_replaced, make, clear),
        cmocka_unit_test_setup_teardown(test_links_are_not_followed, make, clear),
        cmocka_unit_test_setup_teardown(test_failed_rename_leaves_nothing, make, clear),
        cmocka_unit_test_setup_teardown(test_file_too_large, make, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
