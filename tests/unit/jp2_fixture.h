/* SPDX-License-Identifier: MIT
 * JPEG 2000 files for tests, by OpenJPEG, without loss. */
#ifndef STACKTHUMB_TESTS_JP2_FIXTURE_H
#define STACKTHUMB_TESTS_JP2_FIXTURE_H

#include "base/bytes.h"

#include <openjpeg.h>
#include <stdbool.h>
#include <stdint.h>

struct jp2_file {
    uint32_t nx, ny, x0, y0;
    unsigned ncomponents, bits, step; /* step: 1, or 2 for components of every second voxel */
    bool is_signed, boxed;
    OPJ_COLOR_SPACE colour;
    uint32_t tile_nx, tile_ny; /* 0: one tile */
    int nlevels, block_nx, block_ny, nlayers, precinct;
    bool markers; /* tile-parts, SOP and EPH */
};

/* Replaces the contents of `bytes` by a file of these voxels, component by component. The test fails when
 * OpenJPEG will not write it. */
void jp2_fixture_write(struct bytes *bytes, const struct jp2_file *file, const int *voxels);

#endif
