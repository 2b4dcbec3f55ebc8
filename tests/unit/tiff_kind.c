/* SPDX-License-Identifier: MIT */
#include "tiff_kind.h"

#include "codec_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#include <cmocka.h>

enum { NX_MAX = 150, SAMPLES_MAX = 5 };

uint64_t tiff_kind_sample(const struct tiff_kind *kind, uint32_t x, uint32_t y, unsigned s)
{
    return kind->samples[((size_t)y * kind->nx + x) * kind->nsamples + s];
}

/* Packed ones: the most significant bit first, whatever the byte order. Others: in the host's order, which
 * libtiff changes to the file's. */
static void put_sample(unsigned char *row, size_t i, unsigned bits, uint64_t value)
{
    if (bits == 8)
        row[i] = (unsigned char)value;
    else if (bits == 16)
        ((uint16_t *)(void *)row)[i] = (uint16_t)value;
    else if (bits == 32)
        ((uint32_t *)(void *)row)[i] = (uint32_t)value;
    else if (bits == 64)
        ((uint64_t *)(void *)row)[i] = value;
    else
        for (unsigned b = 0; b < bits; b++) {
            size_t at = i * bits + b;
            unsigned mask = 0x80u >> at % 8;
            row[at / 8] = (unsigned char)((row[at / 8] & ~mask) | (value >> (bits - 1 - b) & 1 ? mask : 0));
        }
}

static size_t chunk_row_bytes(const struct tiff_kind *kind)
{
    size_t step = kind->planar == PLANARCONFIG_SEPARATE ? 1 : kind->nsamples;
    return (kind->chunk_nx * step * kind->bits + 7) / 8;
}

/* The chunk at x, y of the plane that begins with sample s; what is outside of the image is noise. */
static size_t fill_chunk(const struct tiff_kind *kind, uint32_t x0, uint32_t y0, unsigned s,
                         unsigned char *chunk)
{
    bool separate = kind->planar == PLANARCONFIG_SEPARATE;
    size_t row_bytes = chunk_row_bytes(kind);
    uint32_t ny = kind->tiled || kind->ny - y0 > kind->chunk_ny ? kind->chunk_ny : kind->ny - y0;
    memset(chunk, 0xa5, row_bytes * kind->chunk_ny);
    for (uint32_t y = y0; y < kind->ny && y < y0 + ny; y++)
        for (uint32_t x = x0; x < kind->nx && x < x0 + kind->chunk_nx; x++)
            for (unsigned i = 0; i < (separate ? 1 : kind->nsamples); i++)
                put_sample(chunk + (y - y0) * row_bytes,
                           (size_t)(x - x0) * (separate ? 1 : kind->nsamples) + i, kind->bits,
                           tiff_kind_sample(kind, x, y, s + i));
    return row_bytes * ny;
}

void tiff_kind_set_fields(TIFF *tif, const struct tiff_kind *kind)
{
    unsigned ncolours = kind->photometric == PHOTOMETRIC_RGB ? 3 : 1;
    uint16_t extra[SAMPLES_MAX] = {kind->alpha, kind->alpha, kind->alpha, kind->alpha, kind->alpha};
    TIFFSetField(tif, TIFFTAG_IMAGEWIDTH, kind->nx);
    TIFFSetField(tif, TIFFTAG_IMAGELENGTH, kind->ny);
    TIFFSetField(tif, TIFFTAG_BITSPERSAMPLE, (int)kind->bits);
    TIFFSetField(tif, TIFFTAG_SAMPLESPERPIXEL, (int)kind->nsamples);
    TIFFSetField(tif, TIFFTAG_SAMPLEFORMAT, (int)kind->format);
    TIFFSetField(tif, TIFFTAG_PHOTOMETRIC, (int)kind->photometric);
    TIFFSetField(tif, TIFFTAG_PLANARCONFIG, (int)kind->planar);
    TIFFSetField(tif, TIFFTAG_ORIENTATION, (int)kind->orientation);
    TIFFSetField(tif, TIFFTAG_FILLORDER, (int)kind->fill_order);
    TIFFSetField(tif, TIFFTAG_COMPRESSION, (int)kind->compression);
    TIFFSetField(tif, TIFFTAG_XRESOLUTION, 10.0);
    TIFFSetField(tif, TIFFTAG_YRESOLUTION, 20.0);
    if (kind->predictor)
        TIFFSetField(tif, TIFFTAG_PREDICTOR, (int)kind->predictor);
    if (kind->nsamples > ncolours)
        TIFFSetField(tif, TIFFTAG_EXTRASAMPLES, (int)(kind->nsamples - ncolours), extra);
    if (kind->photometric == PHOTOMETRIC_PALETTE)
        TIFFSetField(tif, TIFFTAG_COLORMAP, kind->palette[0], kind->palette[1], kind->palette[2]);
    if (kind->tiled) {
        TIFFSetField(tif, TIFFTAG_TILEWIDTH, kind->chunk_nx);
        TIFFSetField(tif, TIFFTAG_TILELENGTH, kind->chunk_ny);
    } else {
        TIFFSetField(tif, TIFFTAG_ROWSPERSTRIP, kind->chunk_ny);
    }
}

void tiff_kind_write(const struct tiff_kind *kind)
{
    TIFF *tif = TIFFOpen(fixture_path(), kind->mode);
    unsigned char *chunk = malloc(chunk_row_bytes(kind) * kind->chunk_ny);
    uint32_t index = 0;
    assert_true(tif && chunk);
    tiff_kind_set_fields(tif, kind);
    for (unsigned s = 0; s < (kind->planar == PLANARCONFIG_SEPARATE ? kind->nsamples : 1); s++)
        for (uint32_t y = 0; y < kind->ny; y += kind->chunk_ny)
            for (uint32_t x = 0; x < kind->nx; x += kind->chunk_nx, index++) {
                tmsize_t n = (tmsize_t)fill_chunk(kind, x, y, s, chunk);
                tmsize_t written = kind->tiled ? TIFFWriteEncodedTile(tif, index, chunk, n)
                                               : TIFFWriteEncodedStrip(tif, index, chunk, n);
                assert_int_equal(written, n);
            }
    TIFFClose(tif);
    free(chunk);
}

void tiff_kind_choose_chunks(uint64_t *random, struct tiff_kind *kind)
{
    kind->nx = 1 + random_below(random, NX_MAX);
    kind->ny = 1 + random_below(random, NX_MAX);
    kind->tiled = random_below(random, 2);
    kind->chunk_nx = kind->tiled ? 16 + 16 * random_below(random, 6) : kind->nx;
    kind->chunk_ny = kind->tiled ? 16 + 16 * random_below(random, 6) : 1 + random_below(random, kind->ny);
}

/* libtiff's predictors are for whole bytes; and it cannot write its third one to big-endian files. */
void tiff_kind_choose_encoding(uint64_t *random, struct tiff_kind *kind)
{
    static const uint16_t compressions[] = {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE,
                                            COMPRESSION_PACKBITS, COMPRESSION_ZSTD};
    static const char *const modes[] = {"wl", "wb", "w8l", "w8b"};
    kind->mode = modes[random_below(random, 4)];
    kind->compression = compressions[random_below(random, 5)];
    if (random_below(random, 2) || !TIFFIsCODECConfigured(kind->compression))
        kind->compression = COMPRESSION_NONE;
    kind->fill_order = random_below(random, 4) == 0 ? FILLORDER_LSB2MSB : FILLORDER_MSB2LSB;
    bool predicts = kind->compression != COMPRESSION_NONE && kind->compression != COMPRESSION_PACKBITS;
    if (!predicts || kind->bits % 8 != 0)
        return;
    bool floats = kind->format == SAMPLEFORMAT_IEEEFP && strchr(kind->mode, 'l');
    kind->predictor = (uint16_t)(1 + random_below(random, floats ? 3 : 2));
}

void tiff_kind_choose_samples(uint64_t *random, struct tiff_kind *kind)
{
    size_t n = (size_t)kind->nx * kind->ny * kind->nsamples;
    uint64_t mask = UINT64_MAX >> (64 - kind->bits);
    kind->samples = malloc(n * sizeof *kind->samples);
    assert_non_null(kind->samples);
    for (size_t i = 0; i < n; i++) {
        uint64_t noise = random_next(random);
        double wide = ldexp((double)(int64_t)noise, (int)(noise % 300) - 210);
        if (kind->format == SAMPLEFORMAT_IEEEFP && kind->bits == 64 && noise % 5)
            memcpy(&noise, &wide, sizeof noise);
        kind->samples[i] = (noise % 17 == 0 ? UINT64_MAX : noise) & mask;
    }
}

static void choose_depth(uint64_t *random, struct tiff_kind *kind)
{
    static const unsigned whole[] = {8, 16, 32}, floats[] = {16, 32, 64};
    unsigned choice = random_below(random, 8);
    kind->format = choice < 5 ? SAMPLEFORMAT_UINT : choice < 6 ? SAMPLEFORMAT_INT : SAMPLEFORMAT_IEEEFP;
    kind->bits = choice == 4  ? 32
                 : choice < 4 ? 1 + random_below(random, 16)
                              : whole[random_below(random, 3)];
    if (kind->format == SAMPLEFORMAT_IEEEFP)
        kind->bits = floats[random_below(random, 3)];
}

static void choose_meaning(uint64_t *random, struct tiff_kind *kind)
{
    unsigned choice = random_below(random, 5);
    kind->photometric = PHOTOMETRIC_MINISBLACK;
    kind->nsamples = 1;
    if (choice == 0 && kind->format == SAMPLEFORMAT_UINT)
        kind->photometric = PHOTOMETRIC_MINISWHITE;
    if (choice == 1 || choice == 2) {
        kind->photometric = PHOTOMETRIC_RGB;
        kind->nsamples = 3;
    }
    if (random_below(random, 3) == 0)
        kind->nsamples += 1 + random_below(random, 2);
    kind->alpha = random_below(random, 2) ? EXTRASAMPLE_ASSOCALPHA : EXTRASAMPLE_UNASSALPHA;
    kind->planar = random_below(random, 2) ? PLANARCONFIG_CONTIG : PLANARCONFIG_SEPARATE;
    kind->orientation = (uint16_t)(1 + random_below(random, 8));
    if (random_below(random, 3) == 0)
        kind->orientation = ORIENTATION_TOPLEFT;
}

void tiff_kind_choose(uint64_t *random, struct tiff_kind *kind)
{
    choose_depth(random, kind);
    choose_meaning(random, kind);
    tiff_kind_choose_chunks(random, kind);
    tiff_kind_choose_encoding(random, kind);
    tiff_kind_choose_samples(random, kind);
}
