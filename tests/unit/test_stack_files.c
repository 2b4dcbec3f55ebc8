/* SPDX-License-Identifier: MIT
 * Files, lists and folders that are hardly a stack: one image, named pipes, lists in other encodings, many
 * patterns, half of the slices; and what programs are told of them. */
#include "format_fixture.h"
#include "stack/stack.h"
#include "stack/stack_input.h"
#include "temp_folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void write_slice(const char *path, enum voxel_type type, struct spacing spacing)
{
    static const unsigned char voxels[48];
    struct error error = {0};
    struct bytes encoded = {0};
    assert_int_equal(codec_tiff.encode(4, 3, type, spacing, voxels, &encoded, &error), STATUS_OK);
    temp_file_write(path, encoded.data, encoded.n_bytes);
    bytes_end(&encoded);
}

/* 4 x 3 voxels of 8 bits, so many in a metre. */
static void write_bmp(const char *path, uint32_t per_metre)
{
    static const uint32_t behind[3];
    struct bytes bytes = {0};
    format_put(&bytes, "BM", 2);
    format_put_le(&bytes, 54 + 1024 + 12, 4);
    format_put_le(&bytes, 0, 4);
    format_put_le(&bytes, 54 + 1024, 4);
    format_put_le(&bytes, 40, 4);
    format_put_le(&bytes, 4, 4);
    format_put_le(&bytes, 3, 4);
    format_put_le(&bytes, 1, 2);
    format_put_le(&bytes, 8, 2);
    format_put(&bytes, behind, 8);
    format_put_le(&bytes, per_metre, 4);
    format_put_le(&bytes, per_metre, 4);
    format_put(&bytes, behind, 8);
    for (uint32_t i = 0; i < 256; i++)
        format_put_le(&bytes, i * 0x010101, 4);
    format_put(&bytes, behind, 12);
    temp_file_write(path, bytes.data, bytes.n_bytes);
    bytes_end(&bytes);
}

static struct stack *opened(const struct stack_request *request)
{
    struct error error = {0};
    struct stack *stack = NULL;
    if (stack_open(&stack, request, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return stack;
}

static void refused(const struct stack_request *request, const char *said)
{
    struct error error = {0};
    struct stack *stack = NULL;
    assert_int_equal(stack_open(&stack, request, &error), STATUS_INPUT);
    if (!strstr(error.message, said) || strchr(error.message, '\n'))
        fail_msg("'%s' does not say '%s'", error.message, said);
}

static void one_image_is_a_stack(void **state)
{
    const char *path = temp_path(*state, "one.bmp");
    write_bmp(path, 100000);
    struct stack *stack = opened(&(struct stack_request){.input = path});
    assert_int_equal(stack->extent.nz, 1);
    assert_int_equal(stack->extent.nx, 4);
    assert_ptr_equal(stack->slices[0].codec, &codec_bmp);
    assert_string_equal(stack->slices[0].name, "one.bmp");
    assert_string_equal(stack->slices[0].path, path);
    assert_string_equal(stack_spacing_source(stack), "BMP resolution");
    assert_true(stack->spacing.x == 10 && stack->spacing.unit == UNIT_UM);
    stack_close(stack);
    refused(&(struct stack_request){.input = path, .channel = 2},
            "only one channel and one time point; leave out --channel");
    refused(&(struct stack_request){.input = path, .time = 2},
            "only one channel and one time point; leave out --time");
}

/* Opening one must not wait for a writer. */
static void named_pipes_are_no_files(void **state)
{
    static const char *const names[] = {"a.tif", "a.nrrd", "a.mhd", "a.png"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *path = temp_path(*state, "%s", names[i]);
        assert_int_equal(mkfifo(path, 0600), 0);
        refused(&(struct stack_request){.input = path}, "is a named pipe, not a regular file");
        refused(&(struct stack_request){.input = path, .missing = MISSING_IGNORE}, "is a named pipe");
    }
}

static void lists_in_other_encodings(void **state)
{
    static const struct {
        const char *bytes;
        const char *said;
    } cases[] = {{"\xff\xfe", "is UTF-16 text; save the list as UTF-8"},
                 {"\xfe\xff", "is UTF-16 text; save the list as UTF-8"},
                 {"\xfe\xfe", "\\xfe\\xfe is not called as an image"},
                 {"\xff\xff", "\\xff\\xff is not called as an image"},
                 {"\xef\xbb\xbf", "names no files"}};
    char input[TEMP_PATH_BYTES + 1];
    snprintf(input, sizeof input, "@%s", temp_path(*state, "list"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        temp_text_write(input + 1, cases[i].bytes);
        refused(&(struct stack_request){.input = input}, cases[i].said);
    }
    snprintf(input, sizeof input, "@%s", (const char *)*state);
    refused(&(struct stack_request){.input = input}, "is a folder, not a list of files");
}

/* Standard input is the file; what it was before is put back. */
static void a_list_from_standard_input(void **state)
{
    const char *list = temp_path(*state, "list");
    char text[2 * TEMP_PATH_BYTES];
    write_slice(temp_path(*state, "a.tif"), VOXEL_U8, (struct spacing){0});
    snprintf(text, sizeof text, "%s\n", temp_path(*state, "a.tif"));
    temp_text_write(list, text);
    int before = dup(STDIN_FILENO), fd = open(list, O_RDONLY);
    assert_true(before >= 0 && fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    refused(&(struct stack_request){.input = "-", .range = {.given = true, .first = 5, .last = UINT64_MAX}},
            "standard input: none of its slices is in the range 5:; they are ");
    assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
    close(before);
    close(fd);
}

static void folders_without_numbers(void **state)
{
    char folder[TEMP_PATH_BYTES], inside[TEMP_PATH_BYTES + 16];
    snprintf(folder, sizeof folder, "%s", temp_path(*state, "f"));
    assert_int_equal(mkdir(folder, 0700), 0);
    temp_text_write(temp_path(folder, ".hidden.tif"), "");
    refused(&(struct stack_request){.input = folder}, "holds no slices; a slice's name has a number");
    refused(&(struct stack_request){.input = folder, .pattern = "s#.tif"}, "holds no slices; a slice's name");
    temp_text_write(temp_path(folder, "vol.nhdr"), "");
    refused(&(struct stack_request){.input = folder}, "name that, such as ");
    refused(&(struct stack_request){.input = folder}, "/vol.nhdr");
    snprintf(inside, sizeof inside, "%s/vol.nhdr/more", folder);
    refused(&(struct stack_request){.input = inside},
            "vol.nhdr/more: is not a folder; name the folder of the slices");
}

/* As many patterns as fit a message. */
static void folders_with_many_patterns(void **state)
{
    char folder[TEMP_PATH_BYTES], odd[121];
    snprintf(folder, sizeof folder, "%s", temp_path(*state, "p"));
    assert_int_equal(mkdir(folder, 0700), 0);
    for (int i = 0; i < 14; i++) /* of the first pattern are more, so that it is the stack's */
        temp_text_write(temp_path(folder, "%c%0*d_%d.tif", i < 4 ? 'a' : 'a' + i / 2, 70, 0, i), "");
    const struct stack_request request = {.input = folder, .pattern = "s#.tif"};
    refused(&request, "the patterns there are: a0");
    refused(&request, " 2, ...");
    memset(odd, 1, 120); /* shown as \x01 each */
    odd[120] = '\0';
    for (int i = 1; i <= 5; i++)
        temp_text_write(temp_path(folder, "%s%d.tif", odd, i), "");
    refused(&request, "the patterns there are: ...");
}

/* Up to a half of a long stack may be missing. */
static void every_other_slice_is_missing(void **state)
{
    enum { SLICES = 150 };
    for (int i = 0; i < SLICES; i++)
        write_slice(temp_path(*state, "s%03d.tif", 2 * i), VOXEL_U8, (struct spacing){0});
    struct stack *stack = opened(&(struct stack_request){.input = *state, .missing = MISSING_IGNORE});
    assert_int_equal(stack->extent.nz, 2 * SLICES - 1);
    assert_int_equal(stack->nmissing, SLICES - 1);
    stack_close(stack);
    unlink(temp_path(*state, "s002.tif"));
    unlink(temp_path(*state, "s004.tif"));
    refused(&(struct stack_request){.input = *state}, "151 numbers, more than half, have none");
    /* More only when that is asked for, or a range takes less. */
    stack = opened(&(struct stack_request){.input = *state, .missing = MISSING_IGNORE});
    assert_int_equal(stack->extent.nz, 2 * SLICES - 1);
    assert_int_equal(stack->nmissing, SLICES + 1);
    stack_close(stack);
    struct stack_request part = {.input = *state, .range = {true, 6, 6}};
    stack = opened(&part);
    assert_int_equal(stack->extent.nz, 1);
    assert_int_equal(stack->slices[0].number, 6);
    stack_close(stack);
    part.range = (struct slice_range){true, 1, 7};
    part.missing = MISSING_IGNORE;
    stack = opened(&part);
    assert_int_equal(stack->extent.nz, 7);
    assert_int_equal(stack->nmissing, 6);
    assert_string_equal(stack->slices[5].name, "s006.tif");
    assert_string_equal(stack->missing, "001-005, 007");
    stack_close(stack);
}

static void narrow_slices_are_widened_around_gaps(void **state)
{
    write_slice(temp_path(*state, "s1.tif"), VOXEL_U8, (struct spacing){0});
    write_slice(temp_path(*state, "s3.tif"), VOXEL_U16, (struct spacing){0});
    struct stack_request request = {.input = *state, .missing = MISSING_IGNORE};
    refused(&request, "1 of 2 slices have 8 bits (1), and others, as s3.tif, 16");
    request.widen = true;
    struct stack *stack = opened(&request);
    assert_int_equal(stack->type, VOXEL_U16);
    assert_int_equal(stack->slices[0].header.type, VOXEL_U16);
    assert_true(stack->slices[0].header.widened && !stack->slices[2].header.widened);
    assert_true(!stack->slices[1].path && !stack->slices[1].header.widened);
    stack_close(stack);
}

static void inputs_are_named(void **state)
{
    static const struct {
        const char *input, *name, *output; /* in the folder */
        enum stack_input kind;
    } cases[] = {{"", "folder", "/.thumbnail", STACK_FOLDER},
                 {"/a.bin", "file", "/a.bin.thumbnail", STACK_FILE},
                 {"/a#.tif", "pattern", "/.thumbnail", STACK_PATTERN},
                 {"/nothing", "folder", "/nothing/.thumbnail", STACK_FOLDER}};
    char input[TEMP_PATH_BYTES + 32], expected[TEMP_PATH_BYTES + 32];
    temp_text_write(temp_path(*state, "a.bin"), "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(input, sizeof input, "%s%s", (const char *)*state, cases[i].input);
        snprintf(expected, sizeof expected, "%s%s", (const char *)*state, cases[i].output);
        assert_int_equal(stack_input_of(input), cases[i].kind);
        assert_string_equal(stack_input_name(cases[i].kind), cases[i].name);
        char *output = stack_input_output(input);
        assert_string_equal(output, expected);
        free(output);
    }
    assert_int_equal(stack_input_of("-"), STACK_LIST);
    assert_int_equal(stack_input_of("@no such list"), STACK_LIST);
    assert_string_equal(stack_input_name(STACK_LIST), "list");
    char *output = stack_input_output("-");
    assert_string_equal(output, "");
    free(output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, temp_folder_setup, temp_folder_teardown)
        IN_FOLDER(one_image_is_a_stack),
        IN_FOLDER(named_pipes_are_no_files),
        IN_FOLDER(lists_in_other_encodings),
        IN_FOLDER(a_list_from_standard_input),
        IN_FOLDER(folders_without_numbers),
        IN_FOLDER(folders_with_many_patterns),
        IN_FOLDER(every_other_slice_is_missing),
        IN_FOLDER(narrow_slices_are_widened_around_gaps),
        IN_FOLDER(inputs_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
