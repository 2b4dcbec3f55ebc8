/* SPDX-License-Identifier: MIT
 * The voxel size of a stack, and all who tell one: the user, the sidecars beside the slices, the slices
 * themselves. */
#ifndef STACKTHUMB_STACK_STACK_SPACING_H
#define STACKTHUMB_STACK_STACK_SPACING_H

#include "base/error.h"
#include "stack/note_list.h"
#include "stack/sidecar_files.h"
#include "stack/spacing_choice.h"

struct stack;
struct stack_request;

/* Of one stack, which owns it. */
struct stack_spacing {
    struct spacing_choice choice;
    struct sidecar_files sidecars;
    struct note_list
        warnings; /* sources that disagree, slices that do, sidecars that cannot be used; one line each */
};

/* Fills stack->sources and stack->spacing, when all headers have been read. Only the refusal of memory is an
 * error (STATUS_FAILED). */
enum status stack_spacing_find(struct stack *stack, const struct stack_request *request, struct error *error);
void stack_spacing_end(struct stack_spacing *sources);

/* Where stack->spacing comes from: "scan.log", "TIFF resolution", ...; "" when it is unknown. */
const char *stack_spacing_source(const struct stack *stack);

#endif
