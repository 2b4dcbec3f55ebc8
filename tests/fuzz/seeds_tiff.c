/* SPDX-License-Identifier: MIT
 * seeds_tiff FOLDER: writes small TIFFs of many kinds, by libtiff, for the fuzz target and the sweep. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

enum { NX = 19, NY = 13 };

struct seed {
    const char *name, *mode;
    uint16_t bits, format, photometric, nsamples, compression, predictor;
    uint16_t planar, orientation;
    uint32_t tile, rows; /* one of them */
    const char *description;
    unsigned npages;
};

#define UINT SAMPLEFORMAT_UINT
#define INT SAMPLEFORMAT_INT
#define FLOAT SAMPLEFORMAT_IEEEFP
#define BLACK PHOTOMETRIC_MINISBLACK

static const struct seed seeds[] = {
    {"u16", "wl", 16, UINT, BLACK, 1, COMPRESSION_NONE, 0, 1, 1, 0, 4, NULL, 1},
    {"i32_big", "w8b", 32, INT, BLACK, 1, COMPRESSION_NONE, 0, 1, 1, 0, 13, NULL, 1},
    {"u8_tiles", "wb", 8, UINT, BLACK, 1, COMPRESSION_NONE, 0, 1, 1, 16, 0, NULL, 1},
    {"i16_lzw", "wl", 16, INT, BLACK, 1, COMPRESSION_LZW, 2, 1, 1, 0, 5, NULL, 1},
    {"f32_deflate", "w8l", 32, FLOAT, BLACK, 1, COMPRESSION_ADOBE_DEFLATE, 3, 1, 1, 0, 13, NULL, 1},
    {"f32_zstd", "wb", 32, FLOAT, BLACK, 1, COMPRESSION_ZSTD, 3, 1, 1, 16, 0, NULL, 1},
    {"u32_deflate", "wb", 32, UINT, BLACK, 1, COMPRESSION_DEFLATE, 2, 1, 1, 16, 0, NULL, 1},
    {"i8_packbits", "wl", 8, INT, BLACK, 1, COMPRESSION_PACKBITS, 0, 1, 1, 0, 6, NULL, 1},
    {"u16_zstd", "wl", 16, UINT, BLACK, 1, COMPRESSION_ZSTD, 2, 1, 1, 0, 7, NULL, 1},
    {"u8_lzma", "wl", 8, UINT, BLACK, 1, COMPRESSION_LZMA, 0, 1, 1, 0, 7, NULL, 1},
    {"u8_jpeg", "wl", 8, UINT, BLACK, 1, COMPRESSION_JPEG, 0, 1, 1, 0, 8, NULL, 1},
    {"u8_webp", "wl", 8, UINT, PHOTOMETRIC_RGB, 3, COMPRESSION_WEBP, 0, 1, 1, 0, 13, NULL, 1},
    {"u8_lerc", "wl", 8, UINT, BLACK, 1, COMPRESSION_LERC, 0, 1, 1, 0, 13, NULL, 1},
    {"u1", "wl", 1, UINT, BLACK, 1, COMPRESSION_NONE, 0, 1, 1, 0, 4, NULL, 1},
    {"u1_group4", "wl", 1, UINT, PHOTOMETRIC_MINISWHITE, 1, COMPRESSION_CCITTFAX4, 0, 1, 1, 0, 13, NULL, 1},
    {"u1_group3", "wb", 1, UINT, PHOTOMETRIC_MINISWHITE, 1, COMPRESSION_CCITTFAX3, 0, 1, 1, 0, 5, NULL, 1},
    {"u1_rle", "wl", 1, UINT, BLACK, 1, COMPRESSION_CCITTRLE, 0, 1, 1, 0, 5, NULL, 1},
    {"u2", "wb", 2, UINT, BLACK, 1, COMPRESSION_LZW, 0, 1, 1, 0, 13, NULL, 1},
    {"u4_tiles", "wl", 4, UINT, BLACK, 1, COMPRESSION_NONE, 0, 1, 1, 16, 0, NULL, 1},
    {"u6", "wl", 6, UINT, BLACK, 1, COMPRESSION_NONE, 0, 1, 1, 0, 3, NULL, 1},
    {"u12", "wl", 12, UINT, BLACK, 1, COMPRESSION_NONE, 0, 1, 1, 0, 5, NULL, 1},
    {"u12_deflate", "wb", 12, UINT, BLACK, 1, COMPRESSION_ADOBE_DEFLATE, 0, 1, 1, 16, 0, NULL, 1},
    {"u14", "wb", 14, UINT, BLACK, 1, COMPRESSION_PACKBITS, 0, 1, 1, 0, 5, NULL, 1},
    {"u24", "wl", 24, UINT, BLACK, 1, COMPRESSION_NONE, 0, 1, 1, 0, 5, NULL, 1},
    {"u64", "wl", 64, UINT, BLACK, 1, COMPRESSION_NONE, 0, 1, 1, 0, 5, NULL, 1},
    {"f16", "wl", 16, FLOAT, BLACK, 1, COMPRESSION_ADOBE_DEFLATE, 3, 1, 1, 0, 5, NULL, 1},
    {"f24", "wb", 24, FLOAT, BLACK, 1, COMPRESSION_LZW, 3, 1, 1, 0, 5, NULL, 1},
    {"f64", "wb", 64, FLOAT, BLACK, 1, COMPRESSION_ADOBE_DEFLATE, 3, 1, 1, 0, 5, NULL, 1},
    {"f64_tiles", "wl", 64, FLOAT, BLACK, 1, COMPRESSION_NONE, 0, 1, 1, 16, 0, NULL, 1},
    {"complex", "wl", 64, SAMPLEFORMAT_COMPLEXIEEEFP, BLACK, 1, COMPRESSION_NONE, 0, 1, 1, 0, 5, NULL, 1},
    {"white", "wl", 8, UINT, PHOTOMETRIC_MINISWHITE, 1, COMPRESSION_LZW, 0, 1, 1, 0, 5, NULL, 1},
    {"white16", "wb", 16, INT, PHOTOMETRIC_MINISWHITE, 1, COMPRESSION_NONE, 0, 1, 2, 16, 0, NULL, 1},
    {"turned", "wl", 16, UINT, BLACK, 1, COMPRESSION_NONE, 0, 1, 3, 0, 13, NULL, 1},
    {"turned_over", "wl", 8, UINT, BLACK, 1, COMPRESSION_ADOBE_DEFLATE, 0, 1, 6, 16, 0, NULL, 1},
    {"palette", "wl", 8, UINT, PHOTOMETRIC_PALETTE, 1, COMPRESSION_LZW, 0, 1, 1, 0, 13, NULL, 1},
    {"palette4", "wb", 4, UINT, PHOTOMETRIC_PALETTE, 1, COMPRESSION_NONE, 0, 1, 5, 0, 4, NULL, 1},
    {"rgb", "wl", 8, UINT, PHOTOMETRIC_RGB, 3, COMPRESSION_LZW, 2, 1, 1, 0, 5, NULL, 1},
    {"rgb16_planes", "wb", 16, UINT, PHOTOMETRIC_RGB, 3, COMPRESSION_ADOBE_DEFLATE, 2, 2, 1, 16, 0, NULL, 1},
    {"rgba", "wl", 8, UINT, PHOTOMETRIC_RGB, 4, COMPRESSION_NONE, 0, 1, 7, 0, 13, NULL, 1},
    {"rgb_f32", "wl", 32, FLOAT, PHOTOMETRIC_RGB, 3, COMPRESSION_ZSTD, 3, 1, 1, 0, 13, NULL, 1},
    {"grey_alpha", "wl", 16, UINT, BLACK, 2, COMPRESSION_LZW, 2, 1, 1, 0, 5, NULL, 1},
    {"grey_alpha_planes", "wl", 12, UINT, BLACK, 2, COMPRESSION_NONE, 0, 2, 1, 0, 5, NULL, 1},
    {"ycbcr", "wl", 8, UINT, PHOTOMETRIC_YCBCR, 3, COMPRESSION_JPEG, 0, 1, 1, 0, 16, NULL, 1},
    {"cmyk", "wl", 8, UINT, PHOTOMETRIC_SEPARATED, 4, COMPRESSION_LZW, 0, 1, 1, 0, 13, NULL, 1},
    {"logl", "wl", 16, INT, PHOTOMETRIC_LOGL, 1, COMPRESSION_SGILOG, 0, 1, 1, 0, 13, NULL, 1},
    {"imagej", "wb", 16, UINT, BLACK, 1, COMPRESSION_NONE, 0, 1, 1, 0, 13,
     "ImageJ=1.53t\nimages=2\nslices=2\nunit=micron\nspacing=2.5\nloop=false\n", 2},
    {"imagej_flat", "wb", 8, UINT, BLACK, 1, COMPRESSION_NONE, 0, 1, 1, 0, 13,
     "ImageJ=1.53t\nimages=1\nunit=\\u00B5m\nspacing=0.5\nmin=0\nmax=255\n", 1},
    {"ome", "wl", 8, UINT, BLACK, 1, COMPRESSION_NONE, 0, 1, 1, 0, 13,
     "<?xml version=\"1.0\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\"><Image "
     "ID=\"I:0\">"
     "<Pixels ID=\"P:0\" DimensionOrder=\"XYZCT\" Type=\"uint8\" SizeX=\"19\" SizeY=\"13\" SizeZ=\"3\" "
     "SizeC=\"1\""
     " SizeT=\"1\" PhysicalSizeX=\"0.5\" PhysicalSizeXUnit=\"um\" PhysicalSizeZ=\"2\"><TiffData IFD=\"0\""
     " PlaneCount=\"3\"/></Pixels></Image></OME>",
     3},
    {"pages", "w8l", 8, UINT, BLACK, 1, COMPRESSION_PACKBITS, 0, 1, 1, 0, 13, NULL, 4},
};

static uint8_t next_byte(uint32_t *random)
{
    *random = *random * 1664525u + 1013904223u;
    return (uint8_t)(*random >> 24);
}

static void set_fields(TIFF *tif, const struct seed *seed)
{
    uint16_t map[256], extra[] = {EXTRASAMPLE_UNASSALPHA};
    for (int i = 0; i < 256; i++)
        map[i] = (uint16_t)(i * 257);
    TIFFSetField(tif, TIFFTAG_IMAGEWIDTH, NX);
    TIFFSetField(tif, TIFFTAG_IMAGELENGTH, NY);
    TIFFSetField(tif, TIFFTAG_BITSPERSAMPLE, (int)seed->bits);
    TIFFSetField(tif, TIFFTAG_SAMPLEFORMAT, (int)seed->format);
    TIFFSetField(tif, TIFFTAG_SAMPLESPERPIXEL, (int)seed->nsamples);
    TIFFSetField(tif, TIFFTAG_COMPRESSION, (int)seed->compression);
    TIFFSetField(tif, TIFFTAG_PHOTOMETRIC, (int)seed->photometric);
    TIFFSetField(tif, TIFFTAG_PLANARCONFIG, (int)seed->planar);
    TIFFSetField(tif, TIFFTAG_ORIENTATION, (int)seed->orientation);
    TIFFSetField(tif, TIFFTAG_XRESOLUTION, 19.5);
    TIFFSetField(tif, TIFFTAG_YRESOLUTION, 19.5);
    if (seed->predictor)
        TIFFSetField(tif, TIFFTAG_PREDICTOR, (int)seed->predictor);
    if (seed->nsamples % 2 == 0)
        TIFFSetField(tif, TIFFTAG_EXTRASAMPLES, 1, extra);
    if (seed->photometric == PHOTOMETRIC_PALETTE)
        TIFFSetField(tif, TIFFTAG_COLORMAP, map, map, map);
    if (seed->photometric == PHOTOMETRIC_YCBCR)
        TIFFSetField(tif, TIFFTAG_YCBCRSUBSAMPLING, 1, 1);
    if (seed->compression == COMPRESSION_SGILOG)
        TIFFSetField(tif, TIFFTAG_SGILOGDATAFMT, SGILOGDATAFMT_16BIT);
    if (seed->tile) {
        TIFFSetField(tif, TIFFTAG_TILEWIDTH, seed->tile);
        TIFFSetField(tif, TIFFTAG_TILELENGTH, seed->tile);
    } else {
        TIFFSetField(tif, TIFFTAG_ROWSPERSTRIP, seed->rows);
    }
    if (seed->description)
        TIFFSetField(tif, TIFFTAG_IMAGEDESCRIPTION, seed->description);
}

/* Smooth enough to be compressed. */
static int write_chunks(TIFF *tif, const struct seed *seed, uint32_t *random)
{
    tmsize_t n_bytes = seed->tile ? TIFFTileSize(tif) : TIFFStripSize(tif);
    uint32_t nchunks = seed->tile ? TIFFNumberOfTiles(tif) : TIFFNumberOfStrips(tif);
    uint8_t *chunk = calloc(1, (size_t)n_bytes);
    int ok = chunk != NULL;
    for (uint32_t i = 0; ok && i < nchunks; i++) {
        for (tmsize_t at = 0; at < n_bytes; at++)
            chunk[at] = (uint8_t)((unsigned)at / 9 + (next_byte(random) & 1));
        uint32_t y = seed->tile ? 0 : i % ((NY + seed->rows - 1) / seed->rows) * seed->rows;
        ok = seed->tile
                 ? TIFFWriteEncodedTile(tif, i, chunk, n_bytes) >= 0
                 : TIFFWriteEncodedStrip(tif, i, chunk,
                                         TIFFVStripSize(tif, NY - y < seed->rows ? NY - y : seed->rows)) >= 0;
    }
    free(chunk);
    return ok;
}

static int write_seed(const char *path, const struct seed *seed)
{
    uint32_t random = 1;
    TIFF *tif = TIFFOpen(path, seed->mode);
    if (!tif)
        return 0;
    int ok = 1;
    for (unsigned page = 0; ok && page < seed->npages; page++) {
        set_fields(tif, seed);
        ok = write_chunks(tif, seed, &random) && TIFFWriteDirectory(tif);
    }
    TIFFClose(tif);
    return ok;
}

int main(int argc, char **argv)
{
    unsigned nwritten = 0;
    if (argc != 2)
        return 2;
    TIFFSetWarningHandler(NULL);
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s.tif", argv[1], seeds[i].name);
        if (TIFFIsCODECConfigured(seeds[i].compression) && write_seed(path, &seeds[i]))
            nwritten++;
        else
            remove(path);
    }
    printf("%u of %zu seeds written\n", nwritten, sizeof seeds / sizeof *seeds);
    return nwritten > 0 ? 0 : 1;
}
