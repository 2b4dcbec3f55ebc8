/* SPDX-License-Identifier: MIT
 * STACKTHUMB_HAVE_AVX2 tells that the build has this table. */
#include "codec/sample_loops.h"

extern const struct sample_loops sample_loops_baseline;
#ifdef STACKTHUMB_HAVE_AVX2
extern const struct sample_loops sample_loops_avx2;
#endif

const struct sample_loops *sample_loops_usable(unsigned index)
{
#ifdef STACKTHUMB_HAVE_AVX2
    if (__builtin_cpu_supports("avx2") && index-- == 0)
        return &sample_loops_avx2;
#endif
    return index == 0 ? &sample_loops_baseline : NULL;
}
