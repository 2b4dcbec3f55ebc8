/* SPDX-License-Identifier: MIT
 * TIFF directories that libtiff would not write: compressions of samples that they are not for, chains that
 * lead nowhere, pages that differ by a number, and sources that end within them. */
#include "codec/tiff_pages.h"
#include "codec/tiff_source.h"
#include "format_fixture.h"
#include "tiff_file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { NX = 4, NY = 3 };

static const struct tiff_file_page plain = {.nx = NX, .ny = NY, .bits = 8, .photometric = 1};

static enum status read_header(const struct tiff_file *file, struct slice_header *header, struct error *error)
{
    struct input_file input = {
        .fd = memfd_create("slice", MFD_CLOEXEC), .path = FORMAT_PATH, .n_bytes = file->bytes.n_bytes};
    assert_int_equal(write(input.fd, file->bytes.data, file->bytes.n_bytes), file->bytes.n_bytes);
    *error = (struct error){0};
    enum status status = codec_tiff.read_header(&input, &(struct codec_options){.gray = true}, header, error);
    input_file_close(&input);
    return status;
}

/* The file's header is read, or, where `said` is not NULL, refused with that; ends the file. */
static void check(struct tiff_file *file, const char *said)
{
    struct slice_header header;
    struct error error;
    enum status status = read_header(file, &header, &error);
    bytes_end(&file->bytes);
    if (status != (said ? STATUS_INPUT : STATUS_OK))
        fail_msg("'%s' was expected, not '%s'", said ? said : "no error", error.message);
    if (said && (!strstr(error.message, said) || strchr(error.message, '\n')))
        fail_msg("'%s' does not say '%s'", error.message, said);
}

/* One page of such samples. */
static void check_samples(const struct tiff_file_page *page, const char *said)
{
    struct tiff_file file;
    tiff_file_start(&file, false);
    for (unsigned i = 0; i < page->nmore; i++) /* a palette lies at 8 */
        if (page->more[i].tag == 320)
            tiff_file_put_bytes(&file, 1, 2 * page->more[i].count);
    tiff_file_put_page(&file, page);
    check(&file, said);
}

static void compressions_that_are_for_other_samples(void **state)
{
    static const struct tiff_file_entry two[] = {{277, 3, 1, 2}, {338, 3, 1, 1}};
    static const struct {
        uint16_t compression;
        uint32_t bits;
        unsigned nmore; /* 2: with alpha */
        const char *said;
    } cases[] = {
        {32809, 4, 0, NULL},
        {32809, 8, 0, "thunderscan, is not for voxels of 1 x 8 bits"},
        {32809, 4, 2, "thunderscan, is not for voxels of 2 x 4 bits"},
        {32766, 2, 0, NULL},
        {32766, 8, 0, "next, is not for voxels of 1 x 8 bits"},
        {32766, 2, 2, "next, is not for voxels of 2 x 2 bits"},
        {4, 1, 0, NULL},
        {4, 8, 0, "ccitt-fax4, is not for voxels of 1 x 8 bits"},
        {4, 1, 2, "ccitt-fax4, is not for voxels of 2 x 1 bits"},
        {34676, 8, 0, "sgilog, is not supported"},
        {12345, 8, 0, "(number 12345, unknown to it) is not built into this libtiff"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_samples(&(struct tiff_file_page){.nx = NX,
                                               .ny = NY,
                                               .bits = cases[i].bits,
                                               .compression = cases[i].compression,
                                               .photometric = 1,
                                               .more = two,
                                               .nmore = cases[i].nmore},
                      cases[i].said);
}

/* A slice that is compressed is one, whatever text it kept of its stack; planes behind it would be more. */
static void slices_that_kept_the_text_of_their_stack(void **state)
{
    (void)state;
    struct tiff_file_page page = plain;
    page.description = "ImageJ=1.53t\nimages=2\n";
    for (unsigned planes = 0; planes < 2; planes++)
        for (unsigned packed = 0; packed < 2; packed++) {
            struct tiff_file file;
            tiff_file_start(&file, false);
            page.compression = packed ? 32773 : 1;
            tiff_file_put_page(&file, &page);
            tiff_file_put_bytes(&file, 1, (size_t)planes * NX * NY);
            check(&file, planes && !packed ? "holds an ImageJ stack of 2 slices" : NULL);
        }
}

static void samples_that_are_no_voxels(void **state)
{
    static const struct {
        uint16_t photometric, compression;
        uint32_t bits;
        struct tiff_file_entry more[3];
        unsigned nmore;
        const char *said;
    } cases[] = {
        {1, 1, 8, {{277, 3, 1, 2}}, 1, "has 2 samples per voxel that it does not call alpha"},
        {1, 1, 8, {{277, 3, 1, 3}, {338, 3, 1, 1}}, 2, "has 3 samples per voxel that it does not call alpha"},
        {1, 1, 8, {{277, 3, 1, 2}, {338, 3, 1, 0}}, 2, "has 2 samples per voxel that it does not call alpha"},
        {1, 1, 32, {{339, 3, 1, 5}}, 1, "has 32-bit complex voxels"},
        {1, 1, 64, {{339, 3, 1, 6}}, 1, "has 64-bit complex voxels"},
        {1, 1, 8, {{339, 3, 1, 3}}, 1, "has 8-bit floating point voxels"},
        {3, 1, 8, {{320, 3, 768, 8}}, 1, NULL},
        {3, 1, 8, {{320, 3, 768, 8}, {339, 3, 1, 2}}, 2, "is palette colour with 8-bit signed voxels"},
        {3,
         1,
         16,
         {{320, 3, 3 << 16, 8}, {339, 3, 1, 3}},
         2,
         "is palette colour with 16-bit floating point voxels"},
        {3, 1, 16, {{320, 3, 3 << 16, 8}}, 1, "is palette colour with 16-bit voxels"},
        {3, 1, 4, {{0, 0, 0, 0}}, 0, "Colormap"},
        {6, 5, 16, {{277, 3, 1, 3}}, 1, "has 16-bit YCbCr voxels"},
        {6, 5, 8, {{277, 3, 1, 3}, {339, 3, 1, 2}}, 2, "has 8-bit YCbCr voxels"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_samples(&(struct tiff_file_page){.nx = NX,
                                               .ny = NY,
                                               .bits = cases[i].bits,
                                               .compression = cases[i].compression,
                                               .photometric = cases[i].photometric,
                                               .more = cases[i].more,
                                               .nmore = cases[i].nmore},
                      cases[i].said);
    check_samples(&(struct tiff_file_page){.nx = 0, .ny = NY, .bits = 8, .photometric = 1},
                  "is a damaged TIFF");
    check_samples(&(struct tiff_file_page){.nx = NX, .ny = 0, .bits = 8, .photometric = 1},
                  "is a damaged TIFF");
}

/* A reduced copy may be marked as TIFF 5.0 did, by the tag that SubfileType was then. */
static void chains_of_reduced_copies(void **state)
{
    static const struct tiff_file_entry reduced = {255, 3, 1, 2}, whole = {255, 3, 1, 1};
    const char *const nowhere = "is a damaged TIFF: the chain of its pages leads back or nowhere";
    struct tiff_file file;
    struct tiff_file_page second = plain;
    (void)state;
    second.nmore = 1;
    for (unsigned i = 0; i < 6; i++) {
        tiff_file_start(&file, false);
        tiff_file_put_page(&file, &plain);
        const uint32_t at = (uint32_t)(file.bytes.n_bytes + file.bytes.n_bytes % 2);
        second.more = i == 0 ? &whole : &reduced;
        tiff_file_put_page(&file, &second);
        if (i >= 2)
            tiff_file_link(&file, i == 2 ? 8 : i == 3 ? at : (uint32_t)file.bytes.n_bytes - (i == 4 ? 0 : 1));
        check(&file, i == 0 ? "holds several pages" : i == 1 ? NULL : i < 5 ? nowhere : "it is truncated");
    }
}

/* Of a directory that two reads are needed for the second may fail. */
static void directories_that_are_cut_while_they_are_read(void **state)
{
    enum { FILE_BYTES = 40000, RATIONAL_AT = 30000, DIRECTORY_BYTES = 2 + 10 * 12 };
    static const struct tiff_file_entry resolutions[] = {{282, 5, 1, RATIONAL_AT}, {283, 5, 1, RATIONAL_AT}};
    struct tiff_file file;
    unsigned nread = 0;
    (void)state;
    tiff_file_start(&file, false);
    tiff_file_put_bytes(&file, 1,
                        TIFF_READ_AHEAD_BYTES - DIRECTORY_BYTES - 8); /* it ends where a read ends */
    tiff_file_put_page(&file, &(struct tiff_file_page){.nx = NX,
                                                       .ny = NY,
                                                       .bits = 8,
                                                       .photometric = 1,
                                                       .voxels_at = 8,
                                                       .more = resolutions,
                                                       .nmore = 2});
    tiff_file_put_bytes(&file, 1, FILE_BYTES - file.bytes.n_bytes);
    for (size_t n = 0; n <= FILE_BYTES; n += 500) {
        struct input_file input = {
            .fd = memfd_create("slice", MFD_CLOEXEC), .path = FORMAT_PATH, .n_bytes = FILE_BYTES};
        struct slice_header header;
        struct error error = {0};
        assert_int_equal(write(input.fd, file.bytes.data, n), n);
        if (codec_tiff.read_header(&input, NULL, &header, &error) == STATUS_OK)
            nread++;
        else if (!strstr(error.message, "was changed while being read"))
            fail_msg("%zu bytes: %s", n, error.message);
        input_file_close(&input);
    }
    assert_in_range(nread, 1, 20); /* with the resolution, which is read with what lies around it */
    bytes_end(&file.bytes);
}

static bool is_same(const struct slice_header *a, const struct slice_header *b)
{
    return a->nx == b->nx && a->ny == b->ny && a->type == b->type && a->plain == b->plain &&
           a->voxels_offset == b->voxels_offset && a->spacing.x == b->spacing.x &&
           a->spacing.y == b->spacing.y && a->spacing.unit == b->spacing.unit &&
           a->encoded_bytes == b->encoded_bytes;
}

/* Two pages: fractions of their resolutions, and what is put in place of a value of the second one, or of
 * both. */
struct differing {
    unsigned first_x, first_y, x, y;
    uint32_t count; /* of the resolutions */
    int entry;      /* 5: where the strip is, 7: how long; 0: none */
    uint32_t value; /* of that entry */
    bool in_both;
};

static void put_differing(struct tiff_file *file, const struct differing *differing)
{
    static const unsigned char fractions[][2] = {{100, 1}, {100, 2}, {0, 1}, {0, 0}, {100, 1}};
    const unsigned low = file->big_endian ? 3 : 0; /* the byte of a number that is below 256 */
    for (size_t k = 0; k < sizeof fractions / sizeof *fractions; k++)
        for (unsigned byte = 0; byte < 8; byte++)
            tiff_file_put_bytes(file, byte % 4 == low ? fractions[k][byte / 4] : 0, 1);
    for (unsigned p = 0; p < 2; p++) {
        const unsigned x = p ? differing->x : differing->first_x, y = p ? differing->y : differing->first_y;
        const struct tiff_file_entry more[] = {{282, 5, differing->count, 8 + 8 * x},
                                               {283, 5, differing->count, 8 + 8 * y}};
        struct tiff_file_page page = plain;
        page.more = more;
        page.nmore = 2;
        tiff_file_put_page(file, &page);
        size_t value_at = file->link_at - 10 * 12 + 12 * (size_t)differing->entry + 8;
        for (unsigned byte = 0; byte < 4 && differing->entry && (p || differing->in_both); byte++)
            file->bytes.data[value_at + byte] =
                (unsigned char)(differing->value >> 8 * (file->big_endian ? 3 - byte : byte));
    }
}

/* Every page must be as it is when it is read alone. */
static void compare_pages(const struct tiff_file *file, size_t number)
{
    struct tiff_pages *pages = NULL;
    struct error error = {0};
    bool any = false;
    struct input_file input = {
        .fd = memfd_create("slice", MFD_CLOEXEC), .path = FORMAT_PATH, .n_bytes = file->bytes.n_bytes};
    assert_int_equal(write(input.fd, file->bytes.data, file->bytes.n_bytes), file->bytes.n_bytes);
    assert_int_equal(tiff_pages_open(&pages, &input, &error), STATUS_OK);
    for (unsigned p = 0; p < 2; p++) {
        struct tiff_page page;
        struct slice_header alone;
        struct error reason = {0};
        assert_int_equal(tiff_pages_next(pages, NULL, &page, &any, &error), STATUS_OK);
        const struct codec_options options = {.page_at = page.at};
        bool reads = codec_tiff.read_header(&input, &options, &alone, &reason) == STATUS_OK;
        if (reads != page.can_slice || (reads && !is_same(&page.header, &alone)))
            fail_msg("case %zu: page %u is another when it is read alone", number, p);
    }
    tiff_pages_close(pages);
    input_file_close(&input);
}

static void pages_that_differ_by_a_number(void **state)
{
    static const struct differing cases[] = {
        {0, 0, 0, 4, 1, 0, 0, false},   {0, 0, 0, 1, 1, 0, 0, false},      {0, 0, 1, 0, 1, 0, 0, false},
        {0, 2, 0, 2, 1, 0, 0, false},   {2, 2, 2, 2, 1, 0, 0, false},      {3, 3, 3, 3, 1, 0, 0, false},
        {0, 0, 2, 3, 1, 0, 0, false},   {0, 0, 0, 0, 2, 0, 0, false},      {0, 0, 0, 0, 1, 5, 8, false},
        {0, 0, 0, 0, 1, 5, 1, false},   {0, 0, 0, 0, 1, 5, 100000, false}, {0, 0, 0, 0, 1, 5, 0, false},
        {0, 0, 0, 0, 1, 5, 400, false}, {0, 0, 0, 0, 1, 7, 0, false},      {0, 0, 0, 0, 1, 7, 0, true},
        {0, 0, 0, 0, 1, 7, 13, true},   {0, 0, 0, 0, 1, 7, 100000, true},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        struct tiff_file file;
        tiff_file_start(&file, i % 2);
        put_differing(&file, &cases[i / 2]);
        compare_pages(&file, i / 2);
        bytes_end(&file.bytes);
    }
}

/* Parts of a file that lie in memory one behind the other. */
static void parts_of_a_file(void **state)
{
    static const struct file_part apart[] = {{10, 4}, {20, 4}}, whole[] = {{0, 8}}, later[] = {{1, 8}};
    static const struct {
        uint64_t offset;
        size_t n_bytes;
        const char *read;
    } cases[] = {{10, 4, "abcd"}, {12, 9, "cd"}, {9, 2, ""},  {14, 1, ""}, {20, 4, "efgh"},
                 {23, 9, "h"},    {24, 1, ""},   {99, 1, ""}, {10, 0, ""}};
    struct tiff_source source;
    (void)state;
    tiff_source_init_memory(&source, "abcdefgh", apart, 2, "f");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char to[10] = "";
        size_t n = strlen(cases[i].read);
        assert_int_equal(tiff_source_read(&source, to, cases[i].n_bytes, cases[i].offset), n);
        assert_string_equal(to, cases[i].read);
        const unsigned char *span = tiff_source_span(&source, cases[i].offset, cases[i].n_bytes);
        if (n > 0 && n == cases[i].n_bytes)
            assert_memory_equal(span, cases[i].read, n);
        else if (cases[i].n_bytes > n)
            assert_null(span);
    }
    assert_false(tiff_source_is_whole(&source));
    tiff_source_init_memory(&source, "abcdefgh", whole, 1, "f");
    assert_true(tiff_source_is_whole(&source));
    tiff_source_init_memory(&source, "abcdefgh", later, 1, "f");
    assert_false(tiff_source_is_whole(&source));
    tiff_source_init_memory(&source, "", whole, 0, "f");
    assert_false(tiff_source_is_whole(&source));
    assert_int_equal(source.n_bytes, 0);
}

/* How many reads this process has made, this one left out; see proc_pid_io(5). */
static unsigned long count_reads(void)
{
    char text[512];
    int fd = open("/proc/self/io", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        skip();
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    assert_true(n > 0);
    text[n] = '\0';
    const char *at = strstr(text, "syscr: ");
    assert_non_null(at);
    return strtoul(at + strlen("syscr: "), NULL, 10);
}

/* The start of the file and its end, where most writers put the directory, are read once each. */
static void headers_are_read_once(void **state)
{
    (void)state;
    struct tiff_file file;
    struct slice_header header;
    struct error error;
    tiff_file_start(&file, false);
    tiff_file_put_bytes(&file, 1, 3 * (size_t)TIFF_READ_AHEAD_BYTES);
    tiff_file_put_page(&file, &plain);
    unsigned long before = count_reads() + 1;
    enum status status = read_header(&file, &header, &error);
    unsigned long nreads = count_reads() - before;
    bytes_end(&file.bytes);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(nreads, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compressions_that_are_for_other_samples),
        cmocka_unit_test(slices_that_kept_the_text_of_their_stack),
        cmocka_unit_test(samples_that_are_no_voxels),
        cmocka_unit_test(chains_of_reduced_copies),
        cmocka_unit_test(directories_that_are_cut_while_they_are_read),
        cmocka_unit_test(pages_that_differ_by_a_number),
        cmocka_unit_test(parts_of_a_file),
        cmocka_unit_test(headers_are_read_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
