/* SPDX-License-Identifier: MIT */
#include "stack/slice_headers.h"

#include "base/printable.h"
#include "stack/ranges.h"

#include <stdlib.h>
#include <string.h>

static enum status read_header(struct slice *slice, const struct codec_options *options, struct error *error)
{
    char label[SLICE_LABEL_BYTES];
    struct codec_options page_options = *options;
    struct input_file file;
    enum status status = input_file_open(&file, slice->path, error);
    if (status == STATUS_OK || input_file_look(&file, slice->path)) {
        slice->n_bytes = file.n_bytes;
        slice->mtime_ns = file.mtime_ns;
        slice->identity = file.identity;
    }
    if (status != STATUS_OK)
        return status;
    file.path = slice_label(slice, label);
    page_options.page_at = slice->header.page_at;
    status = codec_read_header(slice->codec, &file, &page_options, &slice->header, error);
    slice->has_header = status == STATUS_OK;
    input_file_close(&file);
    return status;
}

enum status slice_headers_read(struct stack *stack, const struct stack_request *request, struct error *error)
{
    const struct codec_options options = {.gray = request->gray};
    struct error first_reason = {0};
    bool any = false;
    for (uint32_t z = 0; z < stack->extent.nz; z++) {
        struct slice *slice = &stack->slices[z];
        struct error reason = {0};
        if (!slice->path)
            continue;
        if (request->cancel && atomic_load(request->cancel))
            return error_set(error, STATUS_INTERRUPTED, "interrupted; not all slices have been looked at");
        enum status status = slice->has_header ? STATUS_OK : read_header(slice, &options, &reason);
        any |= status == STATUS_OK;
        if (status == STATUS_OK)
            continue;
        if (status != STATUS_INPUT || request->missing != MISSING_IGNORE)
            return error_set(error, status, "%s", reason.message);
        if (first_reason.status == STATUS_OK)
            first_reason = reason;
        status = stack_note_unreadable(stack, slice, reason.message, error);
        if (status != STATUS_OK)
            return status;
        stack_lose(stack, z);
    }
    return any ? STATUS_OK : error_set(error, STATUS_INPUT, "%s", first_reason.message);
}

/* The first slice of type u16, when all others are u16 or u8 and of both there are some; else NULL. */
static const struct slice *find_mixed_depth(const struct stack *stack)
{
    const struct slice *wide = NULL;
    bool narrow = false;
    for (uint32_t z = 0; z < stack->extent.nz; z++) {
        const struct slice *slice = &stack->slices[z];
        if (!slice->path)
            continue;
        if (slice->header.type != VOXEL_U8 && slice->header.type != VOXEL_U16)
            return NULL;
        narrow |= slice->header.type == VOXEL_U8;
        if (slice->header.type == VOXEL_U16 && !wide)
            wide = slice;
    }
    return narrow ? wide : NULL;
}

/* A slice as messages about its stack name it: "slice_0007.tif", "page 7". */
static const char *short_label(const struct slice *slice, char label[SLICE_LABEL_BYTES])
{
    return slice->part ? strrchr(slice_label(slice, label), ':') + 2 : slice->name;
}

static enum status mixed_depth_refused(const struct stack *stack, const char *input, const struct slice *wide,
                                       struct error *error)
{
    char shown[256], shown_wide[200], numbers[300], label[SLICE_LABEL_BYTES];
    struct ranges ranges = {.width = stack->number_width};
    unsigned nnarrow = 0;
    char *text = NULL;
    enum status status = STATUS_OK;
    for (uint32_t z = 0; z < stack->extent.nz && status == STATUS_OK; z++) {
        const struct slice *slice = &stack->slices[z];
        if (!slice->path || slice->header.type != VOXEL_U8)
            continue;
        nnarrow++;
        status = ranges_add(&ranges, slice->number, slice->number, error);
    }
    if (status == STATUS_OK)
        status = ranges_take(&ranges, &text, error);
    if (status == STATUS_OK)
        status = error_set(error, STATUS_INPUT,
                           "%s: %u of %u slices have 8 bits (%s), and others, as %s, 16; save them alike, or "
                           "scale those of 8 bits to 16 with --widen",
                           printable(shown, sizeof shown, input), nnarrow,
                           stack->extent.nz - stack->nmissing - (unsigned)stack->nunreadable,
                           ranges_show(numbers, sizeof numbers, text),
                           printable(shown_wide, sizeof shown_wide, short_label(wide, label)));
    free(text);
    bytes_end(&ranges.text);
    return status;
}

static enum status agree_on_depth(struct stack *stack, const char *input, bool widened, struct error *error)
{
    const struct slice *wide = find_mixed_depth(stack);
    if (!wide)
        return STATUS_OK;
    if (!widened)
        return mixed_depth_refused(stack, input, wide, error);
    for (uint32_t z = 0; z < stack->extent.nz; z++) {
        struct slice *slice = &stack->slices[z];
        if (slice->path && slice->header.type == VOXEL_U8)
            slice_header_widen(&slice->header);
    }
    return STATUS_OK;
}

static enum status check_same(const struct slice *slice, const struct slice *first, struct error *error)
{
    char shown[384], shown_first[200], label[SLICE_LABEL_BYTES], first_label[SLICE_LABEL_BYTES];
    const char *first_name = short_label(first, first_label);
    const struct slice_header *a = &slice->header, *b = &first->header;
    if (a->nx == b->nx && a->ny == b->ny && a->type == b->type)
        return STATUS_OK;
    return error_set(error, STATUS_INPUT, "%s: is %u x %u %s, but %s is %u x %u %s; %s",
                     printable(shown, sizeof shown, slice_label(slice, label)), a->nx, a->ny,
                     voxel_name(a->type), printable(shown_first, sizeof shown_first, first_name), b->nx,
                     b->ny, voxel_name(b->type),
                     slice->part ? "split the file into stacks of one extent and type each"
                                 : "move slices of other stacks elsewhere");
}

enum status slice_headers_agree(struct stack *stack, const struct stack_request *request, struct error *error)
{
    const struct slice *first = NULL;
    enum status status = agree_on_depth(stack, request->input, request->widen, error);
    for (uint32_t z = 0; z < stack->extent.nz && status == STATUS_OK; z++) {
        const struct slice *slice = &stack->slices[z];
        if (!slice->path)
            continue;
        if (!first)
            first = slice;
        status = check_same(slice, first, error);
    }
    if (status != STATUS_OK)
        return status;
    stack->extent.nx = first->header.nx;
    stack->extent.ny = first->header.ny;
    stack->type = first->header.type;
    return STATUS_OK;
}
