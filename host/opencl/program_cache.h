/* SPDX-License-Identifier: MIT
 * Program binaries on disk, for drivers that keep none of their own. A cache: where it cannot be read or
 * written, programs are built from source, and nothing else changes. Key: source, options, device, driver and
 * platform (XXH3-128), so that a new driver or a changed kernel never meets an old binary. Files:
 * <folder>/<key>.bin, put there by rename. */
#ifndef STACKTHUMB_OPENCL_PROGRAM_CACHE_H
#define STACKTHUMB_OPENCL_PROGRAM_CACHE_H

#include "opencl/program.h"

/* True when a binary was found, accepted and built; the caller owns *program. */
bool program_cache_load(cl_program *program, const struct program_build *build, const char *const texts[2],
                        const char *options);

/* Keeps the binary of a built program. */
void program_cache_store(cl_program program, const struct program_build *build, const char *const texts[2],
                         const char *options);

#endif
