/* SPDX-License-Identifier: MIT
 * A folder's names (listing) become a sequence of slices (sequence), which are laid out along z with their
 * gaps. */
#include "base/path.h"
#include "base/printable.h"
#include "stack/listing.h"
#include "stack/sequence.h"
#include "stack/stack_fill.h"

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
    const struct sequence_slice *slices = sequence->slices;
    const uint64_t first = slices[0].number;
    const struct codec *codec = codec_for_file(slices[0].name);
    enum status status = stack_make_places(stack, sequence_positions(sequence), first, error);
    for (size_t i = 0; i < sequence->nslices && status == STATUS_OK; i++) {
        struct slice *slice = &stack->slices[slices[i].number - first];
        slice->codec = codec;
        status = stack_place_file(stack, slice, slices[i].name, error);
    }
    if (status != STATUS_OK)
        return status;
    stack->number_width = sequence->width;
    stack->pattern = pattern_text(sequence);
    return stack->pattern ? STATUS_OK : error_no_memory(error, sequence->prefix_bytes, "the list of slices");
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

enum status stack_fill_folder(struct stack *stack, const struct stack_request *request, struct error *error)
{
    struct listing listing = {0};
    struct sequence sequence = {0};
    stack->folder = path_trim(request->input);
    if (!stack->folder)
        return error_no_memory(error, strlen(request->input), "the stack");
    enum status status = listing_read(&listing, stack->folder, error);
    if (status != STATUS_OK)
        return status;
    const char **names = calloc(listing.count + 1, sizeof *names);
    if (!names) {
        status = error_no_memory(error, (listing.count + 1) * sizeof *names, "the names of a folder");
        goto end_listing;
    }
    for (size_t i = 0; i < listing.count; i++)
        names[i] = listing.entries[i].name;
    status = sequence_find(&sequence, names, listing.count, codec_takes, stack->folder, error);
    if (status == STATUS_OK && sequence.nslices == 0)
        status = no_slices(stack, &listing, error);
    if (status == STATUS_OK)
        status = keep_ignored(stack, &sequence, &listing, error);
    if (status == STATUS_OK)
        status = place_slices(stack, &sequence, error);
    sequence_end(&sequence);
    free(names);
end_listing:
    listing_end(&listing);
    return status;
}
