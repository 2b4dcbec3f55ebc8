/* SPDX-License-Identifier: MIT
 * A folder's names (listing), or those of them that the user's pattern matches, become a sequence of slices
 * (sequence), which are laid out along z with their gaps. */
#include "base/path.h"
#include "base/printable.h"
#include "stack/byproduct.h"
#include "stack/listing.h"
#include "stack/sequence.h"
#include "stack/stack_fill.h"
#include "stack/volume_stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The names in a folder. All is borrowed. */
struct names {
    const char *folder;
    const struct listing *listing;
    const char *const *names; /* of the listing */
    size_t count;
};

static bool codec_takes(const char *name)
{
    return codec_for_file(name) != NULL;
}

/* Gives every slice of the sequence its place along z, and numbers the places between. */
static enum status place_slices(struct stack *stack, const struct sequence *sequence, struct error *error)
{
    const struct sequence_slice *slices = sequence->slices;
    const struct codec *codec = codec_for_file(slices[0].name);
    enum status status = stack_make_places(stack, sequence_positions(sequence), sequence->first, error);
    for (size_t i = 0; i < sequence->nslices && status == STATUS_OK; i++) {
        if (slices[i].number < sequence->first || slices[i].number > sequence->last)
            continue;
        struct slice *slice = &stack->slices[slices[i].number - sequence->first];
        slice->codec = codec;
        status = stack_place_file(stack, slice, slices[i].name, error);
    }
    if (status != STATUS_OK)
        return status;
    stack->number_width = sequence->patterns[0].width;
    stack->pattern = sequence_pattern_text(&sequence->patterns[0]);
    return stack->pattern ? STATUS_OK : error_no_memory(error, NAME_PATTERN_MAX, "the list of slices");
}

/* Copies those of `names` that are no folders. Both lists are in one order. */
static enum status keep_names(char ***kept, size_t *nkept, const char *const *names, size_t nnames,
                              const struct listing *listing, struct error *error)
{
    if (nnames == 0)
        return STATUS_OK;
    *kept = calloc(nnames, sizeof **kept);
    if (!*kept)
        return error_no_memory(error, nnames * sizeof **kept, "the names of a folder");
    size_t i = 0;
    for (size_t k = 0; k < listing->count && i < nnames; k++) {
        const struct listing_entry *entry = &listing->entries[k];
        if (entry->name != names[i])
            continue;
        i++;
        if (entry->is_folder)
            continue;
        char *copy = strdup(entry->name);
        if (!copy)
            return error_no_memory(error, strlen(entry->name) + 1, "the names of a folder");
        (*kept)[(*nkept)++] = copy;
    }
    return STATUS_OK;
}

/* Copies the patterns, where there are more than the one that is taken. */
static enum status keep_patterns(struct stack *stack, const struct sequence *sequence, struct error *error)
{
    if (sequence->npatterns < 2)
        return STATUS_OK;
    stack->patterns = calloc(sequence->npatterns, sizeof *stack->patterns);
    if (!stack->patterns)
        return error_no_memory(error, sequence->npatterns * sizeof *stack->patterns, "the names of a folder");
    for (size_t i = 0; i < sequence->npatterns; i++) {
        const struct sequence_pattern *pattern = &sequence->patterns[i];
        char *text = sequence_pattern_text(pattern);
        if (!text)
            return error_no_memory(error, NAME_PATTERN_MAX, "the names of a folder");
        stack->patterns[stack->npatterns++] =
            (struct stack_pattern){text, pattern->count, pattern->byproduct};
    }
    return STATUS_OK;
}

static enum status keep_others(struct stack *stack, const struct sequence *sequence,
                               const struct listing *listing, struct error *error)
{
    enum status status = keep_patterns(stack, sequence, error);
    if (status == STATUS_OK)
        status = keep_names(&stack->aside, &stack->naside, sequence->aside, sequence->naside, listing, error);
    if (status == STATUS_OK)
        status = keep_names(&stack->ignored, &stack->nignored, sequence->ignored, sequence->nignored, listing,
                            error);
    return status;
}

/* The first image, in a folder where none has a number: it may be a file with all slices. NULL: none. */
static const char *find_file(const struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->names[i];
        if (name[0] != '.' && !byproduct_is_one(name) && (codec_takes(name) || volume_stack_takes(name)))
            return name;
    }
    return NULL;
}

static enum status no_slices(const struct names *names, struct error *error)
{
    char shown[384], shown_file[200];
    const char *file = find_file(names);
    printable(shown, sizeof shown, names->folder);
    if (names->count == 0)
        return error_set(error, STATUS_INPUT,
                         "%s: holds no slices, it is empty; name the folder of the slices", shown);
    if (file)
        return error_set(
            error, STATUS_INPUT,
            "%s: holds no slices, whose names have numbers; for slices that are all in one file name"
            " that, such as %s/%s",
            shown, shown, printable(shown_file, sizeof shown_file, file));
    return error_set(error, STATUS_INPUT,
                     "%s: holds no slices; a slice's name has a number and an extension that can be read,"
                     " such as slice_0001.tif",
                     shown);
}

/* "slice_####.tif 200, proj_####.tif 12": as many of the patterns as fit. Returns `text`. */
static const char *list_patterns(char *text, size_t n_bytes, const struct sequence *sequence)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sequence->npatterns; i++) {
        char shown[PRINTABLE_BYTES], item[PRINTABLE_BYTES + 32];
        char *pattern = sequence_pattern_text(&sequence->patterns[i]);
        int n = snprintf(item, sizeof item, "%s%s %zu", i ? ", " : "",
                         printable(shown, sizeof shown, pattern ? pattern : ""), sequence->patterns[i].count);
        free(pattern);
        if (used + (size_t)n + sizeof ", ..." > n_bytes) {
            strcpy(text + used, i ? ", ..." : "...");
            break;
        }
        memcpy(text + used, item, (size_t)n + 1);
        used += (size_t)n;
    }
    return text;
}

/* The error for a pattern of the user's that no slice is of: what there is instead. */
static enum status nothing_matches(const struct names *names, const char *wanted, struct error *error)
{
    char shown[300], shown_wanted[200], patterns[300];
    struct sequence sequence;
    struct error other = {0};
    printable(shown, sizeof shown, names->folder);
    printable(shown_wanted, sizeof shown_wanted, wanted);
    const struct sequence_request all = {.takes = codec_takes, .keeps_gaps = true, .folder = names->folder};
    enum status status = sequence_find(&sequence, names->names, names->count, &all, &other);
    if (status != STATUS_OK)
        return error_set(error, STATUS_INPUT, "%s: no file that can be read is called like %s", shown,
                         shown_wanted);
    if (sequence.nslices > 0)
        error_set(error, STATUS_INPUT,
                  "%s: no file that can be read is called like %s; the patterns there are: %s", shown,
                  shown_wanted, list_patterns(patterns, sizeof patterns, &sequence));
    else
        no_slices(names, error);
    sequence_end(&sequence);
    return STATUS_INPUT;
}

/* Lays out the slices among `names`: those of the pattern `text`, or of the most common one for NULL. */
static enum status take_slices(struct stack *stack, const struct names *names,
                               const struct stack_request *request, const char *text, struct error *error)
{
    struct name_pattern wanted;
    struct sequence sequence;
    enum status status = text ? name_pattern_parse(&wanted, text, error) : STATUS_OK;
    const struct sequence_request what = {.takes = codec_takes,
                                          .wanted = text ? &wanted : NULL,
                                          .range = request->range,
                                          .keeps_gaps = request->missing == MISSING_IGNORE,
                                          .folder = stack->folder};
    if (status == STATUS_OK)
        status = sequence_find(&sequence, names->names, names->count, &what, error);
    if (status != STATUS_OK)
        return status;
    if (sequence.nslices == 0)
        status = text ? nothing_matches(names, text, error) : no_slices(names, error);
    if (status == STATUS_OK)
        status = keep_others(stack, &sequence, names->listing, error);
    if (status == STATUS_OK)
        status = place_slices(stack, &sequence, error);
    sequence_end(&sequence);
    return status;
}

/* The slices of stack->folder. */
static enum status fill_from_folder(struct stack *stack, const struct stack_request *request,
                                    const char *pattern, struct error *error)
{
    struct listing listing;
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
    const struct names all = {stack->folder, &listing, names, listing.count};
    status = take_slices(stack, &all, request, pattern, error);
    free(names);
end_listing:
    listing_end(&listing);
    return status;
}

enum status stack_fill_folder(struct stack *stack, const struct stack_request *request, struct error *error)
{
    stack->folder = path_trim(request->input);
    if (!stack->folder)
        return error_no_memory(error, strlen(request->input), "the stack");
    return fill_from_folder(stack, request, request->pattern, error);
}

enum status stack_fill_pattern(struct stack *stack, const struct stack_request *request, struct error *error)
{
    const char *name;
    stack->folder = path_folder(request->input, &name);
    if (!stack->folder)
        return error_no_memory(error, strlen(request->input) + 1, "the stack");
    return fill_from_folder(stack, request, name, error);
}
