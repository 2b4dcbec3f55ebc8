/* SPDX-License-Identifier: MIT
 * Removing what earlier runs left in an output folder: files of our own names, and nothing else. */
#ifndef STACKTHUMB_OUTPUT_LEVEL_SWEEP_H
#define STACKTHUMB_OUTPUT_LEVEL_SWEEP_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Removes partial files, and slices from z = first on, of a level folder, if there is one; and the folder, if
 * that leaves it empty and `also_folder`. The output folder is open as folder_fd, and `folder` to messages.
 * With `durable` it is settled on the disk what files are gone when this returns. STATUS_OUTPUT on failure.
 */
enum status level_sweep(int folder_fd, const char *folder, unsigned level, uint64_t first, bool also_folder,
                        bool durable, struct error *error);

/* Removes every partial file. */
enum status level_sweep_partial(int folder_fd, const char *folder, struct error *error);

#endif
