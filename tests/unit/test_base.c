/* SPDX-License-Identifier: MIT */
#include "base/bytes.h"
#include "base/checked.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "base/printable.h"
#include "base/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void test_first_error_wins(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(error_set(&error, STATUS_INPUT, "first %d", 1), STATUS_INPUT);
    assert_int_equal(error_set(&error, STATUS_OUTPUT, "second"), STATUS_INPUT);
    assert_int_equal(error_set_errno(&error, STATUS_OUTPUT, ENOSPC, "third"), STATUS_INPUT);
    assert_string_equal(error.message, "first 1");
    error = (struct error){0};
    assert_int_equal(error_set_errno(&error, STATUS_OUTPUT, ENOSPC, "disk"), STATUS_OUTPUT);
    assert_string_equal(error.message, "disk: No space left on device; free some space and run again");
    error = (struct error){0};
    assert_int_equal(error_set_errno(&error, STATUS_INPUT, EPIPE, "pipe"), STATUS_INPUT);
    assert_string_equal(error.message, "pipe: Broken pipe");
    error = (struct error){0};
    assert_int_equal(error_set_errno(&error, STATUS_INPUT, ENOMEM, "memory"), STATUS_FAILED);
}

static void test_checked(void **state)
{
    (void)state;
    uint64_t r = 7;
    assert_true(checked_mul(1u << 31, 2, &r) && r == 1ull << 32);
    assert_false(checked_mul(UINT64_MAX, 2, &r));
    assert_false(checked_add(UINT64_MAX, 1, &r));
    assert_true(r == 1ull << 32);
    assert_true(saturated_mul3(1ull << 40, 1ull << 20, 1ull << 10) == UINT64_MAX);
    assert_true(saturated_mul3(3, 4, 5) == 60);
    assert_true(saturated_add(UINT64_MAX, 5) == UINT64_MAX);
}

static void test_decimal(void **state)
{
    (void)state;
    const struct {
        const char *text;
        size_t used;
        double number;
    } cases[] = {
        {"5.2um", 3, 5.2},
        {"7", 1, 7},
        {".5", 2, .5},
        {"5.", 2, 5},
        {"-1.25e-2x", 8, -.0125},
        {"+3", 2, 3},
        {"1e", 1, 1},
        {"1e+", 1, 1},
        {"0x10", 1, 0},
        {"26,413", 2, 26},
        {"1.2.3", 3, 1.2},
        {"0.1", 3, 0.1},
        {"", 0, 0},
        {".", 0, 0},
        {"-", 0, 0},
        {"nan", 0, 0},
        {"inf", 0, 0},
        {"1e999", 0, 0},
        {"e5", 0, 0},
        {" 1", 0, 0},
        {"1e-999", 6, 0},
        {"19.500000000000000", 18, 19.5},
        {"0000000000000000000000000000000000000000000000000000000000000001", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double number = 0;
        size_t n = strlen(cases[i].text);
        char *copy = malloc(n + 1); /* no byte more than is told of */
        assert_non_null(copy);
        memcpy(copy, cases[i].text, n);
        assert_int_equal(decimal_parse(copy, n, &number), cases[i].used);
        assert_true(number == cases[i].number);
        free(copy);
    }
}

static void test_decimal_in_locale(void **state)
{
    (void)state;
    double number = 0;
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8"))
        print_message("no German locale: only the plain one is tested\n");
    assert_int_equal(decimal_parse("5.25", 4, &number), 4);
    assert_true(number == 5.25);
    assert_int_equal(decimal_parse("5,25", 4, &number), 1);
    setlocale(LC_NUMERIC, "C");
}

static void test_printable(void **state)
{
    (void)state;
    const struct {
        const char *name, *shown;
    } cases[] = {
        {"slice_0001.tif", "slice_0001.tif"},
        {"a\nb\x1b[31m", "a\\x0ab\\x1b[31m"},
        {"back\\slash", "back\\x5cslash"},
        {"\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9"},
        {"bad\xff\xc3(", "bad\\xff\\xc3("},
        {"\xc2\x9b"
         "31m",
         "\\xc2\\x9b31m"},                   /* C1: CSI */
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* a surrogate */
        {"cut\xe2\x82", "cut\\xe2\\x82"},
        {"a\xe2\x80\xae"
         "fit\xe2\x81\xa6",
         "a\\xe2\\x80\\xaefit\\xe2\\x81\\xa6"},                      /* turned round */
        {"\xe2\x80\xa8\xe2\x80\x8d", "\\xe2\\x80\\xa8\xe2\x80\x8d"}, /* a line's end; a joiner */
        {"", ""},
    };
    char text[PRINTABLE_BYTES];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(printable(text, sizeof text, cases[i].name), cases[i].shown);
    char small[16];
    assert_string_equal(printable(small, sizeof small, "abcdefghijklmnopqrstuvwxyz"), "abcdefghijkl...");
}

static void count_job(void *context, unsigned job, unsigned worker)
{
    atomic_uint *counts = context;
    assert_true(worker < 3);
    atomic_fetch_add(&counts[job], 1);
}

static void test_workers_run_every_job_once(void **state)
{
    (void)state;
    struct error error = {0};
    struct workers *workers = NULL;
    assert_int_equal(workers_create(&workers, 3, &error), STATUS_OK);
    static atomic_uint counts[100];
    for (unsigned round = 0; round < 2000; round++) {
        unsigned njobs = round % 100;
        for (unsigned i = 0; i < 100; i++)
            atomic_store(&counts[i], 0);
        workers_run(workers, njobs, count_job, counts);
        for (unsigned i = 0; i < 100; i++)
            assert_int_equal(atomic_load(&counts[i]), i < njobs);
    }
    workers_free(workers);
    workers_free(NULL);
}

static void test_input_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/stackthumb-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64], fifo[64];
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    FILE *f = fopen(path, "w");
    fputs("0123456789", f);
    fclose(f);
    assert_int_equal(mkfifo(fifo, 0600), 0);

    struct error error = {0};
    struct input_file file;
    assert_int_equal(input_file_open(&file, fifo, &error), STATUS_INPUT); /* must not wait */
    error = (struct error){0};
    assert_int_equal(input_file_open(&file, folder, &error), STATUS_INPUT);
    error = (struct error){0};
    assert_int_equal(input_file_open(&file, path, &error), STATUS_OK);
    assert_true(file.n_bytes == 10);
    char data[8] = "";
    assert_int_equal(input_file_read(&file, data, 3, 4, &error), STATUS_OK);
    assert_string_equal(data, "456");
    assert_int_equal(input_file_read(&file, data, 4, 8, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "ends after 10 bytes"));
    error = (struct error){0};
    assert_int_equal(input_file_read(&file, data, 4, UINT64_MAX - 1, &error), STATUS_INPUT);
    assert_true(input_file_unchanged(&file));
    f = fopen(path, "a");
    fputs("more", f);
    fclose(f);
    assert_false(input_file_unchanged(&file));
    input_file_close(&file);

    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t)14 << 30}}; /* in 2446 */
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    error = (struct error){0};
    assert_int_equal(input_file_open(&file, path, &error), STATUS_OK);
    assert_true(file.mtime_ns > INT64_C(3000000000) * 1000000000); /* whatever the file system made of it */
    assert_true(input_file_unchanged(&file));
    input_file_close(&file);
    unlink(path);
    unlink(fifo);
    rmdir(folder);
}

static void test_bytes_grow(void **state)
{
    (void)state;
    struct error error = {0};
    struct bytes bytes = {0};
    assert_int_equal(bytes_reserve(&bytes, 10, &error), STATUS_OK);
    memcpy(bytes.data, "abc", 4);
    assert_int_equal(bytes_reserve(&bytes, 100000, &error), STATUS_OK);
    assert_string_equal((char *)bytes.data, "abc");
    bytes_end(&bytes);
    assert_null(bytes.data);
}

static void check_path(char *path, const char *expected)
{
    assert_non_null(path);
    assert_string_equal(path, expected);
    free(path);
}

static void test_paths(void **state)
{
    (void)state;
    check_path(path_trim("a//b///"), "a//b");
    check_path(path_trim("///"), "/");
    check_path(path_trim(""), "");
    check_path(path_join("a/", "b"), "a/b");
    check_path(path_join("/", "b"), "/b");
    check_path(path_join(".", "b/c"), "./b/c");
    char *cache = strdup(getenv("XDG_CACHE_HOME") ? getenv("XDG_CACHE_HOME") : "");
    setenv("XDG_CACHE_HOME", "/there/", 1);
    check_path(path_in_user_cache("x"), "/there/x");
    setenv("XDG_CACHE_HOME", "", 1);
    setenv("HOME", "/home/me", 1);
    check_path(path_in_user_cache("x/y"), "/home/me/.cache/x/y");
    unsetenv("HOME");
    assert_null(path_in_user_cache("x"));
    setenv("XDG_CACHE_HOME", cache, 1);
    free(cache);
}

static void test_make_folders(void **state)
{
    (void)state;
    char folder[] = "/tmp/stackthumb-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *deep = path_join(folder, "a//b/c/"), *file = path_join(folder, "a/file");
    char *below_file = path_join(folder, "a/file/d");
    assert_int_equal(path_make_folders(deep, 0700), 0);
    assert_int_equal(path_make_folders(deep, 0700), 0); /* it may be there already */
    assert_int_equal(access(deep, W_OK), 0);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(path_make_folders(below_file, 0700), ENOTDIR);
    unlink(file);
    for (const char *const *part = (const char *const[]){"a/b/c", "a/b", "a", "", NULL}; *part; part++) {
        char *path = path_join(folder, *part);
        assert_int_equal(rmdir(path), 0);
        free(path);
    }
    free(deep);
    free(file);
    free(below_file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_error_wins),
        cmocka_unit_test(test_checked),
        cmocka_unit_test(test_decimal),
        cmocka_unit_test(test_decimal_in_locale),
        cmocka_unit_test(test_printable),
        cmocka_unit_test(test_workers_run_every_job_once),
        cmocka_unit_test(test_input_file),
        cmocka_unit_test(test_bytes_grow),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_make_folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
