/* SPDX-License-Identifier: MIT
 * What of a stack bears on the memory and the threads of a run: gathered once, so that planners need not go
 * through its slices for every plan that they look at. */
#ifndef STACKTHUMB_PIPELINE_PIPELINE_LOAD_H
#define STACKTHUMB_PIPELINE_PIPELINE_LOAD_H

#include "stack/stack.h"

#include <stdint.h>

struct pipeline_load {
    uint32_t nencoded;      /* slices that are not plain */
    uint64_t encoded_bytes; /* of the largest of their files */
    uint64_t decode_bytes;  /* the most that decoding one of them takes besides its bytes and voxels */
};

struct pipeline_load pipeline_load_of(const struct stack *stack);

#endif
