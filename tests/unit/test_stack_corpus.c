/* SPDX-License-Identifier: MIT
 * A real scan as a stack: 200 slices of trabecular bone. */
#include "stack/stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define FOLDER "../shared/data/trabecular"

static void test_trabecular(void **state)
{
    struct error error = {0};
    struct stack *stack = NULL;
    (void)state;
    if (stack_open(&stack, &(struct stack_request){.input = FOLDER, .missing = MISSING_FAIL}, &error) !=
        STATUS_OK)
        fail_msg("%s", error.message);
    assert_string_equal(stack->pattern, "3155_D_4_bc_####.tif");
    assert_true(stack->extent.nx == 200 && stack->extent.ny == 200 && stack->extent.nz == 200);
    assert_int_equal(stack->type, VOXEL_U8);
    assert_string_equal(stack->slices[0].name, "3155_D_4_bc_0000.tif");
    assert_string_equal(stack->slices[199].name, "3155_D_4_bc_0199.tif");
    assert_true(stack_file_bytes(stack) >= 200u * 200 * 200);
    assert_false(spacing_known(stack->spacing)); /* these files do not tell it */
    stack_close(stack);
}

/* A folder of unlike images, many of them broken, is refused in one line. */
static void test_folders_that_are_no_stack(void **state)
{
    static const char *const folders[] = {"../shared/data/tiff-valid", "../shared/data/tiff-broken"};
    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (int policy = MISSING_FAIL; policy <= MISSING_IGNORE; policy++) {
            struct error error = {0};
            struct stack *stack = NULL;
            enum status status = stack_open(
                &stack, &(struct stack_request){.input = folders[i], .missing = (enum missing_policy)policy},
                &error);
            assert_true(status == STATUS_OK || status == STATUS_INPUT);
            assert_null(strchr(error.message, '\n'));
            stack_close(stack);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trabecular),
        cmocka_unit_test(test_folders_that_are_no_stack),
    };
    if (access(FOLDER, R_OK) != 0) {
        puts("skipped: there is no " FOLDER);
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
