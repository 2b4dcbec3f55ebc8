/* SPDX-License-Identifier: MIT
 * The sample that is looked at while a pyramid is made: a sound downsampler passes, one that is wrong
 * everywhere at some level never does, and one that is wrong at one voxel is found out exactly when that is
 * in the sample, which has voxels of every level of every slab, and as many as it promises. */
#include "downsample/backends.h"
#include "downsample/spot_check.h"
#include "downsample/spot_sample.h"
#include "downsample_harness.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 200 };

/* A downsampler that lies: at one voxel of a level, or at all of them. */
struct liar {
    struct downsampler base;
    struct downsampler *honest;
    struct pyramid pyramid;
    unsigned level;
    bool everywhere;
    uint32_t z, y, x;
    level_sink sink;
    void *context;
};

static void falsify(const struct liar *liar, const struct level_rows *rows, uint32_t y, uint32_t x)
{
    const size_t nx = extent_reduce(liar->pyramid.extent.nx, rows->level);
    unsigned char *voxels = (unsigned char *)rows->voxels; /* the honest one's own memory */
    voxels[((size_t)(y - rows->y0) * nx + x) * voxel_bytes(liar->pyramid.type)] ^= 1;
}

static enum status lie(void *context, const struct level_rows *rows, struct error *error)
{
    const struct liar *liar = context;
    if (rows->level == liar->level)
        for (uint32_t y = rows->y0; y < rows->y0 + rows->nrows; y++)
            for (uint32_t x = 0; x < extent_reduce(liar->pyramid.extent.nx, rows->level); x++)
                if (liar->everywhere || (rows->z == liar->z && y == liar->y && x == liar->x))
                    falsify(liar, rows, y, x);
    return liar->sink(liar->context, rows, error);
}

static void *liar_buffer(struct downsampler *downsampler, unsigned index)
{
    struct downsampler *honest = ((struct liar *)downsampler)->honest;
    return honest->ops->buffer(honest, index);
}

static enum status liar_submit(struct downsampler *downsampler, unsigned index, const struct batch *batch,
                               struct error *error)
{
    struct downsampler *honest = ((struct liar *)downsampler)->honest;
    return honest->ops->submit(honest, index, batch, error);
}

static enum status liar_collect(struct downsampler *downsampler, level_sink sink, void *context,
                                struct error *error)
{
    struct liar *liar = (struct liar *)downsampler;
    liar->sink = sink;
    liar->context = context;
    return liar->honest->ops->collect(liar->honest, lie, liar, error);
}

static void liar_destroy(struct downsampler *downsampler)
{
    struct liar *liar = (struct liar *)downsampler;
    liar->honest->ops->destroy(liar->honest);
    free(liar);
}

static const struct downsampler_ops liar_ops = {
    .name = "liar",
    .buffer = liar_buffer,
    .submit = liar_submit,
    .collect = liar_collect,
    .destroy = liar_destroy,
};

static struct downsampler *make_honest(const struct pyramid *pyramid, bool fast, struct test_random *random)
{
    struct downsample_plan plan;
    struct downsampler *downsampler;
    struct error error = {0};
    test_plan_random(&plan, pyramid, random);
    if ((fast ? cpu_create(&downsampler, pyramid, &plan, 2, &error)
              : reference_create(&downsampler, pyramid, &plan, &error)) != STATUS_OK)
        fail_msg("%s", error.message);
    return downsampler;
}

static struct liar *make_liar(const struct pyramid *pyramid, struct test_random *random)
{
    struct liar *liar = calloc(1, sizeof *liar);
    assert_non_null(liar);
    liar->honest = make_honest(pyramid, false, random);
    liar->base = (struct downsampler){.ops = &liar_ops, .plan = liar->honest->plan};
    liar->pyramid = *pyramid;
    return liar;
}

static struct downsampler *check(struct downsampler *checked, const struct pyramid *pyramid, uint64_t seed,
                                 uint32_t first_slice)
{
    struct downsampler *downsampler;
    struct error error = {0};
    const struct spot_check_options options = {
        .seed = seed, .first_slice = first_slice, .device = "the device"};
    if (spot_check_create(&downsampler, checked, pyramid, &options, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return downsampler;
}

static void test_sound(void **state)
{
    (void)state;
    struct test_random random = test_random_seeded(41);
    for (unsigned round = test_rounds(ROUNDS); round > 0; round--) {
        struct test_volume volume;
        struct test_levels expected, levels;
        test_volume_random(&volume, &random);
        test_oracle(&volume, &expected);
        struct downsampler *downsampler = check(make_honest(&volume.pyramid, round % 2, &random),
                                                &volume.pyramid, test_random_next(&random), 0);
        test_run(downsampler, &volume, test_random_range(&random, 1, downsampler->plan.nbuffers), &levels);
        test_compare(&volume, &levels, &expected, downsampler->ops->name);
        assert_true(spot_check_voxels(downsampler) > 0);
        downsampler->ops->destroy(downsampler);
        test_levels_free(&levels);
        test_levels_free(&expected);
        test_volume_free(&volume);
    }
}

static enum status take(void *context, const struct level_rows *rows, struct error *error)
{
    (void)context, (void)rows, (void)error;
    return STATUS_OK;
}

static void fill(struct downsampler *downsampler, const struct test_volume *volume, const struct batch *batch)
{
    const size_t row_bytes = volume->pyramid.extent.nx * voxel_bytes(volume->pyramid.type);
    unsigned char *to = downsampler->ops->buffer(downsampler, 0);
    for (uint32_t s = 0; s < batch->nslices; s++, to += batch->nrows * row_bytes) {
        const size_t row = (size_t)(batch->z0 + s) * volume->pyramid.extent.ny + batch->y0;
        if (batch->present[s])
            memcpy(to, (const unsigned char *)volume->voxels + row * row_bytes, batch->nrows * row_bytes);
        else
            voxels_fill_absent(volume->pyramid.type, to, batch->nrows * (size_t)volume->pyramid.extent.nx);
    }
}

/* Runs until the end, or the first error, which is returned. */
static enum status run(struct downsampler *downsampler, const struct test_volume *volume, struct error *error)
{
    struct batch batch = {0};
    enum status status = STATUS_OK;
    while (status == STATUS_OK && batch_next(&batch, volume->pyramid.extent, &downsampler->plan)) {
        batch.present = volume->present + batch.z0;
        fill(downsampler, volume, &batch);
        status = downsampler->ops->submit(downsampler, 0, &batch, error);
        if (status == STATUS_OK)
            status = downsampler->ops->collect(downsampler, take, NULL, error);
    }
    return status;
}

/* A voxel of a level: any, or one at the edges where boxes may stick out. */
static void choose_voxel(struct liar *liar, struct test_random *random)
{
    const struct extent extent = extent_at_level(liar->pyramid.extent, liar->level);
    liar->z = test_random_range(random, 0, extent.nz - 1);
    liar->y = test_random_range(random, 0, 2) ? test_random_range(random, 0, extent.ny - 1) : extent.ny - 1;
    liar->x = test_random_range(random, 0, 2) ? test_random_range(random, 0, extent.nx - 1) : extent.nx - 1;
}

static void check_lies(struct test_random *random, bool everywhere, unsigned *nfound, unsigned *nmissed)
{
    struct test_volume volume;
    struct spot_sample sample;
    struct error error = {0};
    char where[120];
    const uint64_t seed = test_random_next(random);
    test_volume_random(&volume, random);
    const uint32_t first = test_random_range(random, 0, 3) << volume.pyramid.nlevels;
    spot_sample_init(&sample, &volume.pyramid, seed);
    struct liar *liar = make_liar(&volume.pyramid, random);
    liar->everywhere = everywhere;
    liar->level = test_random_range(random, 1, everywhere ? sample.nlevels : volume.pyramid.nlevels);
    choose_voxel(liar, random);
    snprintf(where, sizeof where, "level %u, slice %06u, x %u, y %u ", liar->level,
             (first >> liar->level) + liar->z, liar->x, liar->y);
    const bool in_sample = everywhere || spot_sample_has(&sample, liar->level,
                                                         (first >> liar->level) + liar->z, liar->y, liar->x);
    struct downsampler *downsampler = check(&liar->base, &volume.pyramid, seed, first);
    enum status status = run(downsampler, &volume, &error);
    if (status != (in_sample ? STATUS_DEVICE : STATUS_OK))
        fail_msg("%s: seed %" PRIu64 ": %d %s", where, seed, status, error.message);
    if (in_sample && !everywhere)
        assert_non_null(strstr(error.message, where));
    *nfound += in_sample;
    *nmissed += !in_sample;
    downsampler->ops->destroy(downsampler);
    test_volume_free(&volume);
}

static void test_one_voxel(void **state)
{
    (void)state;
    struct test_random random = test_random_seeded(42);
    unsigned nfound = 0, nmissed = 0;
    for (unsigned round = test_rounds(ROUNDS); round > 0; round--)
        check_lies(&random, false, &nfound, &nmissed);
    assert_true(nfound > 0 && (nmissed > 0 || nfound < ROUNDS));
}

static void test_all_of_a_level(void **state)
{
    (void)state;
    struct test_random random = test_random_seeded(43);
    unsigned nfound = 0, nmissed = 0;
    for (unsigned round = test_rounds(ROUNDS); round > 0; round--)
        check_lies(&random, true, &nfound, &nmissed);
    assert_int_equal(nmissed, 0);
}

/* Of every slab: voxels at every level, the corner, some of both edges and of either half; and of all voxels
 * the part that is promised. */
static void test_sample(void **state)
{
    (void)state;
    const struct pyramid pyramid = {.extent = {3000, 2900, 64}, .type = VOXEL_U16, .nlevels = 3};
    struct test_random random = test_random_seeded(44);
    unsigned nhit = 0, ndrawn = 0;
    double part = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct spot_sample sample;
        bool left = false, right = false, lower = false;
        spot_sample_init(&sample, &pyramid, seed);
        assert_int_equal(sample.nlevels, 3);
        assert_true(sample.ncolumns >= 4);
        part = spot_sample_part(&sample);
        for (uint32_t i = 0; i < sample.ncolumns; i++) {
            const struct spot_column column = spot_sample_column(&sample, seed % 8, i);
            assert_true(column.nx > 0 && column.ny > 0 && column.x0 + column.nx <= pyramid.extent.nx &&
                        column.y0 + column.ny <= pyramid.extent.ny);
            assert_true(column.x0 % 8 == 0 && column.y0 % 8 == 0);
            left |= column.x0 < pyramid.extent.nx / 2;
            right |= column.x0 + column.nx == pyramid.extent.nx;
            lower |= column.y0 + column.ny == pyramid.extent.ny;
        }
        assert_true(left && right && lower);
        for (unsigned level = 1; level <= 3; level++) {
            const struct extent extent = extent_at_level(pyramid.extent, level);
            assert_true(spot_sample_has(&sample, level, 3, extent.ny - 1, extent.nx - 1));
        }
        for (unsigned i = 0; i < 2000; i++, ndrawn++)
            nhit += spot_sample_has(&sample, 1, test_random_range(&random, 0, 31),
                                    test_random_range(&random, 0, 1449), test_random_range(&random, 0, 1499));
    }
    assert_true(nhit > 0.7 * part * ndrawn && nhit < 1.3 * part * ndrawn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound),
        cmocka_unit_test(test_one_voxel),
        cmocka_unit_test(test_all_of_a_level),
        cmocka_unit_test(test_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
