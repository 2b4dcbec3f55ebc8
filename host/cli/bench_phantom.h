/* SPDX-License-Identifier: MIT
 * A stack of phantom slices, for those who have none at hand. */
#ifndef STACKTHUMB_CLI_BENCH_PHANTOM_H
#define STACKTHUMB_CLI_BENCH_PHANTOM_H

#include "base/error.h"
#include "volume/phantom_volume.h"

#include <stdatomic.h>
#include <stdbool.h>

/* Makes `folder` and writes the slices of `volume` into it as uncompressed TIFF files, which have reached the
 * disk when this returns. Computes with up to `nthreads` threads; writes one file after the other.
 * STATUS_INTERRUPTED once *cancel is set. */
enum status bench_phantom_write(const struct phantom_volume *volume, const char *folder, unsigned nthreads,
                                const atomic_bool *cancel, struct error *error);

#endif
