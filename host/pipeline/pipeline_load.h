/* SPDX-License-Identifier: MIT
 * What of a stack bears on the memory and the threads of a run: gathered once, so that planners need not go
 * through its slices for every plan that they look at. */
#ifndef STACKTHUMB_PIPELINE_PIPELINE_LOAD_H
#define STACKTHUMB_PIPELINE_PIPELINE_LOAD_H

#include "stack/stack.h"

#include <stdint.h>

struct pipeline_load {
    uint32_t nencoded;      /* slices that are not plain */
    uint32_t nstreamed;     /* of them, those in streams */
    uint32_t ndecoded;      /* of them, those that decoders have to do */
    uint64_t encoded_bytes; /* the most that one of these is decoded from */
    uint64_t decode_bytes;  /* the most that decoding one of them takes besides its bytes and voxels */
};

struct pipeline_load pipeline_load_of(const struct stack *stack);

#endif
