/* SPDX-License-Identifier: MIT */
#include "cli/change_text.h"

#include <stdio.h>

static const char *of_slice(enum output_change change, const char *name, char text[CHANGE_TEXT])
{
    char shown[PRINTABLE_BYTES];
    const char *what = change == OUTPUT_SLICE_CHANGED ? "was changed since"
                       : change == OUTPUT_SLICE_OTHER ? "was not there then"
                                                      : "could not be read then, and can be now";
    snprintf(text, CHANGE_TEXT, "%s %s", printable(shown, sizeof shown, name), what);
    return text;
}

const char *change_text(const struct output_state *state, const struct output_source *source,
                        char text[CHANGE_TEXT])
{
    const uint32_t z = state->changed_slice;
    const char *name = z < source->nslices ? source->slices[z].name : NULL;
    switch (state->change) {
    case OUTPUT_SLICE_CHANGED:
    case OUTPUT_SLICE_OTHER:
    case OUTPUT_SLICE_READABLE:
        if (name)
            return of_slice(state->change, name, text);
        snprintf(text, CHANGE_TEXT, "slice %u, counted from 0, is missing now", (unsigned)z);
        return text;
    case OUTPUT_SLICES_ADDED:
        snprintf(text, CHANGE_TEXT, "slices were added at the end");
        return text;
    case OUTPUT_SLICES_NOT_WRITTEN:
        snprintf(text, CHANGE_TEXT, "slices in OUTPUT are not as they were written");
        return text;
    case OUTPUT_UNFINISHED:
        break;
    }
    *text = '\0';
    return text;
}
