/* SPDX-License-Identifier: MIT
 * The inner loops of the fast path: plain C that the compiler turns into vectors. Compiled once per
 * instruction set, with VECTORS_TABLE and VECTORS_NAME naming the table that comes out. */
#include "downsample/cpu_rows.h"

#include <float.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

_Static_assert(FLT_EVAL_METHOD == 0, "f32 sums must be rounded to f32 after every addition");

/* mean_VOXELBITS_SUMBITS */
#define VOXEL uint8_t
#define SUM uint16_t
#define FUNCTION mean_8_16
#include "downsample/cpu_rows_mean.inc"
#undef SUM
#undef FUNCTION
#define SUM uint32_t
#define FUNCTION mean_8_32
#include "downsample/cpu_rows_mean.inc"
#undef SUM
#undef FUNCTION
#define SUM uint64_t
#define FUNCTION mean_8_64
#include "downsample/cpu_rows_mean.inc"
#undef SUM
#undef FUNCTION
#undef VOXEL

#define VOXEL uint16_t
#define SUM uint32_t
#define FUNCTION mean_16_32
#include "downsample/cpu_rows_mean.inc"
#undef SUM
#undef FUNCTION
#define SUM uint64_t
#define FUNCTION mean_16_64
#include "downsample/cpu_rows_mean.inc"
#undef SUM
#undef FUNCTION
#undef VOXEL

#define VOXEL uint32_t
#define SUM uint64_t
#define FUNCTION mean_32_64
#include "downsample/cpu_rows_mean.inc"
#undef SUM
#undef FUNCTION
#undef VOXEL

#define NAME(verb) verb##_8
#define VOXEL uint8_t
#define VOXEL_BITS 8
#define SUM uint16_t
#define MEAN mean_8_16
#include "downsample/cpu_rows_integer.inc"
#undef NAME
#undef VOXEL
#undef VOXEL_BITS
#undef SUM
#undef MEAN

#define NAME(verb) verb##_16
#define VOXEL uint16_t
#define VOXEL_BITS 16
#define SUM uint32_t
#define MEAN mean_16_32
#include "downsample/cpu_rows_integer.inc"
#undef NAME
#undef VOXEL
#undef VOXEL_BITS
#undef SUM
#undef MEAN

#define NAME(verb) verb##_32
#define VOXEL uint32_t
#define VOXEL_BITS 32
#define SUM uint64_t
#define MEAN mean_32_64
#include "downsample/cpu_rows_integer.inc"
#undef NAME
#undef VOXEL
#undef VOXEL_BITS
#undef SUM
#undef MEAN

static inline float mean_of(float sum, float reciprocal)
{
    static const uint32_t nan_bits = 0x7fc00000u;
    float nan, mean = sum * reciprocal;
    memcpy(&nan, &nan_bits, sizeof nan);
    return mean == mean ? mean : nan;
}

static void mean_float(const void *restrict sums, size_t n, uint32_t flip, const struct divisor *divisor,
                       void *restrict means)
{
    const float *sum = sums;
    float *mean = means;
    const float reciprocal = divisor->reciprocal;
    (void)flip;
    for (size_t i = 0; i < n; i++)
        mean[i] = mean_of(sum[i], reciprocal);
}

/* The order of additions is the one of downsampler.h: the sums of the near and the far row are kept apart,
 * because the far one comes behind the near slice's second row. */
static void begin_float(const void *restrict near, const void *restrict far, size_t nx, uint32_t flip,
                        void *restrict sums, void *restrict far_sums)
{
    const float *a = near, *b = far;
    float *sum = sums, *far_sum = far_sums;
    const size_t n = nx / 2;
    (void)flip;
    for (size_t i = 0; i < n; i++) {
        sum[i] = a[2 * i] + a[2 * i + 1];
        far_sum[i] = b[2 * i] + b[2 * i + 1];
    }
    if (nx % 2 == 1) {
        sum[n] = a[nx - 1];
        far_sum[n] = b[nx - 1];
    }
}

static void finish_float(const void *restrict near, const void *restrict far, size_t nx, uint32_t flip,
                         const struct divisor *inner, const struct divisor *last, void *restrict sums,
                         const void *restrict far_sums, void *restrict means)
{
    const float *a = near, *b = far, *far_sum = far_sums;
    float *sum = sums, *mean = means;
    const float reciprocal = inner->reciprocal;
    const size_t n = nx / 2;
    (void)flip;
    for (size_t i = 0; i < n; i++) {
        float s = ((sum[i] + (a[2 * i] + a[2 * i + 1])) + far_sum[i]) + (b[2 * i] + b[2 * i + 1]);
        sum[i] = s;
        mean[i] = mean_of(s, reciprocal);
    }
    if (nx % 2 == 1) {
        sum[n] = ((sum[n] + a[nx - 1]) + far_sum[n]) + b[nx - 1];
        mean_float(sum + n, 1, 0, last, mean + n);
    }
}

/* fold_CHILDBITS_PARENTBITS */
#define CHILD uint16_t
#define PARENT uint32_t
#define FUNCTION fold_16_32
#include "downsample/cpu_rows_fold.inc"
#undef PARENT
#undef FUNCTION
#undef CHILD

#define CHILD uint32_t
#define PARENT uint32_t
#define FUNCTION fold_32_32
#include "downsample/cpu_rows_fold.inc"
#undef PARENT
#undef FUNCTION
#define PARENT uint64_t
#define FUNCTION fold_32_64
#include "downsample/cpu_rows_fold.inc"
#undef PARENT
#undef FUNCTION
#undef CHILD

#define CHILD uint64_t
#define PARENT uint64_t
#define FUNCTION fold_64_64
#include "downsample/cpu_rows_fold.inc"
#undef PARENT
#undef FUNCTION
#undef CHILD

#define CHILD float
#define PARENT float
#define FUNCTION fold_float
#include "downsample/cpu_rows_fold.inc"
#undef PARENT
#undef FUNCTION
#undef CHILD

#ifdef __SSE2__
static void stream(void *to, const void *from, size_t n_bytes)
{
    unsigned char *target = to;
    const unsigned char *source = from;
    size_t head = -(uintptr_t)target % sizeof(__m128i);
    if (head > n_bytes)
        head = n_bytes;
    memcpy(target, source, head);
    size_t i = head;
    for (; i + sizeof(__m128i) <= n_bytes; i += sizeof(__m128i))
        _mm_stream_si128((__m128i *)(target + i), _mm_loadu_si128((const __m128i *)(source + i)));
    memcpy(target + i, source + i, n_bytes - i);
}

static void stream_end(void)
{
    _mm_sfence();
}
#endif

extern const struct cpu_rows VECTORS_TABLE;
const struct cpu_rows VECTORS_TABLE = {
    .name = VECTORS_NAME,
    .begin = {[KIND_8] = begin_8, [KIND_16] = begin_16, [KIND_32] = begin_32, [KIND_FLOAT] = begin_float},
    .finish =
        {[KIND_8] = finish_8, [KIND_16] = finish_16, [KIND_32] = finish_32, [KIND_FLOAT] = finish_float},
    .fold = {[SUM_16] = {[SUM_32] = fold_16_32},
             [SUM_32] = {[SUM_32] = fold_32_32, [SUM_64] = fold_32_64},
             [SUM_64] = {[SUM_64] = fold_64_64},
             [SUM_FLOAT] = {[SUM_FLOAT] = fold_float}},
    .mean = {[KIND_8] = {[SUM_16] = mean_8_16, [SUM_32] = mean_8_32, [SUM_64] = mean_8_64},
             [KIND_16] = {[SUM_32] = mean_16_32, [SUM_64] = mean_16_64},
             [KIND_32] = {[SUM_64] = mean_32_64},
             [KIND_FLOAT] = {[SUM_FLOAT] = mean_float}},
#ifdef __SSE2__
    .stream = stream,
    .stream_end = stream_end,
#endif
};
