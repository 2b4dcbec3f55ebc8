/* SPDX-License-Identifier: MIT
 * Long chains of pages: those that are alike but for where their voxels are must be taken as codec_tiff reads
 * each alone, and no file may keep the processor busy for long. */
#include "stack/stack.h"
#include "temp_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* With sanitizers a page takes five times as long. */
enum { BUSY_SECONDS_MAX = 8 };

struct entry {
    uint16_t tag, type;
    uint32_t value;
};

/* A file that is written from its start to its end. */
struct file {
    uint64_t seed;
    bool big_endian, big;
    bool miscounts; /* it tells of fewer bytes of voxels than there are, which libtiff sees through */
    unsigned char *bytes;
    size_t n_bytes, capacity;
    size_t link_at; /* of the last number that leads to a directory */
};

static unsigned any(struct file *file, unsigned below)
{
    return temp_random(&file->seed) % below;
}

static void put_at(struct file *file, size_t at, uint64_t value, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes; i++)
        file->bytes[at + (file->big_endian ? n_bytes - 1 - i : i)] = (unsigned char)(value >> 8 * i);
}

static void put(struct file *file, uint64_t value, unsigned n_bytes)
{
    if (file->n_bytes + n_bytes > file->capacity) {
        file->capacity = 2 * file->capacity + 4096;
        file->bytes = realloc(file->bytes, file->capacity);
        assert_non_null(file->bytes);
    }
    put_at(file, file->n_bytes, value, n_bytes);
    file->n_bytes += n_bytes;
}

static void start(struct file *file)
{
    file->n_bytes = 0;
    put(file, file->big_endian ? 0x4d4d : 0x4949, 2);
    put(file, file->big ? 43 : 42, 2);
    if (file->big) {
        put(file, 8, 2);
        put(file, 0, 2);
    }
    file->link_at = file->n_bytes;
    put(file, 0, file->big ? 8 : 4);
}

static unsigned type_bytes(uint16_t type)
{
    return type == 3 ? 2 : type == 4 ? 4 : 8;
}

/* Writes a directory; a RATIONAL's value is its numerator, over 1000. */
static void put_directory(struct file *file, const struct entry *entries, unsigned n)
{
    const unsigned value_bytes = file->big ? 8 : 4;
    uint64_t rationals[8];
    unsigned nrationals = 0;
    for (unsigned i = 0; i < n && !file->big; i++)
        if (entries[i].type == 5) {
            rationals[nrationals++] = file->n_bytes;
            put(file, entries[i].value, 4);
            put(file, 1000, 4);
        }
    put_at(file, file->link_at, file->n_bytes, value_bytes);
    put(file, n, file->big ? 8 : 2);
    for (unsigned i = 0, rational = 0; i < n; i++) {
        put(file, entries[i].tag, 2);
        put(file, entries[i].type, 2);
        put(file, 1, value_bytes);
        size_t at = file->n_bytes;
        put(file, 0, value_bytes);
        if (entries[i].type == 5 && file->big) {
            put_at(file, at, entries[i].value, 4);
            put_at(file, at + 4, 1000, 4);
        } else if (entries[i].type == 5) {
            put_at(file, at, rationals[rational++], 4);
        } else {
            put_at(file, at, entries[i].value, type_bytes(entries[i].type));
        }
    }
    file->link_at = file->n_bytes;
    put(file, 0, value_bytes);
}

/* A page of nx * ny voxels, most of the time like those before it. */
static void put_page(struct file *file, uint32_t nx, uint32_t ny, unsigned bits)
{
    const bool odd = any(file, 5) == 0;
    uint32_t n_bytes = nx * ny * bits / 8;
    uint16_t type = any(file, 4) == 0 && file->n_bytes < 60000 ? 3 : 4;
    for (unsigned i = any(file, 3); i > 0; i--)
        put(file, any(file, 256), 1);
    struct entry entries[] = {
        {256, 3, nx},
        {257, 3, ny},
        {258, 3, odd && any(file, 4) == 0 ? 8 : bits},
        {259, 3, 1},
        {262, 3, odd && any(file, 4) == 0 ? 0 : 1},
        {273, type, (uint32_t)file->n_bytes},
        {274, 3, odd && any(file, 4) == 0 ? 3 : 1},
        {278, 3, odd && any(file, 4) == 0 ? (ny + 1) / 2 : ny},
        {279, 4, file->miscounts ? n_bytes / 2 + 1 : n_bytes + (odd && any(file, 8) == 0)},
        {282, 5, odd && any(file, 2) ? 12345 : 54321},
        {283, 5, odd && any(file, 2) ? 12345 : 54321},
        {296, 3, odd && any(file, 4) == 0 ? 2 : 3},
        {305, 3, any(file, 100)}, /* a Software that is no text, and does not matter */
    };
    for (uint32_t i = 0; i < n_bytes; i++)
        put(file, any(file, 256), 1);
    for (unsigned i = 0; file->miscounts && i < 5000; i++) /* so far that it is read without them */
        put(file, 0, 1);
    if (odd && any(file, 8) == 0)
        entries[5].value = 4000000; /* behind the end */
    put_directory(file, entries, sizeof entries / sizeof *entries - any(file, 2));
}

static bool is_same_spacing(struct spacing a, struct spacing b)
{
    return a.x == b.x && a.y == b.y && a.z == b.z && a.unit == b.unit;
}

static void check_alone(const char *path, const struct slice *slice)
{
    struct input_file file;
    struct slice_header alone;
    struct error error = {0};
    const struct codec_options options = {.page_at = slice->header.page_at};
    const struct slice_header *header = &slice->header;
    assert_int_equal(input_file_open(&file, path, &error), STATUS_OK);
    if (codec_tiff.read_header(&file, &options, &alone, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    input_file_close(&file);
    assert_true(header->nx == alone.nx && header->ny == alone.ny && header->type == alone.type);
    assert_true(header->plain == alone.plain && header->swapped == alone.swapped);
    assert_int_equal(header->voxels_offset, alone.voxels_offset);
    assert_int_equal(header->nparts, alone.nparts);
    assert_memory_equal(header->parts, alone.parts, alone.nparts * sizeof *alone.parts);
    assert_int_equal(header->encoded_bytes, alone.encoded_bytes);
    assert_int_equal(header->decode_bytes, alone.decode_bytes);
    assert_int_equal(header->spacing_origin, alone.spacing_origin);
    assert_true(is_same_spacing(header->spacing, alone.spacing));
    assert_string_equal(header->layout, alone.layout);
}

/* Pages that cannot be slices, or have another type, are told by either way of reading them. */
static void pages_are_as_if_read_alone(void **state)
{
    const char *path = temp_path(*state, "chain.tif");
    unsigned nopened = 0;
    struct file file = {0};
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct error error = {0};
        struct stack *stack = NULL;
        file.seed = seed;
        file.big_endian = any(&file, 2);
        file.big = any(&file, 2);
        file.miscounts = any(&file, 16) == 0;
        const uint32_t nx = 1 + any(&file, 20), ny = 1 + any(&file, 20);
        const unsigned bits = 8u << any(&file, 3);
        start(&file);
        for (unsigned n = 2 + any(&file, 12); n > 0; n--)
            put_page(&file, nx, ny, bits);
        temp_file_write(path, file.bytes, file.n_bytes);
        const struct stack_request request = {.input = path, .missing = MISSING_IGNORE};
        if (stack_open(&stack, &request, &error) != STATUS_OK)
            continue; /* of two types */
        nopened++;
        for (uint32_t z = 0; z < stack->extent.nz; z++)
            if (stack->slices[z].path)
                check_alone(path, &stack->slices[z]);
        stack_close(stack);
    }
    assert_true(nopened > 100);
    free(file.bytes);
}

/* Writes n pages that share their voxels, each with nunknown tags that nobody knows. Every other one has
 * another unit when `differing`. */
static void write_chain(const char *path, unsigned n, unsigned nunknown, bool differing, uint16_t compression)
{
    struct file file = {0};
    struct entry entries[1024] = {{256, 3, 4},           {257, 3, 4},  {258, 3, 8},
                                  {259, 3, compression}, {262, 3, 1},  {273, 4, 8},
                                  {278, 3, 4},           {279, 4, 16}, {296, 3, 2}};
    for (unsigned i = 0; i < nunknown; i++)
        entries[9 + i] = (struct entry){(uint16_t)(40000 + i), 3, i};
    start(&file);
    put(&file, 0, 8);
    put(&file, 0, 8);
    for (unsigned i = 0; i < n; i++) {
        entries[8].value = differing ? 2 + i % 2 : 2;
        put_directory(&file, entries, 9 + nunknown);
    }
    temp_file_write(path, file.bytes, file.n_bytes);
    free(file.bytes);
}

/* The stack; NULL where it is refused, and then `error` says why. Seconds of the processor are counted. */
static struct stack *open_soon(const char *path, struct error *error)
{
    struct stack *stack = NULL;
    clock_t before = clock();
    stack_open(&stack, &(struct stack_request){.input = path}, error);
    double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
    if (seconds > BUSY_SECONDS_MAX) {
        stack_close(stack);
        fail_msg("%.1f seconds of the processor", seconds);
    }
    return stack;
}

static void long_chains_take_no_time(void **state)
{
    const char *path = temp_path(*state, "chain.tif");
    const struct {
        unsigned n, nunknown;
    } chains[] = {{400000, 0}, {3000, 1000}};
    for (unsigned i = 0; i < sizeof chains / sizeof *chains; i++) {
        struct error error = {0};
        write_chain(path, chains[i].n, chains[i].nunknown, false, 1);
        struct stack *stack = open_soon(path, &error);
        if (!stack)
            fail_msg("%s", error.message);
        assert_int_equal(stack->extent.nz, chains[i].n);
        stack_close(stack);
    }
}

static void pages_that_take_long_are_refused(void **state)
{
    enum { PIXARLOG = 32909 };
    const char *path = temp_path(*state, "chain.tif");
    struct error error = {0};
    write_chain(path, 8000, 0, true, PIXARLOG);
    assert_null(open_soon(path, &error));
    assert_int_equal(error.status, STATUS_INPUT);
    assert_non_null(strstr(error.message, "chain.tif: page 7813: is one page too many"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_as_if_read_alone),
        cmocka_unit_test(long_chains_take_no_time),
        cmocka_unit_test(pages_that_take_long_are_refused),
    };
    return cmocka_run_group_tests(tests, temp_folder_setup, temp_folder_teardown);
}
