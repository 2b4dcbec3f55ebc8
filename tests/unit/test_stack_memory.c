/* SPDX-License-Identifier: MIT
 * Stacks where memory is refused, once, at every place where it is asked for: an error, and nothing is leaked
 * (which AddressSanitizer tells). */
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

static long grants = -1; /* requests that are granted before one is refused; below 0 all are */

static bool refused(void)
{
    return grants >= 0 && grants-- == 0;
}

void *__real_malloc(size_t n_bytes);
void *__real_calloc(size_t count, size_t n_bytes);
void *__real_realloc(void *memory, size_t n_bytes);
void *__real_reallocarray(void *memory, size_t count, size_t n_bytes);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t n_bytes);
void *__wrap_malloc(size_t n_bytes);
void *__wrap_calloc(size_t count, size_t n_bytes);
void *__wrap_realloc(void *memory, size_t n_bytes);
void *__wrap_reallocarray(void *memory, size_t count, size_t n_bytes);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t n_bytes);

void *__wrap_malloc(size_t n_bytes)
{
    return refused() ? NULL : __real_malloc(n_bytes);
}

void *__wrap_calloc(size_t count, size_t n_bytes)
{
    return refused() ? NULL : __real_calloc(count, n_bytes);
}

void *__wrap_realloc(void *memory, size_t n_bytes)
{
    return refused() ? NULL : __real_realloc(memory, n_bytes);
}

void *__wrap_reallocarray(void *memory, size_t count, size_t n_bytes)
{
    return refused() ? NULL : __real_reallocarray(memory, count, n_bytes);
}

char *__wrap_strdup(const char *text)
{
    return refused() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t n_bytes)
{
    return refused() ? NULL : __real_strndup(text, n_bytes);
}

static void write_slice(const char *path)
{
    struct error error = {0};
    struct bytes encoded = {0};
    const uint16_t voxels[6] = {0};
    assert_int_equal(codec_tiff.encode(3, 2, VOXEL_U16, (struct spacing){0}, voxels, &encoded, &error),
                     STATUS_OK);
    temp_file_write(path, encoded.data, encoded.n_bytes);
    bytes_end(&encoded);
}

/* Refuses the first request, then the second, and so on until the stack ends as it does with all granted. */
static void refuse_each(const struct stack_request *request, enum status expected)
{
    for (long n = 0;; n++) {
        struct error error = {0};
        struct stack *stack = NULL;
        grants = n;
        enum status status = stack_open(&stack, request, &error);
        bool all_granted = grants >= 0;
        grants = -1;
        stack_close(stack);
        assert_int_equal(status, error.status);
        if (all_granted) {
            assert_int_equal(status, expected);
            assert_true(n > 10);
            return;
        }
        /* Some do without, as a message that then holds less. */
        if (status != STATUS_FAILED && status != expected)
            fail_msg("request %ld: status %d: %s", n, (int)status, error.message);
    }
}

static void test_refused_memory(void **state)
{
    char folder[TEMP_PATH_BYTES], list[TEMP_PATH_BYTES], glob[TEMP_PATH_BYTES], none[TEMP_PATH_BYTES];
    char text[2 * TEMP_PATH_BYTES];
    (void)state;
    temp_folder_make(folder);
    for (int i = 0; i < 3; i++) {
        write_slice(temp_path(folder, "s_rec%d.tif", i));
        write_slice(temp_path(folder, "s%d_7.tif", i));
        temp_text_write(temp_path(folder, "s%d.tif", i), "a projection");
    }
    temp_text_write(temp_path(folder, "s_rec_spr.tif"), "");
    temp_text_write(temp_path(folder, "odd"), "");
    snprintf(text, sizeof text, "%s\n%s\n", temp_path(folder, "s_rec2.tif"), temp_path(folder, "s_rec0.tif"));
    temp_text_write(temp_path(folder, "list"), text);
    snprintf(list, sizeof list, "@%s", temp_path(folder, "list"));
    strcpy(glob, temp_path(folder, "s?_*"));
    strcpy(none, temp_path(folder, "nothing*"));
    refuse_each(&(struct stack_request){.input = folder}, STATUS_OK);
    refuse_each(&(struct stack_request){.input = folder, .pattern = "s_rec%d.tif"}, STATUS_OK);
    refuse_each(&(struct stack_request){.input = glob}, STATUS_OK);
    refuse_each(&(struct stack_request){.input = list}, STATUS_OK);
    refuse_each(&(struct stack_request){.input = none}, STATUS_INPUT);
    temp_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_refused_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
