/* SPDX-License-Identifier: MIT
 * What floor and pairwise share: the slice files of a folder, the files of a pyramid, and a way to give up.
 */
#ifndef STACKTHUMB_TESTS_BENCH_FILES_H
#define STACKTHUMB_TESTS_BENCH_FILES_H

#include "base/error.h"
#include "codec/codec.h"
#include "volume/extent.h"

#include <stddef.h>

enum { BENCH_PATH_BYTES = 4096 };

/* The slice files of a folder by name, numbers in their order; paths are folder/name. */
struct bench_slices {
    char **paths;
    uint32_t n;
};

/* Prints "PROGRAM: MESSAGE" and ends the program. */
__attribute__((format(printf, 1, 2), noreturn)) void bench_die(const char *format, ...);
/* Does so with the error's message unless status is STATUS_OK. */
void bench_check(enum status status, const struct error *error);

/* Lists the files that end in an extension of codec_tiff; a folder without any ends the program. */
void bench_slices_list(struct bench_slices *slices, const char *folder);
void bench_slices_end(struct bench_slices *slices);

/* LEVELS as the command line gives it: 1 to LEVELS_MAX. */
unsigned bench_parse_levels(const char *text);

/* Makes `folder`, which must not be there yet, and in it the folder of every level. */
void bench_make_folders(const char *folder, unsigned nlevels);

/* Write folder/LEVEL and folder/LEVEL/ZZZZZZ.tif into `path` (BENCH_PATH_BYTES large). */
void bench_level_path(char *path, const char *folder, unsigned level);
void bench_slice_path(char *path, const char *folder, unsigned level, uint32_t z);

#endif
