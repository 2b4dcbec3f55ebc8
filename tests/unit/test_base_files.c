/* SPDX-License-Identifier: MIT
 * Files, names and disks where the system does not answer as usual; and the watch over calls that hang. */
#include "base/disk.h"
#include "base/file.h"
#include "base/path.h"
#include "base/printable.h"
#include "base/restart.h"
#include "base/watchdog.h"
#include "call_faults.h"
#include "temp_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void disturb(const char *call, int errnum, bool later)
{
    call_faults_set(&(struct call_fault){.call = call, .n = 1, .errnum = errnum, .later = later});
}

/* What is said when the file cannot be opened. */
static void assert_not_opened(const char *path, enum status status, const char *part)
{
    struct input_file file;
    struct error error = {0};
    assert_int_equal(input_file_open(&file, path, &error), status);
    assert_int_equal(error.status, status);
    if (!strstr(error.message, part))
        fail_msg("'%s' does not say '%s'", error.message, part);
}

static void test_open(void **state)
{
    static const struct {
        int errnum;
        enum status status;
    } failures[] = {{EMFILE, STATUS_FAILED}, {ENFILE, STATUS_FAILED}, {ENOMEM, STATUS_FAILED},
                    {EIO, STATUS_INPUT},     {ESTALE, STATUS_INPUT},  {EACCES, STATUS_INPUT}};
    const char *path = temp_path(*state, "file");
    struct input_file file;
    temp_text_write(path, "0123456789");
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        disturb("open", failures[i].errnum, true);
        assert_not_opened(path, failures[i].status, "file: cannot be opened");
    }
    disturb("fstat", EIO, true);
    assert_not_opened(path, STATUS_INPUT, "file: cannot be opened");
    disturb("open", EINTR, false);
    assert_int_equal(input_file_open(&file, path, &(struct error){0}), STATUS_OK);
    assert_true(input_file_unchanged(&file));
    disturb("fstat", EIO, true);
    assert_false(input_file_unchanged(&file));
    call_faults_set(NULL);
    input_file_close(&file);
    input_file_close(&file); /* once more does no harm */
    assert_not_opened("/dev/null", STATUS_INPUT, "is a device, not a regular file");
    assert_not_opened(*state, STATUS_INPUT, "is a folder, not a regular file");
    assert_int_equal(mkfifo(temp_path(*state, "fifo"), 0600), 0);
    assert_not_opened(temp_path(*state, "fifo"), STATUS_INPUT, "is a named pipe, not a regular file");
}

static void test_read(void **state)
{
    const char *path = temp_path(*state, "read");
    struct input_file file;
    struct error error = {0};
    char data[11] = "";
    temp_text_write(path, "0123456789");
    assert_int_equal(input_file_open(&file, path, &error), STATUS_OK);
    disturb("pread", EINTR, false);
    assert_int_equal(input_file_read(&file, data, 10, 0, &error), STATUS_OK);
    assert_string_equal(data, "0123456789");
    memset(data, 0, sizeof data);
    disturb("pread", CALL_SHORT, true);
    assert_int_equal(input_file_read(&file, data, 10, 0, &error), STATUS_OK);
    assert_string_equal(data, "0123456789");
    assert_int_equal(call_faults_count(), 10);
    disturb("pread", EIO, false);
    assert_int_equal(input_file_read(&file, data, 3, 4, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "cannot be read at byte 4"));
    call_faults_set(NULL);
    error = (struct error){0};
    assert_int_equal(input_file_read(&file, data, 1, (uint64_t)INT64_MAX + 1, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "beyond any file"));
    error = (struct error){0};
    assert_int_equal(input_file_read(&file, data, 2, INT64_MAX - 1, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "beyond any file"));
    input_file_close(&file);
}

/* Times that do not fit: the nearest that does. Only some file systems keep such times. */
static void test_far_times(void **state)
{
    static const struct {
        time_t seconds;
        int64_t mtime_ns;
    } cases[] = {{(time_t)1 << 40, INT64_MAX}, {-((time_t)1 << 40), INT64_MIN}, {-5, INT64_C(-5000000000)}};
    const char *path = temp_path(*state, "times");
    temp_text_write(path, "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = cases[i].seconds}};
        struct input_file file;
        struct stat about;
        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
        assert_int_equal(stat(path, &about), 0);
        if (about.st_mtim.tv_sec != cases[i].seconds)
            continue;
        assert_int_equal(input_file_open(&file, path, &(struct error){0}), STATUS_OK);
        assert_true(file.mtime_ns == cases[i].mtime_ns);
        assert_true(input_file_unchanged(&file));
        input_file_close(&file);
    }
}

static void test_identity(void **state)
{
    char link[TEMP_PATH_BYTES];
    struct input_file file;
    const char *path = temp_path(*state, "file");
    temp_text_write(path, "");
    strcpy(link, temp_path(*state, "link"));
    assert_int_equal(symlink("file", link), 0);
    path = temp_path(*state, "file");
    assert_int_equal(input_file_open(&file, path, &(struct error){0}), STATUS_OK);
    const bool renumbers = file_system_renumbers(file.fd);
    for (unsigned bits = 0; bits < 8; bits++) {
        struct file_identity then = file.identity;
        then.device += bits & 1;
        then.inode += bits >> 1 & 1;
        then.ctime_ns += bits >> 2;
        /* Another number may be told of the same file; but that file has its old time, and no link to it was
         * turned to another. */
        assert_int_equal(file_identity_same(&then, &file.identity, file.fd, path),
                         !(bits & 3) || (!(bits & 4) && renumbers));
        assert_int_equal(file_identity_same(&then, &file.identity, file.fd, link), !(bits & 3));
    }
    input_file_close(&file);
}

static void test_file_systems_that_renumber(void **state)
{
    struct statfs about;
    int folder = open(*state, O_RDONLY | O_DIRECTORY), proc = open("/proc", O_RDONLY | O_DIRECTORY);
    assert_int_equal(fstatfs(folder, &about), 0);
    if (about.f_type == EXT4_SUPER_MAGIC || about.f_type == TMPFS_MAGIC)
        assert_false(file_system_renumbers(folder));
    assert_true(file_system_renumbers(proc)); /* which looks processes up anew */
    close(folder);
    close(proc);
    assert_true(file_system_renumbers(-1)); /* not known */
}

static void test_paths(void **state)
{
    struct stat about;
    assert_int_equal(path_make_folders(temp_path(*state, "a//b/c/"), 0700), 0);
    assert_int_equal(stat(temp_path(*state, "a/b/c"), &about), 0);
    assert_int_equal(path_make_folders(temp_path(*state, "a/b/c"), 0700), 0);
    assert_int_equal(path_make_folders("/", 0700), 0);
    assert_int_equal(path_make_folders("", 0700), 0);
    disturb("stat", ENOENT, true); /* another makes them at the same time */
    assert_int_equal(path_make_folders(temp_path(*state, "a/b"), 0700), 0);
    disturb("mkdir", EROFS, true);
    assert_int_equal(path_make_folders(temp_path(*state, "x/y"), 0700), EROFS);
    assert_int_equal(call_faults_count(), 1);
    call_faults_set(NULL);
    assert_int_equal(stat(temp_path(*state, "x"), &about), -1);
}

/* Unicode's own definition, from code points: what is not the one sequence of a character that may be shown
 * is not shown as it is. */
static bool may_be_shown(uint32_t c, unsigned n_bytes)
{
    const unsigned needed = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    const bool controls = c < 0x20 || (c >= 0x7f && c < 0xa0);
    const bool turns =
        c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    return n_bytes == needed && !controls && !turns && c != '\\' && c <= 0x10ffff &&
           !(c >= 0xd800 && c < 0xe000);
}

static void assert_shown(const unsigned char *name, size_t n_bytes, bool as_it_is)
{
    char text[64], escaped[64] = "";
    printable(text, sizeof text, (const char *)name);
    for (size_t i = 0; i < n_bytes; i++)
        snprintf(escaped + strlen(escaped), 8,
                 name[i] >= 0x20 && name[i] < 0x7f && name[i] != '\\' ? "%c" : "\\x%02x", name[i]);
    if (strcmp(text, as_it_is ? (const char *)name : escaped) != 0)
        fail_msg("'%s' is shown as '%s'", escaped, text);
}

/* Every sequence of up to 3 bytes that begins a character, and each second byte of the longer ones. */
static void test_every_character(void **state)
{
    (void)state;
    for (unsigned a = 1; a < 0x80; a++)
        assert_shown((const unsigned char[]){(unsigned char)a, 0}, 1, may_be_shown(a, 1));
    for (unsigned a = 0x80; a < 0x100; a++)
        for (unsigned b = 0x80; b < 0xc0; b++) {
            const unsigned char two[] = {(unsigned char)a, (unsigned char)b, 0};
            assert_shown(two, 2, a >= 0xc0 && a < 0xe0 && may_be_shown((a & 0x1f) << 6 | (b & 0x3f), 2));
            for (unsigned c = 0x80; c < 0xc0 && a >= 0xe0; c++) {
                const unsigned char four[] = {(unsigned char)a, (unsigned char)b, (unsigned char)c, 0x80, 0};
                const uint32_t high = (b & 0x3f) << 6 | (c & 0x3f);
                if (a >= 0xf0)
                    assert_shown(four, 4, a < 0xf8 && may_be_shown((a & 7) << 18 | high << 6, 4));
                const unsigned char three[] = {(unsigned char)a, (unsigned char)b, (unsigned char)c, 0};
                if (a < 0xf0)
                    assert_shown(three, 3, may_be_shown((a & 0xf) << 12 | high, 3));
            }
        }
    for (unsigned a = 0xc2; a < 0xf5; a++) /* cut short by another character, or the end */
        assert_shown((const unsigned char[]){(unsigned char)a, 'x', 0}, 2, false);
}

static void test_room(void **state)
{
    (void)state;
    char text[16];
    for (size_t n_bytes = 1; n_bytes <= sizeof text; n_bytes++) {
        memset(text, 'z', sizeof text);
        printable(text, n_bytes,
                  "abc\xe2\x82\xac\x01"
                  "defghijklmnopq");
        assert_true(strlen(text) < n_bytes);
        assert_true(n_bytes < 4 || strcmp(text + strlen(text) - 3, "...") == 0);
        for (size_t i = n_bytes; i < sizeof text; i++)
            assert_int_equal(text[i], 'z');
    }
}

/* A disk whose file cannot be read, or whose path is too long, is taken for one without heads. */
static void test_disk(void **state)
{
    char sys[PATH_MAX];
    strcpy(sys, temp_path(*state, "sys"));
    assert_int_equal(path_make_folders(temp_path(sys, "devices/hdd/queue"), 0700), 0);
    assert_int_equal(path_make_folders(temp_path(sys, "dev/block"), 0700), 0);
    assert_int_equal(symlink("../../devices/hdd", temp_path(sys, "dev/block/8:0")), 0);
    temp_text_write(temp_path(sys, "devices/hdd/queue/rotational"), "1\n");
    assert_true(disk_has_heads(sys, makedev(8, 0)));
    disturb("read", EIO, true);
    assert_false(disk_has_heads(sys, makedev(8, 0)));
    disturb("open", EACCES, true);
    assert_false(disk_has_heads(sys, makedev(8, 0)));
    call_faults_set(NULL);
    /* The same folder, by a path that leaves just room for its link, and then for nothing behind that. */
    size_t n = strlen(sys);
    for (; n + strlen("/dev/block/8:0") < PATH_MAX - 68; n += 2)
        strcpy(sys + n, "/.");
    assert_true(disk_has_heads(sys, makedev(8, 0)));
    for (; n + strlen("/dev/block/8:0") < PATH_MAX - 50; n += 2)
        strcpy(sys + n, "/.");
    assert_false(disk_has_heads(sys, makedev(8, 0)));
    disturb("stat", EIO, true);
    assert_false(disk_is_one_with_heads("/", "/"));
    call_faults_set(&(struct call_fault){.call = "stat", .n = 2, .errnum = EIO});
    assert_false(disk_is_one_with_heads("/", "/"));
    call_faults_set(NULL);
}

static atomic_int nbarks;
static atomic_bool is_right;

static void bark(void *context, const char *who, const char *what, double seconds)
{
    atomic_store(&is_right, strcmp(who, "device") == 0 && strcmp(what, context) == 0 && seconds > 0.1);
    atomic_fetch_add(&nbarks, 1);
}

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static void test_watchdog(void **state)
{
    struct watchdog dog;
    char what[] = "computing";
    (void)state;
    /* Without a limit, and without a dog, nothing is watched. */
    assert_int_equal(watchdog_init(&dog, 0, bark, what, &(struct error){0}), STATUS_OK);
    watchdog_expect(&dog, "device", what, 0);
    watchdog_relax(&dog);
    watchdog_end(&dog);
    watchdog_expect(NULL, "device", what, 0);
    watchdog_relax(NULL);
    assert_int_equal(watchdog_init(&dog, 0.1, bark, what, &(struct error){0}), STATUS_OK);
    watchdog_expect(&dog, "device", what, UINT64_C(1000) << 20); /* for which there are a thousand seconds */
    wait_ms(600);
    watchdog_relax(&dog);
    wait_ms(300);
    assert_int_equal(atomic_load(&nbarks), 0);
    watchdog_expect(&dog, "device", what, 0);
    for (int i = 0; i < 300 && atomic_load(&nbarks) == 0; i++)
        wait_ms(100);
    assert_true(atomic_load(&nbarks) > 0);
    assert_true(atomic_load(&is_right));
    watchdog_relax(&dog);
    watchdog_end(&dog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_far_times),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_file_systems_that_renumber),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_every_character),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_disk),
        cmocka_unit_test(test_watchdog),
    };
    if (access("/dev/shm", W_OK | X_OK) == 0) /* where files have any time */
        setenv("TMPDIR", "/dev/shm", 1);
    return cmocka_run_group_tests(tests, temp_folder_setup, temp_folder_teardown);
}
