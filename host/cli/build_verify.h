/* SPDX-License-Identifier: MIT
 * build --verify: a sample of what the device computes is computed on the CPU, too. */
#ifndef STACKTHUMB_CLI_BUILD_VERIFY_H
#define STACKTHUMB_CLI_BUILD_VERIFY_H

#include "cli/options.h"
#include "downsample/downsampler.h"

#include <stdbool.h>
#include <stdint.h>

struct build_verify {
    const struct options *options; /* borrowed */
    uint64_t seed;                 /* as given, or drawn */
    uint64_t nvoxels;              /* compared so far */
};

/* Without --verify nothing of this does anything. */
void build_verify_init(struct build_verify *verify, const struct options *options);

/* Puts the comparison around *downsampler, whose `pyramid` begins with slice `first_slice` of the whole one.
 * `device` names it. */
enum status build_verify_begin(const struct build_verify *verify, struct downsampler **downsampler,
                               const struct pyramid *pyramid, uint32_t first_slice, const char *device,
                               struct error *error);

/* Counts what was compared, before the downsampler is destroyed; false when anything of it was wrong. */
bool build_verify_end(struct build_verify *verify, const struct downsampler *downsampler);

/* A line for --dry-run. */
void build_verify_print_plan(const struct build_verify *verify, const struct pyramid *pyramid);

/* A line for --stats. */
void build_verify_print_stats(const struct build_verify *verify);

enum { BUILD_VERIFY_TEXT = 64 };

/* What the last line of a run says of it: "; 81920 voxels verified", or "". Returns `text`. */
const char *build_verify_text(const struct build_verify *verify, char text[BUILD_VERIFY_TEXT]);

#endif
