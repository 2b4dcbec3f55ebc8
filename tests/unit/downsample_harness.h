/* SPDX-License-Identifier: MIT
 * For every test of a downsampler (reference, fast, OpenCL): volumes with chosen contents, an oracle that
 * computes the pyramid straight from its definition, and a driver that runs any struct downsampler over a
 * volume and checks the protocol on the way.
 *
 *      struct test_volume volume;
 *      struct test_levels expected, levels;
 *      test_volume_random(&volume, &random);               a random extent, type, contents
 *      test_oracle(&volume, &expected);
 *      test_plan_random(&plan, &volume.pyramid, &random);  or the backend's own plan
 *      ... create the downsampler ...
 *      test_run(downsampler, &volume, in_flight, &levels);
 *      test_compare(&volume, &levels, &expected, downsampler->ops->name);
 *
 * Failures are reported with cmocka's fail_msg, so call these inside a test. */
#ifndef STACKTHUMB_TESTS_DOWNSAMPLE_HARNESS_H
#define STACKTHUMB_TESTS_DOWNSAMPLE_HARNESS_H

#include "downsample/downsampler.h"
#include "downsample/plan.h"
#include "volume/pyramid.h"

#include <stdbool.h>
#include <stdint.h>

/* SplitMix64: the same numbers from the same seed everywhere. */
struct test_random {
    uint64_t state;
};
uint64_t test_random_next(struct test_random *random);
/* From low to high, both included. */
uint32_t test_random_range(struct test_random *random, uint32_t low, uint32_t high);
/* The seed in the environment variable STACKTHUMB_TEST_SEED, or `otherwise`; and how many rounds a property
 * test shall run: STACKTHUMB_TEST_ROUNDS, or `otherwise`. */
struct test_random test_random_seeded(uint64_t otherwise);
unsigned test_rounds(unsigned otherwise);

/* What the voxels hold. For f32: random finite values of all exponents; large values that overflow; small
 * integers and halves; NaN, infinities, -0.0 and denormals among others. */
enum test_contents {
    CONTENTS_RANDOM,      /* the full range of the type */
    CONTENTS_MAX,         /* the largest value everywhere */
    CONTENTS_ALTERNATING, /* largest and largest - 1 by turns */
    CONTENTS_NEGATIVE,    /* the smallest value and a few above it (unsigned: 0 and a few above) */
    CONTENTS_TIES,        /* small values around 0, so that many means end in exactly one half */
    CONTENTS_SPECIAL,     /* f32: NaN, +-inf, -0.0, denormals; integers: extremes and 0 and 1 */
};
enum { TEST_CONTENTS = 6 };
const char *test_contents_name(enum test_contents contents);

/* A volume in memory. */
struct test_volume {
    struct pyramid pyramid;
    enum test_contents contents;
    void *voxels;  /* nz * ny * nx; missing slices hold noise that nobody may use */
    bool *present; /* nz of them */
};

/* The reduced levels of a volume, each nz * ny * nx voxels of its own extent. */
struct test_levels {
    void *voxels[LEVELS_MAX + 1]; /* [1 .. nlevels] */
};

/* Allocates and fills a volume: every slice is missing with `missing_percent` %. */
void test_volume_create(struct test_volume *volume, struct extent extent, enum voxel_type type,
                        unsigned nlevels, enum test_contents contents, unsigned missing_percent,
                        struct test_random *random);
/* The same with everything at random: extents 1 .. 200 per axis (1, primes and powers of two among them) of
 * about 200,000 voxels at most, all types, 1 .. 7 levels, all contents; some with missing slices, a few with
 * none present. */
void test_volume_random(struct test_volume *volume, struct test_random *random);
void test_volume_free(struct test_volume *volume);
/* "u16 17x1x33, 3 levels, ties, 2 missing", in a buffer of the caller. */
const char *test_volume_name(const struct test_volume *volume, char text[128]);

/* A valid plan with a random depth, band height and number of buffers; host_bytes and device_bytes are 0. */
void test_plan_random(struct downsample_plan *plan, const struct pyramid *pyramid,
                      struct test_random *random);
/* Fills plan->buffer_bytes from the other fields. */
void test_plan_finish(struct downsample_plan *plan, const struct pyramid *pyramid);

/* The pyramid from its definition (downsampler.h), box by box: integers by 128-bit sums and a search for the
 * nearest integer, f32 by recursion. */
void test_oracle(const struct test_volume *volume, struct test_levels *levels);

/* Runs the downsampler over the volume with up to `in_flight` batches (1 .. plan.nbuffers) submitted before
 * the oldest is collected, and gathers all levels. Fails when a call fails or a row is missing, doubled or
 * out of order. */
void test_run(struct downsampler *downsampler, const struct test_volume *volume, unsigned in_flight,
              struct test_levels *levels);

/* Fails, naming the first voxel that differs, unless all levels have the same bits. `name` is for the
 * message. */
void test_compare(const struct test_volume *volume, const struct test_levels *levels,
                  const struct test_levels *expected, const char *name);
void test_levels_free(struct test_levels *levels);

#endif
