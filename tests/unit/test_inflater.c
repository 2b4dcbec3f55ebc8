/* SPDX-License-Identifier: MIT
 * Slices in compressed streams: what is given is right, or it is said why there is nothing. */
#include "call_faults.h"
#include "pipeline/inflater.h"
#include "pipeline/pipeline.h"
#include "pipeline/source.h"
#include "temp_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include <cmocka.h>

enum {
    SLICE_BYTES = 100000,
    NZ = 3,
    VOXEL_BYTES = NZ * SLICE_BYTES,
    OFFSET = 10,
    FILE_BYTES = 2 * VOXEL_BYTES
};

/* A file with streams of 3 slices, and a stack of those. */
struct streams {
    const char *folder;
    char path[TEMP_PATH_BYTES];
    unsigned char *voxels; /* VOXEL_BYTES */
    unsigned char *file;   /* FILE_BYTES of room */
    size_t file_bytes;
    struct slice slices[NZ];
    struct stack stack;
    atomic_bool cancel;
    struct pipeline_progress progress;
};

static int make(void **state)
{
    struct streams *streams = calloc(1, sizeof *streams);
    uint64_t seed = 3;
    char folder[TEMP_PATH_BYTES];
    assert_non_null(streams);
    temp_folder_make(folder);
    streams->folder = strdup(folder);
    strcpy(streams->path, temp_path(folder, "volume.gz"));
    streams->voxels = malloc(VOXEL_BYTES);
    streams->file = malloc(FILE_BYTES);
    for (int i = 0; i < VOXEL_BYTES; i++) /* hard to compress, in part */
        streams->voxels[i] = (unsigned char)(i % 5000 < 2500 ? temp_random(&seed) : (unsigned)i / 100);
    memset(streams->file, '#', OFFSET);
    streams->file_bytes = OFFSET;
    *state = streams;
    return 0;
}

static int clear(void **state)
{
    struct streams *streams = *state;
    call_faults_set(NULL);
    temp_folder_remove(streams->folder);
    free((char *)streams->folder);
    free(streams->voxels);
    free(streams->file);
    free(streams);
    return 0;
}

/* Adds a stream with n_bytes of the voxels from `at` on: gzip, or zlib. */
static void add_stream(struct streams *streams, size_t at, size_t n_bytes, bool is_gzip)
{
    z_stream zlib = {.next_in = streams->voxels + at,
                     .avail_in = (uInt)n_bytes,
                     .next_out = streams->file + streams->file_bytes,
                     .avail_out = (uInt)(FILE_BYTES - streams->file_bytes)};
    assert_int_equal(deflateInit2(&zlib, 6, Z_DEFLATED, is_gzip ? 15 + 16 : 15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    streams->file_bytes += zlib.total_out;
    deflateEnd(&zlib);
}

/* Writes the file, and makes the stack: all slices lie in what begins at OFFSET. */
static void write_file(struct streams *streams)
{
    struct input_file file;
    temp_file_write(streams->path, streams->file, streams->file_bytes);
    assert_int_equal(input_file_open(&file, streams->path, &(struct error){0}), STATUS_OK);
    input_file_close(&file);
    for (uint32_t z = 0; z < NZ; z++) {
        struct slice *slice = &streams->slices[z];
        *slice = (struct slice){.path = streams->path,
                                .n_bytes = file.n_bytes,
                                .mtime_ns = file.mtime_ns,
                                .identity = file.identity};
        slice->header.streamed = true;
        slice->header.stream = (struct file_part){OFFSET, streams->file_bytes - OFFSET};
        slice->header.stream_end_bytes = VOXEL_BYTES;
        slice->header.nparts = 1;
        slice->header.parts[0] = (struct file_part){(uint64_t)z * SLICE_BYTES, SLICE_BYTES};
        slice->header.encoded_bytes = SLICE_BYTES;
    }
    streams->stack = (struct stack){.slices = streams->slices, .extent = {100, 1000, NZ}};
}

/* Reads the slices from `first` on, and compares them; what became of it. `meanwhile` is set to the file's
 * modification time behind the first one, unless it is 0. */
static enum status read_all(struct streams *streams, uint32_t first, time_t meanwhile, struct error *error)
{
    struct stop stop;
    struct source source;
    struct inflater inflater;
    unsigned char *data = malloc(SLICE_BYTES);
    *error = (struct error){0};
    streams->progress = (struct pipeline_progress){.bytes_read = 0};
    stop_init(&stop, &streams->cancel);
    assert_int_equal(source_init(&source, &streams->stack, 1, &stop, &streams->progress, error), STATUS_OK);
    assert_int_equal(inflater_init(&inflater, &streams->stack, &source, error), STATUS_OK);
    enum status status = STATUS_OK;
    bool same = true; /* which is known for certain when the checksum was right */
    for (uint32_t z = first; z < NZ && status == STATUS_OK; z++) {
        status = inflater_read(&inflater, &streams->slices[z], data, error);
        if (status == STATUS_OK)
            same = same && memcmp(data, streams->voxels + z * SLICE_BYTES, SLICE_BYTES) == 0;
        if (z == first && meanwhile)
            assert_int_equal(
                utimensat(AT_FDCWD, streams->path, (struct timespec[2]){{meanwhile, 0}, {meanwhile, 0}}, 0),
                0);
    }
    inflater_end(&inflater);
    source_end(&source);
    stop_end(&stop);
    free(data);
    assert_true(same || status != STATUS_OK);
    assert_true(status == STATUS_OK || status == STATUS_INTERRUPTED || strstr(error->message, streams->path));
    return status;
}

static void assert_fails(struct streams *streams, const char *part)
{
    struct error error;
    write_file(streams);
    if (read_all(streams, 0, 0, &error) != STATUS_INPUT || !strstr(error.message, part))
        fail_msg("'%s' does not say '%s'", error.message, part);
}

static void assert_reads(struct streams *streams)
{
    struct error error;
    write_file(streams);
    for (uint32_t first = 0; first < NZ; first++)
        if (read_all(streams, first, 0, &error) != STATUS_OK)
            fail_msg("%s", error.message);
}

/* Ends what is there so far with these bytes. */
static void add_bytes(struct streams *streams, const char *bytes, size_t n)
{
    memcpy(streams->file + streams->file_bytes, bytes, n);
    streams->file_bytes += n;
}

static void test_streams(void **state)
{
    struct streams *streams = *state;
    add_stream(streams, 0, VOXEL_BYTES, false);
    assert_reads(streams);
    streams->file_bytes = OFFSET;
    add_stream(streams, 0, VOXEL_BYTES, true);
    assert_reads(streams);
    assert_int_equal(streams->progress.surplus_bytes, 0);
    add_bytes(streams, "\x1f", 1); /* no members behind it */
    assert_reads(streams);
    streams->file_bytes--;
    add_bytes(streams, "\x1f\x8c more", 7);
    assert_reads(streams);
    streams->file_bytes -= 7;
    /* A member behind it, of which nothing is needed. */
    add_stream(streams, 0, 1234, true);
    assert_reads(streams);
    assert_int_equal(streams->progress.surplus_bytes, 1234);
    /* Members that end within slices, one of them empty. */
    streams->file_bytes = OFFSET;
    add_stream(streams, 0, 12345, true);
    add_stream(streams, 12345, 0, true);
    add_stream(streams, 12345, VOXEL_BYTES - 12345, true);
    assert_reads(streams);
}

static void test_broken_streams(void **state)
{
    struct streams *streams = *state;
    add_bytes(streams, "no stream at all, but text", 26);
    assert_fails(streams, "are damaged behind 0 bytes of them");
    streams->file_bytes = OFFSET;
    add_stream(streams, 0, VOXEL_BYTES - 1, true);
    assert_fails(streams, "end after 299999 bytes, where 300000 were expected; its header does not fit");
    streams->file_bytes = OFFSET;
    add_stream(streams, 0, VOXEL_BYTES, true);
    streams->file_bytes -= 8;
    assert_fails(streams, "have no end, and so no checksum");
    streams->file_bytes -= 5000;
    assert_fails(streams, "it is truncated");
    streams->file_bytes = OFFSET;
    add_stream(streams, 0, VOXEL_BYTES, true);
    add_bytes(streams, "\x1f\x8b with no gzip behind it, but text", 36);
    assert_fails(streams, "are damaged behind 300000 bytes of them");
    streams->file_bytes = OFFSET;
    assert_fails(streams, "end after 0 bytes");
}

/* Any byte changed: found at the latest by the checksum, or it is one that says nothing of the voxels. */
static void test_changed_bytes(void **state)
{
    struct streams *streams = *state;
    struct error error;
    unsigned nfound = 0, n = 0;
    add_stream(streams, 0, VOXEL_BYTES, true);
    for (size_t at = OFFSET; at < streams->file_bytes;
         at += at < 30 || at + 10 > streams->file_bytes ? 1 : 3571, n++) {
        streams->file[at] ^= 0x10;
        write_file(streams);
        nfound += read_all(streams, 0, 0, &error) != STATUS_OK; /* which has compared what it took */
        streams->file[at] ^= 0x10;
    }
    assert_true(nfound + 8 >= n && n > 30); /* time, extra flags and system in the header */
}

static void test_calls_that_fail(void **state)
{
    struct streams *streams = *state;
    static const char *const calls[] = {"open", "fstat", "pread"};
    static const int errnums[] = {EIO, EINTR, CALL_SHORT, CALL_ENDS};
    struct error error;
    add_stream(streams, 0, VOXEL_BYTES, true);
    add_bytes(streams, "\x1f", 1);
    write_file(streams);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < (i == 0 ? 2 : i == 1 ? 1 : 4); j++) {
            struct call_fault fault = {.call = calls[i], .n = 1, .errnum = errnums[j]};
            for (bool hit = true; hit; fault.n++) {
                call_faults_set(&fault);
                enum status status = read_all(streams, 0, 0, &error);
                hit = call_faults_hit();
                call_faults_set(NULL);
                const bool harmless = !hit || errnums[j] == EINTR || errnums[j] == CALL_SHORT;
                assert_int_equal(status, harmless ? STATUS_OK : STATUS_INPUT);
            }
            assert_true(fault.n > 2);
        }
}

static void test_changed_file(void **state)
{
    struct streams *streams = *state;
    struct error error;
    add_stream(streams, 0, VOXEL_BYTES, true);
    write_file(streams);
    assert_int_equal(read_all(streams, 0, 1000, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "was changed"));
    assert_int_equal(read_all(streams, 0, 0, &error), STATUS_INPUT); /* it is not what it was */
    assert_non_null(strstr(error.message, "was changed"));
    write_file(streams);
    atomic_store(&streams->cancel, true);
    assert_int_equal(read_all(streams, 0, 0, &error), STATUS_INTERRUPTED);
}

/* Each slice in a stream of its own, all of one file, or of several. */
static void test_other_streams(void **state)
{
    struct streams *streams = *state;
    struct error error;
    size_t begins[NZ + 1];
    for (int z = 0; z < NZ; z++) {
        begins[z] = streams->file_bytes;
        add_stream(streams, (size_t)z * SLICE_BYTES, SLICE_BYTES, z % 2);
    }
    begins[NZ] = streams->file_bytes;
    write_file(streams);
    for (int z = 0; z < NZ; z++) {
        struct slice_header *header = &streams->slices[z].header;
        header->stream = (struct file_part){begins[z], begins[z + 1] - begins[z]};
        header->stream_end_bytes = SLICE_BYTES;
        header->parts[0].offset = 0;
    }
    assert_int_equal(read_all(streams, 0, 0, &error), STATUS_OK);
    /* Half of each is left, and the next one begins: the file was not changed meanwhile, or was. */
    for (int z = 0; z < NZ; z++)
        streams->slices[z].header.stream_end_bytes = SLICE_BYTES + 1;
    assert_int_equal(read_all(streams, 0, 0, &error), STATUS_OK);
    assert_int_equal(read_all(streams, 0, 1000, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "was changed"));
    /* The same place in another file is another stream. */
    streams->file_bytes = OFFSET;
    add_stream(streams, 0, VOXEL_BYTES, true);
    write_file(streams);
    char other[TEMP_PATH_BYTES];
    strcpy(other, temp_path(streams->folder, "other.gz"));
    temp_file_write(other, streams->file, streams->file_bytes);
    struct input_file file;
    assert_int_equal(input_file_open(&file, other, &error), STATUS_OK);
    streams->slices[1].path = other;
    streams->slices[1].mtime_ns = file.mtime_ns;
    streams->slices[1].identity = file.identity;
    input_file_close(&file);
    assert_int_equal(read_all(streams, 0, 0, &error), STATUS_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_streams),         TEST(test_broken_streams), TEST(test_changed_bytes),
        TEST(test_calls_that_fail), TEST(test_changed_file),   TEST(test_other_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
