/* SPDX-License-Identifier: MIT
 * Which tables of inner loops there are and which this processor can run; and what does not depend on the
 * instruction set. STACKTHUMB_ROWS_V3 and _V4 tell that the build has them. */
#include "downsample/cpu_rows.h"

extern const struct cpu_rows cpu_rows_baseline;
#ifdef STACKTHUMB_ROWS_V3
extern const struct cpu_rows cpu_rows_v3;
#endif
#ifdef STACKTHUMB_ROWS_V4
extern const struct cpu_rows cpu_rows_v4;
#endif

const struct cpu_rows *cpu_rows_usable(unsigned index)
{
#ifdef STACKTHUMB_ROWS_V4
    if (__builtin_cpu_supports("x86-64-v4") && index-- == 0)
        return &cpu_rows_v4;
#endif
#ifdef STACKTHUMB_ROWS_V3
    if (__builtin_cpu_supports("x86-64-v3") && index-- == 0)
        return &cpu_rows_v3;
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
