/* SPDX-License-Identifier: MIT
 * odd_tiff KIND FILE: writes a small TIFF file of an unusual kind, by libtiff; KIND is one of `kinds`. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <tiffio.h>

enum { NX = 32, NY = 20 };

static const struct kind {
    const char *name;
    uint16_t bits, samples, photometric, format, orientation;
} kinds[] = {
    {"rgb", 8, 3, PHOTOMETRIC_RGB, SAMPLEFORMAT_UINT, 1},
    {"palette", 8, 1, PHOTOMETRIC_PALETTE, SAMPLEFORMAT_UINT, 1},
    {"cmyk", 8, 4, PHOTOMETRIC_SEPARATED, SAMPLEFORMAT_UINT, 1},
    {"channels", 16, 2, PHOTOMETRIC_MINISBLACK, SAMPLEFORMAT_UINT, 1},
    {"u24", 24, 1, PHOTOMETRIC_MINISBLACK, SAMPLEFORMAT_UINT, 1},
    {"u64", 64, 1, PHOTOMETRIC_MINISBLACK, SAMPLEFORMAT_UINT, 1},
    {"i12", 12, 1, PHOTOMETRIC_MINISBLACK, SAMPLEFORMAT_INT, 1},
    {"complex", 64, 1, PHOTOMETRIC_MINISBLACK, SAMPLEFORMAT_COMPLEXIEEEFP, 1},
    {"white", 32, 1, PHOTOMETRIC_MINISWHITE, SAMPLEFORMAT_IEEEFP, 1},
    {"f16", 16, 1, PHOTOMETRIC_MINISBLACK, SAMPLEFORMAT_IEEEFP, 1},
    {"f64", 64, 1, PHOTOMETRIC_MINISBLACK, SAMPLEFORMAT_IEEEFP, 1},
    {"bilevel", 1, 1, PHOTOMETRIC_MINISWHITE, SAMPLEFORMAT_UINT, 1},
    {"u12", 12, 1, PHOTOMETRIC_MINISBLACK, SAMPLEFORMAT_UINT, 1},
    {"turned", 16, 1, PHOTOMETRIC_MINISBLACK, SAMPLEFORMAT_UINT, ORIENTATION_RIGHTTOP},
};

static int write_file(const struct kind *kind, const char *path)
{
    unsigned char row[NX * 8] = {0};
    uint16_t colours[3][256] = {{0, 257}};
    int failed = 0;
    TIFF *tiff = TIFFOpen(path, "w");
    if (!tiff)
        return 1;
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)NX);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, (uint32_t)NY);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, kind->bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, kind->samples);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, kind->photometric);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, kind->format);
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, kind->orientation);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, (uint32_t)NY);
    if (kind->photometric == PHOTOMETRIC_PALETTE)
        TIFFSetField(tiff, TIFFTAG_COLORMAP, colours[0], colours[1], colours[2]);
    for (uint32_t y = 0; y < NY; y++)
        failed |= TIFFWriteScanline(tiff, row, y, 0) < 0;
    failed |= !TIFFFlush(tiff);
    TIFFClose(tiff);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc == 3)
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (strcmp(argv[1], kinds[i].name) == 0)
                return write_file(&kinds[i], argv[2]);
    fprintf(stderr, "usage: odd_tiff KIND FILE\n");
    return 2;
}
