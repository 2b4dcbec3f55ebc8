/* SPDX-License-Identifier: MIT
 * What a run tells about its stages: their bytes, and the time in which they worked and did not wait. */
#include "pipeline_rig.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SHAPES = 60 };

static uint64_t decoded_bytes(const struct rig *rig)
{
    uint64_t nencoded = 0;
    for (uint32_t z = 0; z < rig->shape.extent.nz; z++)
        nencoded += rig->stack.slices[z].path && !rig->stack.slices[z].header.plain;
    return nencoded * extent_slice_bytes(rig->shape.extent, rig->shape.type);
}

static uint64_t levels_bytes(const struct rig *rig)
{
    uint64_t sum_bytes = 0;
    for (unsigned level = 1; level <= rig->shape.nlevels; level++)
        sum_bytes += extent_volume_bytes(rig->output.levels[level].extent, rig->shape.type);
    return sum_bytes;
}

static void check_times(const struct pipeline_stats *stats)
{
    assert_true(stats->seconds > 0);
    for (int stage = 0; stage < PIPELINE_STAGES; stage++) {
        const struct stage_stats *at = &stats->stages[stage];
        assert_true(at->busy_seconds >= 0);
        if (stage < STAGE_UPLOAD || stage > STAGE_DOWNLOAD) /* those are the downsampler's word */
            assert_true(at->busy_seconds <= stats->seconds * (at->nthreads ? at->nthreads : 1));
    }
    assert_true(pipeline_lane_share(stats, LANE_WRITER) <= 1);
}

static void test_bytes(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SHAPES; seed++) {
        struct rig_shape shape = rig_random_shape(seed);
        struct rig rig;
        struct error error = {0};
        struct pipeline_stats stats;
        rig_init(&rig, &shape);
        rig.run.stats = &stats;
        rig.downsampler.base.times = (struct downsample_times){.upload = 1, .kernel = 2, .download = 3};
        double began = clock_seconds();
        assert_int_equal(rig_run(&rig, &error), STATUS_OK);
        double ended = clock_seconds();
        const struct stage_stats *stages = stats.stages;
        assert_int_equal(stages[STAGE_READ].n_bytes, rig.progress.bytes_read);
        assert_int_equal(stages[STAGE_DECODE].n_bytes, decoded_bytes(&rig));
        assert_int_equal(stages[STAGE_UPLOAD].n_bytes, extent_volume_bytes(shape.extent, shape.type));
        assert_int_equal(stages[STAGE_KERNEL].n_bytes, extent_volume_bytes(shape.extent, shape.type));
        assert_int_equal(stages[STAGE_DOWNLOAD].n_bytes, levels_bytes(&rig));
        assert_int_equal(stages[STAGE_WRITE].n_bytes, rig.progress.bytes_written);
        assert_true(stages[STAGE_KERNEL].busy_seconds == 2);
        assert_int_equal(stages[STAGE_KERNEL].lane, LANE_DRIVER); /* the plan holds no device memory */
        assert_int_equal(stages[STAGE_READ].nthreads, rig.progress.bytes_read > 0);
        assert_int_equal(stages[STAGE_DECODE].nthreads > 0, decoded_bytes(&rig) > 0);
        if (rig.progress.bytes_read > 0)
            assert_true(stats.first_read_at >= began && stats.first_read_at <= ended);
        check_times(&stats);
        rig_end(&rig);
    }
}

/* Runs 24 slices with 3 decoders. */
static struct pipeline_stats run_slowed(unsigned percent_encoded, struct knobs knobs)
{
    struct rig_shape shape = {.extent = {8, 8, 24},
                              .nlevels = 1,
                              .type = VOXEL_U16,
                              .batch_slices = 2,
                              .band_rows = 8,
                              .nbuffers = 2,
                              .nthreads = 3,
                              .percent_encoded = percent_encoded,
                              .knobs = knobs};
    struct rig rig;
    struct error error = {0};
    struct pipeline_stats stats;
    rig_init(&rig, &shape);
    rig.run.stats = &stats;
    assert_int_equal(rig_run(&rig, &error), STATUS_OK);
    rig_end(&rig);
    check_times(&stats);
    return stats;
}

/* Who waits for a slow stage is not busy. */
static void test_slow_writing(void **state)
{
    (void)state;
    struct pipeline_stats stats = run_slowed(0, (struct knobs){.seed = 1, .write_us = 20000});
    assert_true(stats.stages[STAGE_WRITE].busy_seconds >= 12 * 0.02);
    assert_true(stats.stages[STAGE_READ].busy_seconds < stats.seconds / 2);
    assert_int_equal(pipeline_busiest_lane(&stats), LANE_WRITER);
    assert_int_equal(stats.stages[STAGE_DECODE].nthreads, 0);
    assert_int_equal(stats.stages[STAGE_KERNEL].nthreads, 0); /* the stub tells no times */
}

static void test_slow_decoding(void **state)
{
    (void)state;
    struct pipeline_stats stats = run_slowed(100, (struct knobs){.seed = 1, .decode_us = 20000});
    assert_int_equal(stats.stages[STAGE_DECODE].nthreads, 3);
    assert_true(stats.stages[STAGE_DECODE].busy_seconds >= 24 * 0.02); /* of three threads together */
    assert_true(pipeline_stage_share(&stats, STAGE_DECODE) <= 1);
    assert_true(stats.stages[STAGE_WRITE].busy_seconds < stats.seconds / 2);
    assert_int_equal(pipeline_busiest_lane(&stats), LANE_DECODERS);
}

/* What is told of a run that fails is what it had done. */
static void test_failed_run(void **state)
{
    (void)state;
    struct rig_shape shape = {.extent = {8, 8, 64},
                              .nlevels = 1,
                              .type = VOXEL_U16,
                              .batch_slices = 2,
                              .band_rows = 8,
                              .nbuffers = 2,
                              .nthreads = 1,
                              .knobs = {.seed = 4, .fault = FAULT_COLLECT, .fault_at = 20}};
    struct rig rig;
    struct error error = {0};
    struct pipeline_stats stats;
    rig_init(&rig, &shape);
    rig.run.stats = &stats;
    rig.downsampler.base.times = (struct downsample_times){.kernel = 1};
    assert_int_equal(rig_run(&rig, &error), STATUS_DEVICE);
    assert_int_equal(stats.stages[STAGE_READ].n_bytes, rig.progress.bytes_read);
    assert_int_equal(stats.stages[STAGE_KERNEL].n_bytes, 20 * 2 * 8 * 8 * 2);
    assert_int_equal(stats.stages[STAGE_WRITE].n_bytes, rig.progress.bytes_written);
    check_times(&stats);
    rig_end(&rig);
}

static void test_shares(void **state)
{
    (void)state;
    const struct pipeline_stats stats = {
        .seconds = 10,
        .stages = {
            [STAGE_READ] = {.lane = LANE_READER, .nthreads = 1, .busy_seconds = 6},
            [STAGE_DECODE] = {.lane = LANE_DECODERS, .nthreads = 4, .busy_seconds = 10},
            [STAGE_UPLOAD] = {.lane = LANE_UPLOAD, .busy_seconds = 9}, /* nothing was to be done */
            [STAGE_ENCODE] = {.lane = LANE_WRITER, .nthreads = 1, .busy_seconds = 3},
            [STAGE_WRITE] = {.lane = LANE_WRITER, .nthreads = 1, .busy_seconds = 4},
        }};
    assert_true(pipeline_stage_share(&stats, STAGE_READ) == 0.6);
    assert_true(pipeline_stage_share(&stats, STAGE_DECODE) == 0.25);
    assert_true(pipeline_stage_share(&stats, STAGE_UPLOAD) == 0);
    assert_true(pipeline_lane_share(&stats, LANE_WRITER) > 0.69);
    assert_int_equal(pipeline_busiest_lane(&stats), LANE_WRITER);
    assert_string_equal(pipeline_stage_name(STAGE_DOWNLOAD), "download");
}

/* Encoders are told of, and who waits for them is not busy with writing. */
static void test_encoders(void **state)
{
    (void)state;
    const struct output_encoders encoders = {3, 0.3, 777, 0.1};
    struct pipeline_stats stats =
        run_slowed(0, (struct knobs){.seed = 1, .write_us = 20000, .encoders = encoders});
    const struct stage_stats *encode = &stats.stages[STAGE_ENCODE];
    assert_true(encode->lane == LANE_ENCODERS && encode->nthreads == 3);
    assert_true(encode->busy_seconds == 0.3 && encode->n_bytes == 777);
    assert_true(stats.stages[STAGE_WRITE].busy_seconds >= 12 * 0.02 - 0.1);
    assert_true(stats.stages[STAGE_WRITE].busy_seconds <= stats.seconds - 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),         cmocka_unit_test(test_slow_writing),
        cmocka_unit_test(test_slow_decoding), cmocka_unit_test(test_failed_run),
        cmocka_unit_test(test_shares),        cmocka_unit_test(test_encoders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
