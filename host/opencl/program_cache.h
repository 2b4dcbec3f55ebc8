/* SPDX-License-Identifier: MIT
 * Program binaries on disk, for drivers that keep none of their own. A cache: where it cannot be read or
 * written, programs are built from source, and nothing else changes. Key: source, options, device, driver and
 * platform (XXH3-128), so that a new driver or a changed kernel never meets an old binary. Files:
 * <folder>/<key>.bin, put there by rename.
 *
 * Where the driver keeps compiled programs, an empty file <key>.built is a note that it has this one: how
 * much memory a run will hold depends on that. PoCL's notes lie in its own cache, so that they go when that
 * is emptied. */
#ifndef STACKTHUMB_OPENCL_PROGRAM_CACHE_H
#define STACKTHUMB_OPENCL_PROGRAM_CACHE_H

#include "opencl/program.h"

/* True when a binary was found, accepted and built; the caller owns *program. */
bool program_cache_load(cl_program *program, const struct program_build *build, const char *const texts[2],
                        const char *options);

/* Keeps the binary of a built program, or the note. */
void program_cache_store(cl_program program, const struct program_build *build, const char *const texts[2],
                         const char *options);

/* True when there is a binary or a note. */
bool program_cache_has(const struct program_build *build, const char *const texts[2], const char *options);

#endif
