/* SPDX-License-Identifier: MIT */
#include "cli/report.h"

#include "base/printable.h"
#include "cli/values.h"

#include <stdio.h>
#include <string.h>

enum { CELL = 160 };

static void print_field(const char *name, const char *value)
{
    printf("%-14s %s\n", name, value);
}

static const char *extent_text(char *text, struct extent extent)
{
    snprintf(text, CELL, "%u x %u x %u", extent.nx, extent.ny, extent.nz);
    return text;
}

/* The layout of the first slice, and how many others differ from it. */
static const char *layout_text(char *text, const struct stack *stack)
{
    const char *first = NULL;
    unsigned ndiffering = 0;
    for (uint32_t z = 0; z < stack->extent.nz; z++) {
        const struct slice *slice = &stack->slices[z];
        if (!slice->path)
            continue;
        if (!first)
            first = slice->header.layout;
        ndiffering += strcmp(first, slice->header.layout) != 0;
    }
    if (ndiffering)
        snprintf(text, CELL, "%s; %u slices differ", first, ndiffering);
    else
        snprintf(text, CELL, "%s", first ? first : "");
    return text;
}

/* The spacing and where it comes from; then what others say who tell one. */
static void print_spacing(const struct stack *stack)
{
    const struct spacing_choice *choice = &stack->sources.choice;
    const struct spacing_candidate *taken = spacing_choice_taken(choice);
    char text[SPACING_SHOWN_BYTES];
    printf("%-14s %s%s%s\n", "spacing", spacing_show(text, stack->spacing), taken ? ", from " : "",
           taken ? taken->source : "");
    for (unsigned i = 0; i < choice->ncandidates; i++) {
        const struct spacing_candidate *candidate = &choice->candidates[i];
        if (candidate != taken)
            printf("%-14s (%s, from %s)\n", "", spacing_show(text, candidate->spacing), candidate->source);
    }
}

/* What the text files of scanners tell. */
static void print_sidecars(const struct stack *stack)
{
    char name[PRINTABLE_BYTES];
    const struct sidecar_files *sidecars = &stack->sources.sidecars;
    for (unsigned i = 0; i < sidecars->nfiles; i++) {
        const struct sidecar *sidecar = &sidecars->files[i].sidecar;
        print_field(i ? "" : "sidecar", printable(name, sizeof name, sidecars->files[i].name));
        for (unsigned k = 0; k < sidecar->nfacts; k++)
            printf("%-14s   %s: %s\n", "", sidecar->facts[k].name, sidecar->facts[k].text);
        if (sidecar->slice_nx > 0 && sidecar->slice_ny > 0 && sidecar->nslices > 0)
            printf("%-14s   extent: %u x %u x %u\n", "", sidecar->slice_nx, sidecar->slice_ny,
                   sidecar->nslices);
    }
}

static void print_missing(const struct stack *stack)
{
    if (stack->nmissing)
        printf("%-14s %u: %s\n", "missing", stack->nmissing, stack->missing);
    else
        print_field("missing", "none");
}

enum { LIST_SHOWN = 20 };

/* One string per line, printable already when `is_message`. */
static void print_list(const char *field, char *const *strings, size_t count, bool is_message)
{
    char name[PRINTABLE_BYTES];
    for (size_t i = 0; i < count && i < LIST_SHOWN; i++)
        print_field(i ? "" : field, is_message ? strings[i] : printable(name, sizeof name, strings[i]));
    if (count > LIST_SHOWN)
        printf("%-14s and %zu more\n", "", count - LIST_SHOWN);
}

/* All patterns in the folder with their counts, the one that is taken first; one on a line. */
static void print_patterns(const struct stack *stack)
{
    char shown[PRINTABLE_BYTES];
    for (size_t i = 0; i < stack->npatterns && i < LIST_SHOWN; i++)
        printf("%-14s %s %zu%s%s\n", i ? "" : "patterns",
               printable(shown, sizeof shown, stack->patterns[i].text), stack->patterns[i].count,
               stack->patterns[i].byproduct ? ", " : "", byproduct_text(stack->patterns[i].byproduct));
    if (stack->npatterns > LIST_SHOWN)
        printf("%-14s and %zu more\n", "", stack->npatterns - LIST_SHOWN);
}

void report_stack(const struct job *job)
{
    const struct stack *stack = job->stack;
    char shown[PRINTABLE_BYTES], text[CELL];
    print_field("stack", printable(shown, sizeof shown, stack->file ? stack->file : stack->folder));
    if (!stack->file)
        print_field("pattern", printable(shown, sizeof shown, stack->pattern));
    if (stack->kind)
        print_field("kind", printable(shown, sizeof shown, stack->kind));
    printf("%-14s %u\n", "slices", stack->extent.nz - stack->nmissing);
    print_field("extent", extent_text(text, stack->extent));
    print_field("type", voxel_name(stack->type));
    print_field("layout", layout_text(text, stack));
    print_spacing(stack);
    print_sidecars(stack);
    if (stack->surplus)
        print_field("surplus", stack->surplus);
    if (stack->unused)
        print_field("not used", stack->unused);
    print_missing(stack);
    print_list("unreadable", stack->unreadable, stack->nunreadable, true);
    print_patterns(stack);
    print_list("set aside", stack->aside, stack->naside, false);
    print_list("ignored", stack->ignored, stack->nignored, false);
    print_list("warning", stack->sources.warnings.lines, stack->sources.warnings.count, true);
}

void report_levels(const struct job *job)
{
    const struct pyramid *pyramid = &job->pyramid;
    char extent[CELL], spacing[SPACING_SHOWN_BYTES], amount[VALUE_BYTES];
    int width = 20; /* of the column of spacings */
    for (unsigned level = 0; level <= pyramid->nlevels; level++) {
        int needed = (int)strlen(spacing_show(spacing, spacing_at_level(pyramid->spacing, level)));
        width = needed > width ? needed : width;
    }
    printf("\n%-9s  %-20s  %-*s  %s\n", "level", "extent", width, "spacing", "voxels");
    for (unsigned level = 0; level <= pyramid->nlevels; level++) {
        struct extent at = extent_at_level(pyramid->extent, level);
        printf("%-9u  %-20s  %-*s  %s\n", level, extent_text(extent, at), width,
               spacing_show(spacing, spacing_at_level(pyramid->spacing, level)),
               value_bytes(amount, extent_volume_bytes(at, pyramid->type)));
    }
}

/* What the process will hold, and what it is made up of. */
static void print_memory(const struct run_memory *memory, const struct downsample_plan *plan)
{
    char amount[VALUE_BYTES], allowed[VALUE_BYTES];
    printf("%-14s %s, of %s allowed\n", "host memory", value_memory(amount, run_memory_total(memory, plan)),
           value_memory(allowed, memory->budget.most_bytes));
    printf("%-14s %s program and stack", "of it", value_memory(amount, memory->budget.held_bytes));
    if (plan->driver_bytes)
        printf(", %s driver", value_memory(amount, plan->driver_bytes));
    printf(", %s batches", value_memory(amount, plan->host_bytes));
    printf(", %s files and threads\n", value_memory(amount, run_memory_pipeline(memory, plan)));
}

void report_plan(const struct job *job, const struct backend *backend, const struct run_memory *memory,
                 const struct downsample_plan *plan)
{
    char amount[VALUE_BYTES], name[BACKEND_NAME];
    printf("\n");
    print_field("reads", value_bytes(amount, stack_file_bytes(job->stack)));
    unsigned long long nslices = pyramid_slices(&job->pyramid);
    enum encoding encoding = memory->form.encoding;
    bool compressed = encoding != ENCODING_NONE;
    printf("%-14s %s%s in %llu slice%s%s%s\n", "writes", compressed ? "up to " : "",
           value_bytes(amount, pyramid_bytes(&job->pyramid)), nslices, nslices == 1 ? "" : "s",
           compressed ? ", " : "", compressed ? encoding_name(encoding) : "");
    print_field("device", backend_name(backend, name));
    printf("%-14s %u slice%s of %u row%s, %u buffer%s of %s\n", "batches", plan->batch_slices,
           plan->batch_slices == 1 ? "" : "s", plan->band_rows, plan->band_rows == 1 ? "" : "s",
           plan->nbuffers, plan->nbuffers == 1 ? "" : "s", value_memory(amount, plan->buffer_bytes));
    print_memory(memory, plan);
    if (plan->device_bytes)
        printf("%-14s %s%s\n", "device memory", value_memory(amount, plan->device_bytes),
               backend->device && backend->device->unified_memory ? " (it is host memory too)" : "");
}
