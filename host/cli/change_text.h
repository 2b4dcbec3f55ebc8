/* SPDX-License-Identifier: MIT
 * Why some of a pyramid that is there is made again, for people. */
#ifndef STACKTHUMB_CLI_CHANGE_TEXT_H
#define STACKTHUMB_CLI_CHANGE_TEXT_H

#include "base/printable.h"
#include "output/output.h"

enum { CHANGE_TEXT = PRINTABLE_BYTES + 64 };

/* "slice_0080.tif was changed since"; "" when an earlier run just ended before it was complete. Returns
 * `text`. */
const char *change_text(const struct output_state *state, const struct output_source *source,
                        char text[CHANGE_TEXT]);

#endif
