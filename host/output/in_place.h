/* SPDX-License-Identifier: MIT
 * Looks once more, at the end of a run, whether everything is where it was put: everything is written by open
 * folders, and while that went on somebody may have moved these, have put others or links in their places, or
 * have removed files. */
#ifndef STACKTHUMB_OUTPUT_IN_PLACE_H
#define STACKTHUMB_OUTPUT_IN_PLACE_H

#include "base/error.h"
#include "output/slice_records.h"
#include "output/strip_files.h"

/* The folder open as fd is what `path` leads to. STATUS_OUTPUT when not. */
enum status in_place_folder(int fd, const char *path, struct error *error);

/* The level's folder is in the one open as folder_fd, under its name, and in it are all slices that the
 * records tell of, by their lengths. STATUS_OUTPUT when not. */
enum status in_place_level(int folder_fd, const struct slice_folder *folder, unsigned level,
                           const struct slice_records *records, struct error *error);

#endif
