/* SPDX-License-Identifier: MIT
 * Loops that gain much by vectors are compiled twice: as for every processor, and for those with AVX2. A
 * function VECTOR_INLINE has the loop; one that is VECTOR_AVX2 calls it, and is called where vector_avx2()
 * is true. Integers only, so that the results are the same. */
#ifndef STACKTHUMB_CODEC_VECTOR_H
#define STACKTHUMB_CODEC_VECTOR_H

#include <stdbool.h>

#define VECTOR_INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define VECTOR_AVX2 __attribute__((target("avx2")))
static inline bool vector_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}
#else
#define VECTOR_AVX2
static inline bool vector_avx2(void)
{
    return false;
}
#endif

#endif
