/* SPDX-License-Identifier: MIT
 * Damaged journals, and files that are not what was recorded: what is not so is not believed. */
#include "call_faults.h"
#include "output/file_check.h"
#include "output/journal.h"
#include "temp_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <cmocka.h>

/* Levels of 5 and 3 slices, of a source of 10. */
static const struct pyramid two_levels = {.extent = {8, 8, 10}, .type = VOXEL_U8, .nlevels = 2};
static const struct file_hash of_manifest = {{1, 2, 3, 0xff}};
static const struct journal_manifests of_manifests = {.now = &of_manifest};
#define HASH "00112233445566778899aabbccddeeff"

struct folder {
    char path[TEMP_PATH_BYTES];
    int fd;
    struct slice_records records;
    bool lost[10];
    uint32_t was[10];
    struct journal_source source;
};

static int make(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    assert_non_null(folder);
    folder->source = (struct journal_source){.lost = folder->lost, .was = folder->was, .nslices = 10};
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
    memset(folder->was, 0xff, sizeof folder->was);
}

/* Reads the journal that is there: how many slices it tells of; *nlost is how many were lost. */
static unsigned told(struct folder *folder, unsigned *nlost)
{
    struct error error = {0};
    unsigned n = 0;
    forget(folder);
    if (journal_read(folder->fd, folder->path, &of_manifest, &folder->records, &folder->source, &error) !=
        STATUS_OK)
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
    assert_int_equal(journal_create(&journal, folder->fd, folder->path, &of_manifests, &folder->records,
                                    &folder->source, false, &error),
                     STATUS_OK);
    assert_int_equal(journal_add(journal, 1, 1, &record, &error), STATUS_OK);
    assert_int_equal(journal_write(journal, true, &error), STATUS_OK);
    journal_close(journal);
    return temp_file_read(temp_path(folder->path, JOURNAL_NAME), n_bytes);
}

/* Adds a line with its seal; *last is the hash of the one before it, as of the header's whole line at first.
 */
static void add_sealed(char *text, const char *line, XXH64_hash_t *last)
{
    *last = XXH3_64bits_withSeed(line, strlen(line), *last);
    sprintf(text + strlen(text), "%s %08x\n", line, (unsigned)(*last & 0xffffffff));
}

/* The header of a good journal, alone; the hash of its line. */
static XXH64_hash_t header_of(char *text, const char *good)
{
    const size_t n = strcspn(good, "\n") + 1;
    memcpy(text, good, n);
    text[n] = '\0';
    return XXH3_64bits_withSeed(text, n, 0);
}

/* Each line behind a good one, and before another: what is sealed and means nothing is passed over. */
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
        {"was 3", 0, 0},
        {"was 10 1", 0, 0},
        {"was 3 4294967295", 0, 0},
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
        XXH64_hash_t last = header_of(text, good);
        add_sealed(text, "1 1 77 09000000000000000000000000000000", &last);
        assert_string_equal(text, good);
        add_sealed(text, cases[i].line, &last);
        add_sealed(text, "2 0 5 " HASH, &last);
        temp_text_write(temp_path(folder->path, JOURNAL_NAME), text);
        if (told(folder, &nlost) != 2 + cases[i].n || nlost != cases[i].nlost)
            fail_msg("'%s'", cases[i].line);
    }
    free(good);
}

/* Lines that are not sealed, or not where they were: neither they nor what stands behind them counts. */
static void test_journal_seals(void **state)
{
    struct folder *folder = *state;
    static const char *const lines[] = {"1 0 9 " HASH, "lost 3", "2 1 9 " HASH};
    static const int orders[][4] = {
        {0, 1, 2, -1}, {1, 0, 2, -1}, {0, 2, -1, -1}, {0, 0, 1, 2}, {2, 1, 0, -1}};
    static const unsigned there[] = {2, 0, 1, 1, 0}, nlosts[] = {1, 0, 0, 0, 0};
    size_t n_bytes;
    unsigned nlost;
    char *good = one_line(folder, &n_bytes), sealed[3][96] = {"", "", ""}, text[1024];
    XXH64_hash_t last = header_of(text, good);
    for (int i = 0; i < 3; i++)
        add_sealed(sealed[i], lines[i], &last);
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        header_of(text, good);
        for (int k = 0; k < 4 && orders[i][k] >= 0; k++)
            strcat(text, sealed[orders[i][k]]);
        temp_text_write(temp_path(folder->path, JOURNAL_NAME), text);
        assert_int_equal(told(folder, &nlost), there[i]);
        assert_int_equal(nlost, nlosts[i]);
    }
    static const char *const unsealed[] = {
        "1 0 9 " HASH, "1 0 9 " HASH " ", "1 0 9 " HASH " 00000000", "lost 3", " 00000000", "0", ""};
    for (size_t i = 0; i < sizeof unsealed / sizeof *unsealed; i++) {
        header_of(text, good);
        sprintf(text + strlen(text), "%s\n%s", unsealed[i], sealed[0]);
        temp_text_write(temp_path(folder->path, JOURNAL_NAME), text);
        assert_int_equal(told(folder, &nlost) + nlost, 0);
    }
    free(good);
}

/* Any byte changed to any other: the line that it stands in is not believed. */
static void test_journal_changed(void **state)
{
    struct folder *folder = *state;
    static const char others[] = {'\0', '\n', ' ', '0', '1', '9', 'f', 'l', '-', (char)0xff};
    size_t n_bytes;
    unsigned nlost;
    char *text = one_line(folder, &n_bytes);
    for (size_t at = 0; at < n_bytes; at++)
        for (size_t i = 0; i < sizeof others; i++) {
            const char before = text[at];
            text[at] = others[i];
            temp_file_write(temp_path(folder->path, JOURNAL_NAME), text, n_bytes);
            assert_int_equal(told(folder, &nlost), others[i] == before);
            assert_int_equal(nlost, 0);
            text[at] = before;
        }
    free(text);
}

/* Slices that thumbnails of a pyramid before were made with. */
static void test_slices_that_were(void **state)
{
    struct folder *folder = *state;
    struct journal *journal;
    struct error error = {0};
    unsigned nlost;
    forget(folder);
    folder->was[3] = 3;
    folder->was[9] = 12;
    assert_int_equal(journal_create(&journal, folder->fd, folder->path, &of_manifests, &folder->records,
                                    &folder->source, false, &error),
                     STATUS_OK);
    journal_close(journal);
    assert_int_equal(told(folder, &nlost), 0);
    for (unsigned z = 0; z < 10; z++)
        assert_int_equal(folder->was[z], z == 3 ? 3 : z == 9 ? 12 : SLICE_NONE);
    assert_int_equal(nlost, 0);
}

/* Until the new manifest is there it belongs to the one before, too, and to no other. */
static void test_manifest_before(void **state)
{
    struct folder *folder = *state;
    static const struct file_hash others[] = {{{1, 2, 3}}, {{9, 9}}, {{0}}};
    const struct slice_record record = {.n_bytes = 77, .hash = {{9}}};
    for (size_t i = 0; i < 3; i++) {
        struct journal *journal;
        struct error error = {0};
        unsigned nlost;
        const struct journal_manifests manifests = {i == 0 ? &of_manifest : &others[0],
                                                    i == 1 ? &of_manifest : &others[i]};
        forget(folder);
        folder->records.slices[1][1] = record;
        assert_int_equal(journal_create(&journal, folder->fd, folder->path, &manifests, &folder->records,
                                        &folder->source, false, &error),
                         STATUS_OK);
        journal_close(journal);
        assert_int_equal(told(folder, &nlost), i < 2);
    }
}

static void test_no_journal(void **state)
{
    struct folder *folder = *state;
    const char *path = temp_path(folder->path, JOURNAL_NAME);
    struct error error = {0};
    unsigned nlost;
    assert_int_equal(told(folder, &nlost), 0);
    assert_int_equal(journal_remove(folder->fd, folder->path, &error), STATUS_OK);
    temp_text_write(path, "");
    assert_int_equal(told(folder, &nlost), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(journal_remove(folder->fd, folder->path, &error), STATUS_OUTPUT);
    assert_non_null(strstr(error.message, JOURNAL_NAME));
    assert_int_equal(rmdir(path), 0);
}

/* One line, and not "there is none". */
static void assert_not_read(struct folder *folder, const char *part)
{
    struct error error = {0};
    forget(folder);
    assert_int_equal(
        journal_read(folder->fd, folder->path, &of_manifest, &folder->records, &folder->source, &error),
        STATUS_OUTPUT);
    if (!strstr(error.message, "/stackthumb.journal: ") || !strstr(error.message, part) ||
        strchr(error.message, '\n'))
        fail_msg("'%s' does not say '%s'", error.message, part);
}

/* What has its name is no file, or no journal at all. */
static void test_journal_of_others(void **state)
{
    struct folder *folder = *state;
    static const char foreign[] = "is no journal of this program; remove it and run again";
    const char *path = temp_path(folder->path, JOURNAL_NAME);
    size_t n_bytes;
    unsigned nlost;
    free(one_line(folder, &n_bytes));
    assert_int_equal(truncate(path, (off_t)1 << 40), 0); /* sparse; no more is read than a journal can have */
    assert_int_equal(told(folder, &nlost), 1);
    assert_int_equal(rename(path, temp_path(folder->path, "elsewhere")), 0);
    assert_int_equal(truncate(temp_path(folder->path, "elsewhere"), (off_t)n_bytes), 0);
    assert_int_equal(symlink("elsewhere", path), 0); /* is not followed */
    assert_not_read(folder, foreign);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* which nobody writes to */
    assert_not_read(folder, foreign);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_not_read(folder, foreign);
    assert_int_equal(rmdir(path), 0);
}

static void test_journal_that_cannot_be_read(void **state)
{
    struct folder *folder = *state;
    static const struct {
        struct call_fault fault;
        const char *said; /* NULL: makes no difference */
    } cases[] = {
        {{"open", 1, true, EIO},
         "cannot be read: Input/output error; look to its disk, or to the network, and run again"},
        {{"open", 1, true, EMFILE}, "cannot be read: Too many open files; allow more open files (ulimit -n)"},
        {{"open", 1, true, EACCES}, "cannot be read: Permission denied; allow this user to use it"},
        {{"open", 1, false, EINTR}, NULL},
        {{"fstat", 1, true, ESTALE}, "cannot be read: Stale file handle; look to its disk"},
        {{"pread", 1, true, EIO}, "cannot be read: Input/output error"},
        {{"pread", 1, false, CALL_SHORT}, NULL},
        {{"pread", 1, false, EINTR}, NULL},
    };
    size_t n_bytes;
    unsigned nlost;
    free(one_line(folder, &n_bytes));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        call_faults_set(&cases[i].fault);
        if (cases[i].said)
            assert_not_read(folder, cases[i].said);
        else
            assert_int_equal(told(folder, &nlost), 1);
        assert_true(call_faults_hit());
        call_faults_set(NULL);
    }
}

/* Each call fails once: what was not written is said, and what cannot be read is, too. */
static void test_journal_calls(void **state)
{
    struct folder *folder = *state;
    static const char *const calls[] = {"open",  "write", "fsync", "fdatasync", "rename",
                                        "close", "fstat", "pread", "unlink"};
    const struct slice_record record = {.n_bytes = 77, .hash = {{9}}};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct call_fault fault = {.call = calls[i], .n = 1, .errnum = EIO};
        for (bool hit = true; hit; fault.n++) {
            struct journal *journal = NULL;
            struct error error = {0};
            forget(folder);
            call_faults_set(&fault);
            if (journal_create(&journal, folder->fd, folder->path, &of_manifests, &folder->records,
                               &folder->source, true, &error) == STATUS_OK &&
                journal_add(journal, 1, 1, &record, &error) == STATUS_OK &&
                journal_lose(journal, 3, &error) == STATUS_OK)
                journal_write(journal, true, &error);
            journal_close(journal);
            forget(folder);
            struct error reading = {0};
            const bool read = journal_read(folder->fd, folder->path, &of_manifest, &folder->records,
                                           &folder->source, &reading) == STATUS_OK;
            assert_true(read || strstr(reading.message, "stackthumb.journal: cannot be read"));
            const unsigned n = folder->records.slices[1][1].n_bytes > 0, nlost = folder->lost[3];
            if (error.status == STATUS_OK && journal_remove(folder->fd, folder->path, &error) == STATUS_OK)
                assert_false(temp_exists(temp_path(folder->path, JOURNAL_NAME)));
            hit = call_faults_hit();
            call_faults_set(NULL);
            assert_true(hit || (error.status == STATUS_OK && n == 1 && nlost == 1));
            assert_true(error.status == STATUS_OK ||
                        (error.status == STATUS_OUTPUT && strstr(error.message, "stackthumb.journal")) ||
                        strcmp(calls[i], "fsync") == 0); /* the folder's */
        }
        assert_true(fault.n > 2);
    }
}

/* What a check of a slice says of it; NULL: it is as it was written. */
static const char *checked(int fd, const struct slice_record *record, bool hashed)
{
    static char said[1024];
    struct error error = {0};
    enum status status = file_check_slice(fd, "out/1", 3, record, hashed, NULL, &error);
    if (status == STATUS_OK)
        return NULL;
    assert_int_equal(status, STATUS_INPUT);
    assert_false(file_check_is_there(fd, 3, record, hashed, NULL));
    strcpy(said, error.message);
    assert_int_equal(strncmp(said, "out/1/000003.tif: ", 18), 0);
    return said + 18;
}

static void test_file_check(void **state)
{
    struct folder *folder = *state;
    const char *path = temp_path(folder->path, "000003.tif");
    const struct slice_record none = {.n_bytes = 0};
    struct slice_record record = {.n_bytes = 5};
    struct file_hasher *hasher = file_hasher_create();
    file_hasher_add(hasher, "hello", 5);
    record.hash = file_hasher_take(hasher);
    file_hasher_free(hasher);
    assert_string_equal(checked(folder->fd, &none, true), "was not written");
    assert_string_equal(checked(-1, &record, true), "is not there");
    assert_string_equal(checked(folder->fd, &record, true), "is not there");
    temp_text_write(path, "hello");
    assert_null(checked(folder->fd, &record, false));
    assert_null(checked(folder->fd, &record, true));
    static const struct {
        const char *call;
        int errnum;
        const char *said; /* NULL: makes no difference */
    } cases[] = {
        {"fstat", EIO,
         "cannot be looked at: Input/output error; look to its disk, or to the network, and run again"},
        {"open", EACCES, "cannot be opened: Permission denied; allow this user to use it"},
        {"open", EINTR, NULL},
        {"read", EIO,
         "cannot be read: Input/output error; look to its disk, or to the network, and run again"},
        {"read", EINTR, NULL},
        {"read", CALL_SHORT, NULL},
        {"read", CALL_ENDS, "has other contents than were written"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct call_fault fault = {
            .call = cases[i].call, .n = 1, .later = cases[i].said != NULL, .errnum = cases[i].errnum};
        call_faults_set(&fault);
        const char *said = checked(folder->fd, &record, true);
        assert_true(call_faults_hit());
        assert_int_equal(said != NULL, cases[i].said != NULL);
        if (said)
            assert_string_equal(said, cases[i].said);
        call_faults_set(NULL);
    }
    /* Told to stop, it reads no more. */
    const atomic_bool stop = true;
    struct error error = {0};
    call_faults_set(&(struct call_fault){.call = "read"});
    assert_int_equal(file_check_slice(folder->fd, "out/1", 3, &record, true, &stop, &error),
                     STATUS_INTERRUPTED);
    assert_int_equal(call_faults_count(), 0);
    call_faults_set(NULL);
    assert_false(file_check_is_there(folder->fd, 3, &record, true, &stop));
    assert_true(file_check_is_there(folder->fd, 3, &record, false, &stop));
    temp_text_write(path, "hallo");
    assert_null(checked(folder->fd, &record, false));
    assert_string_equal(checked(folder->fd, &record, true), "has other contents than were written");
    temp_text_write(path, "hello!");
    assert_string_equal(checked(folder->fd, &record, false), "has another length than was written");
    assert_int_equal(rename(path, temp_path(folder->path, "other")), 0);
    assert_int_equal(symlink("other", path), 0);
    assert_string_equal(checked(folder->fd, &record, true), "is not a regular file");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_journal_lines),     TEST(test_journal_seals),
        TEST(test_journal_changed),   TEST(test_slices_that_were),
        TEST(test_manifest_before),   TEST(test_no_journal),
        TEST(test_journal_of_others), TEST(test_journal_that_cannot_be_read),
        TEST(test_journal_calls),     TEST(test_file_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
