/* SPDX-License-Identifier: MIT
 * Two steps for each row: samples in order (put_in_order, widen: of the type that grey of so many bits has),
 * and voxels of them (take). A step that has nothing to do is left out, and the first one writes to the
 * voxels' place where the second one can go on there. */
#include "codec/tiff_samples.h"

#include "base/checked.h"
#include "codec/luma.h"
#include "codec/sample_loops.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };

static uint64_t rounded_up(uint64_t n_bytes)
{
    return saturated_add(n_bytes, ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Packed samples, and floats that are not f32, are made samples of this many bytes; others stay. */
static size_t wide_bytes(const struct tiff_pixels *pixels)
{
    return pixels->is_float ? 4 : pixels->bits <= 8 ? 1 : pixels->bits <= 16 ? 2 : 4;
}

static bool is_widened(const struct tiff_pixels *pixels)
{
    return pixels->bits != 8 * wide_bytes(pixels);
}

uint64_t tiff_samples_row_bytes(const struct tiff_pixels *pixels, uint32_t nx)
{
    uint64_t bits = saturated_mul3(nx, tiff_pixels_step(pixels), pixels->bits);
    return bits == UINT64_MAX ? bits : bits / 8 + (bits % 8 != 0);
}

static uint64_t wide_row_bytes(const struct tiff_pixels *pixels, uint32_t nx)
{
    return is_widened(pixels) ? saturated_mul3(nx, tiff_pixels_step(pixels), wide_bytes(pixels)) : 0;
}

uint64_t tiff_samples_scratch_bytes(const struct tiff_pixels *pixels, uint32_t nx)
{
    uint64_t row_bytes =
        saturated_add(rounded_up(tiff_samples_row_bytes(pixels, nx)), rounded_up(wide_row_bytes(pixels, nx)));
    return saturated_mul3(row_bytes, tiff_pixels_nplanes(pixels), 1);
}

enum status tiff_samples_init(struct tiff_samples *samples, const struct tiff_pixels *pixels, uint32_t nx,
                              struct error *error)
{
    uint64_t n_bytes = tiff_samples_scratch_bytes(pixels, nx);
    *samples = (struct tiff_samples){
        .pixels = pixels,
        .loops = sample_loops_best(),
        .nx = nx,
        .ordered_bytes = (size_t)rounded_up(tiff_samples_row_bytes(pixels, nx)),
        .row_bytes = (size_t)n_bytes / tiff_pixels_nplanes(pixels),
    };
    if (n_bytes <= SIZE_MAX - ALIGNMENT)
        samples->scratch = aligned_alloc(ALIGNMENT, (size_t)n_bytes);
    return samples->scratch ? STATUS_OK : error_no_memory(error, n_bytes, "a row of samples");
}

void tiff_samples_end(struct tiff_samples *samples)
{
    free(samples->scratch);
    samples->scratch = NULL;
}

bool tiff_samples_fit_in_place(const struct tiff_pixels *pixels)
{
    return pixels->bits == 8 * voxel_bytes(pixels->type) && tiff_pixels_step(pixels) == 1 &&
           tiff_pixels_nplanes(pixels) == 1;
}

/* Returns n samples in the host's order and aligned: `from` itself, or copied to `to`. */
static const unsigned char *put_in_order(const struct tiff_samples *samples, const unsigned char *from,
                                         size_t n, unsigned char *to)
{
    unsigned bits = samples->pixels->bits;
    size_t n_bytes = (n * bits + 7) / 8, sample = bits < 8 || bits % 8 != 0 ? 1 : bits / 8;
    if (samples->reversed) {
        samples->loops->reverse_bits(from, n_bytes, to);
        from = to;
    }
    if (samples->swapped && sample > 1) {
        samples->loops->swap_bytes(from, n, sample, to);
        from = to;
    } else if ((uintptr_t)from % sample != 0) {
        memcpy(to, from, n_bytes);
        from = to;
    }
    return from;
}

/* Differences from the sample `step` before become samples of `bits` bits; sums wrap. */
static void add_up_unpacked(void *samples, size_t n, unsigned step, unsigned bits)
{
    const unsigned mask = (1u << bits) - 1;
    uint8_t *bytes = samples;
    uint16_t *shorts = samples;
    for (size_t i = step; i < n; i++)
        if (bits <= 8)
            bytes[i] = (uint8_t)((bytes[i] + bytes[i - step]) & mask);
        else
            shorts[i] = (uint16_t)((shorts[i] + shorts[i - step]) & mask);
}

static void widen(const struct tiff_samples *samples, const unsigned char *from, size_t n, void *to)
{
    const struct tiff_pixels *pixels = samples->pixels;
    if (!pixels->is_float)
        samples->loops->unpack(from, n, pixels->bits, to);
    else if (pixels->bits == 16)
        samples->loops->floats_of_halves(from, n, to);
    else
        samples->loops->floats_of_doubles(from, n, to);
    if (samples->differences)
        add_up_unpacked(to, n, tiff_pixels_step(pixels), pixels->bits);
}

/* Of pixels that have other samples, too. */
#define TAKE_GREY(T)                                                                                         \
    static void take_##T(const T *from, unsigned step, uint32_t n, T mask, T *to)                            \
    {                                                                                                        \
        for (uint32_t i = 0; i < n; i++)                                                                     \
            to[i] = from[(size_t)i * step] ^ mask;                                                           \
    }
TAKE_GREY(uint8_t)
TAKE_GREY(uint16_t)
TAKE_GREY(uint32_t)

/* The samples have no bit above the ones that the file gives them, so that 2^bits - 1 less a value is the
 * value with all of these turned over. */
static void take_grey(const struct tiff_samples *samples, const void *from, uint32_t n, void *voxels)
{
    const struct tiff_pixels *pixels = samples->pixels;
    unsigned step = tiff_pixels_step(pixels);
    size_t voxel = voxel_bytes(pixels->type);
    uint32_t mask = pixels->meaning == TIFF_GREY_INVERTED ? UINT32_MAX >> (32 - pixels->bits) : 0;
    if (step == 1)
        samples->loops->flip(from, n, voxel, mask, voxels);
    else if (voxel == 1)
        take_uint8_t(from, step, n, (uint8_t)mask, voxels);
    else if (voxel == 2)
        take_uint16_t(from, step, n, (uint16_t)mask, voxels);
    else
        take_uint32_t(from, step, n, mask, voxels);
}

static void take_palette(const struct tiff_pixels *pixels, const uint8_t *from, uint32_t n, void *voxels)
{
    size_t step = tiff_pixels_step(pixels);
    uint8_t *to8 = voxels;
    uint16_t *to16 = voxels;
    if (pixels->type == VOXEL_U8)
        for (uint32_t i = 0; i < n; i++)
            to8[i] = (uint8_t)pixels->palette[from[i * step]];
    else
        for (uint32_t i = 0; i < n; i++)
            to16[i] = pixels->palette[from[i * step]];
}

#define TAKE_LUMA(T, FORMULA)                                                                                \
    static void luma_##T##_row(const void *const *planes, unsigned step, uint32_t n, T *restrict to)         \
    {                                                                                                        \
        const T *r = planes[0], *g = planes[1], *b = planes[2];                                              \
        for (size_t i = 0; i < n; i++)                                                                       \
            to[i] = (T)FORMULA(r[i * step], g[i * step], b[i * step]);                                       \
    }
TAKE_LUMA(uint32_t, luma_wide)
TAKE_LUMA(int8_t, luma_wide)
TAKE_LUMA(int16_t, luma_wide)
TAKE_LUMA(int32_t, luma_wide)
TAKE_LUMA(float, luma_float)

static void take_luma(const struct tiff_samples *samples, const void *const *planes, uint32_t n, void *voxels)
{
    unsigned step = tiff_pixels_step(samples->pixels);
    switch (samples->pixels->type) {
    case VOXEL_U8:
        samples->loops->luma_8(planes[0], planes[1], planes[2], step, n, voxels);
        break;
    case VOXEL_I8:
        luma_int8_t_row(planes, step, n, voxels);
        break;
    case VOXEL_U16:
        samples->loops->luma_16(planes[0], planes[1], planes[2], step, n, voxels);
        break;
    case VOXEL_I16:
        luma_int16_t_row(planes, step, n, voxels);
        break;
    case VOXEL_U32:
        luma_uint32_t_row(planes, step, n, voxels);
        break;
    case VOXEL_I32:
        luma_int32_t_row(planes, step, n, voxels);
        break;
    case VOXEL_F32:
        luma_float_row(planes, step, n, voxels);
        break;
    }
}

/* Rows of which only the order may need a change. */
static bool convert_same(const struct tiff_samples *samples, const unsigned char *from, uint32_t n,
                         void *voxels)
{
    const struct tiff_pixels *pixels = samples->pixels;
    size_t voxel = voxel_bytes(pixels->type);
    if (pixels->meaning != TIFF_GREY || is_widened(pixels) || tiff_pixels_step(pixels) != 1 ||
        samples->reversed)
        return false;
    if (samples->swapped && voxel > 1)
        samples->loops->swap_bytes(from, n, voxel, voxels);
    else if (from != voxels)
        samples->loops->flip(from, n, voxel, 0, voxels);
    return true;
}

void tiff_samples_convert(const struct tiff_samples *samples, const unsigned char *const *planes, uint32_t n,
                          void *voxels)
{
    const struct tiff_pixels *pixels = samples->pixels;
    const void *ordered[3] = {NULL};
    unsigned nplanes = tiff_pixels_nplanes(pixels), step = tiff_pixels_step(pixels);
    if (convert_same(samples, planes[0], n, voxels))
        return;
    bool there = step == 1 && nplanes == 1 && wide_bytes(pixels) == voxel_bytes(pixels->type);
    for (unsigned i = 0; i < nplanes; i++) {
        unsigned char *scratch = samples->scratch + i * samples->row_bytes;
        void *wide = there ? voxels : scratch + samples->ordered_bytes;
        ordered[i] = put_in_order(samples, planes[i], (size_t)n * step, scratch);
        if (is_widened(pixels)) {
            widen(samples, ordered[i], (size_t)n * step, wide);
            ordered[i] = wide;
        }
    }
    if (pixels->meaning == TIFF_RGB && nplanes == 1)
        for (unsigned i = 1; i < 3; i++)
            ordered[i] = (const unsigned char *)ordered[0] + i * wide_bytes(pixels);
    if (pixels->meaning == TIFF_RGB)
        take_luma(samples, ordered, n, voxels);
    else if (pixels->meaning == TIFF_PALETTE)
        take_palette(pixels, ordered[0], n, voxels);
    else if (pixels->meaning == TIFF_GREY_INVERTED || ordered[0] != voxels)
        take_grey(samples, ordered[0], n, voxels);
}
