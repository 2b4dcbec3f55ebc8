/* SPDX-License-Identifier: MIT */
#include "cli/notes.h"

#include "base/printable.h"
#include "cli/messages.h"
#include "stack/ranges.h"

#include <stdio.h>

enum { NOTE_NAMES = 4, NOTE_NAME_BYTES = 100, NOTE_RANGES_BYTES = 600 };

/* Adds `item` to a list, or, once there are enough of them, only counts it. */
struct name_list {
    char text[NOTE_NAMES * (NOTE_NAME_BYTES + 32) + 32];
    size_t used, count;
};

static void add(struct name_list *list, const char *name, const char *detail)
{
    char shown[NOTE_NAME_BYTES];
    if (list->count++ < NOTE_NAMES)
        list->used +=
            (size_t)snprintf(list->text + list->used, sizeof list->text - list->used, "%s%s%s",
                             list->count > 1 ? ", " : "", printable(shown, sizeof shown, name), detail);
}

static const char *ended(struct name_list *list)
{
    if (list->count > NOTE_NAMES)
        snprintf(list->text + list->used, sizeof list->text - list->used, " and %zu more",
                 list->count - NOTE_NAMES);
    return list->text;
}

/* All patterns that slices may be of, where there are several. */
static void note_patterns(const struct stack *stack, const struct options *options)
{
    struct name_list list = {0};
    char detail[32];
    for (size_t i = 0; i < stack->npatterns; i++) {
        snprintf(detail, sizeof detail, " %zu", stack->patterns[i].count);
        if (stack->patterns[i].byproduct == BYPRODUCT_NONE)
            add(&list, stack->patterns[i].text, detail);
    }
    if (list.count > 1)
        message_note(options, "patterns: %s; the first is taken, --pattern takes another", ended(&list));
}

static void note_aside(const struct stack *stack, const struct options *options)
{
    struct name_list list = {0};
    char detail[64];
    for (size_t i = 0; i < stack->npatterns; i++) {
        snprintf(detail, sizeof detail, " (%zu %s)", stack->patterns[i].count,
                 byproduct_text(stack->patterns[i].byproduct));
        if (stack->patterns[i].byproduct != BYPRODUCT_NONE)
            add(&list, stack->patterns[i].text, detail);
    }
    for (size_t i = 0; i < stack->naside; i++)
        add(&list, stack->aside[i], "");
    if (list.count > 0)
        message_note(options, "set aside: %s", ended(&list));
}

static void note_ignored(const struct stack *stack, const struct options *options)
{
    struct name_list list = {0};
    for (size_t i = 0; i < stack->nignored; i++)
        add(&list, stack->ignored[i], "");
    if (list.count > 0)
        message_note(options, "ignored, not %s: %s", list.count == 1 ? "a slice" : "slices", ended(&list));
}

static void note_missing(const struct stack *stack, const struct options *options)
{
    char ranges[NOTE_RANGES_BYTES];
    bool one = stack->nmissing == 1;
    message_note(options, "%u of %u slices %s missing and %s no voxels: %s", stack->nmissing,
                 stack->extent.nz, one ? "is" : "are", one ? "contributes" : "contribute",
                 ranges_show(ranges, sizeof ranges, stack->missing));
}

void notes_on_stack(const struct stack *stack, const struct options *options)
{
    char spacing[SPACING_SHOWN_BYTES];
    note_patterns(stack, options);
    note_aside(stack, options);
    note_ignored(stack, options);
    if (stack->surplus)
        message_note(options, "%s", stack->surplus);
    if (stack->nmissing)
        note_missing(stack, options);
    for (size_t i = 0; i < stack->nunreadable; i++)
        message_note(options, "taken as missing: %s", stack->unreadable[i]);
    if (spacing_known(stack->spacing))
        message_note(options, "spacing %s, from %s", spacing_show(spacing, stack->spacing),
                     stack_spacing_source(stack));
    for (size_t i = 0; i < stack->sources.warnings.count; i++)
        message_note(options, "%s", stack->sources.warnings.lines[i]);
}
