/* SPDX-License-Identifier: MIT
 * Images and levels in an output folder that its pyramid does not have: who opens a level folder as a volume
 * would see them. */
#ifndef STACKTHUMB_OUTPUT_EXTRA_FILES_H
#define STACKTHUMB_OUTPUT_EXTRA_FILES_H

#include "base/error.h"
#include "volume/pyramid.h"

/* Takes the name of an image in the folder of a level, or "" for a level that is one too many; and a line:
 * "out/1/other.tif: does not belong to the pyramid; move it elsewhere". */
typedef void (*extra_teller)(void *context, unsigned level, const char *name, const char *line);

/* Tells of each. Folders that are not there have none; STATUS_INPUT when one cannot be opened, STATUS_FAILED
 * when memory is refused. */
enum status extra_files_find(const char *folder, const struct pyramid *pyramid, extra_teller tell,
                             void *context, struct error *error);

#endif
