/* SPDX-License-Identifier: MIT
 * What a user writes to name slices: patterns and lists; and by-products, known by their names. */
#include "base/bytes.h"
#include "stack/byproduct.h"
#include "stack/file_list.h"
#include "stack/file_list_read.h"
#include "stack/name_pattern.h"
#include "temp_folder.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
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

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct name_pattern parsed(const char *text)
{
    struct error error = {0};
    struct name_pattern pattern;
    if (name_pattern_parse(&pattern, text, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return pattern;
}

/* `number` is what the pattern takes for the number of `name`, "" where it does not tell, NULL: no match. */
static void assert_match(const char *text, const char *name, const char *number)
{
    struct name_pattern pattern = parsed(text);
    struct name_number at;
    if (name_pattern_match(&pattern, name, &at) != (number != NULL))
        fail_msg("%s %s %s", text, number ? "does not match" : "matches", name);
    if (!number)
        return;
    assert_int_equal(at.n_bytes, strlen(number));
    assert_memory_equal(name + at.prefix_bytes, number, at.n_bytes);
    assert_int_equal(at.ndigits, at.n_bytes - strspn(number, " "));
}

static void test_printf_patterns(void **state)
{
    (void)state;
    assert_match("scan_%04d.tif", "scan_0001.tif", "0001");
    assert_match("scan_%04d.tif", "scan_12345.tif", "12345");
    assert_match("scan_%04d.tif", "scan_0001.TIF", "0001");
    assert_match("scan_%04d.tif", "scan_001.tif", NULL);
    assert_match("scan_%04d.tif", "scan_00001.tif", NULL);
    assert_match("scan_%04d.tif", "scan_000a.tif", NULL);
    assert_match("scan_%04d.tif", "SCAN_0001.tif", NULL);
    assert_match("scan_%04d.tif", "scan_0001.tiff", NULL);
    assert_match("%d.tif", "0.tif", "0");
    assert_match("%d.tif", "10.tif", "10");
    assert_match("%d.tif", "01.tif", NULL);
    assert_match("%d.tif", "-1.tif", NULL);
    assert_match("%d.tif", ".tif", NULL);
    assert_match("s%6d.tif", "s     1.tif", "     1");
    assert_match("s%6d.tif", "s    1.tif", NULL);
    assert_match("s%6d.tif", "s123456.tif", "123456");
    assert_match("s%6d.tif", "s1234567.tif", "1234567");
    assert_match("s%6d.tif", "s 1234567.tif", NULL);
    assert_match("s%6d.tif", "s      .tif", NULL);
    assert_match("s%05u.tif", "s00007.tif", "00007");
    assert_match("s%i.tif", "s7.tif", "7");
    assert_match("50%%_%d.tif", "50%_1.tif", "1");
    assert_match("%d%%", "7%", "7");
    /* Digits around it are text. */
    assert_match("2023%02d5.tif", "2023175.tif", "17");
    assert_match("a#%d[1].tif", "a#7[1].tif", "7");
}

static void test_hashes(void **state)
{
    (void)state;
    assert_match("s_####.tif", "s_0001.tif", "0001");
    assert_match("s_####.tif", "s_12345.tif", "12345");
    assert_match("s_####.tif", "s_001.tif", NULL);
    assert_match("s_#.tif", "s_0001.TIF", "0001");
    assert_match("s_#.tif", "s_ 1.tif", NULL);
    assert_match("s_#.tif", "s_.tif", NULL);
    assert_match("a#b_##.tif", "a#b_07.tif", "07");
    assert_match("a#b_##.tif", "a7b_##.tif", "7");
    assert_match("a#b_##.tif", "a7b_07.tif", NULL);
    assert_match("50%_##[1].tif", "50%_07[1].tif", "07");
    assert_match("##", "7", NULL);
    assert_match("##", "77", "77");
}

static void test_globs(void **state)
{
    (void)state;
    assert_match("scan_*.tif", "scan_1.tif", "");
    assert_match("scan_*.tif", "scan_.tif", "");
    assert_match("scan_*.tif", "scan_1.TIF", NULL);
    assert_match("*.tif", ".hidden.tif", NULL);
    assert_match("s[0-9]*.tif", "s1a.tif", "");
    assert_match("s[0-9]*.tif", "sa.tif", NULL);
    assert_match("s[12].tif", "s2.tif", "");
    assert_match("s?.tif", "s1.tif", "");
    assert_match("100%_*.tif", "100%_7.tif", "");
    assert_match("a\\*b*.tif", "a*b1.tif", "");
    assert_match("a\\*b*.tif", "aab1.tif", NULL);
    assert_match("plain.tif", "plain.tif", "");
    char stars[201] = "", name[256];
    for (int i = 0; i < 100; i++)
        strcat(stars, "*a");
    memset(name, 'a', 255);
    name[99] = name[255] = '\0';
    assert_match(stars, name, NULL); /* soon */
    assert_true(name_pattern_is_one("a*") && name_pattern_is_one("%d") && name_pattern_is_one("#"));
    assert_true(name_pattern_is_one("a?") && name_pattern_is_one("[a]") && !name_pattern_is_one("a.tif"));
}

static void test_patterns_that_are_refused(void **state)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"scan_%s.tif", "begins no number"},
        {"%", "begins no number"},
        {"%4", "begins no number"},
        {"%-4d.tif", "begins no number"},
        {"%.4d.tif", "begins no number"},
        {"%21d.tif", "begins no number"},
        {"%99999999999999999999d", "begins no number"},
        {"%ld.tif", "begins no number"},
        {"%n%d", "begins no number"},
        {"%d_%d.tif", "holds 2 numbers"},
        {"100%%.tif", "holds 0 numbers"},
        {"a/b_%d.tif", "holds a slash"},
        {"a/*.tif", "holds a slash"},
        {"a\n%s", "a\\x0a%s"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error = {0};
        struct name_pattern pattern;
        assert_int_equal(name_pattern_parse(&pattern, cases[i].text, &error), STATUS_USAGE);
        if (!strstr(error.message, cases[i].part))
            fail_msg("%s", error.message);
        assert_null(strchr(error.message, '\n'));
    }
    char text[NAME_PATTERN_MAX + 2];
    struct error error = {0};
    struct name_pattern pattern;
    memset(text, '*', sizeof text - 1);
    text[NAME_PATTERN_MAX] = '\0';
    assert_int_equal(name_pattern_parse(&pattern, text, &error), STATUS_OK);
    text[NAME_PATTERN_MAX] = '*';
    text[NAME_PATTERN_MAX + 1] = '\0';
    assert_int_equal(name_pattern_parse(&pattern, text, &error), STATUS_USAGE);
    assert_non_null(strstr(error.message, "has 1001 bytes"));
}

/* A printf pattern matches what printf writes, and no other number. */
static void test_random_printf_patterns(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 20000; round++) {
        uint64_t seed = round;
        char name[128], text[64], prefix[16];
        unsigned width = temp_random(&seed) % 9, other = temp_random(&seed) % 9;
        bool zeros = temp_random(&seed) % 2;
        uint64_t number = temp_random(&seed) >> temp_random(&seed) % 32;
        snprintf(prefix, sizeof prefix, "%u_", temp_random(&seed) % 100);
        if (width)
            snprintf(text, sizeof text, "%s%%%s%u%c.tif", prefix, zeros ? "0" : "", width,
                     "diu"[temp_random(&seed) % 3]);
        else
            snprintf(text, sizeof text, "%s%%d.tif", prefix);
        struct name_pattern pattern = parsed(text);
        struct name_number at;
        char expected[64], written[64];
        snprintf(expected, sizeof expected, zeros ? "%0*" PRIu64 : "%*" PRIu64, (int)width, number);
        snprintf(written, sizeof written, temp_random(&seed) % 2 ? "%0*" PRIu64 : "%*" PRIu64, (int)other,
                 number);
        snprintf(name, sizeof name, "%s%s.tif", prefix, written);
        assert_int_equal(name_pattern_match(&pattern, name, &at), strcmp(expected, written) == 0);
    }
}

static void test_byproducts(void **state)
{
    static const char *const yes[] = {
        "scan.log",
        "scan_rec.LOG",
        "a_IR_rec.log",
        "notes.txt",
        "scan_rec_spr.bmp",
        "scan__rec_SPR.tif",
        "a_arc.tif",
        "Thumbs.db",
        "thumbs.DB",
        ".DS_Store",
        "._scan_0001.tif",
        "x.xtekct",
        "x.vgi",
        "x.pca",
        "x.crv",
        "x.info",
        "x.ini",
        "x.xml",
    };
    static const char *const no[] = {"scan_0001.tif", "scan_spr0001.tif", "spr.tif",
                                     "scan.log.tif",  "arc_0001.tif",     "log",
                                     "scan.tif",      ".hidden",          ""};
    (void)state;
    for (size_t i = 0; i < COUNT(yes); i++)
        if (!byproduct_is_one(yes[i]))
            fail_msg("%s", yes[i]);
    for (size_t i = 0; i < COUNT(no); i++)
        if (byproduct_is_one(no[i]))
            fail_msg("%s", no[i]);
}

static void test_byproducts_before_numbers(void **state)
{
    static const char *const others[] = {"spr",    "m_spr",      "m_rec_SPR_",    "arc",  "a-Arc-",
                                         "flat_",  "Flats ",     "x.dark.",       "dark", "darks_-",
                                         "s1flat", "flatfield_", "2023_darkfield"};
    static const char *const projections[] = {"proj", "Proj_", "scan_projection", "a 1projections_"};
    static const char *const none[] = {"",
                                       "_",
                                       "s_",
                                       "shark",
                                       "shark_",
                                       "sparc",
                                       "lambdaproj",
                                       "proje_",
                                       "prof_",
                                       "spr_x",
                                       "di_",
                                       "io_",
                                       "projects_",
                                       "\xc3\xa9"
                                       "dark",
                                       "dark1_",
                                       "flat_field_"};
    (void)state;
    for (size_t i = 0; i < COUNT(others); i++)
        if (byproduct_of_prefix(others[i], strlen(others[i])) != BYPRODUCT_OTHER)
            fail_msg("%s", others[i]);
    for (size_t i = 0; i < COUNT(projections); i++)
        if (byproduct_of_prefix(projections[i], strlen(projections[i])) != BYPRODUCT_PROJECTIONS)
            fail_msg("%s", projections[i]);
    for (size_t i = 0; i < COUNT(none); i++)
        if (byproduct_of_prefix(none[i], strlen(none[i])) != BYPRODUCT_NONE)
            fail_msg("%s", none[i]);
    assert_int_equal(byproduct_of_prefix("dark_x", 5), BYPRODUCT_OTHER);
    assert_int_equal(byproduct_of_prefix("dark", 3), BYPRODUCT_NONE);
}

/* Whether slices with `prefix` may be reconstructed from projections with `projections`. */
static bool is_of(const char *prefix, const char *projections)
{
    size_t n_bytes;
    for (unsigned i = 0; byproduct_projections(prefix, strlen(prefix), i, &n_bytes); i++)
        if (n_bytes == strlen(projections) && strncmp(prefix, projections, n_bytes) == 0)
            return true;
    return false;
}

static void test_projections(void **state)
{
    (void)state;
    assert_true(is_of("scan_rec", "scan"));
    assert_true(is_of("scan__rec", "scan"));
    assert_true(is_of("scan_REC", "scan"));
    assert_true(is_of("scan_IR_rec", "scan"));
    assert_true(is_of("scan_rec_voi_", "scan"));
    assert_true(is_of("a_rec_b_rec", "a") && is_of("a_rec_b_rec", "a_rec_b"));
    assert_false(is_of("scan_", "scan"));
    assert_false(is_of("scan_rec", "sca"));
    assert_false(is_of("scan_re", "scan"));
    assert_false(is_of("_rec", "x"));
}

/* What the list `text` (n_bytes) becomes: "a|b" or the message. */
static const char *listed(char *result, const void *text, size_t n_bytes)
{
    struct error error = {0};
    struct file_list list;
    result[0] = '\0';
    enum status status = file_list_parse(&list, text, n_bytes, "list", &error);
    assert_int_equal(status, error.status);
    assert_true(status == STATUS_OK || status == STATUS_INPUT);
    if (status != STATUS_OK)
        return strcpy(result, error.message);
    assert_true(list.count > 0);
    for (size_t i = 0; i < list.count; i++) {
        sprintf(result + strlen(result), "%s%u:%s", i ? "|" : "", list.entries[i].line, list.entries[i].name);
        assert_true(i == 0 || list.entries[i - 1].line < list.entries[i].line);
    }
    file_list_end(&list);
    return result;
}

static void test_lists(void **state)
{
    char result[1024];
    (void)state;
#define ASSERT_LISTED(text, expected) assert_string_equal(listed(result, text, sizeof(text) - 1), expected)
    ASSERT_LISTED("a.tif\nb.tif\n", "1:a.tif|2:b.tif");
    ASSERT_LISTED("b.tif\r\n/x/a.tif\r\n", "1:b.tif|2:/x/a.tif");
    ASSERT_LISTED("b\na", "1:b|2:a");
    ASSERT_LISTED("b\na\r", "1:b|2:a");
    ASSERT_LISTED("\n\r\n a \n\n#b", "3: a |5:#b");
    ASSERT_LISTED("\xef\xbb\xbf"
                  "a\n\xef\xbb\xbf"
                  "b",
                  "1:a|2:\xef\xbb\xbf"
                  "b");
    ASSERT_LISTED("a\rb\n", "1:a\rb");
    ASSERT_LISTED("", "list: names no files; it has to hold one name on a line");
    ASSERT_LISTED("\n\r\n", "list: names no files; it has to hold one name on a line");
    ASSERT_LISTED("\xef\xbb\xbf", "list: names no files; it has to hold one name on a line");
    ASSERT_LISTED("a\nb\0c\n", "list:2: holds a NUL byte; a list of files is text, with one name on a line");
    ASSERT_LISTED("\xff\xfe"
                  "a\0",
                  "list: is UTF-16 text; save the list as UTF-8");
    ASSERT_LISTED("a\nb\nb\na\n", "list:3: b stands in line 2 already; name each file once");
    ASSERT_LISTED("x\ny\nx\nx", "list:3: x stands in line 1 already; name each file once");
    ASSERT_LISTED("a\nb\tc\nb\tc\r\n", "list:3: b\\x09c stands in line 2 already; name each file once");
#undef ASSERT_LISTED
    assert_string_equal(listed(result, NULL, 0), "list: names no files; it has to hold one name on a line");
}

static void test_limits_of_lists(void **state)
{
    struct error error = {0};
    struct file_list list;
    size_t n_bytes = (size_t)FILE_LIST_BYTES_MAX + 1;
    char *text = malloc(n_bytes), result[64];
    (void)state;
    assert_non_null(text);
    memset(text, '\n', n_bytes);
    memset(text, 'a', FILE_LIST_NAME_MAX);
    assert_int_equal(file_list_parse(&list, text, n_bytes - 1, "list", &error), STATUS_OK);
    file_list_end(&list);
    assert_int_equal(file_list_parse(&list, text, n_bytes, "list", &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "has more than 67108864 bytes"));
    text[FILE_LIST_NAME_MAX] = 'a';
    error = (struct error){0};
    assert_int_equal(file_list_parse(&list, text, n_bytes - 1, "list", &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "list:1: has more than 4095 bytes"));
    char *to = text;
    for (int i = 0; i <= FILE_LIST_NAMES_MAX; i++)
        to += sprintf(to, "%d\n", i);
    error = (struct error){0};
    assert_int_equal(file_list_parse(&list, text, (size_t)(to - text), "list", &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "has more than 1000000 names"));
    snprintf(result, sizeof result, "%d\n", FILE_LIST_NAMES_MAX);
    assert_int_equal(file_list_parse(&list, text, (size_t)(to - text) - strlen(result), "list", &error),
                     STATUS_OK);
    assert_int_equal(list.count, FILE_LIST_NAMES_MAX);
    file_list_end(&list);
    free(text);
}

/* Random lines, and their list. */
static void test_random_lists(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 2000; round++) {
        uint64_t seed = round;
        char text[1024] = "", expected[1024] = "", result[1024];
        unsigned nlines = 1 + temp_random(&seed) % 20;
        for (unsigned line = 1; line <= nlines; line++) {
            if (temp_random(&seed) % 4) {
                char name[16];
                snprintf(name, sizeof name, "%u_%u", line, temp_random(&seed) % 1000);
                strcat(text, name);
                sprintf(expected + strlen(expected), "%s%u:%s", *expected ? "|" : "", line, name);
            }
            if (line < nlines || temp_random(&seed) % 2)
                strcat(text, temp_random(&seed) % 2 ? "\n" : "\r\n");
        }
        listed(result, text, strlen(text));
        assert_string_equal(result,
                            *expected ? expected : "list: names no files; it has to hold one name on a line");
    }
}

struct writing {
    const char *path;
    atomic_bool *cancel;
};

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* Writes a line into a FIFO now, and one later; or only asks to stop. */
static void *write_later(void *context)
{
    const struct writing *writing = context;
    pause_ms(150);
    if (writing->cancel) {
        atomic_store(writing->cancel, true);
        return NULL;
    }
    int fd = open(writing->path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a\n", 2), 2);
    pause_ms(50);
    assert_int_equal(write(fd, "b", 1), 1);
    close(fd);
    return NULL;
}

static void test_reading_lists(void **state)
{
    char folder[TEMP_PATH_BYTES], path[TEMP_PATH_BYTES];
    struct bytes bytes = {0};
    struct error error = {0};
    pthread_t thread;
    (void)state;
    temp_folder_make(folder);
    assert_int_equal(file_list_read(&bytes, folder, "list", NULL, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "list: is a folder"));
    error = (struct error){0};
    strcpy(path, temp_path(folder, "list"));
    assert_int_equal(file_list_read(&bytes, path, "list", NULL, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "list: the list of files cannot be opened: No such file"));

    char *text = calloc(1, 200001);
    assert_non_null(text);
    memset(text, 'x', 200000);
    temp_text_write(path, text);
    assert_int_equal(file_list_read(&bytes, path, "list", NULL, &error), STATUS_OK);
    assert_int_equal(bytes.n_bytes, 200000);
    assert_memory_equal(bytes.data, text, 200000);
    free(text);
    temp_text_write(path, "");
    assert_int_equal(file_list_read(&bytes, path, "list", NULL, &error), STATUS_OK);
    assert_int_equal(bytes.n_bytes, 0);

    error = (struct error){0};
    assert_int_equal(file_list_read(&bytes, "/dev/zero", "list", NULL, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "has more than"));

    strcpy(path, temp_path(folder, "fifo"));
    assert_int_equal(mkfifo(path, 0600), 0);
    struct writing writing = {path, NULL};
    assert_int_equal(pthread_create(&thread, NULL, write_later, &writing), 0);
    assert_int_equal(file_list_read(&bytes, path, "list", NULL, &error), STATUS_OK);
    pthread_join(thread, NULL);
    assert_int_equal(bytes.n_bytes, 3);
    assert_memory_equal(bytes.data, "a\nb", 3);

    atomic_bool cancel = false;
    writing.cancel = &cancel;
    error = (struct error){0};
    assert_int_equal(pthread_create(&thread, NULL, write_later, &writing), 0);
    assert_int_equal(file_list_read(&bytes, path, "list", &cancel, &error), STATUS_INTERRUPTED);
    pthread_join(thread, NULL);
    bytes_end(&bytes);
    temp_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_printf_patterns),
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_globs),
        cmocka_unit_test(test_patterns_that_are_refused),
        cmocka_unit_test(test_random_printf_patterns),
        cmocka_unit_test(test_byproducts),
        cmocka_unit_test(test_byproducts_before_numbers),
        cmocka_unit_test(test_projections),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_limits_of_lists),
        cmocka_unit_test(test_random_lists),
        cmocka_unit_test(test_reading_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
