/* SPDX-License-Identifier: MIT
 * Removing what earlier runs left in an output folder: files of our own names, and nothing else. */
#ifndef STACKTHUMB_OUTPUT_LEVEL_SWEEP_H
#define STACKTHUMB_OUTPUT_LEVEL_SWEEP_H

#include "base/error.h"
#include "output/earlier.h"
#include "volume/pyramid.h"

#include <stdbool.h>

/* Removes what an earlier pyramid has and the new one will not: slices, and level folders that this leaves
 * empty. Slices that its manifest does not tell of stay; where it has none that can be used, what has names
 * of slices in level folders from 1 on without a gap is taken for it. The output folder is open as folder_fd,
 * and `folder` to messages. With `durable` it is settled on the disk what is gone when this returns.
 * STATUS_OUTPUT on failure. */
enum status level_sweep_earlier(int folder_fd, const char *folder, const struct earlier *earlier,
                                const struct pyramid *pyramid, bool durable, struct error *error);

/* Removes every partial file. */
enum status level_sweep_partial(int folder_fd, const char *folder, struct error *error);

#endif
