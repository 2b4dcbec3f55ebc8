/* SPDX-License-Identifier: MIT
 * One function for each object of the schema in info_json.h. */
#include "cli/info_json.h"

#include "output/json_values.h"
#include "stack/stack_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT_VERSION = 1, LAYOUTS_MAX = 8 };

static json_t *texts_json(char *const *texts, size_t count)
{
    json_t *json = json_array();
    for (size_t i = 0; i < count && json; i++)
        json = json_and(json, json_text(texts[i]));
    return json;
}

/* The layouts in the order in which they occur, and how many slices have each; further ones than LAYOUTS_MAX
 * are left out. */
static json_t *layouts_json(const struct stack *stack)
{
    struct {
        const char *layout;
        uint32_t nslices;
    } layouts[LAYOUTS_MAX];
    unsigned n = 0, i;
    for (uint32_t z = 0; z < stack->extent.nz; z++) {
        if (!stack->slices[z].path)
            continue;
        const char *layout = stack->slices[z].header.layout;
        for (i = 0; i < n && strcmp(layouts[i].layout, layout) != 0; i++)
            ;
        if (i == LAYOUTS_MAX)
            continue;
        if (i == n) {
            layouts[n].layout = layout;
            layouts[n++].nslices = 0;
        }
        layouts[i].nslices++;
    }
    json_t *json = json_array();
    for (i = 0; i < n && json; i++) {
        json_t *entry = json_with(json_object(), "layout", json_text(layouts[i].layout));
        json = json_and(json, json_with(entry, "slices", json_integer(layouts[i].nslices)));
    }
    return json;
}

static json_t *candidates_json(const struct spacing_choice *choice)
{
    json_t *json = json_array();
    for (unsigned i = 0; i < choice->ncandidates && json; i++) {
        const struct spacing_candidate *candidate = &choice->candidates[i];
        json_t *entry = json_with(json_object(), "source", json_text(candidate->source));
        entry = json_with(entry, "spacing", json_spacing(candidate->spacing));
        entry = json_with(entry, "taken", json_boolean(candidate == spacing_choice_taken(choice)));
        entry = json_with(entry, "doubtful", json_boolean(candidate->doubtful));
        entry = json_with(entry, "disagrees", json_boolean(spacing_choice_disagrees(choice, candidate)));
        json = json_and(json, entry);
    }
    return json;
}

static json_t *sidecar_json(const struct sidecar_file *file)
{
    const struct sidecar *sidecar = &file->sidecar;
    const struct extent extent = {sidecar->slice_nx, sidecar->slice_ny, sidecar->nslices};
    bool whole = extent.nx > 0 && extent.ny > 0 && extent.nz > 0;
    json_t *facts = json_object();
    for (unsigned i = 0; i < sidecar->nfacts && facts; i++)
        facts = json_with(facts, sidecar->facts[i].name, json_text(sidecar->facts[i].text));
    json_t *json = json_with(json_object(), "name", json_text(file->name));
    json = json_with(json, "facts", facts);
    json = json_with(json, "extent", whole ? json_extent(extent) : json_null());
    return json_with(json, "note", sidecar->note[0] ? json_text(sidecar->note) : json_null());
}

static json_t *sidecars_json(const struct sidecar_files *sidecars)
{
    json_t *json = json_array();
    for (unsigned i = 0; i < sidecars->nfiles && json; i++)
        json = json_and(json, sidecar_json(&sidecars->files[i]));
    return json;
}

/* The spacing of level 0, and who told it. */
static json_t *spacing_json(const struct stack *stack)
{
    json_t *json = json_spacing(stack->spacing);
    return json_is_object(json) ? json_with(json, "source", json_text(stack_spacing_source(stack))) : json;
}

/* All patterns in the folder, that of the slices first; of a folder with one pattern only, none. */
static json_t *patterns_json(const struct stack *stack)
{
    json_t *json = json_array();
    for (size_t i = 0; i < stack->npatterns && json; i++) {
        const struct stack_pattern *pattern = &stack->patterns[i];
        json_t *entry = json_with(json_object(), "pattern", json_text(pattern->text));
        entry = json_with(entry, "count", json_integer((json_int_t)pattern->count));
        entry = json_with(entry, "projections", json_boolean(pattern->byproduct == BYPRODUCT_PROJECTIONS));
        entry = json_with(entry, "byproducts", json_boolean(pattern->byproduct != BYPRODUCT_NONE));
        json = json_and(json, entry);
    }
    return json;
}

/* What belongs to the names of the slices. */
static json_t *names_json(const struct options *options, const struct stack *stack)
{
    const char *first = NULL, *last = NULL;
    for (uint32_t z = 0; z < stack->extent.nz; z++)
        if (stack->slices[z].path) {
            last = stack->slices[z].name;
            first = first ? first : last;
        }
    json_t *missing = json_with(json_object(), "count", json_integer(stack->nmissing));
    missing = json_with(missing, "ranges", json_text(stack->missing));
    json_t *json = json_object();
    json = json_with(json, "kind", json_string(stack_input_name(stack_input_of(options->operands[0]))));
    json = json_with(json, "folder", json_text(stack->folder));
    json = json_with(json, "file", stack->file ? json_text(stack->file) : json_null());
    json = json_with(json, "pattern", json_text(stack->pattern));
    json = json_with(json, "holds", stack->kind ? json_text(stack->kind) : json_null());
    json = json_with(json, "slices", json_integer(stack->extent.nz - stack->nmissing));
    json = json_with(json, "first", first ? json_text(first) : json_null());
    json = json_with(json, "last", last ? json_text(last) : json_null());
    json = json_with(json, "missing", missing);
    json = json_with(json, "unreadable", texts_json(stack->unreadable, stack->nunreadable));
    json = json_with(json, "patterns", patterns_json(stack));
    json = json_with(json, "set_aside", texts_json(stack->aside, stack->naside));
    return json_with(json, "ignored", texts_json(stack->ignored, stack->nignored));
}

static json_t *stack_json(const struct options *options, const struct stack *stack)
{
    const struct stack_spacing *sources = &stack->sources;
    json_t *json = names_json(options, stack);
    json = json_with(json, "extent", json_extent(stack->extent));
    json = json_with(json, "type", json_string(voxel_name(stack->type)));
    json = json_with(json, "layouts", layouts_json(stack));
    json = json_with(json, "surplus", stack->surplus ? json_text(stack->surplus) : json_null());
    json = json_with(json, "unused", stack->unused ? json_text(stack->unused) : json_null());
    json = json_with(json, "spacing", spacing_json(stack));
    json = json_with(json, "candidates", candidates_json(&sources->choice));
    json = json_with(json, "sidecars", sidecars_json(&sources->sidecars));
    return json_with(json, "warnings", texts_json(sources->warnings.lines, sources->warnings.count));
}

static json_t *levels_json(const struct pyramid *pyramid)
{
    json_t *json = json_array();
    for (unsigned level = 0; level <= pyramid->nlevels && json; level++) {
        struct extent extent = extent_at_level(pyramid->extent, level);
        json_t *entry = json_with(json_object(), "level", json_integer(level));
        entry = json_with(entry, "extent", json_extent(extent));
        entry = json_with(entry, "spacing", json_spacing(spacing_at_level(pyramid->spacing, level)));
        json =
            json_and(json, json_with(entry, "bytes", json_bytes(extent_volume_bytes(extent, pyramid->type))));
    }
    return json;
}

static json_t *plan_json(const struct job *job, const struct backend *backend,
                         const struct run_memory *memory, const struct downsample_plan *plan)
{
    char name[BACKEND_NAME];
    json_t *json = json_with(json_object(), "reads_bytes", json_bytes(stack_file_bytes(job->stack)));
    json = json_with(json, "writes_bytes", json_bytes(pyramid_bytes(&job->pyramid)));
    json = json_with(json, "writes_slices", json_bytes(pyramid_slices(&job->pyramid)));
    json = json_with(json, "compression", json_string(encoding_name(memory->form.encoding)));
    json = json_with(json, "device", json_text(backend_name(backend, name)));
    json = json_with(json, "batch_slices", json_integer(plan->batch_slices));
    json = json_with(json, "band_rows", json_integer(plan->band_rows));
    json = json_with(json, "buffers", json_integer(plan->nbuffers));
    json = json_with(json, "buffer_bytes", json_bytes(plan->buffer_bytes));
    json = json_with(json, "host_bytes", json_bytes(run_memory_total(memory, plan)));
    json = json_with(json, "host_allowed_bytes", json_bytes(memory->budget.most_bytes));
    json = json_with(json, "host_held_bytes", json_bytes(memory->budget.held_bytes));
    json = json_with(json, "host_driver_bytes", json_bytes(plan->driver_bytes));
    json = json_with(json, "host_batches_bytes", json_bytes(plan->host_bytes));
    json = json_with(json, "host_pipeline_bytes", json_bytes(run_memory_pipeline(memory, plan)));
    return json_with(json, "device_bytes", json_bytes(plan->device_bytes));
}

/* The digits that all lengths need. */
static int digits_needed(const struct job *job)
{
    const struct spacing_choice *choice = &job->stack->sources.choice;
    int digits = 1;
    for (unsigned i = 0; i < choice->ncandidates; i++)
        digits = json_digits(choice->candidates[i].spacing, digits);
    for (unsigned level = 0; level <= job->pyramid.nlevels; level++)
        digits = json_digits(spacing_at_level(job->pyramid.spacing, level), digits);
    return digits;
}

enum status info_json_print(const struct options *options, const struct job *job,
                            const struct backend *backend, const struct run_memory *memory,
                            const struct downsample_plan *plan, struct error *error)
{
    json_t *program = json_with(json_object(), "name", json_string("stackthumb"));
    json_t *json = json_with(json_object(), "format_version", json_integer(FORMAT_VERSION));
    json = json_with(json, "program", json_with(program, "version", json_string(STACKTHUMB_VERSION)));
    json = json_with(json, "input", json_text(options->operands[0]));
    json = json_with(json, "stack", stack_json(options, job->stack));
    json = json_with(json, "levels", levels_json(&job->pyramid));
    json = json_with(json, "plan", plan_json(job, backend, memory, plan));
    char *text =
        json ? json_print(json, JSON_INDENT(1) | JSON_REAL_PRECISION((size_t)digits_needed(job))) : NULL;
    json_decref(json);
    if (!text)
        return error_no_memory(error, 100ull * job->stack->nignored, "the JSON text");
    printf("%s\n", text);
    free(text);
    return STATUS_OK;
}
