/* SPDX-License-Identifier: MIT
 * PNG, through libpng. Grey of 1 to 8 bits becomes u8 with its values unchanged, of 16 bits u16; alpha is
 * dropped, whether it is a channel or one transparent value; a palette of grey gives its grey. Colour, a
 * palette's too, becomes its luma where that is allowed. Interlaced or not, rows go straight into the
 * caller's voxels: what is to become of them is a transformation of each row within libpng. */
#include "codec/codec.h"
#include "codec/exif.h"
#include "codec/luma.h"
#include "codec/png_reader.h"
#include "codec/resolution.h"
#include "codec/slice_limits.h"

#include <inttypes.h>
#include <stdio.h>

struct png_slice {
    uint32_t nx, ny;
    enum voxel_type type;
    int bits, colour; /* PNG_COLOR_TYPE_* */
    unsigned nchannels;
    bool interlaced;
    struct spacing spacing;
    uint16_t orientation; /* as of a TIFF */
    unsigned ncolours;    /* of the palette */
    uint8_t red[PNG_MAX_PALETTE_LENGTH], green[PNG_MAX_PALETTE_LENGTH], blue[PNG_MAX_PALETTE_LENGTH];
    unsigned largest; /* palette number that a voxel had */
    void *voxels;     /* the caller's, while decoding */
};

static void find_spacing(struct png_reader *reader, struct png_slice *image)
{
    png_uint_32 x, y;
    int unit;
    if (png_get_pHYs(reader->png, reader->info, &x, &y, &unit) && unit == PNG_RESOLUTION_METER)
        image->spacing = resolution_spacing(x, y, PER_METRE);
}

static void find_orientation(struct png_reader *reader, struct png_slice *image)
{
    png_uint_32 n_bytes;
    png_bytep exif;
    image->orientation = 1;
    if (png_get_eXIf_1(reader->png, reader->info, &n_bytes, &exif))
        image->orientation = exif_orientation(exif, n_bytes);
}

/* All that stands before the voxels. */
static void read_info(struct png_reader *reader, void *context)
{
    struct png_slice *image = context;
    png_colorp colours;
    int interlace, ncolours;
    png_read_info(reader->png, reader->info);
    png_get_IHDR(reader->png, reader->info, &image->nx, &image->ny, &image->bits, &image->colour, &interlace,
                 NULL, NULL);
    image->nchannels = png_get_channels(reader->png, reader->info);
    image->type = image->bits == 16 ? VOXEL_U16 : VOXEL_U8;
    image->interlaced = interlace != PNG_INTERLACE_NONE;
    find_spacing(reader, image);
    find_orientation(reader, image);
    if (image->colour != PNG_COLOR_TYPE_PALETTE ||
        !png_get_PLTE(reader->png, reader->info, &colours, &ncolours))
        return;
    image->ncolours = (unsigned)ncolours;
    for (unsigned i = 0; i < image->ncolours; i++) {
        image->red[i] = colours[i].red;
        image->green[i] = colours[i].green;
        image->blue[i] = colours[i].blue;
    }
}

static bool has_colour(const struct png_slice *image)
{
    bool colour = image->colour == PNG_COLOR_TYPE_RGB || image->colour == PNG_COLOR_TYPE_RGB_ALPHA;
    for (unsigned i = 0; i < image->ncolours; i++)
        colour |= image->red[i] != image->green[i] || image->red[i] != image->blue[i];
    return colour;
}

static enum status check_colour(const struct png_slice *image, bool gray, const char *path,
                                struct error *error)
{
    static const char remedy[] = "convert it to grey, or take its luma with --gray";
    if (gray)
        return STATUS_OK;
    if (image->colour == PNG_COLOR_TYPE_RGB || image->colour == PNG_COLOR_TYPE_RGB_ALPHA)
        return slice_refuse(path, error, remedy, "is in colour (RGB)");
    for (unsigned i = 0; i < image->ncolours; i++)
        if (image->red[i] != image->green[i] || image->red[i] != image->blue[i])
            return slice_refuse(path, error, remedy, "has a palette in colour: entry %u is %u, %u, %u", i,
                                (unsigned)image->red[i], (unsigned)image->green[i], (unsigned)image->blue[i]);
    return STATUS_OK;
}

/* Deflate makes at most 1032 bytes of one, so that a short file that declares many voxels is known to be
 * damaged before memory is taken for them. */
static enum status check_length(const struct png_slice *image, const struct byte_source *source,
                                struct error *error)
{
    const uint64_t most = 1032;
    uint64_t row_bits = (uint64_t)image->nx * image->nchannels * (unsigned)image->bits;
    if ((row_bits + 7) / 8 * image->ny / most <= source->n_bytes)
        return STATUS_OK;
    return slice_refuse(source->path, error, remedy_copy,
                        "is truncated: it has %" PRIu64 " bytes, too few for %" PRIu32 "x%" PRIu32 " voxels",
                        source->n_bytes, image->nx, image->ny);
}

static enum status open_image(struct png_reader *reader, const struct byte_source *source, bool gray,
                              struct png_slice *image, struct error *error)
{
    unsigned char signature[8];
    size_t n_read;
    *image = (struct png_slice){0};
    *reader = (struct png_reader){0};
    if (byte_source_read(source, signature, sizeof signature, 0, &n_read, error) != STATUS_OK)
        return error->status;
    if (n_read < sizeof signature || png_sig_cmp(signature, 0, sizeof signature) != 0)
        return slice_refuse(source->path, error, "name the file after its format", "is not a PNG");
    if (png_reader_open(reader, source, error) != STATUS_OK ||
        png_reader_run(reader, read_info, image, error) != STATUS_OK)
        return error->status;
    const struct slice_header extent = {.nx = image->nx, .ny = image->ny, .type = image->type};
    if (slice_check_extent(source->path, &extent, error) != STATUS_OK ||
        check_colour(image, gray, source->path, error) != STATUS_OK)
        return error->status;
    return check_length(image, source, error);
}

/* What libpng and zlib hold: rows of the file, the one before among them, and the window. */
static uint64_t decode_bytes(const struct png_slice *image)
{
    const uint64_t fixed_bytes = 64 << 10;
    uint64_t row_bytes = (uint64_t)image->nx * image->nchannels * voxel_bytes(image->type);
    return fixed_bytes + 2 * row_bytes;
}

static void fill_layout(const struct png_slice *image, char *text, size_t n_bytes)
{
    const char *colour = image->colour == PNG_COLOR_TYPE_GRAY         ? "grey"
                         : image->colour == PNG_COLOR_TYPE_GRAY_ALPHA ? "grey and alpha"
                         : image->colour == PNG_COLOR_TYPE_PALETTE    ? "palette"
                         : image->colour == PNG_COLOR_TYPE_RGB        ? "RGB"
                                                                      : "RGB and alpha";
    snprintf(text, n_bytes, "deflate, %d bits, %s%s", image->bits, colour,
             image->interlaced ? ", interlaced" : "");
}

static enum status png_read_header(const struct input_file *file, const struct codec_options *options,
                                   struct slice_header *header, struct error *error)
{
    struct png_reader reader;
    struct png_slice image;
    const struct byte_source source = byte_source_of_file(file);
    bool gray = options && options->gray;
    if (open_image(&reader, &source, gray, &image, error) == STATUS_OK) {
        *header = (struct slice_header){
            .nx = image.nx,
            .ny = image.ny,
            .type = image.type,
            .spacing = image.spacing,
            .spacing_origin = spacing_known(image.spacing) ? SPACING_PNG : SPACING_NOWHERE,
            .gray = gray && has_colour(&image),
            .decode_bytes = decode_bytes(&image),
        };
        slice_header_set_whole(header, file->n_bytes);
        fill_layout(&image, header->layout, sizeof header->layout);
        slice_check_encoded(file->path, header, error);
        slice_header_turn(header, image.orientation);
    }
    png_reader_close(&reader);
    return error->status;
}

/* In place: voxel x is written after its channels are read, and never before them. */
static void luma_row_u8(const png_byte *from, unsigned nchannels, uint32_t nx, png_byte *to)
{
    for (uint32_t x = 0; x < nx; x++, from += nchannels)
        to[x] = (png_byte)luma(from[0], from[1], from[2]);
}

static void luma_row_u16(const png_byte *row, unsigned nchannels, uint32_t nx, png_byte *to)
{
    const uint16_t *from = (const uint16_t *)(const void *)row;
    uint16_t *wide = (uint16_t *)(void *)to;
    for (uint32_t x = 0; x < nx; x++, from += nchannels)
        wide[x] = (uint16_t)luma(from[0], from[1], from[2]);
}

static void palette_row(struct png_slice *image, uint32_t nx, png_byte *row)
{
    for (uint32_t x = 0; x < nx; x++) {
        unsigned i = row[x];
        image->largest = i > image->largest ? i : image->largest;
        row[x] = (png_byte)luma(image->red[i], image->green[i], image->blue[i]);
    }
}

/* The last of libpng's transformations: a row, or what there is of it in a pass, becomes voxels. Samples of
 * 16 bits are in the byte order of this machine by now. */
static void transform_row(png_structp png, png_row_infop row, png_bytep data)
{
    struct png_slice *image = png_get_user_transform_ptr(png);
    if (image->colour == PNG_COLOR_TYPE_PALETTE)
        palette_row(image, row->width, data);
    else if (row->bit_depth == 16)
        luma_row_u16(data, row->channels, row->width, data);
    else
        luma_row_u8(data, row->channels, row->width, data);
}

static void set_transformations(struct png_reader *reader, struct png_slice *image)
{
    const uint16_t one = 1;
    if (image->bits < 8)
        png_set_packing(reader->png); /* to a byte each, unscaled */
    if (image->bits == 16 && *(const unsigned char *)&one == 1)
        png_set_swap(reader->png);
    if (image->colour == PNG_COLOR_TYPE_GRAY_ALPHA)
        png_set_strip_alpha(reader->png);
    if (image->colour & PNG_COLOR_MASK_COLOR) { /* a palette has it too */
        png_set_read_user_transform_fn(reader->png, transform_row);
        png_set_user_transform_info(reader->png, image, image->bits == 16 ? 16 : 8, 1);
    }
}

static void read_rows(struct png_reader *reader, void *context)
{
    struct png_slice *image = context;
    size_t row_bytes = image->nx * voxel_bytes(image->type);
    set_transformations(reader, image);
    int npasses = png_set_interlace_handling(reader->png);
    png_read_update_info(reader->png, reader->info);
    if (png_get_rowbytes(reader->png, reader->info) != row_bytes)
        png_error(reader->png, "rows of an unexpected length");
    for (int pass = 0; pass < npasses; pass++)
        for (size_t y = 0; y < image->ny; y++)
            png_read_row(reader->png, (png_bytep)image->voxels + y * row_bytes, NULL);
    png_read_end(reader->png, NULL); /* a file that is cut behind its voxels is damaged, too */
}

static enum status png_decode(const void *data, size_t n_bytes, const char *path,
                              const struct slice_header *header, void *voxels, struct error *error)
{
    struct png_reader reader;
    struct png_slice image;
    const struct byte_source source = byte_source_of_memory(data, n_bytes, path);
    if (open_image(&reader, &source, header->gray, &image, error) == STATUS_OK &&
        slice_check_unchanged(path, header, image.nx, image.ny, image.type, error) == STATUS_OK) {
        image.voxels = voxels;
        if (png_reader_run(&reader, read_rows, &image, error) == STATUS_OK && image.ncolours > 0 &&
            image.largest >= image.ncolours)
            slice_refuse(path, error, remedy_copy,
                         "is a damaged PNG: a voxel has colour %u of a palette of %u", image.largest,
                         image.ncolours);
    }
    png_reader_close(&reader);
    return error->status;
}

static const char *const extensions[] = {"png", NULL};

const struct codec codec_png = {
    .name = "png",
    .extensions = extensions,
    .read_header = png_read_header,
    .decode = png_decode,
};
