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
#include <sys/stat.h>
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
    const long nobody[] = {0, getpid(), 999999999};
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        snprintf(text, sizeof text, "process %ld on %s\n", nobody[i], host);
        assert_int_equal(take_where(*state, text, &cannot, &error), STATUS_OK);
    }
    /* Cut short as it was written. */
    static const char whole[] = "process 1 on elsewhere\n";
    for (size_t n = 0; n + 1 < strlen(whole); n++) {
        snprintf(text, sizeof text, "%.*s", (int)n, whole);
        assert_int_equal(take_where(*state, text, &cannot, &error), STATUS_OK);
    }
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
    for (unsigned n = 1; n <= 3; n++)
        assert_int_equal(take_where(folder, "", &(struct call_fault){"fstat", n, false, ENOENT}, &error),
                         STATUS_OK);
    for (unsigned n = 2; n <= 3; n++)
        assert_int_equal(take_where(folder, "", &(struct call_fault){"open", n, false, ENOENT}, &error),
                         STATUS_OK);
    assert_int_equal(take_where(folder, "", &(struct call_fault){"fstat", 1, true, ENOENT}, &error),
                     STATUS_OUTPUT);
    assert_non_null(strstr(error.message, "another run is writing into it"));
    /* Another user's, which can only be read: a stale one is replaced, one that is held is not. */
    const struct call_fault others = {"open", 3, false, EACCES};
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
    assert_int_equal(take_where(folder, "", &(struct call_fault){"open", 3, false, EMFILE}, &error),
                     STATUS_OUTPUT);
    assert_non_null(strstr(error.message, "stackthumb.lock: Too many open files"));
    /* None can be made: it is not said that there is none. */
    struct run_lock lock;
    error = (struct error){0};
    assert_int_equal(unlink(temp_path(folder->path, LOCK_NAME)), 0);
    call_faults_set(&(struct call_fault){"open", 1, false, EACCES});
    assert_int_equal(run_lock_take(&lock, folder->fd, folder->path, &error), STATUS_OUTPUT);
    call_faults_set(NULL);
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

/* Refused in a line that says why; the file is opened only to be read. */
static void assert_foreign(const struct folder *folder, const char *part)
{
    struct run_lock lock;
    struct error error = {0};
    call_faults_set(&(struct call_fault){.call = "open"});
    assert_int_equal(run_lock_take(&lock, folder->fd, folder->path, &error), STATUS_OUTPUT);
    assert_true(call_faults_count() <= 2); /* to make it, and to read it */
    call_faults_set(NULL);
    assert_int_equal(lock.fd, -1);
    run_lock_give(&lock);
    if (!strstr(error.message, "/stackthumb.lock: ") || !strstr(error.message, part) ||
        !strstr(error.message, "; move it elsewhere, or choose another OUTPUT") ||
        strchr(error.message, '\n'))
        fail_msg("'%s' does not say '%s'", error.message, part);
}

static void assert_foreign_text(const struct folder *folder, const char *text, size_t n_bytes)
{
    const char *path = temp_path(folder->path, LOCK_NAME);
    size_t n_found;
    temp_file_write(path, text, n_bytes);
    assert_foreign(folder, "is not what this program writes there");
    char *found = temp_file_read(path, &n_found);
    assert_int_equal(n_found, n_bytes);
    assert_memory_equal(found, text, n_bytes);
    free(found);
}

/* A user's own file, or an input that is linked to there, stays byte for byte. */
static void test_what_is_no_lock(void **state)
{
    struct folder *folder = *state;
    char path[TEMP_PATH_BYTES], other[TEMP_PATH_BYTES];
    strcpy(path, temp_path(folder->path, LOCK_NAME));
    strcpy(other, temp_path(folder->path, "other"));
    static const char *const texts[] = {"\n",
                                        "processes",
                                        "Process 1 on here\n",
                                        "process x on y\n",
                                        "process -1 on y\n",
                                        "process 1 off y\n",
                                        "process 1 on y\n\n",
                                        "process 1 on y\nnotes",
                                        "process 99999999999999999999999999 on y\n",
                                        "\xff\xfe\x01",
                                        "my own notes\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_foreign_text(folder, texts[i], strlen(texts[i]));
    assert_foreign_text(folder, "process 1\0on y\n", 15);
    assert_foreign_text(folder, "\0\0\n", 3); /* zeros alone are what a power failure leaves */
    char *long_text = calloc(1, 100000);
    memset(long_text, 'y', 99999);
    memcpy(long_text, "process 1 on ", 13);
    assert_foreign_text(folder, long_text, 99999);
    assert_foreign_text(folder, long_text, 13 + 256);
    free(long_text);
    temp_text_write(other, "process 999999999 on y\n");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(link(other, path), 0);
    assert_foreign(folder, "is a file that has other names, too");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("other", path), 0);
    assert_foreign(folder, "is a symbolic link");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_foreign(folder, "is no regular file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_foreign(folder, "is no regular file");
    assert_int_equal(rmdir(path), 0);
}

/* It becomes another file between the calls; and one that is locked by this run and not read is not taken. */
static void test_lock_that_is_replaced(void **state)
{
    struct folder *folder = *state;
    struct error error;
    char path[TEMP_PATH_BYTES];
    strcpy(path, temp_path(folder->path, LOCK_NAME));
    static const char text[] = "process 999999999 on y\n";
    assert_int_equal(take_where(folder, text, &(struct call_fault){"pread", 2, true, EIO}, &error),
                     STATUS_OUTPUT);
    assert_non_null(strstr(error.message, "cannot be read, and stays as it is"));
    size_t n_bytes;
    char *found = temp_file_read(path, &n_bytes);
    assert_string_equal(found, text);
    free(found);
    assert_int_equal(take_where(folder, text, &(struct call_fault){"pread", 1, false, EIO}, &error),
                     STATUS_OK);
    /* What has its name when it is given up is another's. */
    struct run_lock lock;
    assert_int_equal(run_lock_take(&lock, folder->fd, folder->path, &error), STATUS_OK);
    assert_int_equal(unlink(path), 0);
    temp_text_write(path, "my own notes");
    run_lock_give(&lock);
    assert_true(temp_exists(path));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lock_that_nothing_locks), TEST(test_lock_that_is_held),     TEST(test_lock_file),
        TEST(test_what_is_no_lock),         TEST(test_lock_that_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
