/* SPDX-License-Identifier: MIT
 * Locks in every state, where files can be locked and where they cannot. */
#include "call_faults.h"
#include "output/run_lock.h"
#include "temp_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

struct folder {
    char path[TEMP_PATH_BYTES];
    int fd;
};

static int make(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    assert_non_null(folder);
    temp_folder_make(folder->path);
    folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(folder->fd >= 0);
    *state = folder;
    return 0;
}

static int clear(void **state)
{
    struct folder *folder = *state;
    call_faults_set(NULL);
    close(folder->fd);
    temp_folder_remove(folder->path);
    free(folder);
    return 0;
}

/* A lock whose file holds this text, where the file system cannot lock, or the call is cut short. */
static enum status take_where(const struct folder *folder, const char *text, const struct call_fault *fault,
                              struct error *error)
{
    struct run_lock lock;
    *error = (struct error){0};
    temp_text_write(temp_path(folder->path, LOCK_NAME), text);
    call_faults_set(fault);
    enum status status = run_lock_take(&lock, folder->fd, folder->path, error);
    call_faults_set(NULL);
    if (status == STATUS_OK) {
        size_t n_bytes;
        char expected[400], host[256] = "", *written;
        gethostname(host, sizeof host - 1);
        snprintf(expected, sizeof expected, "process %ld on %s\n", (long)getpid(), host);
        written = temp_file_read(temp_path(folder->path, LOCK_NAME), &n_bytes);
        assert_string_equal(written, expected);
        free(written);
        run_lock_give(&lock);
        assert_false(temp_exists(temp_path(folder->path, LOCK_NAME)));
    } else {
        assert_int_equal(lock.fd, -1);
        assert_int_equal(status, STATUS_OUTPUT);
        assert_null(strchr(error->message, '\n'));
    }
    return status;
}

static void test_lock_that_nothing_locks(void **state)
{
    static const struct call_fault cannot = {"flock", 1, true, ENOLCK}, smb = {"flock", 1, true, EACCES};
    struct error error;
    char host[256] = "", text[600];
    gethostname(host, sizeof host - 1);
    const long nobody[] = {0, -1, getpid(), 999999999};
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        snprintf(text, sizeof text, "process %ld on %s\n", nobody[i], host);
        assert_int_equal(take_where(*state, text, &cannot, &error), STATUS_OK);
    }
    static const char *const rubbish[] = {"",
                                          "\n",
                                          "process",
                                          "process 1",
                                          "process 1 on ",
                                          "process x on y",
                                          "process 99999999999999999999999999 off y",
                                          "\xff\xfe\x01"};
    for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++)
        assert_int_equal(take_where(*state, rubbish[i], &cannot, &error), STATUS_OK);
    snprintf(text, sizeof text, "process 1 on %s\n", host); /* it is alive */
    assert_int_equal(take_where(*state, text, &cannot, &error), STATUS_OUTPUT);
    assert_non_null(strstr(error.message, "seems to be writing"));
    assert_int_equal(take_where(*state, "process 5 on \x1b[31melsewhere\n", &cannot, &error), STATUS_OUTPUT);
    assert_non_null(strstr(error.message, "(process 5 on \\x1b[31melsewhere) seems to be writing"));
    /* How a server of SMB says that another host has it; who it is cannot be read. */
    assert_int_equal(take_where(*state, "", &smb, &error), STATUS_OUTPUT);
    assert_non_null(strstr(error.message, "another run is writing into it"));
}

/* Being cut short is no reason to go on without the lock. */
static void test_lock_that_is_held(void **state)
{
    struct folder *folder = *state;
    struct error error;
    const struct call_fault faults[] = {
        {"flock", 1, false, EINTR}, {"pread", 1, false, EINTR}, {"pread", 1, false, CALL_SHORT}};
    const char *path = temp_path(folder->path, LOCK_NAME);
    temp_text_write(path, "");
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        assert_int_equal(take_where(folder, "process 12 on there\n", &faults[i], &error), STATUS_OUTPUT);
        assert_non_null(strstr(error.message, "another run (process 12 on there) is writing into it"));
    }
    close(fd);
    assert_int_equal(take_where(folder, "process 12 on there\n", NULL, &error), STATUS_OK);
}

/* The file goes away, or cannot be written, while it is taken. */
static void test_lock_file(void **state)
{
    struct folder *folder = *state;
    struct error error;
    /* It was removed meanwhile: another one is made, but not for ever. */
    assert_int_equal(take_where(folder, "", &(struct call_fault){"fstat", 1, false, ENOENT}, &error),
                     STATUS_OK);
    assert_int_equal(take_where(folder, "", &(struct call_fault){"fstat", 2, false, ENOENT}, &error),
                     STATUS_OK);
    assert_int_equal(take_where(folder, "", &(struct call_fault){"fstat", 1, true, ENOENT}, &error),
                     STATUS_OUTPUT);
    assert_non_null(strstr(error.message, "another run is writing into it"));
    /* Another user's, which can only be read: a stale one is replaced, one that is held is not. */
    const struct call_fault others = {"open", 1, false, EACCES};
    assert_int_equal(take_where(folder, "process 12 on there\n", &others, &error), STATUS_OK);
    temp_text_write(temp_path(folder->path, LOCK_NAME), "");
    int fd = open(temp_path(folder->path, LOCK_NAME), O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(take_where(folder, "process 12 on there\n", &others, &error), STATUS_OUTPUT);
    assert_non_null(strstr(error.message, "(process 12 on there)"));
    close(fd);
    assert_int_equal(take_where(folder, "", &(struct call_fault){"open", 1, true, EACCES}, &error),
                     STATUS_OUTPUT);
    assert_non_null(strstr(error.message, "stackthumb.lock: Permission denied"));
    /* A full disk; and what is written in pieces is written nevertheless. */
    assert_int_equal(take_where(folder, "", &(struct call_fault){"pwrite", 1, false, ENOSPC}, &error),
                     STATUS_OUTPUT);
    assert_non_null(strstr(error.message, "the disk is full"));
    assert_int_equal(take_where(folder, "", &(struct call_fault){"pwrite", 1, true, CALL_SHORT}, &error),
                     STATUS_OK);
    assert_int_equal(take_where(folder, "", &(struct call_fault){"pwrite", 1, false, CALL_ENDS}, &error),
                     STATUS_OUTPUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lock_that_nothing_locks),
        TEST(test_lock_that_is_held),
        TEST(test_lock_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
