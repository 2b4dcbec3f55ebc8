/* SPDX-License-Identifier: MIT
 * Whether one slice of a stack can be read, as a run would read it: for slices that an earlier run could not.
 */
#ifndef STACKTHUMB_PIPELINE_PROBE_H
#define STACKTHUMB_PIPELINE_PROBE_H

#include "base/error.h"
#include "stack/stack.h"

#include <stdatomic.h>
#include <stdint.h>

/* Reads and decodes slice z, which is not missing and in no stream, and keeps nothing. STATUS_INPUT, the file
 * named, when it cannot be read, cannot be decoded or was changed; STATUS_INTERRUPTED when `cancel` (may be
 * NULL) was set. Holds at most what the slice is decoded from, its voxels and what its decoder takes. */
enum status probe_slice(const struct stack *stack, uint32_t z, const atomic_bool *cancel,
                        struct error *error);

#endif
