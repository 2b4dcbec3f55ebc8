/* SPDX-License-Identifier: MIT
 * Squares of voxels whose rows fill a vector are turned in registers: to put the vectors of one half between
 * those of the other, voxel by voxel, moves voxel i of row k by one bit of the pair of numbers (i, k); after
 * as many times as these have bits, they have changed places. */
#include "codec/turn.h"

#include <string.h>

#define TURN(BITS, N, LOW, HIGH)                                                                             \
    typedef uint##BITS##_t voxels_##BITS __attribute__((vector_size(16)));                                   \
                                                                                                             \
    static inline void turn_square_##BITS(const unsigned char *from, ptrdiff_t from_stride,                  \
                                          uint##BITS##_t *to, ptrdiff_t to_stride)                           \
    {                                                                                                        \
        voxels_##BITS rows[N], mixed[N];                                                                     \
        for (int k = 0; k < N; k++)                                                                          \
            memcpy(&rows[k], from + k * from_stride, sizeof rows[k]);                                        \
        for (int times = N; times > 1; times /= 2) {                                                         \
            for (int k = 0; k < N / 2; k++) {                                                                \
                mixed[2 * k] = __builtin_shufflevector(rows[k], rows[k + N / 2], LOW);                       \
                mixed[2 * k + 1] = __builtin_shufflevector(rows[k], rows[k + N / 2], HIGH);                  \
            }                                                                                                \
            for (int k = 0; k < N; k++)                                                                      \
                rows[k] = mixed[k];                                                                          \
        }                                                                                                    \
        for (int i = 0; i < N; i++)                                                                          \
            memcpy(to + i * to_stride, &rows[i], sizeof rows[i]);                                            \
    }                                                                                                        \
                                                                                                             \
    static void turn_rest_##BITS(const unsigned char *from, ptrdiff_t from_stride, uint32_t n,               \
                                 uint32_t nrows, uint##BITS##_t *to, ptrdiff_t to_stride)                    \
    {                                                                                                        \
        for (uint32_t i = 0; i < n; i++)                                                                     \
            for (uint32_t k = 0; k < nrows; k++)                                                             \
                memcpy(to + i * to_stride + k, from + k * from_stride + i * sizeof *to, sizeof *to);         \
    }                                                                                                        \
                                                                                                             \
    static void turn_##BITS(const unsigned char *from, ptrdiff_t from_stride, uint32_t n, uint32_t nrows,    \
                            uint##BITS##_t *to, ptrdiff_t to_stride)                                         \
    {                                                                                                        \
        uint32_t in_squares = n / N * N, rows_in_squares = nrows / N * N;                                    \
        for (uint32_t i = 0; i < in_squares; i += N)                                                         \
            for (uint32_t k = 0; k < rows_in_squares; k += N)                                                \
                turn_square_##BITS(from + k * from_stride + i * sizeof *to, from_stride,                     \
                                   to + i * to_stride + k, to_stride);                                       \
        turn_rest_##BITS(from + rows_in_squares * from_stride, from_stride, in_squares,                      \
                         nrows - rows_in_squares, to + rows_in_squares, to_stride);                          \
        turn_rest_##BITS(from + in_squares * sizeof *to, from_stride, n - in_squares, nrows,                 \
                         to + in_squares * to_stride, to_stride);                                            \
    }
#define INDICES(...) __VA_ARGS__
TURN(8, 16, INDICES(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
     INDICES(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31))
TURN(16, 8, INDICES(0, 8, 1, 9, 2, 10, 3, 11), INDICES(4, 12, 5, 13, 6, 14, 7, 15))
TURN(32, 4, INDICES(0, 4, 1, 5), INDICES(2, 6, 3, 7))

void turn_rows(const void *from, ptrdiff_t from_stride, uint32_t n, uint32_t nrows, size_t voxel_bytes,
               void *to, ptrdiff_t to_stride)
{
    if (voxel_bytes == 1)
        turn_8(from, from_stride, n, nrows, to, to_stride);
    else if (voxel_bytes == 2)
        turn_16(from, from_stride, n, nrows, to, to_stride);
    else
        turn_32(from, from_stride, n, nrows, to, to_stride);
}
