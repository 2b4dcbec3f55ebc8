/* SPDX-License-Identifier: MIT
 * What the tests of the codec share: files in a temporary folder, TIFFs of any layout written by libtiff, and
 * reading one the two ways that a run may. */
#ifndef STACKTHUMB_TESTS_CODEC_FIXTURE_H
#define STACKTHUMB_TESTS_CODEC_FIXTURE_H

#include "codec/codec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Random numbers that are the same everywhere (splitmix64, Steele et al. 2014). */
uint64_t random_next(uint64_t *state);
uint32_t random_below(uint64_t *state, uint32_t n); /* 0 .. n-1 */

/* A file name in a folder that is made on first use; one at a time. fixture_end removes both. */
const char *fixture_path(void);
int fixture_end(void **state);

void fixture_write(const void *data, size_t n_bytes); /* makes the file's contents */
unsigned char *fixture_contents(size_t *n_bytes);     /* all of it; the caller frees */

/* How libtiff is to write an image. */
struct tiff_layout {
    const char *mode; /* of TIFFOpen: "wl", "wb", "w8l", "w8b" */
    uint16_t compression;
    uint16_t predictor;        /* 0: none */
    uint32_t tile_nx, tile_ny; /* 0: strips */
    uint32_t rows_per_strip;
};
/* Writes the file; false when libtiff will not. */
bool fixture_write_tiff(const struct tiff_layout *layout, uint32_t nx, uint32_t ny, enum voxel_type type,
                        const void *voxels);

/* Writes the file with these bytes, encoded already, as its only strip. */
void fixture_write_raw_strip(const struct tiff_layout *layout, uint32_t nx, uint32_t ny, enum voxel_type type,
                             void *encoded, size_t n_bytes);

/* Reads the file `path` as a run does: header, then the voxels by decode() and, when the header says plain,
 * also straight from the file, which must give the same. Returns the voxels (the caller frees), or NULL with
 * `error` set. */
unsigned char *fixture_read(const char *path, struct slice_header *header, struct error *error);

/* The same, and colour becomes its luma. */
unsigned char *fixture_read_gray(const char *path, struct slice_header *header, struct error *error);

/* Random voxels, some of them noise and some smooth, with the type's extremes; f32: finite. The caller frees.
 */
unsigned char *fixture_voxels(uint64_t *state, size_t n, enum voxel_type type);

#endif
