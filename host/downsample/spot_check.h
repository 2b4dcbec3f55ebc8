/* SPDX-License-Identifier: MIT
 * A downsampler that has another one do the work, and looks at a sample of what that delivers
 * (spot_sample.h): it computes the same voxels with the reference, on the thread that submits, from the
 * voxels that go into the other one, and compares bit by bit when the levels come back. The first difference
 * is STATUS_DEVICE, and the rows in question reach no one.
 *
 *      submit   rows of each column -> its reference -> expected voxels of the batch -> submit of the other
 *      collect  collect of the other -> compare -> sink
 */
#ifndef STACKTHUMB_DOWNSAMPLE_SPOT_CHECK_H
#define STACKTHUMB_DOWNSAMPLE_SPOT_CHECK_H

#include "downsample/downsampler.h"

#include <stdbool.h>
#include <stdint.h>

struct spot_check_options {
    uint64_t seed;
    uint32_t first_slice; /* of the whole volume, that is slice 0 of this one: a multiple of 2^nlevels */
    const char *device;   /* for messages, printable; copied */
};

/* Wraps `checked`, which it owns from then on; on failure it is still the caller's. `pyramid` is that of
 * `checked`. STATUS_FAILED when memory is refused. */
enum status spot_check_create(struct downsampler **downsampler, struct downsampler *checked,
                              const struct pyramid *pyramid, const struct spot_check_options *options,
                              struct error *error);

/* The most bytes that it holds besides what `checked` holds by `plan`. */
uint64_t spot_check_bytes(const struct pyramid *pyramid, const struct downsample_plan *plan);

/* Voxels of all levels that it has compared, and whether one of them was wrong; when no more is collected. */
uint64_t spot_check_voxels(const struct downsampler *downsampler);
bool spot_check_found(const struct downsampler *downsampler);

#endif
