/* SPDX-License-Identifier: MIT
 * Volumes, plans, and the driver that feeds a downsampler and gathers what it delivers. */
#include "downsample_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

uint64_t test_random_next(struct test_random *random)
{
    uint64_t z = (random->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t test_random_range(struct test_random *random, uint32_t low, uint32_t high)
{
    return low + (uint32_t)(test_random_next(random) % ((uint64_t)high - low + 1));
}

struct test_random test_random_seeded(uint64_t otherwise)
{
    const char *text = getenv("STACKTHUMB_TEST_SEED");
    return (struct test_random){.state = text ? strtoull(text, NULL, 0) : otherwise};
}

unsigned test_rounds(unsigned otherwise)
{
    const char *text = getenv("STACKTHUMB_TEST_ROUNDS");
    return text ? (unsigned)strtoul(text, NULL, 0) : otherwise;
}

/* malloc that ends the test when there is no memory; never NULL. */
static void *test_alloc(uint64_t n_bytes)
{
    void *memory = malloc(n_bytes ? (size_t)n_bytes : 1);
    if (!memory)
        fail_msg("no memory for %llu bytes", (unsigned long long)n_bytes);
    return memory;
}

const char *test_contents_name(enum test_contents contents)
{
    static const char *const names[TEST_CONTENTS] = {"random",   "max",  "alternating",
                                                     "negative", "ties", "special"};
    return names[contents];
}

/* Low bits of an integer voxel of `bits` bits; `smallest` is the pattern of the smallest value. */
static uint32_t integer_voxel(enum test_contents contents, unsigned bits, bool is_signed, uint64_t i,
                              struct test_random *random)
{
    uint32_t all = bits == 32 ? UINT32_MAX : (1u << bits) - 1;
    uint32_t largest = is_signed ? all >> 1 : all;
    uint32_t smallest = is_signed ? largest + 1 : 0;
    const uint32_t special[] = {smallest, largest, 0, 1, all, smallest + 1, largest - 1};
    uint64_t r = test_random_next(random);
    switch (contents) {
    case CONTENTS_MAX:
        return largest;
    case CONTENTS_ALTERNATING:
        return largest - (uint32_t)(i & 1);
    case CONTENTS_NEGATIVE:
        return smallest + (uint32_t)(r % 4);
    case CONTENTS_TIES:
        return is_signed ? (uint32_t)(r % 6) - 3 : (uint32_t)(r % 6);
    case CONTENTS_SPECIAL:
        return special[r % (sizeof special / sizeof *special)];
    case CONTENTS_RANDOM:
        break;
    }
    return (uint32_t)r;
}

static uint32_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The bits of an f32 voxel. */
static uint32_t float_voxel(enum test_contents contents, uint64_t i, struct test_random *random)
{
    /* a quiet NaN, a negative one with a payload, a signalling one, infinities, zeros, denormals, extremes */
    const uint32_t special[] = {0x7fc00000u, 0xffc12345u, 0x7f812345u, 0x7f800000u, 0xff800000u,
                                0x00000000u, 0x80000000u, 0x00000001u, 0x807fffffu, 0x7f7fffffu};
    uint64_t r = test_random_next(random);
    uint32_t bits = (uint32_t)r;
    switch (contents) {
    case CONTENTS_MAX:
        return 0x7f7fffffu;
    case CONTENTS_ALTERNATING:
        return i & 1 ? 0x7f7ffffeu : 0x7f7fffffu;
    case CONTENTS_NEGATIVE: /* normal negative values near one another, where the order of sums shows */
        return 0xbf000000u | (bits & 0x00ffffffu);
    case CONTENTS_TIES:
        return float_bits((float)(r % 6) * 0.5f - 1.5f);
    case CONTENTS_SPECIAL: /* mostly ordinary, or every sum would be NaN */
        if ((r >> 32) % 16 == 0)
            return special[(r >> 40) % (sizeof special / sizeof *special)];
        if ((r >> 32) % 16 < 4) /* denormals of either sign */
            return bits & 0x807fffffu;
        return 0x3f000000u | (bits & 0x80ffffffu);
    case CONTENTS_RANDOM: /* all exponents but that of inf and NaN */
        break;
    }
    return (bits & 0x7f800000u) == 0x7f800000u ? bits ^ 0x40000000u : bits;
}

void test_volume_create(struct test_volume *volume, struct extent extent, enum voxel_type type,
                        unsigned nlevels, enum test_contents contents, unsigned missing_percent,
                        struct test_random *random)
{
    size_t voxel = voxel_bytes(type);
    size_t n = (size_t)extent.nx * extent.ny * extent.nz;
    *volume = (struct test_volume){
        .pyramid = {.extent = extent, .type = type, .nlevels = nlevels},
        .contents = contents,
        .voxels = test_alloc(n * voxel),
        .present = test_alloc(extent.nz * sizeof *volume->present),
    };
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = type == VOXEL_F32
                            ? float_voxel(contents, i, random)
                            : integer_voxel(contents, (unsigned)voxel * 8, voxel_is_signed(type), i, random);
        memcpy((unsigned char *)volume->voxels + i * voxel, &bits, voxel); /* little-endian */
    }
    for (uint32_t z = 0; z < extent.nz; z++)
        volume->present[z] = test_random_range(random, 0, 99) >= missing_percent;
}

static uint32_t random_length(struct test_random *random)
{
    static const uint32_t chosen[] = {1,  1,  2,  3,  4,  5,  7,  8,   9,   15,  16,  17,  31, 32,
                                      33, 63, 64, 65, 67, 97, 98, 127, 128, 129, 131, 193, 199};
    if (test_random_range(random, 0, 1))
        return chosen[test_random_range(random, 0, sizeof chosen / sizeof *chosen - 1)];
    return test_random_range(random, 1, 200);
}

void test_volume_random(struct test_volume *volume, struct test_random *random)
{
    enum { VOXELS_MAX = 200000 };
    static const unsigned missing_percents[] = {0, 0, 0, 10, 50, 100};
    struct extent extent;
    do {
        extent = (struct extent){random_length(random), random_length(random), random_length(random)};
    } while (extent.nx * extent.ny * extent.nz > VOXELS_MAX);
    unsigned missing_percent = missing_percents[test_random_range(random, 0, 5)];
    enum voxel_type type = (enum voxel_type)test_random_range(random, 0, VOXEL_TYPES - 1);
    unsigned nlevels = test_random_range(random, 1, 7);
    enum test_contents contents = (enum test_contents)test_random_range(random, 0, TEST_CONTENTS - 1);
    test_volume_create(volume, extent, type, nlevels, contents, missing_percent, random);
}

void test_volume_free(struct test_volume *volume)
{
    free(volume->voxels);
    free(volume->present);
    *volume = (struct test_volume){0};
}

const char *test_volume_name(const struct test_volume *volume, char text[128])
{
    const struct pyramid *pyramid = &volume->pyramid;
    unsigned nmissing = 0;
    for (uint32_t z = 0; z < pyramid->extent.nz; z++)
        nmissing += !volume->present[z];
    snprintf(text, 128, "%s %ux%ux%u, %u levels, %s, %u missing", voxel_name(pyramid->type),
             (unsigned)pyramid->extent.nx, (unsigned)pyramid->extent.ny, (unsigned)pyramid->extent.nz,
             pyramid->nlevels, test_contents_name(volume->contents), nmissing);
    return text;
}

void test_plan_finish(struct downsample_plan *plan, const struct pyramid *pyramid)
{
    plan->buffer_bytes =
        (uint64_t)plan->batch_slices * plan->band_rows * pyramid->extent.nx * voxel_bytes(pyramid->type);
}

void test_plan_random(struct downsample_plan *plan, const struct pyramid *pyramid, struct test_random *random)
{
    uint32_t box = 1u << pyramid->nlevels;
    *plan = (struct downsample_plan){.nbuffers = test_random_range(random, 1, 4)};
    if (pyramid->extent.nz == 1)
        plan->batch_slices = 1;
    else if (test_random_range(random, 0, 3))
        plan->batch_slices = 1u << test_random_range(random, 1, pyramid->nlevels);
    else
        plan->batch_slices = box * test_random_range(random, 1, 3);
    plan->band_rows = box * test_random_range(random, 1, extent_reduce(pyramid->extent.ny, pyramid->nlevels));
    if (plan->band_rows > pyramid->extent.ny || test_random_range(random, 0, 3) == 0)
        plan->band_rows = pyramid->extent.ny;
    test_plan_finish(plan, pyramid);
}

/* What is known of the rows delivered so far. They are copied at the last moment: before their buffer is
 * submitted again, as a writer that is late would. */
struct gathering {
    const struct pyramid *pyramid;
    struct test_levels *levels;
    uint32_t *rows[LEVELS_MAX + 1];  /* per level, for every z: the rows that have come */
    uint32_t last_z[LEVELS_MAX + 1]; /* within one collect */
    struct kept {
        struct level_rows rows;
        unsigned index; /* of the buffer */
    } * kept;
    size_t nkept;
    unsigned index;           /* of the buffer whose batch is collected */
    const char *failure;      /* NULL, or what was wrong first */
    struct level_rows failed; /* then: where */
};

static enum status gather(void *context, const struct level_rows *rows, struct error *error)
{
    struct gathering *gathering = context;
    const char *failure = NULL;
    struct extent extent = {0};
    if (rows->level < 1 || rows->level > gathering->pyramid->nlevels)
        failure = "no such level";
    else
        extent = extent_at_level(gathering->pyramid->extent, rows->level);
    if (!failure && (rows->z >= extent.nz || rows->y0 > extent.ny || rows->nrows > extent.ny - rows->y0))
        failure = "rows outside the level";
    else if (!failure && rows->nrows == 0)
        failure = "a run of no rows";
    else if (!failure && rows->z < gathering->last_z[rows->level])
        failure = "z fell within a collect";
    else if (!failure && rows->y0 != gathering->rows[rows->level][rows->z])
        failure = "rows out of order, missing or doubled";
    if (failure) {
        gathering->failure = failure;
        gathering->failed = *rows;
        return error_set(error, STATUS_FAILED, "the sink refuses: %s", failure);
    }
    gathering->kept = realloc(gathering->kept, (gathering->nkept + 1) * sizeof *gathering->kept);
    if (!gathering->kept)
        abort();
    gathering->kept[gathering->nkept++] = (struct kept){.rows = *rows, .index = gathering->index};
    gathering->rows[rows->level][rows->z] += rows->nrows;
    gathering->last_z[rows->level] = rows->z;
    return STATUS_OK;
}

/* Copies the rows that came from the batch of buffer `index`. */
static void copy_kept(struct gathering *gathering, unsigned index)
{
    size_t n = 0;
    for (size_t i = 0; i < gathering->nkept; i++) {
        const struct level_rows *rows = &gathering->kept[i].rows;
        if (gathering->kept[i].index != index) {
            gathering->kept[n++] = gathering->kept[i];
            continue;
        }
        const struct extent extent = extent_at_level(gathering->pyramid->extent, rows->level);
        size_t row_bytes = extent.nx * voxel_bytes(gathering->pyramid->type);
        size_t offset = ((size_t)rows->z * extent.ny + rows->y0) * row_bytes;
        memcpy((unsigned char *)gathering->levels->voxels[rows->level] + offset, rows->voxels,
               (size_t)level_rows_bytes(rows, gathering->pyramid));
    }
    gathering->nkept = n;
}

/* Copies the batch's voxels into an input buffer as a reader would: missing slices get absent voxels. */
static void fill_buffer(const struct test_volume *volume, const struct batch *batch, unsigned char *buffer)
{
    const struct extent extent = volume->pyramid.extent;
    size_t row_bytes = extent.nx * voxel_bytes(volume->pyramid.type);
    size_t n_bytes = batch->nrows * row_bytes;
    for (uint32_t i = 0; i < batch->nslices; i++) {
        size_t offset = ((size_t)(batch->z0 + i) * extent.ny + batch->y0) * row_bytes;
        if (batch->present[i])
            memcpy(buffer + i * n_bytes, (const unsigned char *)volume->voxels + offset, n_bytes);
        else
            voxels_fill_absent(volume->pyramid.type, buffer + i * n_bytes, (size_t)batch->nrows * extent.nx);
    }
}

/* `index` is its buffer. */
static void collect_oldest(struct downsampler *downsampler, struct gathering *gathering, unsigned index)
{
    struct error error = {0};
    gathering->index = index;
    memset(gathering->last_z, 0, sizeof gathering->last_z);
    if (downsampler->ops->collect(downsampler, gather, gathering, &error) != STATUS_OK)
        fail_msg("%s: collect: %s (level %u, z %u, y0 %u, %u rows)", downsampler->ops->name, error.message,
                 gathering->failed.level, (unsigned)gathering->failed.z, (unsigned)gathering->failed.y0,
                 (unsigned)gathering->failed.nrows);
    if (gathering->failure)
        fail_msg("%s: collect hides the sink's error: %s", downsampler->ops->name, gathering->failure);
}

static void allocate_levels(const struct pyramid *pyramid, struct test_levels *levels)
{
    *levels = (struct test_levels){0};
    for (unsigned level = 1; level <= pyramid->nlevels; level++) {
        uint64_t n_bytes = extent_volume_bytes(extent_at_level(pyramid->extent, level), pyramid->type);
        levels->voxels[level] = test_alloc(n_bytes);
        memset(levels->voxels[level], 0xa5, (size_t)n_bytes);
    }
}

void test_run(struct downsampler *downsampler, const struct test_volume *volume, unsigned in_flight,
              struct test_levels *levels)
{
    const struct pyramid *pyramid = &volume->pyramid;
    const struct downsample_plan *plan = &downsampler->plan;
    struct gathering gathering = {.pyramid = pyramid, .levels = levels};
    allocate_levels(pyramid, levels);
    for (unsigned level = 1; level <= pyramid->nlevels; level++) {
        uint32_t nz = extent_reduce(pyramid->extent.nz, level);
        gathering.rows[level] = test_alloc(nz * sizeof(uint32_t));
        memset(gathering.rows[level], 0, nz * sizeof(uint32_t));
    }
    struct batch batch = {0};
    unsigned nsubmitted = 0, ncollected = 0;
    while (batch_next(&batch, pyramid->extent, plan)) {
        struct error error = {0};
        if (nsubmitted - ncollected == in_flight) {
            collect_oldest(downsampler, &gathering, ncollected % plan->nbuffers);
            ncollected++;
        }
        unsigned index = nsubmitted % plan->nbuffers;
        /* a copy, gone when submit returns: a backend must not hold on to the caller's */
        bool *present = test_alloc(batch.nslices * sizeof *present);
        memcpy(present, volume->present + batch.z0, batch.nslices * sizeof *present);
        struct batch submitted = batch;
        submitted.present = present;
        fill_buffer(volume, &submitted, downsampler->ops->buffer(downsampler, index));
        copy_kept(&gathering, index);
        if (downsampler->ops->submit(downsampler, index, &submitted, &error) != STATUS_OK)
            fail_msg("%s: submit: %s", downsampler->ops->name, error.message);
        free(present);
        nsubmitted++;
    }
    for (; ncollected < nsubmitted; ncollected++)
        collect_oldest(downsampler, &gathering, ncollected % plan->nbuffers);
    for (unsigned index = 0; index < plan->nbuffers; index++)
        copy_kept(&gathering, index);
    free(gathering.kept);
    for (unsigned level = 1; level <= pyramid->nlevels; level++) {
        struct extent extent = extent_at_level(pyramid->extent, level);
        for (uint32_t z = 0; z < extent.nz; z++)
            if (gathering.rows[level][z] != extent.ny)
                fail_msg("%s: level %u, z %u: %u of %u rows came", downsampler->ops->name, level, (unsigned)z,
                         (unsigned)gathering.rows[level][z], (unsigned)extent.ny);
        free(gathering.rows[level]);
    }
}

/* Prints a voxel as a number (f32 with its bits). */
static void print_voxel(char text[64], enum voxel_type type, const unsigned char *voxel)
{
    uint32_t bits = 0;
    memcpy(&bits, voxel, voxel_bytes(type));
    if (type == VOXEL_F32) {
        float value;
        memcpy(&value, voxel, sizeof value);
        snprintf(text, 64, "%.9g (0x%08x)", (double)value, (unsigned)bits);
    } else if (voxel_is_signed(type)) {
        unsigned unused = 32 - 8 * (unsigned)voxel_bytes(type);
        snprintf(text, 64, "%d", (int)(int32_t)(bits << unused) >> unused);
    } else {
        snprintf(text, 64, "%u", (unsigned)bits);
    }
}

void test_compare(const struct test_volume *volume, const struct test_levels *levels,
                  const struct test_levels *expected, const char *name)
{
    enum voxel_type type = volume->pyramid.type;
    size_t voxel = voxel_bytes(type);
    for (unsigned level = 1; level <= volume->pyramid.nlevels; level++) {
        struct extent extent = extent_at_level(volume->pyramid.extent, level);
        size_t n = (size_t)extent.nx * extent.ny * extent.nz;
        const unsigned char *got = levels->voxels[level];
        const unsigned char *want = expected->voxels[level];
        if (memcmp(got, want, n * voxel) == 0)
            continue;
        size_t i = 0;
        while (memcmp(got + i * voxel, want + i * voxel, voxel) == 0)
            i++;
        char text[128], got_text[64], want_text[64];
        print_voxel(got_text, type, got + i * voxel);
        print_voxel(want_text, type, want + i * voxel);
        fail_msg("%s: %s: level %u (%zu, %zu, %zu) is %s, not %s", test_volume_name(volume, text), name,
                 level, i % extent.nx, i / extent.nx % extent.ny, i / extent.nx / extent.ny, got_text,
                 want_text);
    }
}

void test_levels_free(struct test_levels *levels)
{
    for (unsigned level = 0; level <= LEVELS_MAX; level++)
        free(levels->voxels[level]);
    *levels = (struct test_levels){0};
}
