/* SPDX-License-Identifier: MIT
 * TIFFs with several pages that are put together byte by byte, everything in them in random order: read page
 * by page they are what was put in. Then the same with damage. */
#include "stack/stack.h"
#include "temp_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PAGES_MAX = 9, STRIPS_MAX = 16, BLOCKS_MAX = PAGES_MAX * (STRIPS_MAX + 3), FILE_BYTES = 1 << 18 };

/* A piece of a file, with its place there. */
struct block {
    unsigned char data[8192];
    size_t n_bytes;
    uint64_t at;
};

struct page {
    bool reduced, packed;
    unsigned nstrips, rows; /* of a strip */
    struct block directory, offsets, counts;
    struct block strips[STRIPS_MAX];
    const struct block *used[STRIPS_MAX]; /* one of these, or that of another page */
    unsigned char voxels[2048];           /* in the order of the host */
};

struct file {
    uint64_t seed;
    bool big_endian, big;
    uint32_t nx, ny;
    unsigned voxel_bytes, npages;
    struct page pages[PAGES_MAX];
    unsigned char bytes[FILE_BYTES];
    size_t n_bytes;
};

static unsigned any(struct file *file, unsigned below)
{
    return temp_random(&file->seed) % below;
}

static size_t put(const struct file *file, unsigned char *to, uint64_t value, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes; i++)
        to[file->big_endian ? n_bytes - 1 - i : i] = (unsigned char)(value >> 8 * i);
    return n_bytes;
}

/* PackBits, as it may be: runs of 1 to 9 bytes as they are (TIFF 6.0, section 9). */
static size_t pack(struct file *file, const unsigned char *from, size_t n, unsigned char *to)
{
    size_t used = 0;
    while (n > 0) {
        size_t run = 1 + any(file, 9);
        run = run < n ? run : n;
        to[used++] = (unsigned char)(run - 1);
        memcpy(to + used, from, run);
        used += run;
        from += run;
        n -= run;
    }
    return used;
}

static void fill_strip(struct file *file, struct page *page, unsigned strip)
{
    unsigned char stored[2048];
    unsigned row_bytes = file->nx * file->voxel_bytes, y = strip * page->rows;
    unsigned nrows = file->ny - y < page->rows ? file->ny - y : page->rows;
    size_t n = (size_t)nrows * row_bytes;
    for (size_t i = 0; i < n; i += file->voxel_bytes) {
        uint32_t voxel = 0;
        memcpy(&voxel, page->voxels + (size_t)y * row_bytes + i, file->voxel_bytes); /* little-endian hosts */
        put(file, stored + i, voxel, file->voxel_bytes);
    }
    struct block *block = &page->strips[strip];
    if (page->packed)
        block->n_bytes = pack(file, stored, n, block->data);
    else
        memcpy(block->data, stored, block->n_bytes = n);
    page->used[strip] = block;
}

static void fill_page(struct file *file, unsigned index)
{
    struct page *page = &file->pages[index];
    bool copy = index > 0 && any(file, 5) == 0; /* a page that shares the strips of the one before it */
    *page = (struct page){.reduced = index > 0 && any(file, 5) == 0};
    if (copy) {
        const struct page *other = &file->pages[index - 1];
        page->packed = other->packed;
        page->nstrips = other->nstrips;
        page->rows = other->rows;
        memcpy(page->used, other->used, sizeof page->used);
        memcpy(page->voxels, other->voxels, sizeof page->voxels);
        return;
    }
    page->packed = any(file, 2);
    page->rows = (file->ny + STRIPS_MAX - 1) / STRIPS_MAX + any(file, file->ny);
    page->nstrips = (file->ny + page->rows - 1) / page->rows;
    for (size_t i = 0; i < sizeof page->voxels; i++)
        page->voxels[i] = (unsigned char)any(file, 256);
    for (unsigned i = 0; i < page->nstrips; i++)
        fill_strip(file, page, i);
}

/* Puts the blocks into the file, in random order, with random gaps; offsets are even. */
static void place(struct file *file, struct block **blocks, unsigned nblocks)
{
    file->n_bytes = 16;
    for (; nblocks > 0; nblocks--) {
        unsigned i = any(file, nblocks);
        file->n_bytes += any(file, 4) == 0 ? any(file, 6000) : any(file, 2);
        file->n_bytes += file->n_bytes % 2;
        blocks[i]->at = file->n_bytes;
        file->n_bytes += blocks[i]->n_bytes;
        assert_true(file->n_bytes < FILE_BYTES);
        blocks[i] = blocks[nblocks - 1];
    }
}

struct entry {
    unsigned tag, count;    /* of LONGs */
    uint64_t value;         /* of the one that there is */
    const struct block *at; /* where several are, unless they fit the entry */
};

static uint32_t strip_value(const struct page *page, unsigned tag, unsigned strip)
{
    return (uint32_t)(tag == 273 ? page->used[strip]->at : page->used[strip]->n_bytes);
}

static size_t write_entry(const struct file *file, const struct page *page, const struct entry *entry,
                          unsigned char *to)
{
    const unsigned value_bytes = file->big ? 8 : 4;
    unsigned char *start = to;
    to += put(file, to, entry->tag, 2);
    to += put(file, to, 4, 2);
    to += put(file, to, entry->count, value_bytes);
    if (4 * entry->count > value_bytes)
        put(file, to, entry->at->at, value_bytes);
    else if (!entry->at)
        put(file, to, entry->value, 4);
    for (unsigned i = 0; entry->at && 4 * entry->count <= value_bytes && i < entry->count; i++)
        put(file, to + 4 * i, strip_value(page, entry->tag, i), 4);
    return (size_t)(to - start) + value_bytes;
}

static void write_directory(struct file *file, struct page *page, uint64_t next)
{
    const struct entry entries[] = {
        {254, 1, page->reduced, NULL},
        {256, 1, file->nx, NULL},
        {257, 1, file->ny, NULL},
        {258, 1, 8 * file->voxel_bytes, NULL},
        {259, 1, page->packed ? 32773 : 1, NULL},
        {262, 1, 1, NULL},
        {273, page->nstrips, 0, &page->offsets},
        {278, 1, page->rows, NULL},
        {279, page->nstrips, 0, &page->counts},
    };
    const unsigned n = sizeof entries / sizeof *entries;
    unsigned char *to = file->bytes + page->directory.at;
    to += put(file, to, n, file->big ? 8 : 2);
    for (unsigned i = 0; i < n; i++)
        to += write_entry(file, page, &entries[i], to);
    put(file, to, next, file->big ? 8 : 4);
    for (unsigned i = 0; i < page->nstrips; i++) {
        put(file, file->bytes + page->offsets.at + 4 * i, strip_value(page, 273, i), 4);
        put(file, file->bytes + page->counts.at + 4 * i, strip_value(page, 279, i), 4);
        memcpy(file->bytes + page->used[i]->at, page->used[i]->data, page->used[i]->n_bytes);
    }
}

static void make_file(struct file *file, uint64_t seed)
{
    struct block *blocks[BLOCKS_MAX];
    unsigned nblocks = 0;
    memset(file, 0, sizeof *file);
    file->seed = seed;
    file->big_endian = any(file, 2);
    file->big = any(file, 2);
    file->voxel_bytes = 1u << any(file, 3);
    file->nx = 1 + any(file, 20);
    file->ny = 1 + any(file, 20);
    file->npages = 2 + any(file, PAGES_MAX - 1);
    for (unsigned i = 0; i < file->npages; i++) {
        struct page *page = &file->pages[i];
        fill_page(file, i);
        page->directory.n_bytes = file->big ? 8 + 9 * 20 + 8 : 2 + 9 * 12 + 4;
        page->offsets.n_bytes = page->counts.n_bytes = 4 * page->nstrips;
        blocks[nblocks++] = &page->directory;
        blocks[nblocks++] = &page->offsets;
        blocks[nblocks++] = &page->counts;
        for (unsigned s = 0; s < page->nstrips; s++)
            if (page->used[s] == &page->strips[s])
                blocks[nblocks++] = &page->strips[s];
    }
    place(file, blocks, nblocks);
    memcpy(file->bytes, file->big_endian ? "MM" : "II", 2);
    put(file, file->bytes + 2, file->big ? 43 : 42, 2);
    put(file, file->bytes + 4, file->big ? 8 : file->pages[0].directory.at, file->big ? 2 : 4);
    if (file->big)
        put(file, file->bytes + 8, file->pages[0].directory.at, 8);
    for (unsigned i = 0; i < file->npages; i++)
        write_directory(file, &file->pages[i], i + 1 < file->npages ? file->pages[i + 1].directory.at : 0);
}

static enum status decode(const struct file *file, const struct slice *slice, unsigned char *voxels,
                          struct error *error)
{
    struct file_part parts[FILE_PARTS_MAX];
    unsigned nparts = slice_parts(slice, parts);
    size_t n_bytes = 0;
    for (unsigned i = 0; i < nparts; i++) {
        assert_true(parts[i].offset <= file->n_bytes && parts[i].n_bytes <= file->n_bytes - parts[i].offset);
        n_bytes += parts[i].n_bytes;
    }
    unsigned char *data = malloc(n_bytes + !n_bytes);
    assert_non_null(data);
    n_bytes = 0;
    for (unsigned i = 0; i < nparts; i++) {
        memcpy(data + n_bytes, file->bytes + parts[i].offset, parts[i].n_bytes);
        n_bytes += parts[i].n_bytes;
    }
    enum status status = STATUS_OK;
    if (slice->header.plain)
        memcpy(voxels, data, n_bytes);
    else
        status = codec_decode(slice->codec, data, n_bytes, "page", &slice->header, voxels, error);
    free(data);
    return status;
}

static void check_pages(const struct file *file, const struct stack *stack)
{
    uint32_t z = 0;
    for (unsigned i = 0; i < file->npages; i++) {
        const struct page *page = &file->pages[i];
        unsigned char voxels[2048];
        struct error error = {0};
        if (page->reduced)
            continue;
        assert_true(z < stack->extent.nz);
        const struct slice *slice = &stack->slices[z];
        assert_string_equal(slice->part, "page");
        assert_int_equal(slice->part_number, i);
        assert_int_equal(slice->number, z++);
        if (decode(file, slice, voxels, &error) != STATUS_OK)
            fail_msg("%s", error.message);
        assert_memory_equal(voxels, page->voxels, (size_t)file->nx * file->ny * file->voxel_bytes);
    }
    assert_int_equal(z, stack->extent.nz);
}

static void every_page_is_a_slice(void **state)
{
    struct file *file = malloc(sizeof *file);
    const char *path = temp_path(*state, "pages.tif");
    assert_non_null(file);
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct error error = {0};
        struct stack *stack = NULL;
        make_file(file, seed);
        temp_file_write(path, file->bytes, file->n_bytes);
        if (stack_open(&stack, &(struct stack_request){.input = path}, &error) != STATUS_OK)
            fail_msg("seed %u: %s", (unsigned)seed, error.message);
        check_pages(file, stack);
        stack_close(stack);
    }
    free(file);
}

static void check_damaged(const struct file *file, const char *path, enum missing_policy missing)
{
    struct error error = {0};
    struct stack *stack = NULL;
    if (stack_open(&stack, &(struct stack_request){.input = path, .missing = missing}, &error) != STATUS_OK) {
        assert_int_equal(error.status, STATUS_INPUT);
        assert_true(strlen(error.message) > 0 && !strpbrk(error.message, "\r\n"));
        return;
    }
    size_t n_bytes = (size_t)stack->extent.nx * stack->extent.ny * voxel_bytes(stack->type);
    unsigned char *voxels = n_bytes < 1 << 20 ? malloc(n_bytes) : NULL;
    for (uint32_t z = 0; voxels && z < stack->extent.nz; z++) {
        struct error ignored = {0};
        if (stack->slices[z].path)
            decode(file, &stack->slices[z], voxels, &ignored);
    }
    free(voxels);
    stack_close(stack);
}

/* What decoding a page needs holds no other pages: neither their voxels nor, far away, their directories. */
static void a_page_is_read_alone(void **state)
{
    enum { NX = 200, NY = 100, STEP = 40000, PAGES = 40 };
    unsigned char *data = calloc(PAGES, STEP);
    const char *path = temp_path(*state, "pages.tif");
    struct file file = {.nx = NX, .ny = NY, .voxel_bytes = 1};
    struct error error = {0};
    struct stack *stack = NULL;
    assert_non_null(data);
    memcpy(data, "II\x2a\0\x10\0\0", 8); /* the first directory is at 16 */
    for (unsigned i = 0; i < PAGES; i++) {
        struct page page = {.packed = true, .nstrips = 1, .rows = NY};
        page.strips[0] = (struct block){.at = (uint64_t)i * STEP + 256, .n_bytes = 21000};
        page.used[0] = &page.strips[0];
        const unsigned next = i + 1 < PAGES ? (i + 1) * STEP + 16 : 0;
        const struct entry entries[] = {
            {256, 1, NX, NULL}, {257, 1, NY, NULL},
            {258, 1, 8, NULL},  {259, 1, 32773, NULL},
            {262, 1, 1, NULL},  {273, 1, 0, &page.strips[0]},
            {278, 1, NY, NULL}, {279, 1, 0, &page.strips[0]},
        };
        unsigned char *to = data + (size_t)i * STEP + 16;
        to += put(&file, to, sizeof entries / sizeof *entries, 2);
        for (unsigned k = 0; k < sizeof entries / sizeof *entries; k++)
            to += write_entry(&file, &page, &entries[k], to);
        put(&file, to, next, 4);
    }
    temp_file_write(path, data, (size_t)PAGES * STEP);
    if (stack_open(&stack, &(struct stack_request){.input = path}, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_int_equal(stack->extent.nz, PAGES);
    for (unsigned z = 0; z < PAGES; z++)
        assert_in_range(stack->slices[z].header.encoded_bytes, 21000, 25000);
    stack_close(stack);
    free(data);
}

/* Nothing but memory errors can be wrong with what is read of them. */
static void damage_is_survived(void **state)
{
    struct file *file = malloc(sizeof *file);
    const char *path = temp_path(*state, "pages.tif");
    assert_non_null(file);
    for (uint64_t seed = 1; seed <= 400; seed++) {
        make_file(file, 1000 + seed % 40);
        file->seed = seed;
        for (unsigned n = 1 + any(file, 4); n > 0; n--) {
            const struct page *page = &file->pages[any(file, file->npages)];
            const struct block *block = any(file, 3) ? &page->directory : &page->offsets;
            file->bytes[block->at + any(file, (unsigned)block->n_bytes)] = (unsigned char)any(file, 256);
        }
        if (any(file, 4) == 0)
            file->n_bytes = any(file, (unsigned)file->n_bytes);
        temp_file_write(path, file->bytes, file->n_bytes);
        check_damaged(file, path, any(file, 2) ? MISSING_FAIL : MISSING_IGNORE);
    }
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_is_a_slice),
        cmocka_unit_test(a_page_is_read_alone),
        cmocka_unit_test(damage_is_survived),
    };
    return cmocka_run_group_tests(tests, temp_folder_setup, temp_folder_teardown);
}
