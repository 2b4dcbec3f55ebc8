/* SPDX-License-Identifier: MIT
 * Damaged journals, and locks in every state: what they tell that is not so is not believed. */
#include "call_faults.h"
#include "output/journal.h"
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

/* Levels of 5 and 3 slices, of a source of 10. */
static const struct pyramid two_levels = {.extent = {8, 8, 10}, .type = VOXEL_U8, .nlevels = 2};
static const struct file_hash of_manifest = {{1, 2, 3, 0xff}};
#define HASH "00112233445566778899aabbccddeeff"

struct folder {
    char path[TEMP_PATH_BYTES];
    int fd;
    struct slice_records records;
    bool lost[10];
};

static int make(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    assert_non_null(folder);
    temp_folder_make(folder->path);
    folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(folder->fd >= 0);
    assert_int_equal(slice_records_init(&folder->records, &two_levels, &(struct error){0}), STATUS_OK);
    *state = folder;
    return 0;
}

static int clear(void **state)
{
    struct folder *folder = *state;
    call_faults_set(NULL);
    slice_records_end(&folder->records);
    close(folder->fd);
    temp_folder_remove(folder->path);
    free(folder);
    return 0;
}

static void forget(struct folder *folder)
{
    for (unsigned level = 1; level <= 2; level++)
        memset(folder->records.slices[level], 0, folder->records.nz[level] * sizeof(struct slice_record));
    memset(folder->lost, 0, sizeof folder->lost);
}

/* Reads the journal that is there: how many slices it tells of; *nlost is how many were lost. */
static unsigned told(struct folder *folder, unsigned *nlost)
{
    struct error error = {0};
    unsigned n = 0;
    forget(folder);
    if (journal_read(folder->fd, &of_manifest, &folder->records, folder->lost, 10, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    for (unsigned level = 1; level <= 2; level++)
        for (uint32_t z = 0; z < folder->records.nz[level]; z++)
            n += folder->records.slices[level][z].n_bytes > 0;
    *nlost = 0;
    for (int z = 0; z < 10; z++)
        *nlost += folder->lost[z];
    return n;
}

/* A journal with slice 1 of level 1, in the folder; its text, which the caller frees. */
static char *one_line(struct folder *folder, size_t *n_bytes)
{
    struct journal *journal;
    struct error error = {0};
    const struct slice_record record = {.n_bytes = 77, .hash = {{9}}};
    forget(folder);
    assert_int_equal(
        journal_create(&journal, folder->fd, folder->path, &of_manifest, &folder->records, false, &error),
        STATUS_OK);
    assert_int_equal(journal_add(journal, 1, 1, &record, &error), STATUS_OK);
    assert_int_equal(journal_write(journal, true, &error), STATUS_OK);
    journal_close(journal);
    return temp_file_read(temp_path(folder->path, JOURNAL_NAME), n_bytes);
}

/* Each line behind a good one, and before another. */
static void test_journal_lines(void **state)
{
    struct folder *folder = *state;
    static const struct {
        const char *line;
        unsigned n, nlost; /* that it tells of */
    } cases[] = {
        {"1 4 9 " HASH, 1, 0},
        {"2 2 18446744073709551615 " HASH, 1, 0},
        {"lost 9", 0, 1},
        {"1 5 9 " HASH, 0, 0}, /* no such slice, or level */
        {"2 3 9 " HASH, 0, 0},
        {"3 0 9 " HASH, 0, 0},
        {"0 0 9 " HASH, 0, 0},
        {"18446744073709551617 0 9 " HASH, 0, 0},
        {"1 18446744073709551616 9 " HASH, 0, 0},
        {"1 4294967296 9 " HASH, 0, 0},
        {"1 0 18446744073709551616 " HASH, 0, 0},
        {"1 0 0 " HASH, 0, 0},
        {"1 0 -9 " HASH, 0, 0},
        {"-1 0 9 " HASH, 0, 0},
        {"1 -1 9 " HASH, 0, 0},
        {"+1 0 9 " HASH, 0, 0},
        {" 1 0 9 " HASH, 0, 0},
        {"1  0 9 " HASH, 0, 0},
        {"1\t0\t9\t" HASH, 0, 0},
        {"1,0,9," HASH, 0, 0},
        {"1 0 9", 0, 0},
        {"1 0 9 ", 0, 0},
        {"1 0", 0, 0},
        {"1", 0, 0},
        {"", 0, 0},
        {"1 0 9 " HASH "0", 0, 0},
        {"1 0 9 " HASH " ", 0, 0},
        {"1 0 9 0011223344556677-899aabbccddeeff", 0, 0},
        {"1 0 9 00112233445566778899AABBCCDDEEFF", 0, 0},
        {"1 0 9 g0112233445566778899aabbccddeeff", 0, 0},
        {"1 0 9 00112233445566778899aabbccddee:f", 0, 0},
        {"lost 10", 0, 0},
        {"lost 18446744073709551616", 0, 0},
        {"lost -1", 0, 0},
        {"lost 3 ", 0, 0},
        {"lost ", 0, 0},
        {"lost", 0, 0},
        {"LOST 3", 0, 0},
        {"stackthumb journal 1 " HASH, 0, 0},
    };
    size_t n_bytes;
    unsigned nlost;
    char *good = one_line(folder, &n_bytes);
    assert_int_equal(told(folder, &nlost), 1);
    assert_int_equal(folder->records.slices[1][1].n_bytes, 77);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        snprintf(text, sizeof text, "%s%s\n2 0 5 " HASH "\n", good, cases[i].line);
        temp_text_write(temp_path(folder->path, JOURNAL_NAME), text);
        if (told(folder, &nlost) != 2 + cases[i].n || nlost != cases[i].nlost)
            fail_msg("'%s'", cases[i].line);
    }
    free(good);
}

/* Any byte changed to any other: no more is told than the levels have, and nothing is read beyond it. */
static void test_journal_changed(void **state)
{
    struct folder *folder = *state;
    static const char others[] = {'\0', '\n', ' ', '0', '9', 'f', 'l', '-', (char)0xff};
    size_t n_bytes;
    unsigned nlost;
    char *text = one_line(folder, &n_bytes);
    const size_t header_bytes = (size_t)(strchr(text, '\n') + 1 - text);
    for (size_t at = 0; at < n_bytes; at++)
        for (size_t i = 0; i < sizeof others; i++) {
            const char before = text[at];
            text[at] = others[i];
            temp_file_write(temp_path(folder->path, JOURNAL_NAME), text, n_bytes);
            unsigned n = told(folder, &nlost);
            assert_true(n <= 1 && nlost == 0);
            if (at < header_bytes && others[i] != before)
                assert_int_equal(n, 0); /* another manifest's, or none */
            text[at] = before;
        }
    free(text);
}

static void test_no_journal(void **state)
{
    struct folder *folder = *state;
    const char *path = temp_path(folder->path, JOURNAL_NAME);
    struct error error = {0};
    size_t n_bytes;
    unsigned nlost;
    assert_int_equal(told(folder, &nlost), 0);
    assert_int_equal(journal_remove(folder->fd, folder->path, &error), STATUS_OK);
    temp_text_write(path, "");
    assert_int_equal(told(folder, &nlost), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* which nobody writes to */
    assert_int_equal(told(folder, &nlost), 0);
    assert_int_equal(unlink(path), 0);
    free(one_line(folder, &n_bytes));
    assert_int_equal(truncate(path, ((off_t)1 << 30) + 1), 0); /* sparse; more than a journal ever has */
    assert_int_equal(told(folder, &nlost), 0);
    assert_int_equal(rename(path, temp_path(folder->path, "elsewhere")), 0);
    assert_int_equal(truncate(temp_path(folder->path, "elsewhere"), (off_t)n_bytes), 0);
    assert_int_equal(symlink("elsewhere", path), 0); /* is not followed */
    assert_int_equal(told(folder, &nlost), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(told(folder, &nlost), 0);
    assert_int_equal(journal_remove(folder->fd, folder->path, &error), STATUS_OUTPUT);
    assert_non_null(strstr(error.message, JOURNAL_NAME));
    assert_int_equal(rmdir(path), 0);
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
        TEST(test_journal_lines),           TEST(test_journal_changed),   TEST(test_no_journal),
        TEST(test_lock_that_nothing_locks), TEST(test_lock_that_is_held), TEST(test_lock_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
