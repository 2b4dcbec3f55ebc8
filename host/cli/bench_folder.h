/* SPDX-License-Identifier: MIT
 * The temporary folder of a bench: everything that it writes lies in it, and goes with it. */
#ifndef STACKTHUMB_CLI_BENCH_FOLDER_H
#define STACKTHUMB_CLI_BENCH_FOLDER_H

#include "base/error.h"

/* Paths, all owned; only `path` itself exists at first. */
struct bench_folder {
    char *path;
    char *slices; /* of a phantom */
    char *output; /* of one run */
};

/* Makes a new folder in `parent`, or, where that is NULL, in $TMPDIR or /tmp. STATUS_OUTPUT on failure. */
enum status bench_folder_create(struct bench_folder *folder, const char *parent, struct error *error);

/* Removes `path`, a folder below the temporary one or that itself, with all that is in it; one that is not
 * there is as good. STATUS_OUTPUT when something stays. */
enum status bench_folder_remove(const char *path, struct error *error);

/* Frees the paths. */
void bench_folder_end(struct bench_folder *folder);

#endif
