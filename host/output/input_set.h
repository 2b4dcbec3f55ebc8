/* SPDX-License-Identifier: MIT
 * The files that a run reads, to be told from those that it would replace. */
#ifndef STACKTHUMB_OUTPUT_INPUT_SET_H
#define STACKTHUMB_OUTPUT_INPUT_SET_H

#include "base/error.h"
#include "output/output.h"

#include <stdbool.h>
#include <stddef.h>

struct stat;

struct input_set {
    struct source_slice *by_number, *by_times; /* copies of the source's slices that have files, sorted */
    size_t count;
};

/* STATUS_FAILED when memory is refused; then there is nothing to end. */
enum status input_set_init(struct input_set *set, const struct output_source *source, struct error *error);
void input_set_end(struct input_set *set);

/* Whether one of them is the file that `about` tells of: by device and inode; and by its length and both its
 * times, mtime and ctime, where it may be seen by way of another file system (bindfs, an export that is
 * mounted where it is), which has another device, or may be numbered anew (`renumbers`, see base/file.h). */
bool input_set_holds(const struct input_set *set, const struct stat *about, bool renumbers);

#endif
