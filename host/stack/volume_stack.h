/* SPDX-License-Identifier: MIT
 * Raw volumes as stacks: NRRD, MetaImage, and files that the user describes. */
#ifndef STACKTHUMB_STACK_VOLUME_STACK_H
#define STACKTHUMB_STACK_VOLUME_STACK_H

#include "stack/stack_fill.h"

#include <stdbool.h>

/* Whether a file of that name has the header of a volume: .nrrd, .nhdr, .mhd or .mha in any case. */
bool volume_stack_takes(const char *name);

/* The slices of the volume whose header is the file request->input, or, with request->raw, of that file
 * itself. stack->folder is set already. Data files are named relative to the header's folder, unless by an
 * absolute name. Headers of slices are complete then, as a codec would have filled them.
 *
 * STATUS_INPUT when a data file is absent, is no regular file, or ends before the last voxel. What is behind
 * that is told by a note, but with request->raw refused unless the user told what to skip: a header that is
 * taken for voxels shifts all of them. */
enum status stack_fill_volume(struct stack *stack, const struct stack_request *request, struct error *error);

#endif
