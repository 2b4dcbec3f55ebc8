/* SPDX-License-Identifier: MIT
 * TIFF files whose texts tell of more, fewer or other planes than there are: which become slices, and what is
 * refused in which words. */
#include "stack/stack.h"
#include "temp_folder.h"
#include "tiff_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NX = 4, NY = 3, PLANE_BYTES = NX * NY };

/* What a file is made of, what is asked of it, and what comes of it. */
struct described {
    const char *text;
    unsigned npages, nbehind;   /* planes behind the last page */
    unsigned reduced, odd;      /* a page that is a copy, and one that can be no slice; 0: none is */
    bool inverted, packed, cut; /* all pages; cut: the last one leads behind the end of the file */
    unsigned channel, time;
    bool lenient, ranged; /* --missing ignore, --range 0:1 */
    const char *kind;     /* of the stack, or a part of the message */
    const char *slices;   /* "p3" is page 3, "b2" plane 2 behind the first page, "-" missing; NULL: refused */
};

static void write_file(const char *path, const struct described *described)
{
    struct tiff_file file;
    tiff_file_start(&file, false);
    for (unsigned i = 0; i < described->npages; i++) {
        const struct tiff_file_page page = {.nx = NX,
                                            .ny = NY,
                                            .bits = i + 1 == described->odd ? 64 : 8,
                                            .compression = described->packed ? 32773 : 1,
                                            .photometric = !described->inverted,
                                            .subfile = i + 1 == described->reduced,
                                            .description = i == 0 ? described->text : NULL};
        tiff_file_put_page(&file, &page);
    }
    tiff_file_put_bytes(&file, 9, (size_t)described->nbehind * PLANE_BYTES);
    if (described->cut)
        tiff_file_link(&file, (uint32_t)file.bytes.n_bytes + 10);
    temp_file_write(path, file.bytes.data, file.bytes.n_bytes);
    bytes_end(&file.bytes);
}

static void check_slices(const struct stack *stack, const char *expected)
{
    char found[512] = "";
    size_t used = 0;
    for (uint32_t z = 0; z < stack->extent.nz; z++) {
        const struct slice *slice = &stack->slices[z];
        const char *blank = z ? " " : "";
        if (!slice->path)
            used += (size_t)snprintf(found + used, sizeof found - used, "%s-", blank);
        else
            used += (size_t)snprintf(found + used, sizeof found - used, "%s%c%u", blank,
                                     !slice->part                        ? 'p'
                                     : strcmp(slice->part, "plane") == 0 ? 'b'
                                                                         : 'p',
                                     slice->part ? slice->part_number : 0);
    }
    assert_string_equal(found, expected);
}

static void check(const char *folder, const struct described *described)
{
    const char *path = temp_path(folder, "d.tif");
    struct error error = {0};
    struct stack *stack = NULL;
    const struct stack_request request = {.input = path,
                                          .missing = described->lenient ? MISSING_IGNORE : MISSING_FAIL,
                                          .channel = described->channel,
                                          .time = described->time,
                                          .range = {.given = described->ranged, .last = 1}};
    write_file(path, described);
    if (stack_open(&stack, &request, &error) != STATUS_OK) {
        if (described->slices)
            fail_msg("%s: %s", described->text, error.message);
        assert_int_equal(error.status, STATUS_INPUT);
        if (!strstr(error.message, described->kind) || strncmp(error.message, path, strlen(path)) != 0)
            fail_msg("'%s' does not say '%s'", error.message, described->kind);
        return;
    }
    if (!described->slices)
        fail_msg("taken: %s", described->text);
    assert_string_equal(stack->kind ? stack->kind : "", described->kind);
    check_slices(stack, described->slices);
    stack_close(stack);
}

static void check_all(const char *folder, const struct described *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check(folder, &cases[i]);
}

#define IMAGEJ "ImageJ=1.53t\n"
#define MANY "multi-page TIFF, 3 pages"
#define AS_PAGES .npages = 3, .kind = MANY, .slices = "p0 p1 p2"

static const struct described of_imagej[] = {
    {.text = IMAGEJ "images=6\nchannels=2\nslices=3\n",
     .npages = 6,
     .channel = 2,
     .kind = "ImageJ stack, channel 2 of 2",
     .slices = "p1 p3 p5"},
    {.text = IMAGEJ "images=6\nchannels=2\nslices=3\n",
     .npages = 1,
     .nbehind = 5,
     .channel = 1,
     .kind = "ImageJ stack, contiguous, channel 1 of 2",
     .slices = "b0 b2 b4"},
    {.text = IMAGEJ "images=6\nslices=3\nframes=2\n",
     .npages = 6,
     .time = 2,
     .kind = "ImageJ stack, time point 2 of 2",
     .slices = "p3 p4 p5"},
    {.text = IMAGEJ "images=6\nchannels=2\nslices=2\n",
     .npages = 6,
     .kind = "tells of 2 channels, 2 slices and 1 frames"},
    {.text = IMAGEJ "images=6\nslices=2\nframes=2\n",
     .npages = 6,
     .kind = "tells of 1 channels, 2 slices and 2 frames"},
    {.text = IMAGEJ "images=4294967296\n", AS_PAGES},
    {.text = IMAGEJ "images=0\n", AS_PAGES},
    {.text = IMAGEJ "images=-3\n", AS_PAGES},
    {.text = IMAGEJ "images=3\n", .npages = 4, .reduced = 2, .kind = "ImageJ stack", .slices = "p0 p2 p3"},
    {.text = IMAGEJ "images=3\n", .npages = 3, .odd = 1, .lenient = true, .kind = MANY, .slices = "- p1 p2"},
    {.text = IMAGEJ "images=3\n",
     .npages = 1,
     .nbehind = 40,
     .inverted = true,
     .kind = "holds 3 planes behind one directory, inverted"},
    {.text = IMAGEJ "images=1000\n", .npages = 1, .packed = true, .kind = "ImageJ stack", .slices = "p0"},
    {.text = IMAGEJ "images=2000000\n", .npages = 1, .kind = "tells of more than a million planes"},
    {.text = IMAGEJ "images=3000\n",
     .npages = 1,
     .nbehind = 1,
     .lenient = true,
     .kind = "holds only 2 of the 3000 slices that it tells of; copy or export it again, or take"},
    {.text = IMAGEJ "images=3000\n",
     .npages = 1,
     .nbehind = 1,
     .ranged = true,
     .kind = "ImageJ stack, contiguous",
     .slices = "b0 b1"},
    {.text = IMAGEJ "images=6\nslices=3\nframes=2\n",
     .npages = 1,
     .nbehind = 2,
     .time = 2,
     .lenient = true,
     .kind = "holds only 0 of the 3 slices that it tells of; copy or export it again"},
    {.text = IMAGEJ "images=6\n",
     .npages = 1,
     .nbehind = 3,
     .lenient = true,
     .kind = "ImageJ stack, contiguous",
     .slices = "b0 b1 b2 b3 - -"},
    {.text = IMAGEJ "images=6\n",
     .npages = 1,
     .nbehind = 3,
     .kind = "holds only 4 of the 6 slices that it tells of, and not 4-5"},
    {.text = IMAGEJ "images=5\n",
     .npages = 3,
     .cut = true,
     .lenient = true,
     .kind = "ImageJ stack",
     .slices = "p0 p1 p2 - -"},
    {.text = IMAGEJ "images=5\n",
     .npages = 3,
     .cut = true,
     .kind = "page 3: its directory lies behind the end of the file"},
};

static void imagej_texts(void **state)
{
    check_all(*state, of_imagej, sizeof of_imagej / sizeof *of_imagej);
}

static const struct described of_tifffile[] = {
    {.text = "{\"shape\": [3, 3, 4]}", .npages = 3, .kind = "multi-page TIFF", .slices = "p0 p1 p2"},
    {.text = "{\"shape\": [1, 3, 1, 3, 4]}", .npages = 3, .kind = "multi-page TIFF", .slices = "p0 p1 p2"},
    {.text = "{\"shape\": [2, 2, 3, 4], \"axes\": \"CZYX\"}",
     .npages = 4,
     .channel = 2,
     .kind = "multi-page TIFF, channel 2 of 2",
     .slices = "p2 p3"},
    {.text = "{\"shape\": [2, 2, 3, 4], \"axes\": \"ZTYX\"}",
     .npages = 4,
     .time = 2,
     .kind = "multi-page TIFF, time point 2 of 2",
     .slices = "p1 p3"},
    {.text = "{\"shape\": [2, 2, 3, 4], \"axes\": \"CZYX\"}",
     .npages = 4,
     .kind = "holds 2 channels, and a stack is one of them; choose it with --channel N, from 1 to 2"},
    {.text = "{\"shape\": [2, 2, 3, 4], \"axes\": \"CZYX\"}",
     .npages = 4,
     .channel = 3,
     .kind = "has no channel 3, but 2 of them"},
    {.text = "{\"shape\": [2, 2, 3, 4], \"axes\": \"CZYX\"}",
     .npages = 4,
     .channel = 1,
     .time = 2,
     .kind = "has no time point 2, only one; leave out --time"},
    {.text = "{\"shape\": [2, 2, 3, 4]}",
     .npages = 4,
     .kind = "is an array of 4 dimensions, and does not tell which one is z"},
    {.text = "{\"shape\": [3, 9, 4]}", AS_PAGES},
    {.text = "{\"shape\": [3, 3, 9]}", AS_PAGES},
    {.text = "{\"shape\": [3, 3, 4]}",
     .npages = 3,
     .odd = 1,
     .lenient = true,
     .kind = MANY,
     .slices = "- p1 p2"},
    {.text = "{\"shape\": [5, 3, 4]}", AS_PAGES},
    {.text = "{\"shape\": [2, 3, 4]}", AS_PAGES},
    {.text = "{\"shape\": [2, 3, 4], \"truncated\": true}", AS_PAGES},
    {.text = "{\"shape\": [2000000, 3, 4], \"truncated\": true}", AS_PAGES},
    {.text = "{\"shape\": [99999999999, 3, 4]}", AS_PAGES},
    {.text = "{\"shape\": [0, 3, 4]}", AS_PAGES},
    {.text = "{\"shape\": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 4]}", AS_PAGES},
    {.text = "{\"shape\": [5, 3, 4], \"truncated\": true}",
     .npages = 1,
     .nbehind = 4,
     .kind = "multi-page TIFF, contiguous",
     .slices = "b0 b1 b2 b3 b4"},
    {.text = "{\"shape\": [5, 3, 4], \"truncated\": true}",
     .npages = 3,
     .kind = "holds 3 planes, and tells of 5; copy or export it again"},
    {.text = "{\"shape\": [5, 3, 4]}",
     .npages = 3,
     .cut = true,
     .lenient = true,
     .kind = "multi-page TIFF",
     .slices = "p0 p1 p2 - -"},
    {.text = "{\"shape\": [2, 3, 4]}",
     .npages = 3,
     .cut = true,
     .lenient = true,
     .kind = MANY,
     .slices = "p0 p1 p2"},
};

static void texts_of_tifffile(void **state)
{
    check_all(*state, of_tifffile, sizeof of_tifffile / sizeof *of_tifffile);
}

#define OME(attributes, inside)                                                                              \
    "<OME><Image><Pixels DimensionOrder='XYZCT' SizeC='1' SizeT='1' " attributes ">" inside                  \
    "</Pixels></Image></OME>"

static void ome_texts(void **state)
{
    static const struct described cases[] = {
        {.text = OME("SizeZ='3'", "<TiffData/>"), .npages = 3, .kind = "OME-TIFF", .slices = "p0 p1 p2"},
        {.text = OME("SizeZ='2'", "<TiffData IFD='2'/><TiffData FirstZ='1' IFD='0'/>"),
         .npages = 3,
         .kind = "OME-TIFF",
         .slices = "p2 p0"},
        {.text = OME("SizeZ='2'", "<TiffData IFD='0' PlaneCount='2'/>"),
         .npages = 3,
         .odd = 3,
         .kind = "OME-TIFF",
         .slices = "p0 p1"},
        {.text = OME("SizeZ='2'", "<TiffData IFD='0' PlaneCount='2'/>"),
         .npages = 3,
         .reduced = 2,
         .kind = "OME-TIFF",
         .slices = "p0 p1"},
        {.text = OME("SizeZ='2'", "<TiffData IFD='7' PlaneCount='2'/>"),
         .npages = 3,
         .kind = "holds only 0 of the 2 slices"},
        {.text = OME("SizeZ='4'", "<TiffData IFD='0' PlaneCount='4'/>"),
         .npages = 3,
         .lenient = true,
         .kind = "OME-TIFF",
         .slices = "p0 p1 p2 -"},
        {.text = OME("SizeZ='1000001'", "<TiffData/>"),
         .npages = 3,
         .kind = "tells of more than a million slices"},
        {.text = "<OME><BinaryOnly MetadataFile='x&#x9;.ome'/></OME>",
         .npages = 3,
         .kind = "is one file of an OME-TIFF set that x\\x09.ome describes"},
        {.text = "<OME><Image><Pixels DimensionOrder='XYZCT' SizeZ='1' SizeC='2' "
                 "SizeT='1'/></Image><Image/></OME>",
         .npages = 2,
         .channel = 2,
         .kind = "OME-TIFF, image 1 of 2, channel 2 of 2",
         .slices = "p1"},
        {.text = "<OME><Image><Pixels DimensionOrder='XYZCT' SizeZ='1' SizeC='2' SizeT='1'/></Image></OME>",
         .npages = 2,
         .kind = "holds 2 channels, and a stack is one of them"},
        {.text = "<OME><Image/></OME>", .npages = 2, .kind = "its OME-XML is damaged: it tells of no image"},
        {.text = "<other>OME</other>", AS_PAGES},
    };
    check_all(*state, cases, sizeof cases / sizeof *cases);
}

/* Pages that can be no slices end a stack, unless a text may leave them out. */
static void pages_that_are_no_slices(void **state)
{
    static const struct described cases[] = {
        {.npages = 3, .odd = 3, .kind = "page 2: has 64-bit voxels, which are not supported"},
        {.text = "a text",
         .npages = 3,
         .odd = 3,
         .kind = "page 2: has 64-bit voxels, which are not supported"},
        {.text = "a text", .npages = 3, .odd = 3, .lenient = true, .kind = MANY, .slices = "p0 p1 -"},
        {.text = "a text", .npages = 3, .odd = 3, .ranged = true, .kind = MANY, .slices = "p0 p1"},
        {.text = "a text", .npages = 3, .reduced = 3, .kind = MANY, .slices = "p0 p1"},
    };
    check_all(*state, cases, sizeof cases / sizeof *cases);
}

/* A file with `n` pages, each the next one's 12 bytes before its own, as writers of stacks lay them out. */
static void planes_behind_two_pages(void **state)
{
    const char *path = temp_path(*state, "d.tif");
    struct tiff_file file;
    struct error error = {0};
    struct stack *stack = NULL;
    tiff_file_start(&file, false);
    tiff_file_put_bytes(&file, 7, 3 * PLANE_BYTES);
    for (uint32_t i = 0; i < 2; i++)
        tiff_file_put_page(&file, &(struct tiff_file_page){.nx = NX,
                                                           .ny = NY,
                                                           .bits = 8,
                                                           .photometric = 1,
                                                           .voxels_at = 8 + i * PLANE_BYTES,
                                                           .description = IMAGEJ "images=3\n"});
    temp_file_write(path, file.bytes.data, file.bytes.n_bytes);
    bytes_end(&file.bytes);
    if (stack_open(&stack, &(struct stack_request){.input = path}, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_string_equal(stack->kind, "ImageJ stack, contiguous");
    check_slices(stack, "b0 b1 b2");
    assert_int_equal(stack->slices[2].header.voxels_offset, 8 + 2 * PLANE_BYTES);
    stack_close(stack);
}

static void files_without_slices(void **state)
{
    const char *path = temp_path(*state, "d.tif");
    const struct stack_request request = {.input = path};
    struct tiff_file file;
    struct error error = {0};
    struct stack *stack = NULL;
    atomic_bool cancel = true;
    tiff_file_start(&file, false);
    tiff_file_put_page(
        &file, &(struct tiff_file_page){.nx = NX, .ny = NY, .bits = 8, .photometric = 1, .subfile = 1});
    tiff_file_put_page(
        &file, &(struct tiff_file_page){.nx = NX, .ny = NY, .bits = 8, .photometric = 1, .subfile = 4});
    temp_file_write(path, file.bytes.data, file.bytes.n_bytes);
    bytes_end(&file.bytes);
    assert_int_equal(stack_open(&stack, &request, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "holds no slice, only reduced copies or masks of such"));
    error = (struct error){0};
    assert_int_equal(stack_open(&stack, &(struct stack_request){.input = path, .cancel = &cancel}, &error),
                     STATUS_INTERRUPTED);
    assert_string_equal(error.message, "interrupted; not all pages have been looked at");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imagej_texts),
        cmocka_unit_test(texts_of_tifffile),
        cmocka_unit_test(ome_texts),
        cmocka_unit_test(pages_that_are_no_slices),
        cmocka_unit_test(planes_behind_two_pages),
        cmocka_unit_test(files_without_slices),
    };
    return cmocka_run_group_tests(tests, temp_folder_setup, temp_folder_teardown);
}
