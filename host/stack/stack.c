/* SPDX-License-Identifier: MIT
 * A folder's names (listing) become a sequence of slices (sequence), which are laid out along z with their
 * gaps; then every header is read, in order, and compared with the first. */
#include "stack/stack.h"

#include "base/checked.h"
#include "base/path.h"
#include "base/printable.h"
#include "stack/listing.h"
#include "stack/ranges.h"
#include "stack/sequence.h"

#include <stdlib.h>
#include <string.h>

static bool codec_takes(const char *name)
{
    return codec_for_file(name) != NULL;
}

/* "slice_####.tif": prefix, one # for each digit that every number has, extension. */
static char *pattern_text(const struct sequence *sequence)
{
    const char *name = sequence->slices[0].name;
    const char *dot = strrchr(name, '.');
    size_t n_bytes = sequence->prefix_bytes + sequence->width + strlen(dot) + 1;
    char *text = malloc(n_bytes);
    if (!text)
        return NULL;
    memcpy(text, name, sequence->prefix_bytes);
    memset(text + sequence->prefix_bytes, '#', sequence->width);
    strcpy(text + sequence->prefix_bytes + sequence->width, dot);
    return text;
}

/* Gives every slice of the sequence its place along z, and numbers the places between. */
static enum status place_slices(struct stack *stack, const struct sequence *sequence, struct error *error)
{
    uint32_t nz = sequence_positions(sequence);
    uint64_t first = sequence->slices[0].number;
    stack->slices = calloc(nz, sizeof *stack->slices);
    if (!stack->slices)
        return error_no_memory(error, (unsigned long long)nz * sizeof *stack->slices, "the list of slices");
    stack->extent.nz = nz;
    for (uint32_t z = 0; z < nz; z++)
        stack->slices[z].number = first + z;
    for (size_t i = 0; i < sequence->nslices; i++) {
        const char *name = sequence->slices[i].name;
        struct slice *slice = &stack->slices[sequence->slices[i].number - first];
        slice->path = path_join(stack->folder, name);
        if (!slice->path)
            return error_no_memory(error, strlen(stack->folder) + strlen(name) + 2, "the list of slices");
        slice->name = slice->path + strlen(slice->path) - strlen(name);
    }
    stack->codec = codec_for_file(sequence->slices[0].name);
    stack->pattern = pattern_text(sequence);
    if (!stack->pattern)
        return error_no_memory(error, sequence->prefix_bytes, "the list of slices");
    return STATUS_OK;
}

/* Keeps the names that are no slices and no folders. Both lists are in one order. */
static enum status keep_ignored(struct stack *stack, const struct sequence *sequence,
                                const struct listing *listing, struct error *error)
{
    if (sequence->nignored == 0)
        return STATUS_OK;
    stack->ignored = calloc(sequence->nignored, sizeof *stack->ignored);
    if (!stack->ignored)
        return error_no_memory(error, sequence->nignored * sizeof *stack->ignored, "the names of a folder");
    size_t i = 0;
    for (size_t k = 0; k < listing->count && i < sequence->nignored; k++) {
        const struct listing_entry *entry = &listing->entries[k];
        if (entry->name != sequence->ignored[i])
            continue;
        i++;
        if (entry->is_folder)
            continue;
        char *copy = strdup(entry->name);
        if (!copy)
            return error_no_memory(error, strlen(entry->name) + 1, "the names of a folder");
        stack->ignored[stack->nignored++] = copy;
    }
    return STATUS_OK;
}

static enum status no_slices(const struct stack *stack, const struct listing *listing, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    printable(shown, sizeof shown, stack->folder);
    if (listing->count == 0)
        return error_set(error, STATUS_INPUT,
                         "%s: holds no slices, it is empty; name the folder of the slices", shown);
    return error_set(error, STATUS_INPUT,
                     "%s: holds no slices; a slice's name ends in a number and an extension that can be read,"
                     " such as slice_0001.tif",
                     shown);
}

/* Finds nmissing and `missing` from the places without a file. */
static enum status count_missing(struct stack *stack, unsigned width, struct error *error)
{
    struct ranges ranges = {.width = width};
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

static enum status gaps_refused(const struct stack *stack, struct error *error)
{
    char shown[256], pattern[200], numbers[300];
    return error_set(
        error, STATUS_INPUT,
        "%s: %u %s of %s %s missing (%s); put %s there, or leave %s empty with --missing ignore",
        printable(shown, sizeof shown, stack->folder), stack->nmissing,
        stack->nmissing == 1 ? "slice" : "slices", printable(pattern, sizeof pattern, stack->pattern),
        stack->nmissing == 1 ? "is" : "are", ranges_show(numbers, sizeof numbers, stack->missing),
        stack->nmissing == 1 ? "it" : "them", stack->nmissing == 1 ? "its place" : "their places");
}

static enum status read_header(const struct codec *codec, struct slice *slice, struct error *error)
{
    struct input_file file;
    enum status status = input_file_open(&file, slice->path, error);
    if (status != STATUS_OK)
        return status;
    slice->n_bytes = file.n_bytes;
    slice->mtime_ns = file.mtime_ns;
    status = codec->read_header(&file, &slice->header, error);
    input_file_close(&file);
    return status;
}

static enum status check_same(const struct slice *slice, const struct slice *first, struct error *error)
{
    char shown[384], shown_first[200];
    const struct slice_header *a = &slice->header, *b = &first->header;
    if (a->nx == b->nx && a->ny == b->ny && a->type == b->type)
        return STATUS_OK;
    return error_set(
        error, STATUS_INPUT, "%s: is %u x %u %s, but %s is %u x %u %s; move slices of other stacks elsewhere",
        printable(shown, sizeof shown, slice->path), a->nx, a->ny, voxel_name(a->type),
        printable(shown_first, sizeof shown_first, first->name), b->nx, b->ny, voxel_name(b->type));
}

/* Turns a slice whose header cannot be read into a missing one, and keeps the reason. */
static enum status drop_slice(struct stack *stack, struct slice *slice, const struct error *reason,
                              struct error *error)
{
    char **unreadable = reallocarray(stack->unreadable, stack->nunreadable + 1, sizeof *stack->unreadable);
    if (!unreadable)
        return error_no_memory(error, (stack->nunreadable + 1) * sizeof *unreadable, "messages");
    stack->unreadable = unreadable;
    unreadable[stack->nunreadable] = strdup(reason->message);
    if (!unreadable[stack->nunreadable])
        return error_no_memory(error, strlen(reason->message) + 1, "messages");
    stack->nunreadable++;
    free(slice->path);
    *slice = (struct slice){.number = slice->number};
    return STATUS_OK;
}

static enum status read_headers(struct stack *stack, enum missing_policy policy, const atomic_bool *cancel,
                                struct error *error)
{
    const struct slice *first = NULL;
    struct error first_reason = {0};
    for (uint32_t z = 0; z < stack->extent.nz; z++) {
        struct slice *slice = &stack->slices[z];
        struct error reason = {0};
        if (!slice->path)
            continue;
        if (cancel && atomic_load(cancel))
            return error_set(error, STATUS_INTERRUPTED, "interrupted; not all slices have been looked at");
        enum status status = read_header(stack->codec, slice, &reason);
        if (status == STATUS_INPUT && policy == MISSING_IGNORE) {
            if (first_reason.status == STATUS_OK)
                first_reason = reason;
            status = drop_slice(stack, slice, &reason, error);
            if (status != STATUS_OK)
                return status;
            continue;
        }
        if (status != STATUS_OK)
            return error_set(error, status, "%s", reason.message);
        if (!first)
            first = slice;
        status = check_same(slice, first, error);
        if (status != STATUS_OK)
            return status;
    }
    if (!first)
        return error_set(error, STATUS_INPUT, "%s", first_reason.message);
    stack->extent.nx = first->header.nx;
    stack->extent.ny = first->header.ny;
    stack->type = first->header.type;
    stack->spacing = first->header.spacing;
    return STATUS_OK;
}

/* Everything behind the listing; on failure stack_close frees what is there. */
static enum status fill_stack(struct stack *stack, const struct listing *listing,
                              const struct sequence *sequence, enum missing_policy policy,
                              const atomic_bool *cancel, struct error *error)
{
    enum status status;
    if (sequence->nslices == 0)
        return no_slices(stack, listing, error);
    if ((status = keep_ignored(stack, sequence, listing, error)) != STATUS_OK ||
        (status = place_slices(stack, sequence, error)) != STATUS_OK ||
        (status = count_missing(stack, sequence->width, error)) != STATUS_OK)
        return status;
    if (stack->nmissing > 0 && policy == MISSING_FAIL)
        return gaps_refused(stack, error);
    if ((status = read_headers(stack, policy, cancel, error)) != STATUS_OK)
        return status;
    return stack->nunreadable > 0 ? count_missing(stack, sequence->width, error) : STATUS_OK;
}

enum status stack_open(struct stack **opened, const char *folder, enum missing_policy policy,
                       const atomic_bool *cancel, struct error *error)
{
    struct listing listing = {0};
    struct sequence sequence = {0};
    const char **names = NULL;
    struct stack *stack = calloc(1, sizeof *stack);
    if (!stack || !(stack->folder = path_trim(folder))) {
        free(stack);
        return error_no_memory(error, sizeof *stack, "the stack");
    }
    enum status status = listing_read(&listing, stack->folder, error);
    if (status != STATUS_OK)
        goto close_stack;
    names = calloc(listing.count + 1, sizeof *names);
    if (!names) {
        status = error_no_memory(error, (listing.count + 1) * sizeof *names, "the names of a folder");
        goto end_listing;
    }
    for (size_t i = 0; i < listing.count; i++)
        names[i] = listing.entries[i].name;
    status = sequence_find(&sequence, names, listing.count, codec_takes, stack->folder, error);
    if (status == STATUS_OK)
        status = fill_stack(stack, &listing, &sequence, policy, cancel, error);
    sequence_end(&sequence);
    free(names);
end_listing:
    listing_end(&listing);
close_stack:
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

void stack_close(struct stack *stack)
{
    if (!stack)
        return;
    for (uint32_t z = 0; z < stack->extent.nz; z++)
        free(stack->slices[z].path);
    free(stack->slices);
    free_strings(stack->ignored, stack->nignored);
    free_strings(stack->unreadable, stack->nunreadable);
    free(stack->missing);
    free(stack->pattern);
    free(stack->folder);
    free(stack);
}

uint64_t stack_file_bytes(const struct stack *stack)
{
    uint64_t n_bytes = 0;
    uint64_t slice_bytes = extent_slice_bytes(stack->extent, stack->type);
    for (uint32_t z = 0; z < stack->extent.nz; z++) {
        const struct slice *slice = &stack->slices[z];
        if (slice->path)
            n_bytes = saturated_add(n_bytes, slice->header.plain ? slice_bytes : slice->header.encoded_bytes);
    }
    return n_bytes;
}
