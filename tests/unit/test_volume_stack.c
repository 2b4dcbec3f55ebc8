/* SPDX-License-Identifier: MIT
 * Raw volumes as stacks: where the slices lie in data files that are cut, shifted, compressed or missing, and
 * what is refused in which words. */
#include "stack/stack.h"
#include "temp_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#define NRRD(more) "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 4 5 6\n" more
#define META(more) "NDims = 3\nDimSize = 4 5 6\nElementType = MET_UCHAR\n" more

enum { SLICE_BYTES = 20, VOLUME_BYTES = 120 };

/* The stack of `name` in the folder, whose header has this text; NULL where it is refused. */
static struct stack *open_volume(const char *folder, const char *name, const char *text,
                                 struct stack_request request, struct error *error)
{
    struct stack *stack = NULL;
    const char *path = temp_path(folder, "%s", name);
    if (text)
        temp_text_write(path, text);
    request.input = path;
    *error = (struct error){0};
    const bool taken = stack_open(&stack, &request, error) == STATUS_OK;
    assert_int_equal(taken, stack != NULL);
    return stack;
}

static void refused(const char *folder, const char *name, const char *text, const char *said)
{
    struct error error;
    const struct stack_request request = {.missing = MISSING_FAIL};
    if (open_volume(folder, name, text, request, &error))
        fail_msg("taken instead of '%s': %s", said, text);
    assert_int_equal(error.status, STATUS_INPUT);
    if (!strstr(error.message, said) || strchr(error.message, '\n'))
        fail_msg("'%s' does not say '%s'", error.message, said);
}

static void write_bytes(const char *path, size_t n_bytes)
{
    unsigned char *data = malloc(n_bytes + 1);
    assert_non_null(data);
    for (size_t i = 0; i < n_bytes; i++)
        data[i] = (unsigned char)(i * 7);
    temp_file_write(path, data, n_bytes);
    free(data);
}

/* Voxels in a zlib stream, behind n_before other bytes; returns its bytes. */
static size_t write_stream(const char *path, size_t n_before, size_t n_voxels)
{
    unsigned char voxels[2 * VOLUME_BYTES] = {0}, data[1024] = {0};
    uLongf n_bytes = sizeof data - n_before;
    uint64_t seed = 1;
    assert_true(n_voxels <= sizeof voxels && n_before < 100);
    for (size_t i = 0; i < n_voxels; i++)
        voxels[i] = (unsigned char)temp_random(&seed);
    assert_int_equal(compress2(data + n_before, &n_bytes, voxels, n_voxels, 9), Z_OK);
    temp_file_write(path, data, n_before + n_bytes);
    return n_bytes;
}

static void plain_voxels_that_are_shifted(void **state)
{
    static const struct {
        const char *name, *text;
        size_t n_bytes;
        const char *said; /* NULL: taken */
        uint64_t first;   /* where the voxels begin */
    } cases[] = {
        {"v.nhdr", NRRD("encoding: raw\nbyte skip: 3\ndata file: a.raw\n"), VOLUME_BYTES + 3, NULL, 3},
        {"v.nhdr", NRRD("encoding: raw\nbyte skip: -1\ndata file: a.raw\n"), VOLUME_BYTES + 9, NULL, 9},
        {"v.nhdr", NRRD("encoding: raw\nbyte skip: -4\ndata file: a.raw\n"), VOLUME_BYTES + 9, NULL, 6},
        {"v.nhdr", NRRD("encoding: raw\nbyte skip: -4\ndata file: a.raw\n"), VOLUME_BYTES + 3, NULL, 0},
        {"v.nhdr", NRRD("encoding: raw\nbyte skip: -4\ndata file: a.raw\n"), VOLUME_BYTES + 2,
         "holds 119 bytes of voxels, but 6 slices of 4 x 5 u8 take 120", 0},
        {"v.nhdr", NRRD("encoding: raw\nbyte skip: -500\ndata file: a.raw\n"), VOLUME_BYTES,
         "holds 0 bytes of voxels", 0},
        {"v.nhdr", NRRD("encoding: raw\nbyte skip: 500\ndata file: a.raw\n"), VOLUME_BYTES,
         "holds 0 bytes of voxels", 0},
        {"v.nhdr", NRRD("encoding: raw\nbyte skip: 9223372036854775807\ndata file: a.raw\n"), VOLUME_BYTES,
         "holds 0 bytes of voxels", 0},
        {"v.mhd", META("HeaderSize = -1\nElementDataFile = a.raw\n"), VOLUME_BYTES + 9, NULL, 9},
        {"v.mhd", META("HeaderSize = 5\nElementDataFile = a.raw\n"), VOLUME_BYTES + 5, NULL, 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error;
        write_bytes(temp_path(*state, "a.raw"), cases[i].n_bytes);
        if (cases[i].said) {
            refused(*state, cases[i].name, cases[i].text, cases[i].said);
            continue;
        }
        struct stack *stack =
            open_volume(*state, cases[i].name, cases[i].text, (struct stack_request){0}, &error);
        if (!stack)
            fail_msg("%s", error.message);
        for (uint32_t z = 0; z < 6; z++)
            assert_int_equal(stack->slices[z].header.voxels_offset, cases[i].first + z * SLICE_BYTES);
        stack_close(stack);
    }
}

static void lines_to_skip(void **state)
{
    static const char text[] = NRRD("encoding: raw\nline skip: 2\nbyte skip: 1\ndata file: a.raw\n");
    const char *path = temp_path(*state, "a.raw");
    struct error error;
    write_bytes(path, 0);
    refused(*state, "v.nhdr", text, "does not begin with the 2 lines that its header says are to be skipped");
    temp_text_write(path, "one line\nand no end");
    refused(*state, "v.nhdr", text, "does not begin with the 2 lines");
    write_bytes(path, 0);
    assert_int_equal(truncate(path, 17 << 20), 0); /* zeros, and no line among them */
    refused(*state, "v.nhdr", text, "does not begin with the 2 lines");
    char data[5000 + 2 + 1 + VOLUME_BYTES];
    memset(data, 'x', sizeof data);
    data[3] = data[5000] = '\n'; /* more than is looked at in one go */
    temp_file_write(path, data, 5001 + 1 + VOLUME_BYTES);
    struct stack *stack = open_volume(*state, "v.nhdr", text, (struct stack_request){0}, &error);
    if (!stack)
        fail_msg("%s", error.message);
    assert_int_equal(stack->slices[0].header.voxels_offset, 5002);
    stack_close(stack);
}

static void streams_at_the_end_of_a_file(void **state)
{
    const char *path = temp_path(*state, "a.zraw");
    char text[256];
    struct error error;
    size_t n_bytes = write_stream(path, 30, VOLUME_BYTES);
    snprintf(text, sizeof text,
             META("CompressedData = True\nHeaderSize = -1\nCompressedDataSize = %zu\n"
                  "ElementDataFile = a.zraw\n"),
             n_bytes);
    struct stack *stack = open_volume(*state, "v.mhd", text, (struct stack_request){0}, &error);
    if (!stack)
        fail_msg("%s", error.message);
    assert_int_equal(stack->slices[5].header.stream.offset, 30);
    assert_int_equal(stack->slices[5].header.stream.n_bytes, n_bytes);
    assert_int_equal(stack->slices[5].header.stream_end_bytes, VOLUME_BYTES);
    stack_close(stack);
    write_stream(path, 0, VOLUME_BYTES);
    stack = open_volume(*state, "v.mhd", text, (struct stack_request){0}, &error); /* all of the file */
    assert_non_null(stack);
    assert_int_equal(stack->slices[0].header.stream.offset, 0);
    stack_close(stack);
    assert_int_equal(truncate(path, (off_t)n_bytes - 1), 0);
    snprintf(text + 200, 56, "holds %zu compressed bytes where its header says %zu", n_bytes - 1, n_bytes);
    refused(*state, "v.mhd", text, text + 200);
}

static void streams_that_cannot_be(void **state)
{
    static const struct {
        const char *text;
        const char *data;
        size_t n_bytes;
        const char *said;
    } cases[] = {
        {NRRD("encoding: gz\ndata file: a.gz\n"), "\x1f\x8c", 2, "has no gzip or zlib stream at byte 0"},
        {NRRD("encoding: gz\ndata file: a.gz\n"), "\x78\x9d", 2, "has no gzip or zlib stream at byte 0"},
        {NRRD("encoding: gz\ndata file: a.gz\n"), "\x1f", 1, "has no gzip or zlib stream at byte 0"},
        {NRRD("encoding: gz\nline skip: 1\ndata file: a.gz\n"), "a\n\x1f", 3,
         "has no gzip or zlib stream at byte 2"},
        {NRRD("encoding: gz\nbyte skip: 9223372036854775807\ndata file: a.gz\n"), "\x1f\x8b\x08", 3,
         "holds 0 bytes of voxels"},
        {"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 4000 4000 60\nencoding: gz\ndata file: a.gz\n",
         "\x1f\x8b\x08\0\0\0\0\0\0", 9,
         "has 9 compressed bytes, which cannot give the 960000000 bytes of 60 slices of 4000 x 4000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        temp_file_write(temp_path(*state, "a.gz"), cases[i].data, cases[i].n_bytes);
        refused(*state, "v.nhdr", cases[i].text, cases[i].said);
    }
}

/* Three streams of two slices each, the second of which is not there. */
static void a_stream_that_is_missing(void **state)
{
    static const char text[] = NRRD("encoding: gz\ndata file: LIST 3\na.gz\nb.gz\nc.gz\n");
    struct error error;
    size_t n_bytes = write_stream(temp_path(*state, "a.gz"), 0, VOLUME_BYTES / 3) +
                     write_stream(temp_path(*state, "c.gz"), 0, VOLUME_BYTES / 3);
    unlink(temp_path(*state, "b.gz"));
    refused(*state, "v.nhdr", text, "b.gz: ");
    struct stack *stack =
        open_volume(*state, "v.nhdr", text, (struct stack_request){.missing = MISSING_IGNORE}, &error);
    if (!stack)
        fail_msg("%s", error.message);
    assert_string_equal(stack->missing, "2-3");
    assert_int_equal(stack->nunreadable, 1);
    assert_int_equal(stack_file_bytes(stack), n_bytes);
    for (uint32_t z = 0; z < 6; z += z == 1 ? 3 : 1) {
        struct file_part parts[FILE_PARTS_MAX];
        const struct slice_header *header = &stack->slices[z].header;
        assert_int_equal(slice_parts(&stack->slices[z], parts), 1);
        assert_true(z % 2 ? parts[0].offset > 0 : parts[0].offset == 0);
        assert_true(parts[0].n_bytes > 0);
        assert_true(parts[0].offset + parts[0].n_bytes <= header->stream.n_bytes);
        assert_int_equal(parts[0].offset + parts[0].n_bytes == header->stream.n_bytes, z % 2);
    }
    stack_close(stack);
}

static void data_files_out_of_reach(void **state)
{
    static const char text[] = NRRD("encoding: raw\ndata file: z%d.raw 1 3 1 3\n");
    struct error error;
    atomic_bool cancel = true;
    for (int i = 1; i <= 3; i++)
        write_bytes(temp_path(*state, "z%d.raw", i), VOLUME_BYTES / 3);
    assert_null(open_volume(*state, "v.nhdr", text,
                            (struct stack_request){.range = {.given = true, .first = 6, .last = 99}},
                            &error));
    assert_non_null(strstr(error.message, "none of its slices is in the range 6:99; they are 0 to 5"));
    assert_null(open_volume(*state, "v.nhdr", text,
                            (struct stack_request){.cancel = &cancel, .missing = MISSING_IGNORE}, &error));
    assert_int_equal(error.status, STATUS_INTERRUPTED);
    refused(*state, "v.nhdr", NRRD("encoding: raw\ndata file: LIST 3\na\nb\n \n"), "a: ");
    assert_null(open_volume(*state, "v.nhdr", NRRD("encoding: raw\ndata file: LIST 3\nno\nnone\n"),
                            (struct stack_request){.missing = MISSING_IGNORE}, &error));
    assert_non_null(strstr(error.message, "no: ")); /* the first reason */
    /* Only what is asked for has to be there. */
    unlink(temp_path(*state, "z1.raw"));
    struct stack *stack =
        open_volume(*state, "v.nhdr", text,
                    (struct stack_request){.range = {.given = true, .first = 2, .last = 99}}, &error);
    if (!stack)
        fail_msg("%s", error.message);
    assert_int_equal(stack->extent.nz, 4);
    assert_string_equal(stack->slices[0].name, "z2.raw");
    stack_close(stack);
}

/* What --raw tells against how long the file is. */
static void files_of_another_length_than_told(void **state)
{
    static const struct {
        size_t n_bytes;
        const char *raw, *said;
    } cases[] = {
        {0, "4x5x6:u8", "holds 0 bytes, but 4x5x6:u8 takes 120; check extent, type and skip"},
        {100, "4x5x6:u8:skip=100", "holds 0 bytes behind those skipped, but 4x5x6:u8:skip=100 takes 120"},
        {100, "4x5x6:u8:skip=101", "holds 0 bytes behind those skipped"},
        {100, "4x5x6:u8", "holds 100 bytes, but 4x5x6:u8 takes 120 (4x5x5:u8 would fit)"},
        {101, "4x5x6:u8", "holds 101 bytes, but 4x5x6:u8 takes 120; check"},
        {240, "4x5x6:u8", "holds 240 bytes, which is 120 more than 4x5x6:u8 takes (4x5x6:u16 would fit)"},
        {960, "4x5x6:f32", "(4x5x6:f64 would fit)"},
        {480, "4x5x6:f64", "(4x5x6:f32 would fit)"},
        {121, "4x5x6:u8", "if they come first add :skip=1, if last :skip=0"},
    };
    struct error error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_bytes(temp_path(*state, "a.bin"), cases[i].n_bytes);
        assert_null(open_volume(*state, "a.bin", NULL, (struct stack_request){.raw = cases[i].raw}, &error));
        assert_int_equal(error.status, STATUS_INPUT);
        if (!strstr(error.message, cases[i].said))
            fail_msg("'%s' does not say '%s'", error.message, cases[i].said);
    }
    struct stack *stack =
        open_volume(*state, "a.bin", NULL, (struct stack_request){.raw = "4x5x6:u8:skip=0"}, &error);
    assert_non_null(stack);
    assert_non_null(strstr(stack->surplus, "a.bin: 1 bytes behind the last voxel are ignored"));
    stack_close(stack);
    assert_null(open_volume(*state, "a.bin", NULL, (struct stack_request){.raw = "4x5:u8"}, &error));
    assert_int_equal(error.status, STATUS_USAGE);
    assert_string_equal(error.message, "--raw 4x5:u8: is no description of a raw volume");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_voxels_that_are_shifted),     cmocka_unit_test(lines_to_skip),
        cmocka_unit_test(streams_at_the_end_of_a_file),      cmocka_unit_test(streams_that_cannot_be),
        cmocka_unit_test(a_stream_that_is_missing),          cmocka_unit_test(data_files_out_of_reach),
        cmocka_unit_test(files_of_another_length_than_told),
    };
    return cmocka_run_group_tests(tests, temp_folder_setup, temp_folder_teardown);
}
