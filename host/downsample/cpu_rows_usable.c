/* SPDX-License-Identifier: MIT
 * Which tables of inner loops there are and which this processor can run; and what does not depend on the
 * instruction set. STACKTHUMB_HAVE_AVX2 and _AVX512 tell that the build has these tables. */
#include "downsample/cpu_rows.h"

extern const struct cpu_rows cpu_rows_baseline;
#ifdef STACKTHUMB_HAVE_AVX2
extern const struct cpu_rows cpu_rows_avx2;
#endif
#ifdef STACKTHUMB_HAVE_AVX512
extern const struct cpu_rows cpu_rows_avx512;
#endif

const struct cpu_rows *cpu_rows_usable(unsigned index)
{
#ifdef STACKTHUMB_HAVE_AVX512
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && index-- == 0)
        return &cpu_rows_avx512;
#endif
#ifdef STACKTHUMB_HAVE_AVX2
    if (__builtin_cpu_supports("avx2") && index-- == 0)
        return &cpu_rows_avx2;
#endif
    return index == 0 ? &cpu_rows_baseline : NULL;
}

struct divisor divisor_of(uint64_t count)
{
    struct divisor divisor = {
        .count = count,
        .is_power = (count & (count - 1)) == 0,
        .reciprocal = 1.0f / (float)count,
    };
    if (divisor.is_power && count > 1) {
        divisor.shift = (unsigned)__builtin_ctzll(count);
        divisor.below_half = count / 2 - 1;
        divisor.odd = 1;
    }
    return divisor;
}

enum voxel_kind voxel_kind(enum voxel_type type)
{
    if (type == VOXEL_F32)
        return KIND_FLOAT;
    return voxel_bytes(type) == 1 ? KIND_8 : voxel_bytes(type) == 2 ? KIND_16 : KIND_32;
}

enum sum_kind rows_first_sum(enum voxel_kind kind)
{
    static const enum sum_kind sums[VOXEL_KINDS] = {
        [KIND_8] = SUM_16, [KIND_16] = SUM_32, [KIND_32] = SUM_64, [KIND_FLOAT] = SUM_FLOAT};
    return sums[kind];
}

size_t sum_kind_bytes(enum sum_kind kind)
{
    static const size_t n_bytes[SUM_KINDS] = {[SUM_16] = 2, [SUM_32] = 4, [SUM_64] = 8, [SUM_FLOAT] = 4};
    return n_bytes[kind];
}
