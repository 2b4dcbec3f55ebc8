/* SPDX-License-Identifier: MIT */
#include "codec_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/stackthumb-codec-XXXXXX";
static char path[64];

uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t random_below(uint64_t *state, uint32_t n)
{
    return (uint32_t)((random_next(state) >> 32) * n >> 32);
}

const char *fixture_path(void)
{
    if (!path[0]) {
        assert_non_null(mkdtemp(folder));
        snprintf(path, sizeof path, "%s/slice.tif", folder);
    }
    return path;
}

int fixture_end(void **state)
{
    (void)state;
    if (path[0]) {
        unlink(path);
        rmdir(folder);
    }
    return 0;
}

void fixture_write(const void *data, size_t n_bytes)
{
    unlink(fixture_path()); /* some file systems wait for the disk when a file is written over */
    FILE *file = fopen(fixture_path(), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, n_bytes, file), n_bytes);
    assert_int_equal(fclose(file), 0);
}

unsigned char *fixture_contents(size_t *n_bytes)
{
    FILE *file = fopen(fixture_path(), "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *n_bytes = (size_t)ftell(file);
    rewind(file);
    unsigned char *data = malloc(*n_bytes + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, *n_bytes, file), *n_bytes);
    fclose(file);
    return data;
}

static void set_fields(TIFF *tif, const struct tiff_layout *layout, uint32_t nx, uint32_t ny,
                       enum voxel_type type)
{
    TIFFSetField(tif, TIFFTAG_IMAGEWIDTH, nx);
    TIFFSetField(tif, TIFFTAG_IMAGELENGTH, ny);
    TIFFSetField(tif, TIFFTAG_BITSPERSAMPLE, (int)(8 * voxel_bytes(type)));
    TIFFSetField(tif, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tif, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tif, TIFFTAG_SAMPLEFORMAT,
                 type == VOXEL_F32       ? SAMPLEFORMAT_IEEEFP
                 : voxel_is_signed(type) ? SAMPLEFORMAT_INT
                                         : SAMPLEFORMAT_UINT);
    TIFFSetField(tif, TIFFTAG_COMPRESSION, (int)layout->compression);
    if (layout->predictor)
        TIFFSetField(tif, TIFFTAG_PREDICTOR, (int)layout->predictor);
    if (layout->tile_nx) {
        TIFFSetField(tif, TIFFTAG_TILEWIDTH, layout->tile_nx);
        TIFFSetField(tif, TIFFTAG_TILELENGTH, layout->tile_ny);
    } else {
        TIFFSetField(tif, TIFFTAG_ROWSPERSTRIP, layout->rows_per_strip);
    }
}

/* libtiff's encoders may change what they are given: every chunk goes through a copy. */
static bool write_strips(TIFF *tif, uint32_t rows, uint32_t ny, size_t row_bytes, const unsigned char *voxels)
{
    unsigned char *strip = malloc(rows * row_bytes);
    bool ok = strip != NULL;
    for (uint32_t y = 0; ok && y < ny; y += rows) {
        tmsize_t n = (tmsize_t)((ny - y < rows ? ny - y : rows) * row_bytes);
        memcpy(strip, voxels + y * row_bytes, (size_t)n);
        ok = TIFFWriteEncodedStrip(tif, y / rows, strip, n) == n;
    }
    free(strip);
    return ok;
}

static bool write_tiles(TIFF *tif, const struct tiff_layout *layout, uint32_t nx, uint32_t ny, size_t voxel,
                        const unsigned char *voxels)
{
    size_t n_bytes = (size_t)layout->tile_nx * layout->tile_ny * voxel;
    unsigned char *tile = malloc(n_bytes);
    bool ok = tile != NULL;
    for (uint32_t y = 0; ok && y < ny; y += layout->tile_ny)
        for (uint32_t x = 0; ok && x < nx; x += layout->tile_nx) {
            memset(tile, 0xa5, n_bytes); /* padding that must not show */
            uint32_t n = nx - x < layout->tile_nx ? nx - x : layout->tile_nx;
            for (uint32_t row = 0; row < layout->tile_ny && y + row < ny; row++)
                memcpy(tile + (size_t)row * layout->tile_nx * voxel,
                       voxels + ((size_t)(y + row) * nx + x) * voxel, n * voxel);
            ok = TIFFWriteEncodedTile(tif, TIFFComputeTile(tif, x, y, 0, 0), tile, (tmsize_t)n_bytes) ==
                 (tmsize_t)n_bytes;
        }
    free(tile);
    return ok;
}

bool fixture_write_tiff(const struct tiff_layout *layout, uint32_t nx, uint32_t ny, enum voxel_type type,
                        const void *voxels)
{
    unlink(fixture_path());
    TIFF *tif = TIFFOpen(fixture_path(), layout->mode);
    assert_non_null(tif);
    set_fields(tif, layout, nx, ny, type);
    bool ok = layout->tile_nx ? write_tiles(tif, layout, nx, ny, voxel_bytes(type), voxels)
                              : write_strips(tif, layout->rows_per_strip, ny, nx * voxel_bytes(type), voxels);
    TIFFClose(tif);
    return ok;
}

void fixture_write_raw_strip(const struct tiff_layout *layout, uint32_t nx, uint32_t ny, enum voxel_type type,
                             void *encoded, size_t n_bytes)
{
    TIFF *tif = TIFFOpen(fixture_path(), layout->mode);
    assert_non_null(tif);
    set_fields(tif, layout, nx, ny, type);
    assert_int_equal(TIFFWriteRawStrip(tif, 0, encoded, (tmsize_t)n_bytes), n_bytes);
    TIFFClose(tif);
}

static unsigned char *allocate(size_t n_bytes)
{
    unsigned char *data = malloc(n_bytes + 1);
    assert_non_null(data);
    memset(data, 0xc3, n_bytes + 1);
    return data;
}

static unsigned char *decode(const struct input_file *file, const struct slice_header *header,
                             size_t slice_bytes, struct error *error)
{
    unsigned char *voxels = allocate(slice_bytes), *data = allocate(header->encoded_bytes);
    assert_true(header->encoded_bytes <= file->n_bytes);
    if (input_file_read(file, data, header->encoded_bytes, 0, error) == STATUS_OK)
        codec_tiff.decode(data, header->encoded_bytes, file->path, header, voxels, error);
    assert_int_equal(voxels[slice_bytes], 0xc3); /* nothing written behind the voxels */
    free(data);
    if (error->status == STATUS_OK)
        return voxels;
    free(voxels);
    return NULL;
}

static unsigned char *read_as(const struct codec_options *options, const char *name,
                              struct slice_header *header, struct error *error)
{
    struct input_file file;
    unsigned char *voxels = NULL;
    memset(header, 0, sizeof *header);
    if (input_file_open(&file, name, error) != STATUS_OK)
        return NULL;
    if (codec_tiff.read_header(&file, options, header, error) == STATUS_OK) {
        size_t slice_bytes = (size_t)header->nx * header->ny * voxel_bytes(header->type);
        voxels = decode(&file, header, slice_bytes, error);
        if (voxels && header->plain) {
            unsigned char *plain = allocate(slice_bytes);
            struct error plain_error = {0};
            assert_int_equal(input_file_read(&file, plain, slice_bytes, header->voxels_offset, &plain_error),
                             STATUS_OK);
            assert_memory_equal(plain, voxels, slice_bytes);
            free(plain);
        }
    }
    input_file_close(&file);
    return voxels;
}

unsigned char *fixture_read(const char *name, struct slice_header *header, struct error *error)
{
    return read_as(NULL, name, header, error);
}

unsigned char *fixture_read_gray(const char *name, struct slice_header *header, struct error *error)
{
    const struct codec_options options = {.gray = true};
    return read_as(&options, name, header, error);
}

unsigned char *fixture_voxels(uint64_t *state, size_t n, enum voxel_type type)
{
    size_t voxel = voxel_bytes(type);
    unsigned char *voxels = allocate(n * voxel);
    unsigned kind = random_below(state, 3);
    for (size_t i = 0; i < n; i++) {
        uint32_t noise = (uint32_t)random_next(state);
        uint32_t word = kind == 0   ? noise
                        : kind == 1 ? (uint32_t)(i / 7) + (noise & 3)
                                    : (noise % 50 == 0 ? 0xffffffffu : 0x80000000u);
        if (type == VOXEL_F32) {
            float number = (float)(int32_t)word * 1e-3f;
            memcpy(&word, &number, sizeof word);
        }
        memcpy(voxels + i * voxel, &word, voxel); /* little-endian hosts: the low bytes; others: the high */
    }
    return voxels;
}
