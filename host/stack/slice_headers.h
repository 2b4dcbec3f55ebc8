/* SPDX-License-Identifier: MIT
 * The headers of a stack's slices, which must be of one extent and type. */
#ifndef STACKTHUMB_STACK_SLICE_HEADERS_H
#define STACKTHUMB_STACK_SLICE_HEADERS_H

#include "stack/stack.h"

/* Reads those that are not there yet, in order. With MISSING_IGNORE a slice whose header cannot be read
 * becomes a missing one, and stack->unreadable says why, unless none can be read, or its
 * folder is gone. */
enum status slice_headers_read(struct stack *stack, const struct stack_request *request, struct error *error);

/* Sets the stack's nx, ny, type and spacing, which are those of its first slice; widens slices of 8 bits
 * among others of 16 when that is asked for. STATUS_INPUT when slices differ in any of them but the spacing.
 */
enum status slice_headers_agree(struct stack *stack, const struct stack_request *request,
                                struct error *error);

#endif
