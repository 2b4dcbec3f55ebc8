/* SPDX-License-Identifier: MIT */
#ifndef STACKTHUMB_CLI_NOTES_H
#define STACKTHUMB_CLI_NOTES_H

#include "cli/options.h"
#include "stack/stack.h"

/* Tells on standard error what a user may not expect of the stack: which files are left out, which slices are
 * missing and which cannot be read; and which voxel size is taken. Silent with --quiet. */
void notes_on_stack(const struct stack *stack, const struct options *options);

#endif
