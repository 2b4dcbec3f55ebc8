/* SPDX-License-Identifier: MIT
 * Whether what is to be written will fit on its disk, as far as that can be known beforehand. */
#ifndef STACKTHUMB_OUTPUT_OUTPUT_SPACE_H
#define STACKTHUMB_OUTPUT_OUTPUT_SPACE_H

#include "output/output.h"

/* Of the disk that lacks most; all 0 when every one has enough, or cannot be asked. */
struct output_space {
    uint64_t needed_bytes, free_bytes; /* both 0: it does not lack bytes */
    uint64_t needed_files, free_files; /* both 0: it does not lack files (inodes) */
    bool certain; /* or the slices may become smaller than that, by --compression or by the file system */
};

/* Looks at the disks that the folder and its levels are on, or will be on, without touching anything. What is
 * needed are the slices that come from the source's slice first_slice on, at their full length. What is free
 * are the bytes that the user may have, and what slices take that will be replaced (each is as soon as its
 * successor is complete) and partial files that will be removed. So what is certain not to fit would fail;
 * what seems to fit may fail nevertheless: others write to the same disk, and a quota cannot be asked for.
 * STATUS_FAILED when memory is refused, and STATUS_OUTPUT when a folder cannot be read. */
enum status output_space_check(const struct output_request *request, uint32_t first_slice,
                               struct output_space *space, struct error *error);

#endif
