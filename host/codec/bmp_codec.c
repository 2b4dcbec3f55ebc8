/* SPDX-License-Identifier: MIT
 * BMP, as SkyScan's and Bruker's reconstruction writes it, read by hand. Voxels become u8: palettes of grey
 * give their grey, and 24 and 32 bits are grey where red, green and blue are equal. Whether they are is found
 * out where they are decoded, for it takes all of them; read_header looks at the row in the middle, so that
 * slices in colour are mostly refused before any work. */
#include "codec/bmp_image.h"
#include "codec/codec.h"
#include "codec/luma.h"
#include "codec/slice_limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Widens the palette numbers of 1, 4 or 8 bits in a row, the first in the high bits of its byte. */
static void unpack_row(const unsigned char *from, unsigned bits, uint32_t nx, uint8_t *to)
{
    if (bits == 8)
        memcpy(to, from, nx);
    else if (bits == 4)
        for (uint32_t x = 0; x < nx; x++)
            to[x] = x & 1 ? from[x / 2] & 15 : from[x / 2] >> 4;
    else
        for (uint32_t x = 0; x < nx; x++)
            to[x] = from[x / 8] >> (7 - x % 8) & 1;
}

/* Turns palette numbers into grey; STATUS_INPUT for one that the palette does not have. */
static enum status apply_palette(const struct bmp_image *image, uint32_t y, const char *path, uint8_t *row,
                                 struct error *error)
{
    unsigned largest = 0;
    for (uint32_t x = 0; x < image->nx; x++)
        largest = row[x] > largest ? row[x] : largest;
    if (largest >= image->ncolours)
        return slice_refuse(path, error, remedy_copy,
                            "is a damaged BMP: row %" PRIu32 " has colour %u of a palette of %u", y, largest,
                            image->ncolours);
    for (uint32_t x = 0; x < image->nx; x++)
        row[x] = image->grey[row[x]];
    return STATUS_OK;
}

static enum status check_grey(const struct bmp_image *image, const unsigned char *from, uint32_t y,
                              const char *path, struct error *error)
{
    unsigned step = image->bits / 8;
    for (uint32_t x = 0; x < image->nx; x++, from += step) {
        unsigned r = from[image->red_at], g = from[image->green_at], b = from[image->blue_at];
        if (r != g || r != b)
            return slice_refuse(path, error, "convert it to grey, or take its luma with --gray",
                                "is in colour: the voxel at %" PRIu32 ", %" PRIu32 " is %u, %u, %u", x, y, r,
                                g, b);
    }
    return STATUS_OK;
}

/* 24 or 32 bits to u8. Where colour is not allowed any difference of a row is gathered, and looked for only
 * when there is one. */
static enum status convert_row(const struct bmp_image *image, const unsigned char *from, bool gray,
                               uint32_t y, const char *path, uint8_t *to, struct error *error)
{
    const unsigned step = image->bits / 8;
    const unsigned char *red = from + image->red_at, *green = from + image->green_at,
                        *blue = from + image->blue_at;
    unsigned difference = 0;
    if (gray) {
        for (size_t x = 0; x < image->nx; x++)
            to[x] = (uint8_t)luma(red[x * step], green[x * step], blue[x * step]);
        return STATUS_OK;
    }
    for (size_t x = 0; x < image->nx; x++) {
        to[x] = green[x * step];
        difference |= (red[x * step] ^ to[x]) | (blue[x * step] ^ to[x]);
    }
    return difference ? check_grey(image, from, y, path, error) : STATUS_OK;
}

static enum status decode_row(const struct bmp_image *image, const unsigned char *from, bool gray, uint32_t y,
                              const char *path, uint8_t *to, struct error *error)
{
    if (image->bits > 8)
        return convert_row(image, from, gray, y, path, to, error);
    unpack_row(from, image->bits, image->nx, to);
    return image->identity ? STATUS_OK : apply_palette(image, y, path, to, error);
}

static enum status bmp_decode(const void *data, size_t n_bytes, const char *path,
                              const struct slice_header *header, void *voxels, struct error *error)
{
    struct bmp_image image;
    const struct byte_source source = byte_source_of_memory(data, n_bytes, path);
    if (bmp_image_read(&source, header->gray, &image, error) != STATUS_OK ||
        slice_check_unchanged(path, header, image.nx, image.ny, VOXEL_U8, error) != STATUS_OK)
        return error->status;
    for (uint32_t y = 0; y < image.ny; y++) {
        uint64_t row = image.bottom_up ? image.ny - 1 - y : y;
        const unsigned char *from = (const unsigned char *)data + image.voxels_at + row * image.row_bytes;
        uint8_t *to = (uint8_t *)voxels + (size_t)y * image.nx;
        if (decode_row(&image, from, header->gray, y, path, to, error) != STATUS_OK)
            return error->status;
    }
    return STATUS_OK;
}

/* Refuses an image whose middle row, or as much of it as fits a page or two, is in colour. */
static enum status look_for_colour(const struct byte_source *source, const struct bmp_image *image,
                                   struct error *error)
{
    unsigned char row[8192];
    struct bmp_image part = *image;
    unsigned step = image->bits / 8;
    size_t n_read;
    uint32_t file_row = image->ny / 2, y = image->bottom_up ? image->ny - 1 - file_row : file_row;
    if (part.nx > sizeof row / step)
        part.nx = (uint32_t)(sizeof row / step);
    if (byte_source_read(source, row, part.nx * step, image->voxels_at + file_row * image->row_bytes, &n_read,
                         error) != STATUS_OK)
        return error->status;
    return check_grey(&part, row, y, source->path, error);
}

static enum status bmp_read_header(const struct input_file *file, const struct codec_options *options,
                                   struct slice_header *header, struct error *error)
{
    struct bmp_image image;
    const struct byte_source source = byte_source_of_file(file);
    bool gray = options && options->gray;
    if (bmp_image_read(&source, gray, &image, error) != STATUS_OK)
        return error->status;
    *header = (struct slice_header){
        .nx = image.nx,
        .ny = image.ny,
        .type = VOXEL_U8,
        .spacing = image.spacing,
        .spacing_origin = spacing_known(image.spacing) ? SPACING_BMP : SPACING_NOWHERE,
        .plain = image.bits == 8 && image.identity && !image.bottom_up && image.row_bytes == image.nx,
        .voxels_offset = image.voxels_at,
        .gray = gray && (image.bits > 8 || image.colour),
    };
    uint64_t last_row = ((uint64_t)image.nx * image.bits + 7) / 8;
    slice_header_set_whole(header, image.voxels_at + image.row_bytes * (image.ny - 1) + last_row);
    snprintf(header->layout, sizeof header->layout, "%u bits%s, %s", image.bits,
             image.bits > 8 ? "" : ", palette", image.bottom_up ? "bottom row first" : "top row first");
    return image.bits > 8 && !gray ? look_for_colour(&source, &image, error) : STATUS_OK;
}

static const char *const extensions[] = {"bmp", NULL};

const struct codec codec_bmp = {
    .name = "bmp",
    .extensions = extensions,
    .read_header = bmp_read_header,
    .decode = bmp_decode,
};
