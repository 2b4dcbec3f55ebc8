/* SPDX-License-Identifier: MIT
 * The folders that slices lie in. Where one is gone, as that of a share that is not mounted any more, that a
 * slice cannot be read tells nothing of the slice: it is no loss to go on with. */
#ifndef STACKTHUMB_STACK_SLICE_FOLDER_H
#define STACKTHUMB_STACK_SLICE_FOLDER_H

#include "stack/stack.h"

/* Notes which folder stack->folder is, to be known again. */
void slice_folder_note(struct stack *stack);

/* To be asked when the slice cannot be read. STATUS_INPUT, naming it, when its folder cannot be reached, or
 * is stack->folder and not the one that was noted; and of a slice whose header has been read also when the
 * folder cannot be reached that links lead its path to. STATUS_FAILED when memory or a descriptor is refused.
 */
enum status slice_folder_check(const struct stack *stack, const struct slice *slice, struct error *error);

#endif
