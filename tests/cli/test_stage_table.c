/* SPDX-License-Identifier: MIT
 * The stage table and the naming of the bottleneck. */
#include "cli/stage_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* A run of 10 s: reading 8 s, decoding on 4 threads, the writer's thread 5 s. */
static struct pipeline_stats a_run(void)
{
    return (struct pipeline_stats){.seconds = 10,
                                   .stages = {
                                       [STAGE_READ] = {LANE_READER, 1, 8, 16000000000},
                                       [STAGE_DECODE] = {LANE_DECODERS, 4, 10, 5000000000},
                                       [STAGE_UPLOAD] = {LANE_UPLOAD, 1, 0.00001, 21000000000},
                                       [STAGE_KERNEL] = {LANE_DEVICE, 1, 2.5, 21000000000},
                                       [STAGE_DOWNLOAD] = {LANE_DOWNLOAD, 0, 0, 0},
                                       [STAGE_ENCODE] = {LANE_WRITER, 1, 0.5, 3000000000},
                                       [STAGE_WRITE] = {LANE_WRITER, 1, 4.5, 3000000000},
                                   }};
}

static void test_rows(void **state)
{
    (void)state;
    struct pipeline_stats stats = a_run();
    char text[STAGE_ROW];
    const char *const expected[PIPELINE_STAGES] = {
        "read         8.000 s         80 %     16.0 GB     2.00 GB/s",
        "decode       2.500 s         25 %     5.00 GB     2.00 GB/s",
        "upload       0.000 s          0 %     21.0 GB             -",
        "kernel       2.500 s         25 %     21.0 GB     8.40 GB/s",
        "download           -",
        "encode       0.500 s          5 %     3.00 GB     6.00 GB/s",
        "write        4.500 s         45 %     3.00 GB      667 MB/s",
    };
    for (int stage = 0; stage < PIPELINE_STAGES; stage++)
        assert_string_equal(stage_table_row(text, &stats, (enum pipeline_stage)stage), expected[stage]);
    assert_int_equal(strlen(stage_table_head()), strlen(expected[0]));
}

static void test_note(void **state)
{
    (void)state;
    struct pipeline_stats stats = a_run();
    char text[STAGE_NOTE];
    assert_string_equal(stage_table_note(text, &stats),
                        "(busy: working, not waiting; decode: the mean of 4 threads)");
    for (int stage = 0; stage < PIPELINE_STAGES; stage++)
        stats.stages[stage].nthreads = ~0u;
    assert_true(strlen(stage_table_note(text, &stats)) < STAGE_NOTE - 1);
    stats = (struct pipeline_stats){0};
    assert_string_equal(stage_table_note(text, &stats), "(busy: working, not waiting)");
}

static void check_bottleneck(const struct pipeline_stats *stats, const char *expected)
{
    char text[STAGE_BOTTLENECK];
    assert_string_equal(stage_bottleneck(text, stats), expected);
}

static void test_bottleneck(void **state)
{
    (void)state;
    struct pipeline_stats stats = a_run();
    check_bottleneck(&stats, "reading was the bottleneck: busy 80 % of the time");
    /* One thread encodes and writes: together they can hold a run up. */
    stats.stages[STAGE_ENCODE].busy_seconds = 5;
    check_bottleneck(&stats, "encoding and writing were the bottleneck: busy 95 % of the time");
    stats.stages[STAGE_ENCODE].busy_seconds = 0.5;
    stats.stages[STAGE_WRITE].busy_seconds = 9;
    check_bottleneck(&stats, "writing was the bottleneck: busy 95 % of the time");
    stats.stages[STAGE_DECODE].busy_seconds = 40;
    check_bottleneck(&stats, "decoding was the bottleneck: busy 100 % of the time");
    stats.seconds = 100;
    check_bottleneck(&stats,
                     "no stage was the bottleneck: decoding, busy for longest, took 10 % of the time");
    stats = (struct pipeline_stats){0};
    check_bottleneck(&stats, "no stage took any time");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_note),
        cmocka_unit_test(test_bottleneck),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
