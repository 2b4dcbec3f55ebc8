/* SPDX-License-Identifier: MIT */
#include "stack/stack_spacing.h"

#include "base/printable.h"
#include "stack/stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct slice *first_slice(const struct stack *stack)
{
    for (uint32_t z = 0; z < stack->extent.nz; z++)
        if (stack->slices[z].path)
            return &stack->slices[z];
    return NULL;
}

/* Whether all slices are in one file. */
static bool is_one_file(const struct stack *stack, const struct slice *first)
{
    for (uint32_t z = 0; z < stack->extent.nz; z++)
        if (stack->slices[z].path && strcmp(stack->slices[z].path, first->path) != 0)
            return false;
    return true;
}

/* What the slices' names begin with: the first one's without extension and, unless it is the only one,
 * number; malloc'ed. */
static char *names_prefix(const struct slice *first, bool one_file)
{
    const char *slash = strrchr(first->path, '/');
    const char *name = slash ? slash + 1 : first->path;
    const char *dot = strrchr(name, '.');
    size_t n = dot ? (size_t)(dot - name) : strlen(name);
    while (!one_file && n > 0 && name[n - 1] >= '0' && name[n - 1] <= '9')
        n--;
    return strndup(name, n);
}

/* The folder of the slices; malloc'ed. */
static char *slices_folder(const struct slice *first)
{
    const char *slash = strrchr(first->path, '/');
    if (!slash)
        return strdup(".");
    return slash == first->path ? strdup("/") : strndup(first->path, (size_t)(slash - first->path));
}

static enum status find_sidecars(struct stack_spacing *sources, const struct stack *stack,
                                 const struct slice *first, struct error *error)
{
    bool one_file = is_one_file(stack, first);
    char *folder = slices_folder(first), *prefix = names_prefix(first, one_file);
    enum status status = STATUS_OK;
    if (!folder || !prefix)
        status = error_no_memory(error, strlen(first->path) + 1, "a file name");
    else
        status = sidecar_files_find(&sources->sidecars, folder, prefix, one_file, &sources->warnings, error);
    free(folder);
    free(prefix);
    return status;
}

static bool is_resolution(enum spacing_origin origin)
{
    return origin == SPACING_TIFF_RESOLUTION || origin == SPACING_BMP || origin == SPACING_PNG ||
           origin == SPACING_JPEG || origin == SPACING_JPEG2000;
}

/* Adds all candidates, in the order that spacing_choice.h states. */
static void gather(struct stack_spacing *sources, const struct stack_request *request,
                   const struct slice_header *header)
{
    struct spacing_choice *choice = &sources->choice;
    char shown[SPACING_SOURCE_BYTES];
    spacing_choice_add(choice, "--voxel-size", request->voxel_size, false);
    for (unsigned i = 0; i < sources->sidecars.nfiles; i++) {
        const struct sidecar_file *file = &sources->sidecars.files[i];
        spacing_choice_add(choice, printable(shown, sizeof shown, file->name), file->sidecar.spacing, false);
    }
    spacing_choice_add(choice, spacing_origin_name(header->spacing_origin), header->spacing,
                       is_resolution(header->spacing_origin));
    spacing_choice_add(choice, spacing_origin_name(SPACING_TIFF_RESOLUTION), header->resolution, true);
    spacing_choice_make(choice);
}

static enum status warn_of_disagreement(struct stack_spacing *sources, struct error *error)
{
    char text[SPACING_SHOWN_BYTES], taken_text[SPACING_SHOWN_BYTES];
    const struct spacing_candidate *taken = spacing_choice_taken(&sources->choice);
    enum status status = STATUS_OK;
    if (taken && taken->doubtful)
        return note_list_add(
            &sources->warnings, error,
            "%s: is that of a screen or printer, as programs write it that know no voxel size; "
            "give it with --voxel-size",
            taken->source);
    for (unsigned i = 0; i < sources->choice.ncandidates && status == STATUS_OK; i++) {
        const struct spacing_candidate *candidate = &sources->choice.candidates[i];
        if (spacing_choice_disagrees(&sources->choice, candidate))
            status = note_list_add(
                &sources->warnings, error, "%s: says that voxels are %s, and %s %s, which is taken%s",
                candidate->source,
                spacing_show(text, spacing_in_unit(candidate->spacing, taken->spacing.unit)), taken->source,
                spacing_show(taken_text, taken->spacing),
                strcmp(taken->source, "--voxel-size") == 0 ? "" : "; give --voxel-size to settle it");
    }
    return status;
}

/* A sidecar whose slices have another extent may be that of the stack before somebody scaled it. */
static enum status warn_of_extent(struct stack_spacing *sources, struct extent extent, struct error *error)
{
    char shown[SPACING_SOURCE_BYTES];
    const struct spacing_candidate *taken = spacing_choice_taken(&sources->choice);
    for (unsigned i = 0; taken && i < sources->sidecars.nfiles; i++) {
        const struct sidecar_file *file = &sources->sidecars.files[i];
        const struct sidecar *sidecar = &file->sidecar;
        if (strcmp(printable(shown, sizeof shown, file->name), taken->source) == 0 && sidecar->slice_nx > 0 &&
            sidecar->slice_ny > 0 && (sidecar->slice_nx != extent.nx || sidecar->slice_ny != extent.ny))
            return note_list_add(
                &sources->warnings, error,
                "%s: is about slices of %u x %u, and these are %u x %u; if they were scaled since, "
                "give --voxel-size",
                shown, sidecar->slice_nx, sidecar->slice_ny, extent.nx, extent.ny);
    }
    return STATUS_OK;
}

static bool is_same_spacing(const struct slice_header *a, const struct slice_header *b)
{
    return spacing_known(a->spacing) == spacing_known(b->spacing) && a->spacing.unit == b->spacing.unit &&
           (a->spacing.z > 0) == (b->spacing.z > 0) && !spacing_disagree(a->spacing, b->spacing);
}

/* Names the first slice that tells another voxel size than the first one. */
static enum status warn_of_slices(struct stack *stack, const struct slice *first, struct error *error)
{
    char name[200], first_name[200], text[SPACING_SHOWN_BYTES], first_text[SPACING_SHOWN_BYTES],
        others[48] = "";
    const struct slice *differing = NULL;
    unsigned ndiffering = 0;
    for (uint32_t z = 0; z < stack->extent.nz; z++) {
        const struct slice *slice = &stack->slices[z];
        if (!slice->path || is_same_spacing(&slice->header, &first->header))
            continue;
        differing = differing ? differing : slice;
        ndiffering++;
    }
    if (!differing)
        return STATUS_OK;
    if (ndiffering > 1)
        snprintf(others, sizeof others, " (so do %u more)", ndiffering - 1);
    return note_list_add(&stack->sources.warnings, error,
                         "%s: says that voxels are %s, and %s %s%s; make sure that they are of one stack",
                         printable(name, sizeof name, differing->name),
                         spacing_show(text, differing->header.spacing),
                         printable(first_name, sizeof first_name, first->name),
                         spacing_show(first_text, first->header.spacing), others);
}

/* Takes the sidecars that were read out of what was set aside: they are told of as such.
 */
static void take_sidecars_from_aside(struct stack *stack)
{
    const struct sidecar_files *sidecars = &stack->sources.sidecars;
    size_t kept = 0;
    for (size_t i = 0; i < stack->naside; i++) {
        bool is_read = false;
        for (unsigned k = 0; k < sidecars->nfiles; k++)
            is_read |= strcmp(sidecars->files[k].name, stack->aside[i]) == 0;
        if (is_read)
            free(stack->aside[i]);
        else
            stack->aside[kept++] = stack->aside[i];
    }
    stack->naside = kept;
}

enum status stack_spacing_find(struct stack *stack, const struct stack_request *request, struct error *error)
{
    struct stack_spacing *sources = &stack->sources;
    const struct slice *first = first_slice(stack);
    enum status status = find_sidecars(sources, stack, first, error);
    if (status != STATUS_OK)
        return status;
    take_sidecars_from_aside(stack);
    gather(sources, request, &first->header);
    const struct spacing_candidate *taken = spacing_choice_taken(&sources->choice);
    stack->spacing = taken ? taken->spacing : (struct spacing){0};
    status = warn_of_disagreement(sources, error);
    if (status == STATUS_OK)
        status = warn_of_extent(sources, stack->extent, error);
    return status == STATUS_OK ? warn_of_slices(stack, first, error) : status;
}

void stack_spacing_end(struct stack_spacing *sources)
{
    sidecar_files_end(&sources->sidecars);
    note_list_end(&sources->warnings);
}

const char *stack_spacing_source(const struct stack *stack)
{
    const struct spacing_candidate *taken = spacing_choice_taken(&stack->sources.choice);
    return taken ? taken->source : "";
}
