/* SPDX-License-Identifier: MIT
 * How a stack comes by its slices: one function for each kind of INPUT. Each fills stack->folder, pattern,
 * slices, extent.nz and what it set aside; of a slice the path, name, number and codec, and where it knows
 * them already what belongs to the header. Places without a slice keep their number and no path.
 *
 * On failure the stack is closed by who opened it. */
#ifndef STACKTHUMB_STACK_STACK_FILL_H
#define STACKTHUMB_STACK_STACK_FILL_H

#include "stack/stack.h"

/* The slices of the folder request->input. */
enum status stack_fill_folder(struct stack *stack, const struct stack_request *request, struct error *error);

/* The slices of the folder before the last slash of request->input whose names are of the pattern behind it.
 */
enum status stack_fill_pattern(struct stack *stack, const struct stack_request *request, struct error *error);

/* The files of a list: of the file behind the "@" of request->input, or of standard input. Their numbers are
 * their positions, from 0. */
enum status stack_fill_list(struct stack *stack, const struct stack_request *request, struct error *error);

/* The slice, or slices, of the file request->input. */
enum status stack_fill_file(struct stack *stack, const struct stack_request *request, struct error *error);

/* For these functions: makes room for nz slices, numbered from first_number on, without files. */
enum status stack_make_places(struct stack *stack, uint32_t nz, uint64_t first_number, struct error *error);

/* For these functions: gives the slice its file, `name` in stack->folder. */
enum status stack_place_file(struct stack *stack, struct slice *slice, const char *name, struct error *error);

#endif
