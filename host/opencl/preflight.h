/* SPDX-License-Identifier: MIT
 * What must be in order before PoCL is touched, because it aborts the process instead of reporting an error:
 * it keeps compiled kernels in a folder that it must be able to write and to map executably, and it runs the
 * linker `ld`. (PoCL 3.1: lib/CL/pocl_cache.c gives the folder's name; pocl_llvm_build.cc and the pthread
 * device call the linker.) */
#ifndef STACKTHUMB_OPENCL_PREFLIGHT_H
#define STACKTHUMB_OPENCL_PREFLIGHT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Checks both, and sets POCL_CACHE_DIR to the cache folder, so that PoCL uses the one that was checked. Where
 * it will not do, a private one is made for this process: *private_folder gets its name, for preflight_end,
 * and `note` one line that says so; otherwise both are left alone. STATUS_DEVICE, with nothing changed, where
 * no folder will do or ld is missing. Call it before any thread is started: it may change the environment. */
enum status preflight_pocl(char **private_folder, char *note, size_t note_bytes, struct error *error);

/* Removes the private folder that preflight_pocl made and frees its name; NULL is allowed. No OpenCL object
 * may be left. */
void preflight_end(char *private_folder);

#endif
