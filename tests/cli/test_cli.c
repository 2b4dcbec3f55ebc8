/* SPDX-License-Identifier: MIT
 * The parts of the command line that need no stack: values, options, progress texts, signals. */
#include "cli/options.h"
#include "cli/progress_text.h"
#include "cli/signals.h"
#include "cli/values.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

static void test_numbers(void **state)
{
    (void)state;
    uint64_t n = 7;
    assert_true(value_parse_number("16", 1, 16, &n) && n == 16);
    assert_true(value_parse_number("007", 1, 16, &n) && n == 7);
    const char *const bad[] = {
        "", "0", "17", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e0", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(value_parse_number(bad[i], 1, 16, &n));
    assert_true(n == 7);
}

static void test_byte_counts(void **state)
{
    (void)state;
    const struct {
        const char *text;
        uint64_t n_bytes;
    } cases[] = {
        {"300000", 300000}, {"1", 1},           {"1B", 1},           {"512MiB", 512u << 20},
        {"2G", 2ull << 30}, {"2g", 2ull << 30}, {"2GB", 2000000000}, {"1.5GiB", 3ull << 29},
        {"1.5kb", 1500},    {"0.5K", 512},      {"3T", 3ull << 40},  {".5K", 512},
    };
    uint64_t n = 7;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(value_parse_bytes(cases[i].text, &n));
        assert_true(n == cases[i].n_bytes);
    }
    const char *const bad[] = {"",      "0",   "0.5", "-1",       "1 G",   "1GG", "1GiBB",
                               "GiB",   "inf", "nan", "0x1",      "1.2.3", "1.",  "1e3",
                               "1MiBx", "1iB", "1X",  "9999999T", "."};
    n = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(value_parse_bytes(bad[i], &n));
    assert_true(n == 7);
}

static void test_phantoms(void **state)
{
    (void)state;
    struct extent extent;
    enum voxel_type type;
    assert_true(value_parse_phantom("1024x7x256:u16", &extent, &type));
    assert_true(extent.nx == 1024 && extent.ny == 7 && extent.nz == 256 && type == VOXEL_U16);
    assert_true(value_parse_phantom("1x1x1:f32", &extent, &type) && type == VOXEL_F32);
    assert_true(value_parse_phantom("1048576x1024x1000000:i8", &extent, &type));
    const char *const bad[] = {"",
                               "8x8x8",
                               "8x8:u8",
                               "8x8x8:",
                               "8x8x8:u64",
                               "8x8x8:u8 ",
                               "8x8x8x8:u8",
                               "0x8x8:u8",
                               "8x0x8:u8",
                               "8x8x0:u8",
                               "-8x8x8:u8",
                               "8 x8x8:u8",
                               "x8x8:u8",
                               "8x8x:u8",
                               "1048577x1x1:u8",
                               "1x1x1000001:u8",
                               "1048576x1025x1:u8",
                               "99999999999999999999x1x1:u8"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(value_parse_phantom(bad[i], &extent, &type));
}

static void test_ranges(void **state)
{
    (void)state;
    struct slice_range range = {0};
    assert_true(value_parse_range("100:299", &range) && range.given);
    assert_true(range.first == 100 && range.last == 299);
    assert_true(value_parse_range("7:", &range) && range.first == 7 && range.last == UINT64_MAX);
    assert_true(value_parse_range(":0", &range) && range.first == 0 && range.last == 0);
    assert_true(value_parse_range("3:3", &range));
    assert_true(value_parse_range("0:18446744073709551615", &range));
    const char *const bad[] = {"",
                               ":",
                               "5",
                               "5:4",
                               "a:5",
                               "5:a",
                               "1:2:3",
                               "-1:5",
                               "1 :5",
                               "1: 5",
                               "+1:5",
                               "0x1:5",
                               "0:18446744073709551616",
                               "00000000000000000000000001:5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(value_parse_range(bad[i], &range));
}

static void test_shown_values(void **state)
{
    (void)state;
    char text[VALUE_BYTES];
    assert_string_equal(value_bytes(text, 0), "0 bytes");
    assert_string_equal(value_bytes(text, 1), "1 byte");
    assert_string_equal(value_bytes(text, 999), "999 bytes");
    assert_string_equal(value_bytes(text, 1000), "1.00 kB");
    assert_string_equal(value_bytes(text, 45120000), "45.1 MB");
    assert_string_equal(value_bytes(text, 999499999), "999 MB");
    assert_string_equal(value_bytes(text, 999500000), "1.00 GB");
    assert_string_equal(value_bytes(text, UINT64_MAX), "18.4 EB");
    assert_string_equal(value_memory(text, 512u << 20), "512 MiB");
    assert_string_equal(value_memory(text, 1000), "0.98 KiB");
    assert_string_equal(value_memory(text, UINT64_MAX), "16.0 EiB");
    assert_string_equal(value_duration(text, 0), "0:00");
    assert_string_equal(value_duration(text, 59.6), "1:00");
    assert_string_equal(value_duration(text, 3 * 3600 + 2 * 60 + 1), "3:02:01");
    assert_string_equal(value_duration(text, INFINITY), "-:--");
    assert_string_equal(value_duration(text, NAN), "-:--");
}

static void test_nearest(void **state)
{
    (void)state;
    const char *const names[] = {"build", "info", "devices", "verify"};
    assert_string_equal(value_nearest("biuld", names, 4), "build");
    assert_string_equal(value_nearest("device", names, 4), "devices");
    assert_null(value_nearest("xyz", names, 4));
    assert_null(value_nearest("", names, 4));
    assert_null(value_nearest("a name of more than thirty-one characters", names, 4));
}

/* Parses "stackthumb" + words; the words stay valid. */
static enum status parse(struct options *options, const char *const *words, struct error *error)
{
    static char name[] = "stackthumb";
    char *argv[16] = {name};
    int argc = 1;
    *error = (struct error){0};
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1]; /* getopt does not change the words */
    return options_parse(options, argc, argv, error);
}
#define PARSE(options, error, ...) parse(options, (const char *const[]){__VA_ARGS__, NULL}, error)

static void test_options_stand_anywhere(void **state)
{
    (void)state;
    struct options options;
    struct error error;
    assert_int_equal(PARSE(&options, &error, "--quiet", "build", "--levels", "3", "in", "--device=2", "out",
                           "--missing", "ignore", "--voxel-size", "5um", "--device-memory", "1M"),
                     STATUS_OK);
    assert_ptr_equal(options.command, &command_build);
    assert_int_equal(options.noperands, 2);
    assert_string_equal(options.operands[0], "in");
    assert_string_equal(options.operands[1], "out");
    assert_true(options.quiet && options.nlevels == 3 && options.missing == MISSING_IGNORE);
    assert_string_equal(options.device, "2");
    assert_true(options.spacing.z == 5);
    assert_true(options.device_memory_bytes == 1u << 20);
    assert_int_equal(PARSE(&options, &error, "build", "--", "--in", "-o"), STATUS_OK);
    assert_string_equal(options.operands[0], "--in");
    assert_string_equal(options.operands[1], "-o");
    assert_true(options.nlevels == 0 && options.until_pixels == 500 && !options.quiet);
    setenv("POSIXLY_CORRECT", "1", 1);
    assert_int_equal(PARSE(&options, &error, "info", "in", "-qv"), STATUS_OK);
    unsetenv("POSIXLY_CORRECT");
    assert_true(options.quiet && options.verbose && options.noperands == 1);
    assert_int_equal(PARSE(&options, &error, "--help", "build", "x", "y"), STATUS_OK);
    assert_true(options.help);
}

/* --json is a flag of info, and takes the name of a file for bench, wherever it stands. */
static void test_option_of_two_kinds(void **state)
{
    (void)state;
    struct options options;
    struct error error;
    assert_int_equal(PARSE(&options, &error, "info", "in", "--json"), STATUS_OK);
    assert_true(options.as_json && !options.json_file);
    assert_int_equal(PARSE(&options, &error, "info", "--json", "in"), STATUS_OK);
    assert_true(options.as_json && options.noperands == 1);
    assert_int_equal(PARSE(&options, &error, "--device", "cpu", "--json", "info", "in"), STATUS_OK);
    assert_true(options.as_json && options.noperands == 1);
    assert_int_equal(PARSE(&options, &error, "bench", "in", "--json", "file"), STATUS_OK);
    assert_true(!options.as_json && options.noperands == 1);
    assert_string_equal(options.json_file, "file");
    assert_int_equal(PARSE(&options, &error, "--json", "file", "bench", "in"), STATUS_OK);
    assert_string_equal(options.json_file, "file");
    assert_int_equal(PARSE(&options, &error, "bench", "--json=info", "in"), STATUS_OK);
    assert_string_equal(options.json_file, "info");
    assert_int_equal(PARSE(&options, &error, "info", "in", "--json=file"), STATUS_USAGE);
    assert_int_equal(PARSE(&options, &error, "bench", "in", "--json"), STATUS_USAGE);
    assert_int_equal(PARSE(&options, &error, "build", "in", "--json"), STATUS_USAGE);
    assert_non_null(strstr(error.message, "takes no option --json"));
}

static void test_options_refused(void **state)
{
    (void)state;
    const struct {
        const char *words[6];
        const char *message; /* a part of it */
    } cases[] = {
        {{"build"}, "a name is missing"},
        {{"build", "a", "b", "c"}, "'c' is one name too many"},
        {{"build", ""}, "empty name"},
        {{"biuld", "a"}, "did you mean 'build'"},
        {{"build", "a", "--levls", "3"}, "did you mean --levels"},
        {{"build", "a", "--levls=3"}, "did you mean --levels"},
        {{"build", "a", "--nonsense"}, "unknown option '--nonsense'"},
        {{"build", "a", "-x"}, "unknown option '-x'"},
        {{"build", "a", "-qx"}, "unknown option '-x'"},
        {{"build", "a", "--levels"}, "--levels needs a value: a number from 1 to 16"},
        {{"build", "a", "--levels", "0"}, "--levels 0"},
        {{"build", "a", "--levels", "17"}, "--levels 17"},
        {{"build", "a", "--levels", ""}, "--levels ''"},
        {{"build", "a", "--force=yes"}, "--force takes no value"},
        {{"build", "a", "--levels", "2", "--until=3"}, "give one of them"},
        {{"build", "a", "--threads", "-1"}, "--threads -1"},
        {{"build", "a", "--missing", "maybe"}, "fail or ignore"},
        {{"build", "a", "--voxel-size", "5"}, "such as 5.2um"},
        {{"build", "a", "--progress", "Bar"}, "auto, bar, lines, json or none"},
        {{"build", "a", "--device", ""}, "--device ''"},
        {{"verify", "a", "b", "--levels", "2"}, "'stackthumb verify' takes no option --levels"},
        {{"devices", "a"}, "one name too many"},
        {{"info", "a", "--force"}, "takes no option --force"},
        {{"info", "a", "--\x1b[31m"}, "\\x1b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct options options;
        struct error error;
        assert_int_equal(parse(&options, cases[i].words, &error), STATUS_USAGE);
        if (!strstr(error.message, cases[i].message))
            fail_msg("'%s' is not in: %s", cases[i].message, error.message);
        assert_null(strchr(error.message, '\n'));
    }
}

static const struct progress_totals totals = {
    .slices_to_read = 128, .slices_to_write = 112, .bytes_to_read = 128000000};

static void test_progress_fraction(void **state)
{
    (void)state;
    struct progress_sample sample = {0};
    assert_true(progress_fraction(&totals, &sample) == 0);
    assert_true(isinf(progress_seconds_left(&totals, &sample)));
    sample = (struct progress_sample){.seconds = 3, .slices_read = 64, .slices_written = 56};
    assert_true(progress_fraction(&totals, &sample) == 0.5);
    assert_true(progress_seconds_left(&totals, &sample) == 3);
    sample = (struct progress_sample){.seconds = 3, .slices_read = 128, .slices_written = 112};
    assert_true(progress_fraction(&totals, &sample) == 1);
    assert_true(progress_seconds_left(&totals, &sample) == 0);
}

static void test_progress_bar_fits(void **state)
{
    (void)state;
    char text[PROGRESS_TEXT];
    struct progress_sample sample = {
        .seconds = 3, .slices_read = 64, .slices_written = 56, .bytes_read = 64000000};
    assert_string_equal(progress_text_bar(text, 79, &totals, &sample),
                        " 50 %  [================>                ]  64/128 slices  0:03 left  21.3 MB/s");
    for (unsigned columns = 0; columns < 3000; columns = columns < 200 ? columns + 1 : columns * 2) {
        for (unsigned i = 0; i <= 128; i++) {
            sample.slices_read = i;
            sample.slices_written = i * 112 / 128;
            progress_text_bar(text, columns, &totals, &sample);
            assert_true(strlen(text) <= columns);
            assert_true(columns < 5 || strstr(text, "%"));
            assert_true(columns < 21 || strstr(text, "slices"));
            if (i < 128)
                assert_null(strstr(text, "100 %"));
        }
    }
}

static void test_progress_json_is_json(void **state)
{
    (void)state;
    char text[PROGRESS_TEXT];
    const struct progress_totals large = {UINT32_MAX, UINT64_MAX, UINT64_MAX};
    const struct progress_sample late = {1e9, UINT32_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}, first = {0};
    json_t *json = json_loads(progress_text_json(text, "progress", 0, &totals, &first), 0, NULL);
    assert_non_null(json);
    assert_true(json_is_null(json_object_get(json, "seconds_left")));
    assert_null(json_object_get(json, "status"));
    json_decref(json);
    json = json_loads(progress_text_json(text, "end", 130, &large, &late), JSON_DECODE_INT_AS_REAL, NULL);
    assert_non_null(json);
    assert_true(json_number_value(json_object_get(json, "status")) == 130);
    assert_true(json_number_value(json_object_get(json, "fraction")) == 1);
    json_decref(json);
}

static void test_progress_line(void **state)
{
    (void)state;
    char text[PROGRESS_TEXT];
    struct progress_sample sample = {
        .seconds = 3, .slices_read = 64, .slices_written = 56, .bytes_read = 64000000};
    assert_string_equal(progress_text_line(text, &totals, &sample),
                        "50 %: 64 of 128 slices, 21.3 MB/s, 0:03 left");
}

enum { CHILD_SECONDS = 20 };

/* What a child that runs `body` ends with, as waitpid tells it. */
static int run_child(void (*body)(struct signals *signals))
{
    int result;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct signals signals;
        struct error error = {0};
        alarm(CHILD_SECONDS);
        if (signals_init(&signals, &error) != STATUS_OK)
            _exit(98);
        body(&signals);
        signals_end(&signals);
        _exit(99);
    }
    assert_int_equal(waitpid(child, &result, 0), child);
    return result;
}

/* Sends the process a signal, and waits until that is known. */
static void interrupt(const struct signals *signals, int number)
{
    kill(getpid(), number);
    while (!atomic_load(signals_flag(signals)))
        usleep(1000);
}

static void interrupt_once(struct signals *signals)
{
    struct error error = {0};
    if (atomic_load(signals_flag(signals)) || signals_check(signals, STATUS_FAILED, &error) != STATUS_FAILED)
        _exit(1);
    raise(SIGPIPE);
    interrupt(signals, SIGTERM);
    error_set(&error, STATUS_DEVICE, "the linker was killed");
    if (signals_check(signals, STATUS_DEVICE, &error) != STATUS_INTERRUPTED ||
        strcmp(error.message, "interrupted; nothing was written") != 0 ||
        signals_exit_status(signals, STATUS_FAILED) != 1)
        _exit(2);
    signals_end(signals);
    _exit(signals_exit_status(signals, STATUS_INTERRUPTED));
}

static void interrupt_twice(struct signals *signals)
{
    interrupt(signals, SIGINT);
    kill(getpid(), SIGTERM);
    for (;;)
        pause();
}

/* A program that is started meanwhile does not end by the same Ctrl-C. */
static void interrupt_program(struct signals *signals)
{
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sleep", "sleep", "0.2", NULL);
        _exit(1);
    }
    int result;
    kill(child, SIGINT);
    waitpid(child, &result, 0);
    _exit(!WIFEXITED(result) || WEXITSTATUS(result) != 0 || atomic_load(signals_flag(signals)));
}

static void hang_up(struct signals *signals)
{
    kill(getpid(), SIGHUP);
    interrupt(signals, SIGINT); /* which is not the first to be sent, but the first that counts */
    signals_end(signals);
    _exit(signals_exit_status(signals, STATUS_INTERRUPTED));
}

static void test_signals(void **state)
{
    (void)state;
    int result = run_child(interrupt_once);
    assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 143);
    result = run_child(interrupt_twice);
    assert_true(WIFSIGNALED(result) && WTERMSIG(result) == SIGTERM);
    result = run_child(interrupt_program);
    assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 0);
    signal(SIGHUP, SIG_IGN); /* as under nohup: it stays ignored */
    result = run_child(hang_up);
    signal(SIGHUP, SIG_DFL);
    assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 130);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_byte_counts),
        cmocka_unit_test(test_phantoms),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_shown_values),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_options_stand_anywhere),
        cmocka_unit_test(test_option_of_two_kinds),
        cmocka_unit_test(test_options_refused),
        cmocka_unit_test(test_progress_fraction),
        cmocka_unit_test(test_progress_bar_fits),
        cmocka_unit_test(test_progress_json_is_json),
        cmocka_unit_test(test_progress_line),
        cmocka_unit_test(test_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
