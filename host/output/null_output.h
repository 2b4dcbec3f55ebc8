/* SPDX-License-Identifier: MIT
 * An output that writes nothing and counts what it would have written: for benchmarks of everything else. */
#ifndef STACKTHUMB_OUTPUT_NULL_OUTPUT_H
#define STACKTHUMB_OUTPUT_NULL_OUTPUT_H

#include "base/error.h"
#include "output/output.h"
#include "volume/pyramid.h"

#include <stdint.h>

enum status null_output_open(struct output **output, const struct pyramid *pyramid, struct error *error);

/* Bytes of the voxels that write() was given so far. Called on the writer thread, or after it has ended. */
uint64_t null_output_bytes(const struct output *output);

#endif
