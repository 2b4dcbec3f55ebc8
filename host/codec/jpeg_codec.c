/* SPDX-License-Identifier: MIT
 * JPEG (JFIF and its kin, ITU-T T.81 with Huffman coding and 8 bits), through libjpeg-turbo, with its exact
 * integer transform. Where colour may become its luma: of YCbCr that is Y, as the file has it, for JFIF's Y
 * is BT.601's; of RGB it is computed. */
#include "codec/codec.h"
#include "codec/exif.h"
#include "codec/jpeg_reader.h"
#include "codec/luma.h"
#include "codec/resolution.h"
#include "codec/slice_limits.h"

#include <inttypes.h>
#include <string.h>

/* What of the voxels a step needs. */
struct jpeg_rows {
    unsigned char *voxels; /* the caller's */
    bool complete;         /* every scan that they need was there */
};

static void read_info(struct jpeg_reader *reader, void *context)
{
    enum { EXIF_BYTES = 4096 }; /* of each such marker: Orientation stands near its beginning */
    (void)context;
    jpeg_save_markers(&reader->jpeg, JPEG_APP0 + 1, EXIF_BYTES);
    jpeg_read_header(&reader->jpeg, TRUE);
}

static const char *colour_name(J_COLOR_SPACE colour)
{
    switch (colour) {
    case JCS_GRAYSCALE:
        return "grey";
    case JCS_YCbCr:
        return "YCbCr";
    case JCS_RGB:
        return "RGB";
    case JCS_CMYK:
        return "CMYK";
    case JCS_YCCK:
        return "YCCK";
    default:
        return "unknown";
    }
}

static enum status check_coding(const struct jpeg_reader *reader, bool gray, struct error *error)
{
    const struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    const char *path = reader->source.path;
    bool colour = jpeg->jpeg_color_space == JCS_YCbCr || jpeg->jpeg_color_space == JCS_RGB;
    if (jpeg->arith_code)
        return slice_refuse(path, error, remedy_convert,
                            "is a JPEG with arithmetic coding, which is not supported");
    if (jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK)
        return slice_refuse(path, error, remedy_convert, "is in %s colour, which is not supported",
                            colour_name(jpeg->jpeg_color_space));
    if (!colour && jpeg->jpeg_color_space != JCS_GRAYSCALE)
        return slice_refuse(path, error, remedy_convert,
                            "is a JPEG of %d unknown components, which is not supported",
                            jpeg->num_components);
    if (colour && !gray)
        return slice_refuse(path, error, "convert it to grey, or take its luma with --gray",
                            "is in colour (%s)", colour_name(jpeg->jpeg_color_space));
    return STATUS_OK;
}

/* Each 8x8 block takes a bit at least, so that a short file that declares many voxels is known to be damaged
 * before memory is taken for them. */
static enum status check_length(const struct jpeg_reader *reader, struct error *error)
{
    const struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    uint64_t nvoxels = (uint64_t)jpeg->image_width * jpeg->image_height;
    if (nvoxels / (64 * 8) <= reader->source.n_bytes)
        return STATUS_OK;
    return slice_refuse(reader->source.path, error, remedy_copy,
                        "is truncated: it has %" PRIu64 " bytes, too few for %ux%u voxels",
                        reader->source.n_bytes, jpeg->image_width, jpeg->image_height);
}

static enum status open_image(struct jpeg_reader *reader, const struct byte_source *source, bool gray,
                              struct error *error)
{
    if (jpeg_reader_open(reader, source, error) != STATUS_OK ||
        jpeg_reader_run(reader, read_info, NULL, error) != STATUS_OK)
        return error->status;
    const struct slice_header extent = {
        .nx = reader->jpeg.image_width, .ny = reader->jpeg.image_height, .type = VOXEL_U8};
    if (slice_check_extent(source->path, &extent, error) != STATUS_OK ||
        check_coding(reader, gray, error) != STATUS_OK)
        return error->status;
    return check_length(reader, error);
}

/* As the first of the file's Exif markers says. */
static uint16_t find_orientation(const struct jpeg_decompress_struct *jpeg)
{
    static const unsigned char name[6] = "Exif\0";
    for (jpeg_saved_marker_ptr marker = jpeg->marker_list; marker; marker = marker->next)
        if (marker->data_length > sizeof name && memcmp(marker->data, name, sizeof name) == 0)
            return exif_orientation(marker->data + sizeof name, marker->data_length - sizeof name);
    return 1;
}

static struct spacing find_spacing(const struct jpeg_decompress_struct *jpeg)
{
    if (!jpeg->saw_JFIF_marker || (jpeg->density_unit != 1 && jpeg->density_unit != 2))
        return (struct spacing){0}; /* another unit is that of an aspect ratio alone */
    return resolution_spacing(jpeg->X_density, jpeg->Y_density,
                              jpeg->density_unit == 1 ? PER_INCH : PER_CENTIMETRE);
}

/* What libjpeg holds: some rows of each component, and in an image of several scans all of its coefficients.
 */
static uint64_t decode_bytes(struct jpeg_decompress_struct *jpeg)
{
    const uint64_t fixed_bytes = 96 << 10;
    uint64_t n_bytes = fixed_bytes;
    bool all = jpeg_has_multiple_scans(jpeg);
    for (int i = 0; i < jpeg->num_components; i++) {
        const jpeg_component_info *component = &jpeg->comp_info[i];
        uint64_t row_blocks = component->width_in_blocks + (uint64_t)component->h_samp_factor;
        uint64_t nrows = component->height_in_blocks + (uint64_t)component->v_samp_factor;
        n_bytes += row_blocks * DCTSIZE * DCTSIZE * (uint64_t)component->v_samp_factor * 2;
        if (all)
            n_bytes += row_blocks * nrows * DCTSIZE2 * sizeof(JCOEF);
    }
    return n_bytes + (jpeg->jpeg_color_space == JCS_RGB ? 3 * (uint64_t)jpeg->image_width : 0);
}

static enum status jpeg_read_slice_header(const struct input_file *file, const struct codec_options *options,
                                          struct slice_header *header, struct error *error)
{
    struct jpeg_reader reader;
    const struct byte_source source = byte_source_of_file(file);
    bool gray = options && options->gray;
    if (open_image(&reader, &source, gray, error) == STATUS_OK) {
        struct spacing spacing = find_spacing(&reader.jpeg);
        *header = (struct slice_header){
            .nx = reader.jpeg.image_width,
            .ny = reader.jpeg.image_height,
            .type = VOXEL_U8,
            .spacing = spacing,
            .spacing_origin = spacing_known(spacing) ? SPACING_JPEG : SPACING_NOWHERE,
            .gray = gray && reader.jpeg.jpeg_color_space != JCS_GRAYSCALE,
            .decode_bytes = decode_bytes(&reader.jpeg),
        };
        slice_header_set_whole(header, file->n_bytes);
        snprintf(header->layout, sizeof header->layout, "JPEG, %s%s",
                 colour_name(reader.jpeg.jpeg_color_space),
                 reader.jpeg.progressive_mode ? ", progressive" : "");
        slice_check_encoded(file->path, header, error);
        slice_header_turn(header, find_orientation(&reader.jpeg));
    }
    jpeg_reader_close(&reader);
    return error->status;
}

static void read_grey_rows(struct jpeg_decompress_struct *jpeg, unsigned char *voxels)
{
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = voxels + (size_t)jpeg->output_scanline * jpeg->output_width;
        jpeg_read_scanlines(jpeg, &row, 1);
    }
}

static void read_rgb_rows(struct jpeg_decompress_struct *jpeg, unsigned char *voxels)
{
    JSAMPARRAY rows = jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, 3 * jpeg->output_width, 1);
    while (jpeg->output_scanline < jpeg->output_height) {
        jpeg_read_scanlines(jpeg, rows, 1);
        const JSAMPLE *colour = rows[0];
        for (JDIMENSION x = 0; x < jpeg->output_width; x++, colour += 3)
            *voxels++ = (unsigned char)luma(colour[0], colour[1], colour[2]);
    }
}

/* False when a component had no scan, or a progressive one is not as exact as it is to be: libjpeg fills in
 * what is not there. */
static bool is_complete(const struct jpeg_decompress_struct *jpeg)
{
    for (int i = 0; i < jpeg->num_components; i++) {
        if (!jpeg->comp_info[i].component_needed)
            continue;
        if (!jpeg->comp_info[i].quant_table) /* the first scan of it brings this */
            return false;
        for (int k = 0; k < DCTSIZE2 && jpeg->coef_bits; k++)
            if (jpeg->coef_bits[i][k] != 0)
                return false;
    }
    return true;
}

static void read_rows(struct jpeg_reader *reader, void *context)
{
    struct jpeg_rows *rows = context;
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    bool rgb = jpeg->jpeg_color_space == JCS_RGB;
    jpeg->out_color_space = rgb ? JCS_RGB : JCS_GRAYSCALE;
    jpeg->dct_method = JDCT_ISLOW;
    jpeg_start_decompress(jpeg);
    if (rgb)
        read_rgb_rows(jpeg, rows->voxels);
    else
        read_grey_rows(jpeg, rows->voxels);
    rows->complete = is_complete(jpeg);
    jpeg_finish_decompress(jpeg); /* as far as the end marker, which must be there */
}

static enum status jpeg_decode(const void *data, size_t n_bytes, const char *path,
                               const struct slice_header *header, void *voxels, struct error *error)
{
    struct jpeg_reader reader;
    struct jpeg_rows rows = {.voxels = voxels};
    const struct byte_source source = byte_source_of_memory(data, n_bytes, path);
    if (open_image(&reader, &source, header->gray, error) == STATUS_OK &&
        slice_check_unchanged(path, header, reader.jpeg.image_width, reader.jpeg.image_height, VOXEL_U8,
                              error) == STATUS_OK &&
        jpeg_reader_run(&reader, read_rows, &rows, error) == STATUS_OK && !rows.complete)
        slice_refuse(path, error, remedy_copy, "is a JPEG that lacks some of its scans");
    jpeg_reader_close(&reader);
    return error->status;
}

static const char *const extensions[] = {"jpg", "jpeg", NULL};

const struct codec codec_jpeg = {
    .name = "jpeg",
    .extensions = extensions,
    .read_header = jpeg_read_slice_header,
    .decode = jpeg_decode,
};
