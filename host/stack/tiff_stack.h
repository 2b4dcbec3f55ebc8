/* SPDX-License-Identifier: MIT
 * A TIFF file as a stack: which of its pages, or of the planes behind one of them, are the slices.
 *
 *   OME-TIFF           as its OME-XML says, one channel and one time point
 *   ImageJ             hyperstacks, one channel and one time point; planes that lie behind the only directory
 *   anything else      every page is a slice
 *
 * Reduced copies and transparency masks among the pages are set aside. */
#ifndef STACKTHUMB_STACK_TIFF_STACK_H
#define STACKTHUMB_STACK_TIFF_STACK_H

#include "stack/stack_fill.h"

/* Fills the stack, whose folder and pattern (the file's name) are set, from the TIFF request->input. */
enum status stack_fill_tiff(struct stack *stack, const struct stack_request *request, struct error *error);

#endif
