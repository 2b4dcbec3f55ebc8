/* SPDX-License-Identifier: MIT
 * Where in a data file the voxels of a raw volume lie, and whether it has all of them. */
#ifndef STACKTHUMB_STACK_VOLUME_DATA_H
#define STACKTHUMB_STACK_VOLUME_DATA_H

#include "base/file.h"
#include "codec/codec.h"
#include "codec/volume_header.h"

#include <stdbool.h>
#include <stdint.h>

struct volume_data_place {
    uint64_t offset;         /* of the first voxel: in the file, or in what the stream gives */
    uint64_t n_bytes;        /* of all voxels */
    struct file_part stream; /* of the file, when the voxels are compressed */
    bool is_gzip;            /* the stream is gzip, not zlib */
    uint64_t surplus_bytes;  /* of the file behind the voxels, unless the header tells of them */
};

/* Finds the place in an open file that holds nz / nfiles slices. STATUS_INPUT when it ends before the last
 * voxel, with counts; when a stream does not begin there, or is too short by far to give so much. `raw` is
 * the user's description, if it is one (else NULL): then what would fit is told, and surplus bytes are
 * refused unless it skips some. */
enum status volume_data_find(struct volume_data_place *place, const struct volume_header *header,
                             const struct input_file *file, const char *raw, struct error *error);

#endif
