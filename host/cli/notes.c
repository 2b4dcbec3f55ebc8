/* SPDX-License-Identifier: MIT */
#include "cli/notes.h"

#include "base/printable.h"
#include "cli/messages.h"
#include "stack/ranges.h"

#include <stdio.h>

enum { NOTE_NAMES = 4, NOTE_NAME_BYTES = 100, NOTE_REASONS = 4, NOTE_RANGES_BYTES = 600 };

static void note_ignored(const struct stack *stack, const struct options *options)
{
    char text[NOTE_NAMES * (NOTE_NAME_BYTES + 2) + 32] = "", name[NOTE_NAME_BYTES];
    size_t used = 0, nshown = stack->nignored < NOTE_NAMES ? stack->nignored : NOTE_NAMES;
    for (size_t i = 0; i < nshown; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? ", " : "",
                                 printable(name, sizeof name, stack->ignored[i]));
    if (stack->nignored > nshown)
        snprintf(text + used, sizeof text - used, " and %zu more", stack->nignored - nshown);
    message_note(options, "ignored, not %s: %s", nshown == 1 ? "a slice" : "slices", text);
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
    if (stack->nignored)
        note_ignored(stack, options);
    if (stack->surplus)
        message_note(options, "%s", stack->surplus);
    if (stack->nmissing)
        note_missing(stack, options);
    for (size_t i = 0; i < stack->nunreadable && i < NOTE_REASONS; i++)
        message_note(options, "taken as missing: %s", stack->unreadable[i]);
    if (stack->nunreadable > NOTE_REASONS)
        message_note(options, "taken as missing: %zu more that cannot be read",
                     stack->nunreadable - NOTE_REASONS);
    if (spacing_known(stack->spacing))
        message_note(options, "spacing %s, from %s", spacing_show(spacing, stack->spacing),
                     stack_spacing_source(stack));
    for (size_t i = 0; i < stack->sources.warnings.count; i++)
        message_note(options, "%s", stack->sources.warnings.lines[i]);
}
