/* SPDX-License-Identifier: MIT
 * What a bench makes of its measurements: medians, tables, JSON, gnuplot's script; and how it compares
 * outputs.
 */
#include "cli/bench_digest.h"
#include "cli/bench_json.h"
#include "cli/bench_plot.h"
#include "cli/bench_result.h"
#include "cli/bench_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

enum { RUNS = 3 };

static void test_median(void **state)
{
    (void)state;
    assert_true(bench_median((const double[]){4}, NULL, 1) == 4);
    assert_true(bench_median((const double[]){4, 1}, NULL, 2) == 2.5);
    assert_true(bench_median((const double[]){9, 1, 4}, NULL, 3) == 4);
    assert_true(bench_median((const double[]){9, 1, 4, 2}, NULL, 4) == 3);
    assert_true(bench_median((const double[]){5, 5, 5, 1, 5}, NULL, 5) == 5);
    /* 2, 3 and 10: not the quotient of the medians, 6 / 2 */
    assert_true(bench_median((const double[]){6, 3, 20}, (const double[]){3, 1, 2}, 3) == 3);
}

static struct pipeline_stats stats_of(double seconds)
{
    return (struct pipeline_stats){.seconds = seconds,
                                   .stages = {
                                       [STAGE_READ] = {LANE_READER, 1, 0.9 * seconds, 4000000000},
                                       [STAGE_DECODE] = {LANE_DECODERS, 0, 0, 0},
                                       [STAGE_UPLOAD] = {LANE_UPLOAD, 0, 0, 0},
                                       [STAGE_KERNEL] = {LANE_DRIVER, 1, 0.5, 4000000000},
                                       [STAGE_DOWNLOAD] = {LANE_DOWNLOAD, 0, 0, 0},
                                       [STAGE_ENCODE] = {LANE_WRITER, 2, 0.25, 500000000},
                                       [STAGE_WRITE] = {LANE_WRITER, 1, 0.5, 500000000},
                                   }};
}

/* The CPU path took 2, 1 and 3 s, a device twice that, the floor always 2 s. */
static void make_result(struct bench_result *result, unsigned nbackends)
{
    static const double seconds[RUNS] = {2, 1, 3};
    struct error error = {0};
    assert_int_equal(bench_result_init(result, nbackends, RUNS, &error), STATUS_OK);
    result->pyramid = (struct pyramid){.extent = {1000, 500, 40}, .type = VOXEL_U16, .nlevels = 2};
    result->input_bytes = 4000000000;
    result->output_bytes = 500000000;
    for (unsigned i = 0; i < nbackends; i++) {
        struct bench_backend *backend = &result->backends[i];
        backend->index = i;
        strcpy(backend->name, i == 0 ? "CPU path, 2 threads" : i == 1 ? "a \"device\"\\x1b" : "another");
        for (unsigned run = 0; run < RUNS; run++) {
            backend->seconds[run] = seconds[run] * (i + 1);
            backend->startup[run] = 0.25 * i;
            backend->stats[run] = stats_of(backend->seconds[run]);
        }
    }
    for (unsigned run = 0; run < RUNS; run++) {
        result->floor.read[run] = 1.5;
        result->floor.write[run] = 0.5;
        result->floor.seconds[run] = 2;
    }
}

static void test_middle_run(void **state)
{
    (void)state;
    struct bench_result result;
    make_result(&result, 1);
    assert_int_equal(bench_middle_run(&result, &result.backends[0]), 0);
    result.nruns = 2; /* of 2 and 1 s the faster one */
    assert_int_equal(bench_middle_run(&result, &result.backends[0]), 1);
    result.nruns = RUNS;
    bench_result_end(&result);
}

static void test_drop(void **state)
{
    (void)state;
    struct bench_result result;
    make_result(&result, 3);
    bench_result_drop(&result, 1);
    assert_int_equal(result.nbackends, 2);
    assert_string_equal(result.backends[1].name, "another");
    assert_true(result.backends[1].seconds[0] == 6);
    bench_result_drop(&result, 1);
    assert_int_equal(result.nbackends, 1);
    bench_result_end(&result);
}

static void check_text(const char *text, const char *expected)
{
    if (strcmp(text, expected) != 0)
        fail_msg("this came out:\n%s", text);
}

static void test_table(void **state)
{
    (void)state;
    struct bench_result result;
    char *text;
    size_t n_bytes;
    make_result(&result, 2);
    FILE *memory = open_memstream(&text, &n_bytes);
    assert_non_null(memory);
    bench_table_write(memory, &result);
    assert_int_equal(fclose(memory), 0);
    check_text(
        text,
        "                                            seconds  start-up   input rate  / CPU path  / floor\n"
        " 0 CPU path, 2 threads                        2.000     0.000    2.00 GB/s        1.00     1.00\n"
        " 1 a \"device\"\\x1b                             4.000     0.250    1.00 GB/s        2.00     2.00\n"
        "   the floor                                  2.000              2.00 GB/s        1.00     1.00\n"
        "     reading the input                        1.500              2.67 GB/s\n"
        "     then writing as much as a run            0.500              1.00 GB/s\n"
        "\n"
        "busy seconds of the stages                     read   decode   upload   kernel download   encode"
        "    write\n"
        " 0 CPU path, 2 threads                        1.800        -        -    0.500        -    0.125"
        "    0.500\n"
        " 1 a \"device\"\\x1b                             3.600        -        -    0.500        -    0.125"
        "    0.500\n"
        "\n"
        " 0 CPU path, 2 threads: reading was the bottleneck: busy 90 % of the time\n"
        " 1 a \"device\"\\x1b: reading was the bottleneck: busy 90 % of the time\n");
    free(text);
    bench_result_end(&result);
}

static double number(const json_t *json, const char *name)
{
    return json_number_value(json_object_get(json, name));
}

static void test_json(void **state)
{
    (void)state;
    struct bench_result result;
    struct error error = {0};
    char path[] = "/tmp/stackthumb-bench-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    make_result(&result, 2);
    assert_int_equal(bench_json_write(path, &result, "a\nstack", &error), STATUS_OK);
    json_t *json = json_load_file(path, 0, NULL);
    assert_non_null(json);
    assert_int_equal(unlink(path), 0);
    const json_t *stack = json_object_get(json, "stack"), *backends = json_object_get(json, "backends");
    assert_string_equal(json_string_value(json_object_get(stack, "name")), "a\\x0astack");
    assert_true(number(json_object_get(stack, "extent"), "ny") == 500);
    assert_true(number(json, "runs") == RUNS && number(json, "output_bytes") == 500000000);
    assert_int_equal(json_array_size(backends), 2);
    const json_t *device = json_array_get(backends, 1), *stages = json_object_get(device, "stages");
    assert_string_equal(json_string_value(json_object_get(device, "name")), result.backends[1].name);
    assert_true(json_number_value(json_array_get(json_object_get(device, "seconds"), 2)) == 6);
    assert_true(number(device, "median_seconds") == 4 && number(device, "startup_seconds") == 0.25);
    assert_true(number(device, "input_bytes_per_second") == 1e9);
    assert_true(number(device, "ratio_to_cpu_path") == 2 && number(device, "ratio_to_floor") == 2);
    assert_true(json_is_null(json_object_get(stages, "decode")));
    assert_true(number(json_object_get(stages, "encode"), "threads") == 2);
    assert_true(number(json_object_get(stages, "encode"), "busy_seconds") == 0.25);
    assert_true(number(json_object_get(json, "floor"), "read_seconds") == 1.5);
    json_decref(json);
    assert_int_equal(bench_json_write("/dev/null/file.json", &result, "stack", &error), STATUS_OUTPUT);
    assert_non_null(strstr(error.message, "/dev/null/file.json: cannot be written"));
    bench_result_end(&result);
}

static void test_plot_names(void **state)
{
    (void)state;
    assert_true(bench_plot_name_ok("a.svg") && bench_plot_name_ok("a/b.PNG"));
    const char *const bad[] = {"", ".svg", "a.pdf", "a.svg.gz", "svg", "asvg"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(bench_plot_name_ok(bad[i]));
}

/* What has a meaning in gnuplot's data blocks does not reach them. */
static void test_plot_script(void **state)
{
    (void)state;
    struct bench_result result;
    char *text;
    size_t n_bytes;
    make_result(&result, 2);
    FILE *memory = open_memstream(&text, &n_bytes);
    assert_non_null(memory);
    bench_plot_script(memory, &result, true);
    assert_int_equal(fclose(memory), 0);
    assert_non_null(strstr(text, "set terminal svg"));
    assert_non_null(strstr(text, "\n\"0 CPU path, 2 threads\" 2.000000 1.000000 3.000000\n"
                                 "\"1 a 'device'/x1b\" 4.000000 2.000000 6.000000\n"
                                 "\"the floor\" 2.000000 2.000000 2.000000\nEND\n"));
    assert_non_null(strstr(text, "\nread 1.800000 3.600000\n"));
    assert_non_null(strstr(text, "\nencode 0.125000 0.125000\n")); /* of two threads */
    free(text);
    bench_result_end(&result);
}

static void test_digests(void **state)
{
    (void)state;
    const struct pyramid pyramid = {.extent = {8, 8, 5}, .type = VOXEL_U8, .nlevels = 2}; /* 3 + 2 slices */
    struct file_digest a[5] = {{1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}}, b[5];
    const struct bench_digest first = {5, a}, second = {5, b};
    struct error error = {0};
    memcpy(b, a, sizeof b);
    assert_int_equal(bench_digest_compare(&second, &first, &pyramid, "it", &error), STATUS_OK);
    b[4].hash = 6;
    assert_int_equal(bench_digest_compare(&second, &first, &pyramid, "it", &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "it: level 2, slice 1 is not"));
    error = (struct error){0};
    b[1].n_bytes = 2;
    assert_int_equal(bench_digest_compare(&second, &first, &pyramid, "it", &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "it: level 1, slice 1 is not"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_median),      cmocka_unit_test(test_middle_run),
        cmocka_unit_test(test_drop),        cmocka_unit_test(test_table),
        cmocka_unit_test(test_json),        cmocka_unit_test(test_plot_names),
        cmocka_unit_test(test_plot_script), cmocka_unit_test(test_digests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
