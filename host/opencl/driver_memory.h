/* SPDX-License-Identifier: MIT
 * What a driver holds of the host's memory for itself, buffers apart: a context, the kernels' code, and far
 * more while and after it compiles. It cannot be asked; so this tells what was measured, or for a driver that
 * was not, what is likely. opencl_create looks afterwards whether it was right. */
#ifndef STACKTHUMB_OPENCL_DRIVER_MEMORY_H
#define STACKTHUMB_OPENCL_DRIVER_MEMORY_H

#include "opencl/opencl.h"
#include "opencl/program.h"

/* Bytes beyond those that listing the devices took, for a run with kernels of `shape`, of which level.cl is
 * used when `with_level`: less when they have been built on this machine before. Only `device` and the cache
 * folder of `build` are looked at. */
uint64_t driver_memory_bytes(const struct program_build *build, const struct program_shape *shape,
                             bool with_level);

#endif
