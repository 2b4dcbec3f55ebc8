/* SPDX-License-Identifier: MIT
 * What both kernels share: the types, and the one rounding. Each kernel is a program of its own, built from this file and
 * its own with
 *   -D VOXEL=<type>         uchar, char, ushort, short, uint, int or float: level 0, and every level that is written
 *   -D VOXEL_BITS=<n>       8, 16 or 32
 *   -D SUM=<type>           uint, int, ulong, long or float: wide enough for the sums of that kernel
 *   -D SIGNED, -D FLOATING  for the signed integers; for float
 *
 * Rounding rule. Integers: to nearest, ties to even, once, on the exact sum. >> of a negative number is arithmetic in
 * OpenCL C (1.2, section 6.3.j), so that it floors. Float: one multiplication by the reciprocal that the host computed;
 * every NaN becomes 0x7fc00000. */

#pragma OPENCL FP_CONTRACT OFF

/* How to divide the sums of one slice of one level. There are four per slice: [0] for whole boxes, [1] for the last column
 * where it is clipped, [2] for the last row where it is clipped, [3] for both. Laid out as the host's struct divisor. */
struct divisor {
    ulong count;      /* voxels in the box; at least 1: a box without voxels has the sum 0 */
    int shift;        /* log2(count) where count is a power of two, else -1 */
    float reciprocal; /* 1.0f / (float)count; NaN for a box without voxels */
};

#ifdef FLOATING

static float mean(SUM sum, float reciprocal)
{
    float m = sum * reciprocal;
    return isnan(m) ? as_float(0x7fc00000u) : m;
}

static void store_means(global VOXEL *to, const SUM *sums, int n, struct divisor divisor)
{
    for (int i = 0; i < n; i++)
        to[i] = mean(sums[i], divisor.reciprocal);
}

#else

static VOXEL mean(SUM sum, SUM count)
{
    SUM quotient = sum / count;
    SUM rest = sum - quotient * count;
#ifdef SIGNED
    if (rest < 0) {
        quotient -= 1;
        rest += count;
    }
#endif
    SUM below = count - rest; /* the distance to the next integer above */
    return (VOXEL)(quotient + (SUM)(rest > below || (rest == below && (quotient & 1))));
}

static void store_means(global VOXEL *to, const SUM *sums, int n, struct divisor divisor)
{
    if (divisor.shift > 0) {
        const SUM below_half = ((SUM)1 << (divisor.shift - 1)) - 1;
        for (int i = 0; i < n; i++)
            to[i] = (VOXEL)((sums[i] + below_half + ((sums[i] >> divisor.shift) & 1)) >> divisor.shift);
    } else {
        for (int i = 0; i < n; i++)
            to[i] = mean(sums[i], (SUM)divisor.count);
    }
}

#endif
