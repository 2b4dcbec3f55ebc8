/* SPDX-License-Identifier: MIT */
#include "pipeline/pipeline_load.h"

struct pipeline_load pipeline_load_of(const struct stack *stack)
{
    struct pipeline_load load = {0};
    for (uint32_t z = 0; z < stack->extent.nz; z++) {
        const struct slice *slice = &stack->slices[z];
        if (!slice->path || slice->header.plain)
            continue;
        load.nencoded++;
        load.nstreamed += slice->header.streamed;
        if (!slice_header_needs_decoding(&slice->header))
            continue;
        load.ndecoded++;
        if (slice->header.encoded_bytes > load.encoded_bytes)
            load.encoded_bytes = slice->header.encoded_bytes;
        if (slice->header.decode_bytes > load.decode_bytes)
            load.decode_bytes = slice->header.decode_bytes;
    }
    return load;
}
