/* SPDX-License-Identifier: MIT
 * Names of new folders, on the disk. */
#ifndef STACKTHUMB_OUTPUT_FOLDER_FLUSH_H
#define STACKTHUMB_OUTPUT_FOLDER_FLUSH_H

#include "base/error.h"

/* Waits until the name of the folder open as folder_fd (`folder` to messages) is on the disk, and those of
 * the folders above it, up to the root of its file system: any of them may be new, made by this run or by one
 * that died right after. STATUS_OUTPUT on failure. */
enum status folder_flush_above(int folder_fd, const char *folder, struct error *error);

#endif
