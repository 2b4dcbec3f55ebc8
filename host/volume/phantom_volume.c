/* SPDX-License-Identifier: MIT */
#include "volume/phantom_volume.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* The ellipsoids of the 3-D head phantom after A. C. Kak and M. Slaney, Principles of Computerized
 * Tomographic Imaging (IEEE Press 1988), chapter 3, with the half axes along z as M. Schabel's 3D Shepp-Logan
 * phantom (MATLAB Central 9416) gives them and the stronger contrasts of P. Toft (The Radon Transform,
 * thesis, 1996, p. 199). The volume is the cube from -1 to 1. */
static const struct ellipsoid {
    double density;
    double a, b, c;      /* half axes */
    double x0, y0, z0;   /* centre */
    double cosine, sine; /* of the rotation around z */
} head[] = {
    {1.0, 0.6900, 0.9200, 0.810, 0, 0, 0, 1, 0},
    {-0.8, 0.6624, 0.8740, 0.780, 0, -0.0184, 0, 1, 0},
    {-0.2, 0.1100, 0.3100, 0.220, 0.22, 0, 0, 0.95105651629515353, -0.30901699437494740}, /* -18 degrees */
    {-0.2, 0.1600, 0.4100, 0.280, -0.22, 0, 0, 0.95105651629515353, 0.30901699437494740}, /* 18 degrees */
    {0.1, 0.2100, 0.2500, 0.410, 0, 0.35, -0.15, 1, 0},
    {0.1, 0.0460, 0.0460, 0.050, 0, 0.1, 0.25, 1, 0},
    {0.1, 0.0460, 0.0460, 0.050, 0, -0.1, 0.25, 1, 0},
    {0.1, 0.0460, 0.0230, 0.050, -0.08, -0.605, 0, 1, 0},
    {0.1, 0.0230, 0.0230, 0.020, 0, -0.606, 0, 1, 0},
    {0.1, 0.0230, 0.0460, 0.020, 0.06, -0.605, 0, 1, 0},
};

/* value = offset + scale * (density + noise / 1,000), the noise being -30 .. 30 with a standard deviation of
 * 9; densities lie between 0 and 1. */
static const struct {
    double offset, scale, least, most;
} ranges[VOXEL_TYPES] = {
    [VOXEL_U8] = {20, 200, 0, UINT8_MAX},           [VOXEL_I8] = {-100, 200, INT8_MIN, INT8_MAX},
    [VOXEL_U16] = {3000, 50000, 0, UINT16_MAX},     [VOXEL_I16] = {-1000, 20000, INT16_MIN, INT16_MAX},
    [VOXEL_U32] = {2e8, 3.6e9, 0, UINT32_MAX},      [VOXEL_I32] = {-1.6e9, 3.2e9, INT32_MIN, INT32_MAX},
    [VOXEL_F32] = {-1000, 4000, -FLT_MAX, FLT_MAX},
};

static const char *const content_names[] = {
    [PHANTOM_HEAD] = "phantom",      [PHANTOM_NOISE] = "noise",
    [PHANTOM_MAX] = "max",           [PHANTOM_ALTERNATING] = "alternating",
    [PHANTOM_GRADIENT] = "gradient",
};

bool phantom_content_parse(const char *name, enum phantom_content *content)
{
    for (unsigned i = 0; i < sizeof content_names / sizeof *content_names; i++)
        if (strcmp(name, content_names[i]) == 0) {
            *content = (enum phantom_content)i;
            return true;
        }
    return false;
}

/* splitmix64 (Steele, Lea, Flood 2014) as a function of its position, so that any voxel's noise can be had
 * alone. */
static uint64_t scramble(uint64_t position)
{
    uint64_t z = (position + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Where the random words of row y of slice z begin. */
static uint64_t row_position(const struct phantom_volume *volume, uint32_t y, uint32_t z)
{
    return scramble(scramble(volume->seed) + ((uint64_t)z << 32) + y);
}

/* Centre of voxel `i` of n between -1 and 1. */
static double centre(uint32_t i, uint32_t n)
{
    return (2.0 * i + 1.0 - n) / n;
}

/* Adds the ellipsoid to the row at (v, w): it covers the x between the roots of a quadratic equation. */
static void add_ellipsoid(const struct ellipsoid *e, double v, double w, uint32_t nx, double *row)
{
    double q = v - e->y0, r = w - e->z0;
    double a2 = e->a * e->a, b2 = e->b * e->b, c2 = e->c * e->c;
    double A = e->cosine * e->cosine / a2 + e->sine * e->sine / b2;
    double B = q * e->cosine * e->sine * (1 / a2 - 1 / b2);
    double C = q * q * (e->sine * e->sine / a2 + e->cosine * e->cosine / b2) + r * r / c2 - 1;
    double discriminant = B * B - A * C;
    if (discriminant < 0)
        return;
    double root = sqrt(discriminant), n = nx;
    double first = ceil(((e->x0 + (-B - root) / A) * n + n - 1) / 2);
    double last = floor(((e->x0 + (-B + root) / A) * n + n - 1) / 2);
    if (last < 0 || first > n - 1)
        return;
    uint32_t x0 = first < 0 ? 0 : (uint32_t)first, x1 = last > n - 1 ? nx - 1 : (uint32_t)last;
    for (uint32_t x = x0; x <= x1 && x < nx; x++)
        row[x] += e->density;
}

/* Roughly normal: four random hexadecimal digits added up, minus their mean. */
static int digits_noise(uint64_t bits)
{
    return (int)(bits & 15) + (int)(bits >> 4 & 15) + (int)(bits >> 8 & 15) + (int)(bits >> 12 & 15) - 30;
}

static void head_row(const struct phantom_volume *volume, uint32_t y, uint32_t z, double *row)
{
    const uint32_t nx = volume->extent.nx;
    const double offset = ranges[volume->type].offset, scale = ranges[volume->type].scale;
    const double v = -centre(y, volume->extent.ny), w = centre(z, volume->extent.nz);
    uint64_t position = row_position(volume, y, z);
    memset(row, 0, nx * sizeof *row);
    for (unsigned i = 0; i < sizeof head / sizeof *head; i++)
        add_ellipsoid(&head[i], v, w, nx, row);
    for (uint32_t x = 0; x < nx; x += 4) {
        uint64_t bits = scramble(position++);
        for (uint32_t i = x; i < nx && i < x + 4; i++, bits >>= 16)
            row[i] = offset + scale * (row[i] + 0.001 * digits_noise(bits));
    }
}

/* Rounds row to integers of the type, halves up, clipped to its range. */
static void store_integers(enum voxel_type type, const double *row, uint32_t nx, unsigned char *to)
{
    const double least = ranges[type].least, most = ranges[type].most;
    const size_t voxel = voxel_bytes(type);
    for (uint32_t x = 0; x < nx; x++, to += voxel) {
        double value = row[x] < least ? least : row[x] > most ? most : row[x];
        /* Shifted to where truncation is rounding down. */
        int64_t integer = (int64_t)(value + 4294967296.5) - INT64_C(4294967296);
        if (voxel == 1)
            *to = (unsigned char)integer;
        else if (voxel == 2)
            memcpy(to, &(uint16_t){(uint16_t)integer}, 2);
        else
            memcpy(to, &(uint32_t){(uint32_t)integer}, 4);
    }
}

static void store_floats(const double *row, uint32_t nx, unsigned char *to)
{
    for (uint32_t x = 0; x < nx; x++) {
        float value = (float)row[x];
        memcpy(to + x * sizeof value, &value, sizeof value);
    }
}

static void noise_row(const struct phantom_volume *volume, uint32_t y, uint32_t z, double *row)
{
    const double least = ranges[volume->type].least;
    const unsigned bits = 8 * (unsigned)voxel_bytes(volume->type);
    uint64_t position = row_position(volume, y, z);
    for (uint32_t x = 0; x < volume->extent.nx; x++) {
        uint64_t word = scramble(position++) >> (64 - bits);
        row[x] = volume->type == VOXEL_F32 ? (double)word / 65536 - 32768 : (double)word + least;
    }
}

static void simple_row(const struct phantom_volume *volume, uint32_t y, uint32_t z, double *row)
{
    const bool is_float = volume->type == VOXEL_F32;
    const double least = ranges[volume->type].least, most = ranges[volume->type].most;
    for (uint32_t x = 0; x < volume->extent.nx; x++) {
        uint64_t sum = x + 3 * (uint64_t)y + 7 * (uint64_t)z;
        if (volume->content == PHANTOM_MAX)
            row[x] = most;
        else if (volume->content == PHANTOM_ALTERNATING)
            row[x] = (is_float ? 16777215 : most) - ((x ^ y ^ z) & 1);
        else if (is_float)
            row[x] = 0.25 * (double)sum - 1000;
        else
            row[x] = (double)(sum % ((uint64_t)(most - least) + 1)) + least;
    }
}

void phantom_slice(const struct phantom_volume *volume, uint32_t z, double *row, void *voxels)
{
    const size_t row_bytes = volume->extent.nx * voxel_bytes(volume->type);
    unsigned char *to = voxels;
    for (uint32_t y = 0; y < volume->extent.ny; y++, to += row_bytes) {
        if (volume->content == PHANTOM_HEAD)
            head_row(volume, y, z, row);
        else if (volume->content == PHANTOM_NOISE)
            noise_row(volume, y, z, row);
        else
            simple_row(volume, y, z, row);
        if (volume->type == VOXEL_F32)
            store_floats(row, volume->extent.nx, to);
        else
            store_integers(volume->type, row, volume->extent.nx, to);
    }
}
