/* SPDX-License-Identifier: MIT */
#include "opencl/driver_memory.h"

#include <string.h>

/* PoCL 3.1 with LLVM 15, measured on x86-64 as the growth of resident memory from the list of devices to the
 * end of a run, less all buffers. */
static const struct driver {
    const char *platform; /* a part of its name; the last row stands for all others */
    uint64_t loaded_bytes, built_bytes;
} drivers[] = {
    {"Portable Computing Language", 10ull << 20, 152ull << 20},
    {"", 128ull << 20, 192ull << 20},
};

uint64_t driver_memory_bytes(const struct program_build *build, const struct program_shape *shape,
                             bool with_level)
{
    const struct driver *driver = drivers;
    while (!strstr(build->device->platform, driver->platform))
        driver++;
    return program_was_built(build, shape, with_level) ? driver->loaded_bytes : driver->built_bytes;
}
