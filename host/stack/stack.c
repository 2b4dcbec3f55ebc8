/* SPDX-License-Identifier: MIT
 * Whatever the INPUT is gives slices along z with their gaps (stack_fill.h); of these the range is taken;
 * then every header is read, in order, and compared with the others (slice_headers.h). */
#include "stack/stack.h"

#include "base/checked.h"
#include "base/path.h"
#include "base/printable.h"
#include "stack/ranges.h"
#include "stack/slice_folder.h"
#include "stack/slice_headers.h"
#include "stack/stack_fill.h"
#include "stack/stack_input.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status stack_make_places(struct stack *stack, uint32_t nz, uint64_t first_number, struct error *error)
{
    stack->slices = calloc(nz, sizeof *stack->slices);
    if (!stack->slices)
        return error_no_memory(error, (unsigned long long)nz * sizeof *stack->slices, "the list of slices");
    stack->extent.nz = nz;
    for (uint32_t z = 0; z < nz; z++)
        stack->slices[z].number = first_number + z;
    return STATUS_OK;
}

enum status stack_place_file(struct stack *stack, struct slice *slice, const char *name, struct error *error)
{
    slice->path = path_join(stack->folder, name);
    if (!slice->path)
        return error_no_memory(error, strlen(stack->folder) + strlen(name) + 2, "the list of slices");
    slice->name = slice->path + strlen(slice->path) - strlen(name);
    return STATUS_OK;
}

/* Finds nmissing and `missing` from the places without a file. */
static enum status count_missing(struct stack *stack, struct error *error)
{
    struct ranges ranges = {.width = stack->number_width};
    enum status status = STATUS_OK;
    stack->nmissing = 0;
    for (uint32_t z = 0; z < stack->extent.nz && status == STATUS_OK; z++)
        if (!stack->slices[z].path) {
            stack->nmissing++;
            status = ranges_add(&ranges, stack->slices[z].number, stack->slices[z].number, error);
        }
    free(stack->missing);
    stack->missing = NULL;
    if (status == STATUS_OK)
        status = ranges_take(&ranges, &stack->missing, error);
    bytes_end(&ranges.text);
    return status;
}

/* Of a file with several slices that ends early, or leaves some out. */
static enum status places_refused(const struct stack *stack, const struct stack_request *request,
                                  struct error *error)
{
    char shown[256], numbers[300];
    return error_set(error, STATUS_INPUT,
                     "%s: holds only %u of the %u slices that it tells of%s, and not %s; copy or export it "
                     "again, or leave the places of the others empty with --missing ignore",
                     printable(shown, sizeof shown, request->input), stack->extent.nz - stack->nmissing,
                     stack->extent.nz, request->range.given ? " in this range" : "",
                     ranges_show(numbers, sizeof numbers, stack->missing));
}

static enum status gaps_refused(const struct stack *stack, const struct stack_request *request,
                                struct error *error)
{
    char shown[256], pattern[200], numbers[300];
    const bool one = stack->nmissing == 1;
    if (stack->kind)
        return places_refused(stack, request, error);
    return error_set(error, STATUS_INPUT,
                     "%s: %u %s of %s %s missing (%s); put %s there, or leave %s empty with --missing ignore",
                     printable(shown, sizeof shown, stack->folder), stack->nmissing, one ? "slice" : "slices",
                     printable(pattern, sizeof pattern, stack->pattern), one ? "is" : "are",
                     ranges_show(numbers, sizeof numbers, stack->missing), one ? "it" : "them",
                     one ? "its place" : "their places");
}

static enum status range_refused(const struct stack *stack, const struct stack_request *request,
                                 struct error *error)
{
    const char *input = strcmp(request->input, "-") == 0 ? "standard input" : request->input;
    char shown[PRINTABLE_BYTES];
    uint64_t first = stack->slices[0].number;
    return slice_range_refuse(&request->range, printable(shown, sizeof shown, input), first,
                              first + stack->extent.nz - 1, error);
}

/* Keeps the places of the range. One at whose ends no slice has a file is as long nevertheless, as far as the
 * stack goes: the user named its ends. */
static enum status take_range(struct stack *stack, const struct stack_request *request, struct error *error)
{
    const struct slice_range *range = &request->range;
    uint32_t kept = 0;
    bool any = false;
    if (!range->given)
        return STATUS_OK;
    for (uint32_t z = 0; z < stack->extent.nz; z++) {
        const struct slice *slice = &stack->slices[z];
        any |= slice->path && slice_range_holds(range, slice->number);
    }
    if (!any)
        return range_refused(stack, request, error);
    for (uint32_t z = 0; z < stack->extent.nz; z++) {
        struct slice slice = stack->slices[z];
        if (slice_range_holds(range, slice.number))
            stack->slices[kept++] = slice;
        else
            free(slice.path);
    }
    stack->extent.nz = kept;
    return STATUS_OK;
}

static enum status pattern_refused(const struct stack_request *request, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    return error_set(error, STATUS_USAGE,
                     "%s: is not a folder; --pattern chooses among the names in a folder",
                     printable(shown, sizeof shown, request->input));
}

static enum status fill(struct stack *stack, const struct stack_request *request, struct error *error)
{
    enum stack_input input = request->raw ? STACK_FILE : stack_input_of(request->input);
    if (request->pattern && input != STACK_FOLDER)
        return pattern_refused(request, error);
    switch (input) {
    case STACK_FILE:
        return stack_fill_file(stack, request, error);
    case STACK_PATTERN:
        return stack_fill_pattern(stack, request, error);
    case STACK_LIST:
        return stack_fill_list(stack, request, error);
    case STACK_FOLDER:
        break;
    }
    return stack_fill_folder(stack, request, error);
}

/* Where nothing tells of channels and time points, there is one. */
static enum status check_one_of_each(const struct stack_request *request, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    if (request->channel <= 1 && request->time <= 1)
        return STATUS_OK;
    return error_set(error, STATUS_INPUT, "%s: has only one channel and one time point; leave out %s",
                     printable(shown, sizeof shown, request->input),
                     request->channel > 1 ? "--channel" : "--time");
}

static enum status open_slices(struct stack *stack, const struct stack_request *request, struct error *error)
{
    enum status status = fill(stack, request, error);
    if (status == STATUS_OK)
        slice_folder_note(stack);
    if (status == STATUS_OK && !stack->kind)
        status = check_one_of_each(request, error);
    if (status == STATUS_OK)
        status = take_range(stack, request, error);
    if (status == STATUS_OK)
        status = count_missing(stack, error);
    if (status != STATUS_OK)
        return status;
    if (stack->nmissing > 0 && request->missing == MISSING_FAIL)
        return gaps_refused(stack, request, error);
    status = slice_headers_read(stack, request, error);
    if (status == STATUS_OK)
        status = slice_headers_agree(stack, request, error);
    if (status == STATUS_OK && stack->nunreadable > 0)
        status = count_missing(stack, error);
    return status == STATUS_OK ? stack_spacing_find(stack, request, error) : status;
}

enum status stack_open(struct stack **opened, const struct stack_request *request, struct error *error)
{
    struct stack *stack = calloc(1, sizeof *stack);
    if (!stack)
        return error_no_memory(error, sizeof *stack, "the stack");
    enum status status = open_slices(stack, request, error);
    if (status != STATUS_OK)
        stack_close(stack);
    else
        *opened = stack;
    return status;
}

static void free_strings(char **strings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(strings[i]);
    free(strings);
}

static void free_slice(struct slice *slice)
{
    free(slice->path);
    free(slice->lost_path);
}

void stack_close(struct stack *stack)
{
    if (!stack)
        return;
    for (uint32_t z = 0; z < stack->extent.nz; z++)
        free_slice(&stack->slices[z]);
    free(stack->slices);
    stack_spacing_end(&stack->sources);
    for (size_t i = 0; i < stack->npatterns; i++)
        free(stack->patterns[i].text);
    free(stack->patterns);
    free_strings(stack->aside, stack->naside);
    free_strings(stack->ignored, stack->nignored);
    free_strings(stack->unreadable, stack->nunreadable);
    free(stack->surplus);
    free(stack->unused);
    free(stack->missing);
    free(stack->kind);
    free(stack->pattern);
    free(stack->folder);
    free(stack->file);
    free(stack);
}

enum status stack_note_unreadable(struct stack *stack, const struct slice *slice, const char *reason,
                                  struct error *error)
{
    enum status status = slice_folder_check(stack, slice, error);
    if (status != STATUS_OK)
        return status;
    char **unreadable = reallocarray(stack->unreadable, stack->nunreadable + 1, sizeof *stack->unreadable);
    if (!unreadable)
        return error_no_memory(error, (stack->nunreadable + 1) * sizeof *unreadable, "messages");
    stack->unreadable = unreadable;
    unreadable[stack->nunreadable] = strdup(reason);
    if (!unreadable[stack->nunreadable])
        return error_no_memory(error, strlen(reason) + 1, "messages");
    stack->nunreadable++;
    return STATUS_OK;
}

void stack_lose(struct stack *stack, uint32_t z)
{
    struct slice *slice = &stack->slices[z];
    slice->lost_path = slice->path;
    slice->path = NULL;
}

/* The stretch of a stream's file that gives, about, what it gives from `from` to the end of the slice. */
static struct file_part stream_share(const struct slice_header *header, uint64_t from)
{
    const struct file_part *stream = &header->stream, *part = &header->parts[0];
    double ratio = (double)stream->n_bytes / (double)header->stream_end_bytes;
    uint64_t first = (uint64_t)((double)from * ratio);
    uint64_t last = part->offset + part->n_bytes == header->stream_end_bytes
                        ? stream->n_bytes
                        : (uint64_t)((double)(part->offset + part->n_bytes) * ratio);
    first = first < stream->n_bytes ? first : stream->n_bytes;
    last = last < first ? first : last < stream->n_bytes ? last : stream->n_bytes;
    return (struct file_part){stream->offset + first, last - first};
}

/* Whether two slices lie in one stream. */
static bool is_same_stream(const struct slice *a, const struct slice *b)
{
    return b->path && b->header.streamed && a->header.stream.offset == b->header.stream.offset &&
           strcmp(a->path, b->path) == 0;
}

unsigned slice_parts(const struct slice *slice, struct file_part parts[FILE_PARTS_MAX])
{
    const struct slice_header *header = &slice->header;
    memcpy(parts, header->parts, sizeof header->parts);
    if (header->streamed)
        parts[0] = stream_share(header, header->parts[0].offset);
    if (!header->plain)
        return header->nparts;
    parts[0].offset = header->voxels_offset;
    parts[0].n_bytes = (uint64_t)header->ny * header->nx * voxel_bytes(header->type);
    return 1;
}

const char *slice_label(const struct slice *slice, char *text)
{
    if (!slice->part)
        return slice->path;
    snprintf(text, SLICE_LABEL_BYTES, "%s: %s %" PRIu32, slice->path, slice->part, slice->part_number);
    return text;
}

uint64_t stack_file_bytes(const struct stack *stack)
{
    uint64_t n_bytes = 0;
    uint64_t slice_bytes = extent_slice_bytes(stack->extent, stack->type);
    for (uint32_t z = 0; z < stack->extent.nz; z++) {
        const struct slice *slice = &stack->slices[z];
        const struct slice_header *header = &slice->header;
        if (!slice->path)
            continue;
        uint64_t own_bytes = header->plain ? slice_bytes : header->encoded_bytes;
        if (header->streamed) /* and it is read from its beginning on */
            own_bytes = z > 0 && is_same_stream(slice, slice - 1)
                            ? stream_share(header, header->parts[0].offset).n_bytes
                            : stream_share(header, 0).n_bytes;
        n_bytes = saturated_add(n_bytes, own_bytes);
    }
    return n_bytes;
}
