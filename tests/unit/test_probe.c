/* SPDX-License-Identifier: MIT
 * Whether a slice can be read: whatever stands in the way of that is told, and the file is named. And the
 * order that rows are delivered in: every other than the promised one is refused. */
#include "call_faults.h"
#include "codec_fixture.h"
#include "pipeline/probe.h"
#include "pipeline/row_order.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tiffio.h>
#include <unistd.h>

#include <cmocka.h>

/* A stack of one slice, the fixture's file. */
struct one {
    struct slice slice;
    struct stack stack;
};

static void open_one(struct one *one)
{
    struct input_file file;
    struct error error = {0};
    char *path = strdup(fixture_path());
    *one = (struct one){.slice = {.codec = &codec_tiff, .path = path, .name = path}};
    if (input_file_open(&file, path, &error) != STATUS_OK ||
        codec_read_header(&codec_tiff, &file, NULL, &one->slice.header, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    one->slice.n_bytes = file.n_bytes;
    one->slice.mtime_ns = file.mtime_ns;
    one->slice.has_header = true;
    one->stack.slices = &one->slice;
    input_file_close(&file);
}

enum { NX = 700, NY = 300 };

/* Plain, or compressed in strips. */
static void make_one(struct one *one, bool plain)
{
    const struct tiff_layout layout = {
        .mode = "wl",
        .compression = plain ? COMPRESSION_NONE : COMPRESSION_ADOBE_DEFLATE,
        .rows_per_strip = plain ? NY : 7,
    };
    uint64_t random = 5;
    unsigned char *voxels = fixture_voxels(&random, NX * NY, VOXEL_U16);
    assert_true(fixture_write_tiff(&layout, NX, NY, VOXEL_U16, voxels));
    free(voxels);
    open_one(one);
    assert_int_equal(slice_header_needs_decoding(&one->slice.header), !plain);
}

static enum status probe(const struct one *one, struct error *error)
{
    *error = (struct error){0};
    enum status status = probe_slice(&one->stack, 0, NULL, error);
    assert_int_equal(status, error->status);
    if (status != STATUS_OK)
        assert_non_null(strstr(error->message, one->slice.path));
    return status;
}

static void test_calls_that_fail(void **state)
{
    (void)state;
    static const char *const calls[] = {"open", "fstat", "pread"};
    static const int errnums[] = {EIO, ESTALE, EINTR, CALL_SHORT, CALL_ENDS};
    for (int plain = 0; plain < 2; plain++) {
        struct one one;
        struct error error;
        make_one(&one, plain);
        assert_int_equal(probe(&one, &error), STATUS_OK);
        for (size_t i = 0; i < 3; i++)
            for (size_t j = 0; j < (i == 2 ? 5 : 2); j++) {
                unsigned n = 1;
                for (bool hit = true; hit; n++) {
                    call_faults_set(&(struct call_fault){.call = calls[i], .n = n, .errnum = errnums[j]});
                    enum status status = probe(&one, &error);
                    hit = call_faults_hit();
                    call_faults_set(NULL);
                    const bool harmless = !hit || errnums[j] == EINTR || errnums[j] == CALL_SHORT;
                    assert_int_equal(status, harmless ? STATUS_OK : STATUS_INPUT);
                }
                assert_true(n > 2);
            }
        free(one.slice.path);
    }
}

static void test_damage(void **state)
{
    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        struct one one;
        struct error error;
        make_one(&one, plain);
        size_t n_bytes;
        unsigned char *data = fixture_contents(&n_bytes);
        /* Damage that a checksum finds, where there is one, though length and time are what they were. */
        const struct timespec times[2] = {
            {.tv_nsec = UTIME_OMIT},
            {.tv_sec = one.slice.mtime_ns / 1000000000, .tv_nsec = one.slice.mtime_ns % 1000000000}};
        memset(data + n_bytes / 2, 0x5a, 100);
        fixture_write(data, n_bytes);
        assert_int_equal(utimensat(AT_FDCWD, one.slice.path, times, 0), 0);
        assert_int_equal(probe(&one, &error), plain ? STATUS_OK : STATUS_INPUT);
        /* Another time, another length, and no file. */
        assert_int_equal(
            utimensat(AT_FDCWD, one.slice.path, (struct timespec[2]){{.tv_sec = 1}, {.tv_sec = 1}}, 0), 0);
        assert_int_equal(probe(&one, &error), STATUS_INPUT);
        assert_non_null(strstr(error.message, "was changed"));
        fixture_write(data, n_bytes - 1);
        assert_int_equal(utimensat(AT_FDCWD, one.slice.path, times, 0), 0);
        assert_int_equal(probe(&one, &error), STATUS_INPUT);
        assert_non_null(strstr(error.message, "was changed"));
        assert_int_equal(unlink(one.slice.path), 0);
        assert_int_equal(probe(&one, &error), STATUS_INPUT);
        fixture_write(data, n_bytes); /* for fixture_end */
        free(data);
        free(one.slice.path);
    }
}

static void test_cancelled(void **state)
{
    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        struct one one;
        struct error error = {0};
        atomic_bool cancel = false;
        make_one(&one, plain);
        assert_int_equal(probe_slice(&one.stack, 0, &cancel, &error), STATUS_OK);
        atomic_store(&cancel, true);
        assert_int_equal(probe_slice(&one.stack, 0, &cancel, &error), STATUS_INTERRUPTED);
        free(one.slice.path);
    }
}

/* Two levels of 3 and 2 slices, of 4 and 2 rows; batches of 4 slices in bands. */
static const struct pyramid pyramid = {.extent = {8, 8, 6}, .type = VOXEL_U8, .nlevels = 2};

static enum status deliver(struct row_order *order, unsigned level, uint32_t z, uint32_t y0, uint32_t nrows)
{
    struct error error = {0};
    const struct level_rows rows = {.level = level, .z = z, .y0 = y0, .nrows = nrows};
    enum status status = row_order_check(order, &rows, &error);
    if (status != STATUS_OK) {
        char place[40];
        assert_int_equal(status, STATUS_DEVICE);
        snprintf(place, sizeof place, "level %u, slice %u:", level, z);
        assert_non_null(strstr(error.message, place));
    }
    return status;
}

struct delivery {
    unsigned level;
    uint32_t z, y0, nrows;
};

/* In the order of two bands of four slices, then two of two. */
static const struct delivery good[] = {
    {1, 0, 0, 2}, {1, 1, 0, 2}, {2, 0, 0, 1}, {1, 0, 2, 2}, {1, 1, 2, 2},
    {2, 0, 1, 1}, {1, 2, 0, 2}, {2, 1, 0, 1}, {1, 2, 2, 2}, {2, 1, 1, 1},
};
enum { DELIVERIES = sizeof good / sizeof *good };

static void begin(struct row_order *order, unsigned ngood)
{
    const struct downsample_plan plan = {.batch_slices = 4, .band_rows = 4};
    assert_int_equal(row_order_init(order, &pyramid, &plan, &(struct error){0}), STATUS_OK);
    for (unsigned i = 0; i < ngood; i++)
        assert_int_equal(deliver(order, good[i].level, good[i].z, good[i].y0, good[i].nrows), STATUS_OK);
}

/* After each number of good deliveries, all others than those that may follow. */
static void test_row_order(void **state)
{
    struct row_order order;
    struct error error = {0};
    (void)state;
    for (unsigned ngood = 0; ngood <= DELIVERIES; ngood++) {
        begin(&order, ngood);
        assert_int_equal(row_order_check_complete(&order, &error),
                         ngood == DELIVERIES ? STATUS_OK : STATUS_DEVICE);
        error = (struct error){0};
        row_order_end(&order);
        for (unsigned i = 0; i < 4 * 5 * 5 * 5; i++) {
            const struct delivery tried = {i % 4, i / 4 % 5, i / 20 % 5, i / 100};
            uint32_t next[3] = {0, 0, 0}, came[3][5] = {{0}};
            for (unsigned j = 0; j < ngood; j++) {
                came[good[j].level][good[j].z] += good[j].nrows;
                next[good[j].level] =
                    good[j].z + 1 > next[good[j].level] ? good[j].z + 1 : next[good[j].level];
            }
            const uint32_t nrows = tried.level == 1 ? 4 : 2, nz = tried.level == 1 ? 3 : 2;
            const bool is_level = tried.level == 1 || tried.level == 2;
            /* Another slice may lie where one is open that is not whole: then it is not yet its turn. */
            const uint32_t nopen = tried.level == 1 ? 2 : 1;
            const bool begins = is_level && tried.z == next[tried.level] && tried.z < nz &&
                                (tried.z < nopen || came[tried.level][tried.z - nopen] == nrows);
            const bool goes_on = is_level && tried.z < nz && came[tried.level][tried.z] > 0 &&
                                 came[tried.level][tried.z] < nrows;
            const bool may = (begins || goes_on) && tried.y0 == came[tried.level][tried.z] &&
                             tried.nrows > 0 && tried.nrows <= nrows - tried.y0;
            begin(&order, ngood);
            if ((deliver(&order, tried.level, tried.z, tried.y0, tried.nrows) == STATUS_OK) != may)
                fail_msg("after %u: level %u, z %u, rows %u+%u", ngood, tried.level, tried.z, tried.y0,
                         tried.nrows);
            row_order_end(&order);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_that_fail),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_row_order),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_end);
}
