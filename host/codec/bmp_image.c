/* SPDX-License-Identifier: MIT */
#include "codec/bmp_image.h"

#include "base/checked.h"
#include "codec/luma.h"
#include "codec/resolution.h"
#include "codec/slice_limits.h"

#include <inttypes.h>

/* "BM", length of the file, 4 bytes, offset of the voxels; then the header, which begins with its length. */
enum { FILE_HEADER_BYTES = 14, CORE_HEADER_BYTES = 12, INFO_HEADER_BYTES = 40, LONGEST_HEADER_BYTES = 124 };
enum { MASKS_AT = FILE_HEADER_BYTES + INFO_HEADER_BYTES, MASKS_BYTES = 12 }; /* red, green, blue */
/* Colour profiles may lie between the header and the voxels. */
#define VOXELS_AT_MAX (UINT64_C(64) << 20)

struct bmp_header {
    unsigned char
        data[FILE_HEADER_BYTES + LONGEST_HEADER_BYTES]; /* 0 behind the end of the header and the masks */
    uint32_t n_bytes;                                   /* of the header alone */
    bool os2;             /* of 64 bytes or fewer, and not 40: compressions have other numbers */
    uint32_t compression; /* 0: none; 3, 6: none, with masks */
};

static bool has_masks(const struct bmp_header *header)
{
    return header->compression == 3 || header->compression == 6;
}

static enum status read_bytes(const struct byte_source *source, void *data, size_t n_bytes, uint64_t offset,
                              struct error *error)
{
    size_t n_read;
    if (byte_source_read(source, data, n_bytes, offset, &n_read, error) != STATUS_OK)
        return error->status;
    if (n_read == n_bytes)
        return STATUS_OK;
    return slice_refuse(source->path, error, remedy_copy,
                        "is truncated: it ends after %" PRIu64 " bytes, within its header", source->n_bytes);
}

static enum status read_header(const struct byte_source *source, struct bmp_header *header,
                               struct error *error)
{
    *header = (struct bmp_header){0};
    if (read_bytes(source, header->data, FILE_HEADER_BYTES + 4, 0, error) != STATUS_OK)
        return error->status;
    if (header->data[0] != 'B' || header->data[1] != 'M')
        return slice_refuse(source->path, error, "name the file after its format",
                            header->data[0] == 'B' && header->data[1] == 'A'
                                ? "is an OS/2 bitmap array, which is not supported"
                                : "is not a BMP: it does not begin with BM");
    uint32_t n = header->n_bytes = get_u32le(header->data + FILE_HEADER_BYTES);
    if (n != CORE_HEADER_BYTES && n != 16 && n != INFO_HEADER_BYTES && n != 52 && n != 56 && n != 64 &&
        n != 108 && n != LONGEST_HEADER_BYTES)
        return slice_refuse(source->path, error, remedy_copy,
                            "has a BMP header of %" PRIu32 " bytes, which is not known", n);
    header->os2 = n == CORE_HEADER_BYTES || n == 16 || n == 64;
    if (read_bytes(source, header->data, FILE_HEADER_BYTES + n, 0, error) != STATUS_OK)
        return error->status;
    header->compression = n >= 20 ? get_u32le(header->data + 30) : 0;
    if (n == INFO_HEADER_BYTES && has_masks(header)) /* they lie behind it, where longer ones have them */
        return read_bytes(source, header->data + MASKS_AT, MASKS_BYTES, MASKS_AT, error);
    return STATUS_OK;
}

/* What a compression is called that is not read; NULL for those that are none. */
static const char *compression_name(const struct bmp_header *header)
{
    switch (header->compression) {
    case 0:
        return NULL;
    case 1:
        return "RLE (8-bit run length) compression";
    case 2:
        return "RLE (4-bit run length) compression";
    case 3:
        return header->os2 ? "Huffman compression" : NULL;
    case 4:
        return header->os2 ? "RLE (24-bit run length) compression" : "a JPEG within the BMP";
    case 5:
        return "a PNG within the BMP";
    case 6:
        return NULL;
    default:
        return "an unknown compression";
    }
}

static enum status find_extent(const struct bmp_header *header, const char *path, struct bmp_image *image,
                               struct error *error)
{
    const unsigned char *data = header->data;
    bool core = header->n_bytes == CORE_HEADER_BYTES;
    int64_t width = core ? get_u16le(data + 18) : (int32_t)get_u32le(data + 18);
    int64_t height = core ? get_u16le(data + 20) : (int32_t)get_u32le(data + 22);
    unsigned nplanes = get_u16le(data + (core ? 22 : 26));
    image->bits = get_u16le(data + (core ? 24 : 28));
    if (width <= 0 || height == 0 || nplanes != 1)
        return slice_refuse(path, error, remedy_copy,
                            "is a damaged BMP: its extent is %" PRId64 "x%" PRId64 ", with %u planes", width,
                            height, nplanes);
    image->nx = (uint32_t)width;
    image->ny = (uint32_t)(height < 0 ? -height : height);
    image->bottom_up = height > 0;
    const struct slice_header slice = {.nx = image->nx, .ny = image->ny, .type = VOXEL_U8};
    return slice_check_extent(path, &slice, error);
}

/* The byte that a mask stands for, or 4. */
static unsigned mask_byte(uint32_t mask)
{
    for (unsigned i = 0; i < 4; i++)
        if (mask == UINT32_C(0xff) << 8 * i)
            return i;
    return 4;
}

static enum status find_layout(const struct bmp_header *header, const char *path, struct bmp_image *image,
                               struct error *error)
{
    const char *compression = compression_name(header);
    bool masks = has_masks(header);
    if (compression)
        return slice_refuse(path, error, "save it without compression", "has %s, which is not supported",
                            compression);
    if (image->bits == 16)
        return slice_refuse(path, error, remedy_convert,
                            "has 16 bits per voxel (5 or 6 for each colour), which is not supported");
    if (image->bits != 1 && image->bits != 4 && image->bits != 8 && image->bits != 24 && image->bits != 32)
        return slice_refuse(path, error, remedy_convert, "has %u bits per voxel, which is not supported",
                            image->bits);
    if (masks && image->bits != 32)
        return slice_refuse(path, error, remedy_copy, "is a damaged BMP: colour masks for %u bits per voxel",
                            image->bits);
    image->blue_at = masks ? mask_byte(get_u32le(header->data + MASKS_AT + 8)) : 0;
    image->green_at = masks ? mask_byte(get_u32le(header->data + MASKS_AT + 4)) : 1;
    image->red_at = masks ? mask_byte(get_u32le(header->data + MASKS_AT)) : 2;
    if (image->blue_at < 4 && image->green_at < 4 && image->red_at < 4)
        return STATUS_OK;
    return slice_refuse(path, error, remedy_convert,
                        "has colour masks that are not of 8 bits each, which is not supported");
}

/* Where the voxels lie, and that all are there. A last row may lack its padding. */
static enum status find_voxels(const struct bmp_header *header, const struct byte_source *source,
                               struct bmp_image *image, struct error *error)
{
    uint64_t row_bits = (uint64_t)image->nx * image->bits;
    image->voxels_at = get_u32le(header->data + 10);
    image->row_bytes = (row_bits + 31) / 32 * 4;
    if (image->voxels_at < FILE_HEADER_BYTES + header->n_bytes || image->voxels_at > VOXELS_AT_MAX)
        return slice_refuse(source->path, error, remedy_copy,
                            "is a damaged BMP: its voxels begin at byte %" PRIu64, image->voxels_at);
    uint64_t end = image->voxels_at + image->row_bytes * (image->ny - 1) + (row_bits + 7) / 8;
    if (end <= source->n_bytes)
        return STATUS_OK;
    return slice_refuse(source->path, error, remedy_copy,
                        "is truncated: it has %" PRIu64 " bytes, and %" PRIu32 "x%" PRIu32
                        " voxels of %u bits need %" PRIu64,
                        source->n_bytes, image->nx, image->ny, image->bits, end);
}

/* Entry `index` is blue, green, red. */
static enum status take_colour(const unsigned char *entry, unsigned index, bool gray, const char *path,
                               struct bmp_image *image, struct error *error)
{
    bool colour = entry[0] != entry[1] || entry[0] != entry[2];
    if (colour && !gray)
        return slice_refuse(path, error, "convert it to grey, or take its luma with --gray",
                            "has a palette in colour: entry %u is %u, %u, %u", index, (unsigned)entry[2],
                            (unsigned)entry[1], (unsigned)entry[0]);
    image->colour |= colour;
    image->grey[index] = (uint8_t)luma(entry[2], entry[1], entry[0]);
    image->identity = image->identity && image->grey[index] == index;
    return STATUS_OK;
}

/* The palette lies between the header, or its masks, and the voxels, and may be shorter than it says. */
static enum status read_palette(const struct bmp_header *header, const struct byte_source *source, bool gray,
                                struct bmp_image *image, struct error *error)
{
    unsigned char entries[4 * BMP_COLOURS_MAX];
    bool core = header->n_bytes == CORE_HEADER_BYTES;
    unsigned entry_bytes = core ? 3 : 4, most = 1u << image->bits;
    uint32_t declared = header->n_bytes >= 36 ? get_u32le(header->data + 46) : 0;
    uint64_t palette_at = FILE_HEADER_BYTES + header->n_bytes;
    uint64_t room = (image->voxels_at - palette_at) / entry_bytes;
    image->ncolours = declared == 0 || declared > most ? most : declared;
    if (room < image->ncolours)
        image->ncolours = (unsigned)room;
    if (image->ncolours == 0)
        return slice_refuse(source->path, error, remedy_copy, "is a damaged BMP: it has no palette");
    if (read_bytes(source, entries, image->ncolours * entry_bytes, palette_at, error) != STATUS_OK)
        return error->status;
    image->identity = image->ncolours == BMP_COLOURS_MAX;
    for (unsigned i = 0; i < image->ncolours; i++)
        if (take_colour(entries + i * entry_bytes, i, gray, source->path, image, error) != STATUS_OK)
            return error->status;
    return STATUS_OK;
}

enum status bmp_image_read(const struct byte_source *source, bool gray, struct bmp_image *image,
                           struct error *error)
{
    struct bmp_header header;
    *image = (struct bmp_image){0};
    if (read_header(source, &header, error) != STATUS_OK ||
        find_extent(&header, source->path, image, error) != STATUS_OK ||
        find_layout(&header, source->path, image, error) != STATUS_OK ||
        find_voxels(&header, source, image, error) != STATUS_OK)
        return error->status;
    if (header.n_bytes >= INFO_HEADER_BYTES)
        image->spacing = resolution_spacing((int32_t)get_u32le(header.data + 38),
                                            (int32_t)get_u32le(header.data + 42), PER_METRE);
    return image->bits <= 8 ? read_palette(&header, source, gray, image, error) : STATUS_OK;
}
