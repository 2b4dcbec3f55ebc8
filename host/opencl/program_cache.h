/* SPDX-License-Identifier: MIT
 * Program binaries on disk. Some drivers keep such a cache of their own, and yet have to read and preprocess
 * the source before they look into it (PoCL: 20 ms of 70 at the start). Where ours cannot be read or written,
 * programs are built from source, and nothing else changes. Key: source, options, device, driver and platform
 * (XXH3-128), so that a new driver or a changed kernel never meets an old binary. Files: <folder>/<key>.bin,
 * put there by rename. */
#ifndef STACKTHUMB_OPENCL_PROGRAM_CACHE_H
#define STACKTHUMB_OPENCL_PROGRAM_CACHE_H

#include "opencl/program.h"

/* True when a binary was found, accepted and built; the caller owns *program. */
bool program_cache_load(cl_program *program, const struct program_build *build, const char *const texts[2],
                        const char *options);

/* Keeps the binary of a built program. */
void program_cache_store(cl_program program, const struct program_build *build, const char *const texts[2],
                         const char *options);

/* True when there is a binary: a run will then hold less memory, as nothing is compiled. */
bool program_cache_has(const struct program_build *build, const char *const texts[2], const char *options);

#endif
