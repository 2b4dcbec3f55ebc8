/* SPDX-License-Identifier: MIT
 * What is looked at before PoCL is touched, which would abort: a linker, and a place for compiled kernels. */
#include "call_faults.h"
#include "opencl/preflight.h"
#include "temp_folder.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* The environment that PoCL and its linker are found by; what a test makes of it ends with it. */
static const char *const variables[] = {"PATH", "POCL_CACHE_DIR", "XDG_CACHE_HOME",
                                        "HOME", "TMPDIR",         "XDG_RUNTIME_DIR"};
enum { VARIABLES = sizeof variables / sizeof *variables };

struct place {
    char root[TEMP_PATH_BYTES];
    char *before[VARIABLES];
};

static int make(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    temp_folder_make(place->root);
    for (int i = 0; i < VARIABLES; i++) {
        const char *value = getenv(variables[i]);
        place->before[i] = value ? strdup(value) : NULL;
        unsetenv(variables[i]);
    }
    assert_int_equal(mkdir(temp_path(place->root, "bin"), 0700), 0);
    assert_int_equal(mkdir(temp_path(place->root, "tmp"), 0700), 0);
    temp_text_write(temp_path(place->root, "bin/ld"), "#!/bin/sh\n");
    assert_int_equal(chmod(temp_path(place->root, "bin/ld"), 0700), 0);
    setenv("PATH", temp_path(place->root, "bin"), 1);
    setenv("TMPDIR", temp_path(place->root, "tmp"), 1);
    setenv("POCL_CACHE_DIR", temp_path(place->root, "new/cache"), 1);
    *state = place;
    return 0;
}

static int clear(void **state)
{
    struct place *place = *state;
    call_faults_set(NULL);
    call_faults_tell(NULL);
    for (int i = 0; i < VARIABLES; i++) {
        if (place->before[i])
            setenv(variables[i], place->before[i], 1);
        else
            unsetenv(variables[i]);
        free(place->before[i]);
    }
    temp_folder_remove(place->root);
    free(place);
    return 0;
}

/* PoCL can keep its kernels in `folder`, and is told so; nothing else was left there. */
static void assert_kept_in(const char *folder)
{
    char *private_folder = NULL, note[512] = "";
    struct error error = {0};
    if (preflight_pocl(&private_folder, note, sizeof note, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_null(private_folder);
    assert_string_equal(note, "");
    assert_string_equal(getenv("POCL_CACHE_DIR"), folder);
    assert_int_equal(temp_count_entries(folder), 0);
    preflight_end(private_folder);
}

/* They are kept in a folder of this run's below `above`, which is said, with `why`, and removed in the end.
 */
static void assert_kept_for_now(const char *above, const char *why)
{
    char *private_folder = NULL, note[512] = "";
    struct error error = {0};
    if (preflight_pocl(&private_folder, note, sizeof note, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_non_null(private_folder);
    assert_int_equal(strncmp(private_folder, above, strlen(above)), 0);
    assert_string_equal(getenv("POCL_CACHE_DIR"), private_folder);
    assert_non_null(strstr(note, why));
    assert_non_null(strstr(note, "compiled anew for this run"));
    temp_text_write(temp_path(private_folder, "kernel.so"), "left by PoCL");
    preflight_end(private_folder);
    assert_null(getenv("POCL_CACHE_DIR"));
    assert_int_equal(temp_count_entries(above), 0);
}

static void assert_refused(const char *part)
{
    char *private_folder = NULL, note[512] = "";
    struct error error = {0};
    assert_int_equal(preflight_pocl(&private_folder, note, sizeof note, &error), STATUS_DEVICE);
    assert_null(private_folder);
    if (!strstr(error.message, part))
        fail_msg("'%s' does not say '%s'", error.message, part);
}

static void test_linker(void **state)
{
    const struct place *place = *state;
    char path[PATH_MAX + 1000] = "/nonexistent::";
    const char *ld = temp_path(place->root, "bin/ld");
    assert_kept_in(temp_path(place->root, "new/cache"));
    memset(path + strlen(path), 'x', PATH_MAX); /* a folder that no program can lie in */
    snprintf(path + strlen(path), 900, ":%s", temp_path(place->root, "bin"));
    setenv("PATH", path, 1);
    assert_kept_in(temp_path(place->root, "new/cache"));
    assert_int_equal(chmod(ld, 0600), 0);
    assert_refused("needs the linker 'ld'");
    assert_int_equal(unlink(ld), 0);
    assert_refused("needs the linker 'ld'");
    setenv("PATH", "", 1);
    assert_refused("needs the linker 'ld'");
    unsetenv("PATH");
    assert_refused("needs the linker 'ld'");
}

/* Where PoCL itself would look. */
static void test_places(void **state)
{
    const struct place *place = *state;
    setenv("XDG_CACHE_HOME", temp_path(place->root, "xdg"), 1);
    setenv("HOME", temp_path(place->root, "home"), 1);
    assert_kept_in(temp_path(place->root, "new/cache"));
    setenv("POCL_CACHE_DIR", "", 1);
    assert_kept_in(temp_path(place->root, "xdg/pocl/kcache"));
    unsetenv("POCL_CACHE_DIR");
    unsetenv("XDG_CACHE_HOME");
    assert_kept_in(temp_path(place->root, "home/.cache/pocl/kcache"));
}

static void test_somewhere_else(void **state)
{
    const struct place *place = *state;
    char tmp[TEMP_PATH_BYTES];
    strcpy(tmp, temp_path(place->root, "tmp"));
    temp_text_write(temp_path(place->root, "file"), "in the way");
    setenv("POCL_CACHE_DIR", temp_path(place->root, "file"), 1);
    assert_kept_for_now(tmp, "file: compiled kernels cannot be kept there");
    setenv("POCL_CACHE_DIR", temp_path(place->root, "file/cache"), 1);
    assert_kept_for_now(tmp, "Not a directory");
    /* Full, or full while it is written to. */
    setenv("POCL_CACHE_DIR", temp_path(place->root, "new/cache"), 1);
    call_faults_set(&(struct call_fault){.call = "write", .n = 1, .errnum = ENOSPC});
    assert_kept_for_now(tmp, "No space left");
    setenv("POCL_CACHE_DIR", temp_path(place->root, "new/cache"), 1);
    call_faults_set(&(struct call_fault){.call = "write", .n = 1, .errnum = CALL_SHORT});
    assert_kept_for_now(tmp, "No space left");
    call_faults_set(NULL);
    /* Without one folder for what is temporary, in the next. */
    setenv("POCL_CACHE_DIR", temp_path(place->root, "file"), 1);
    setenv("TMPDIR", "", 1);
    setenv("XDG_RUNTIME_DIR", tmp, 1);
    assert_kept_for_now(tmp, "Not a directory");
    setenv("POCL_CACHE_DIR", temp_path(place->root, "file"), 1);
    setenv("TMPDIR", temp_path(place->root, "file"), 1);
    assert_kept_for_now(tmp, "Not a directory");
}

/* A folder whose path leaves no room for a name. */
static void test_long_path(void **state)
{
    const struct place *place = *state;
    char path[PATH_MAX];
    size_t n = strlen(strcpy(path, place->root));
    assert_int_equal(chdir("/"), 0);
    while (n + 20 < PATH_MAX - 1) {
        size_t part = PATH_MAX - 11 - n < 200 ? PATH_MAX - 11 - n : 200;
        path[n] = '/';
        memset(path + n + 1, 'd', part);
        path[n += 1 + part] = '\0';
    }
    setenv("POCL_CACHE_DIR", path, 1);
    assert_kept_for_now(temp_path(place->root, "tmp"), "File name too long");
}

static void test_nowhere(void **state)
{
    struct rlimit before, small;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){1 << 20, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_refused("(File too large), nor in a temporary folder");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    const struct statvfs full = {.f_frsize = 4096, .f_blocks = 1000000, .f_bfree = 5000, .f_bavail = 2000};
    call_faults_tell(&(struct told_system){.space = &full});
    assert_refused("(No space left on device), nor in a temporary folder");
    call_faults_tell(NULL);
    assert_int_equal(temp_count_entries(getenv("TMPDIR")), 0);
    preflight_end(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_linker),    TEST(test_places),  TEST(test_somewhere_else),
        TEST(test_long_path), TEST(test_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
