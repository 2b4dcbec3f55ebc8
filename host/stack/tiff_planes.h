/* SPDX-License-Identifier: MIT
 * Planes of a TIFF file - its pages, or the planes behind one of them - and which of them are the slices of a
 * stack. For tiff_stack.c, which knows what the file's texts say. */
#ifndef STACKTHUMB_STACK_TIFF_PLANES_H
#define STACKTHUMB_STACK_TIFF_PLANES_H

#include "base/printable.h"
#include "stack/tiff_walk.h"

#include <stddef.h>
#include <stdint.h>

/* What a file is being made a stack of. */
struct tiff_stack {
    struct stack *stack;
    const struct stack_request *request;
    struct tiff_walk walk;
    char shown[PRINTABLE_BYTES]; /* the file's name, for messages */
};

/* Channels, slices and time points of a file, which of them is taken, and how many planes it is from one to
 * the next of each. */
struct tiff_planes {
    uint32_t nchannels, nz, nframes;
    uint32_t channel, frame; /* from 0 */
    uint64_t channel_stride, z_stride, frame_stride;
};

/* Sets channel and frame as the user chose them; STATUS_INPUT, with how many there are, when there are
 * several and none was chosen, or one that there is not. */
enum status tiff_planes_choose(const struct tiff_stack *file, struct tiff_planes *planes,
                               struct error *error);

/* ", channel 2 of 3, time point 1 of 5", as far as there are several. Returns `text`. */
const char *tiff_planes_text(char *text, size_t n_bytes, const struct tiff_planes *planes);

/* Sets stack->kind. */
enum status tiff_planes_set_kind(const struct tiff_stack *file, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Makes places for nz slices, of which `there` have voxels; whether the others may be missing is for stack.c
 * to say, which knows of the range. STATUS_INPUT when they are so many that the file is likelier damaged,
 * unless a range is given, or when all are missing. */
enum status tiff_planes_make_places(const struct tiff_stack *file, uint32_t nz, uint32_t there,
                                    struct error *error);

/* Gives place z of the stack the slice, a page of the walk or made from one. */
enum status tiff_planes_place(const struct tiff_stack *file, uint32_t z, const struct slice *slice,
                              struct error *error);

/* Every page is a slice. The walk's pages become the stack's. */
enum status tiff_planes_fill_pages(struct tiff_stack *file, struct error *error);

/* Whether nplanes planes, more than there are pages, lie one behind the other from the first one on, which
 * has a header. */
bool tiff_planes_contiguous(const struct tiff_stack *file, uint32_t nplanes);

/* The slices are those of the planes, which were chosen. nplanes: of all channels and time points; each is a
 * page, or lies behind the first one. `kind` is for people. STATUS_INPUT when there are too few or too many.
 */
enum status tiff_planes_fill(const struct tiff_stack *file, const struct tiff_planes *planes,
                             uint32_t nplanes, const char *kind, struct error *error);

#endif
