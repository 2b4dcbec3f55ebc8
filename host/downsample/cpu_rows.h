/* SPDX-License-Identifier: MIT
 * The inner loops of the fast path, row by row. cpu_rows.c is compiled once per instruction set; every copy
 * gives one table, and all tables give the same bits.
 *
 * Signed voxels are summed as unsigned ones: v ^ sign bit is v + 2^(bits-1), the mean of the shifted voxels
 * is the shifted mean (2^(bits-1) is an even integer, so that ties still go to even), and ^ sign bit shifts
 * it back. So there are sums of unsigned numbers only, an absent voxel of a signed type is one that is 0
 * after the shift, and `flip` is the sign bit or 0. */
#ifndef STACKTHUMB_DOWNSAMPLE_CPU_ROWS_H
#define STACKTHUMB_DOWNSAMPLE_CPU_ROWS_H

#include "volume/voxel_type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a sum is divided by: the number of voxels of its box. Made by divisor_of; count is not 0. */
struct divisor {
    uint64_t count;
    /* When the count is 2^shift: (sum + below_half + (sum >> shift & odd)) >> shift rounds ties to even, with
     * below_half = 2^(shift-1) - 1 and odd = 1 (both 0 for a count of 1). */
    bool is_power;
    unsigned shift;
    uint64_t below_half, odd;
    float reciprocal; /* 1.0f / (float)count */
};
struct divisor divisor_of(uint64_t count);

/* How voxels lie in memory; and sums of a level. */
enum voxel_kind { KIND_8, KIND_16, KIND_32, KIND_FLOAT };
enum { VOXEL_KINDS = 4 };
enum sum_kind { SUM_16, SUM_32, SUM_64, SUM_FLOAT };
enum { SUM_KINDS = 4 };

enum voxel_kind voxel_kind(enum voxel_type type);
enum sum_kind rows_first_sum(enum voxel_kind kind); /* of level 1: twice as wide as a voxel; f32 for f32 */
size_t sum_kind_bytes(enum sum_kind kind);

/* Level 1 in two passes over a pair of rows of a pair of slices, because memory is read fastest in long runs:
 * first row y of both slices, then row y+1 of both, so that each slice is one stream of addresses. (All four
 * rows in one pass are four streams, two of them in the same page: half as fast from memory, as measured.)
 * `near` is the row of slice z, `far` the one of slice z+1; a row of absent voxels where there is none.
 *
 * rows_begin writes (nx+1)/2 partial sums to `sums`; f32 keeps those of the far row apart, in `far_sums`
 * (integers do not use it). rows_finish, given the same, completes `sums` and writes as many means: `inner`
 * divides all but a last column that has no partner, which `last` divides. It may be called for one piece of
 * a row after another, all pointers moved by an even number of voxels. */
typedef void (*rows_begin)(const void *restrict near, const void *restrict far, size_t nx, uint32_t flip,
                           void *restrict sums, void *restrict far_sums);
typedef void (*rows_finish)(const void *restrict near, const void *restrict far, size_t nx, uint32_t flip,
                            const struct divisor *inner, const struct divisor *last, void *restrict sums,
                            const void *restrict far_sums, void *restrict means);

/* Adds pairs along x of `nx` child sums to (nx+1)/2 parent sums; `first`: writes instead of adding. */
typedef void (*rows_fold)(const void *restrict child, size_t nx, bool first, void *restrict parent);

/* n means from n sums. */
typedef void (*rows_mean)(const void *restrict sums, size_t n, uint32_t flip, const struct divisor *divisor,
                          void *restrict means);

/* Copies past the caches, for what is written once and is too large to be found in them again; NULL where
 * there is no such instruction. rows_stream_end makes the copies of the calling thread visible to others. */
typedef void (*rows_stream)(void *to, const void *from, size_t n_bytes);
typedef void (*rows_stream_end)(void);

struct cpu_rows {
    const char *name; /* of the instruction set */
    rows_begin begin[VOXEL_KINDS];
    rows_finish finish[VOXEL_KINDS];
    rows_fold fold[SUM_KINDS][SUM_KINDS];   /* [child][parent]; NULL where sums would get narrower */
    rows_mean mean[VOXEL_KINDS][SUM_KINDS]; /* NULL where the two do not go together */
    rows_stream stream;
    rows_stream_end stream_end;
};

/* The tables that this processor can run, the fastest first; NULL behind the last (index >= their number). */
const struct cpu_rows *cpu_rows_usable(unsigned index);

#endif
