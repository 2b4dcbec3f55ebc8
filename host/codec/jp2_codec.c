/* SPDX-License-Identifier: MIT
 * JPEG 2000, through OpenJPEG: codestreams alone and those in JP2 and JPX files. Components of up to 8 bits
 * become u8 or i8, of up to 16 u16 or i16, with values unchanged. The file's own boxes and markers are read
 * here; OpenJPEG sees the codestream, and only where all of its tiles are there. */
#include "base/checked.h"
#include "codec/codec.h"
#include "codec/jp2_boxes.h"
#include "codec/jp2_codestream.h"
#include "codec/jp2_decoder.h"
#include "codec/luma.h"
#include "codec/slice_limits.h"

#include <inttypes.h>
#include <stdio.h>

struct jp2_slice {
    struct jp2_boxes boxes;
    struct jp2_codestream stream;
    enum voxel_type type;
    bool luma; /* of the first three components; else the first is taken */
};

/* Components that are no colour are dropped where the file says what its colour is. */
static enum status find_colour(struct jp2_slice *slice, bool gray, const char *path, struct error *error)
{
    unsigned n = slice->stream.ncomponents;
    uint32_t colour = slice->boxes.colour;
    if (slice->boxes.palette)
        return slice_refuse(path, error, remedy_convert, "has a palette, which is not supported");
    if (n == 1 || (n == 2 && colour == JP2_GREY))
        return STATUS_OK;
    if (n == 2 || (n == 4 && colour != JP2_SRGB && colour != JP2_SYCC && colour != JP2_CMYK) ||
        colour == JP2_GREY)
        return slice_refuse(path, error, remedy_convert, "has %u components, and does not say of what", n);
    if (colour != JP2_COLOUR_UNKNOWN && colour != JP2_SRGB && colour != JP2_SYCC)
        return slice_refuse(path, error, remedy_convert,
                            "is in colour of kind %" PRIu32 " (%s), which is not supported", colour,
                            colour == JP2_CMYK ? "CMYK" : "see ISO/IEC 15444");
    if (!gray)
        return slice_refuse(path, error, "convert it to grey, or take its luma with --gray",
                            "is in colour (%s)", colour == JP2_SYCC ? "YCbCr" : "RGB");
    slice->luma = colour != JP2_SYCC;
    return STATUS_OK;
}

static enum status find_type(struct jp2_slice *slice, const char *path, struct error *error)
{
    const struct jp2_codestream *stream = &slice->stream;
    if (stream->subsampled)
        return slice_refuse(path, error, remedy_convert, "is subsampled, which is not supported");
    if (stream->bits > 16)
        return slice_refuse(path, error, remedy_convert,
                            "has %u bits per voxel, and at most 16 are supported", stream->bits);
    if (slice->luma && (!stream->same || stream->is_signed))
        return slice_refuse(path, error, remedy_convert,
                            "has colours that are signed or of unlike depth, which is not supported");
    slice->type = stream->bits > 8 ? (stream->is_signed ? VOXEL_I16 : VOXEL_U16)
                                   : (stream->is_signed ? VOXEL_I8 : VOXEL_U8);
    return STATUS_OK;
}

/* OpenJPEG decodes to 4 bytes of each component. */
static enum status check_extent(const struct jp2_slice *slice, const char *path, struct error *error)
{
    const struct jp2_codestream *stream = &slice->stream;
    const struct slice_header extent = {.nx = stream->nx, .ny = stream->ny, .type = slice->type};
    if (slice_check_extent(path, &extent, error) != STATUS_OK)
        return error->status;
    if (saturated_mul3(stream->nx, stream->ny, 4 * stream->ncomponents) <= SLICE_BYTES_MAX)
        return STATUS_OK;
    return slice_refuse(path, error, "crop it, or save it in another format",
                        "declares %" PRIu32 "x%" PRIu32 " voxels, which take more than 4 GiB to decode",
                        stream->nx, stream->ny);
}

static enum status describe(const struct byte_source *source, bool gray, struct jp2_slice *slice,
                            struct error *error)
{
    *slice = (struct jp2_slice){0};
    if (jp2_boxes_read(source, &slice->boxes, error) != STATUS_OK ||
        jp2_codestream_read(source, slice->boxes.stream_at, slice->boxes.stream_bytes, &slice->stream,
                            error) != STATUS_OK ||
        find_colour(slice, gray, source->path, error) != STATUS_OK ||
        find_type(slice, source->path, error) != STATUS_OK)
        return error->status;
    return check_extent(slice, source->path, error);
}

static enum status jp2_read_header(const struct input_file *file, const struct codec_options *options,
                                   struct slice_header *header, struct error *error)
{
    struct jp2_slice slice;
    const struct byte_source source = byte_source_of_file(file);
    bool gray = options && options->gray;
    if (describe(&source, gray, &slice, error) != STATUS_OK)
        return error->status;
    const struct jp2_codestream *stream = &slice.stream;
    *header = (struct slice_header){
        .nx = stream->nx,
        .ny = stream->ny,
        .type = slice.type,
        .spacing = slice.boxes.spacing,
        .spacing_origin = spacing_known(slice.boxes.spacing) ? SPACING_JPEG2000 : SPACING_NOWHERE,
        .gray = gray && stream->ncomponents > 2,
        .decode_bytes = jp2_codestream_decode_bytes(stream, slice.boxes.stream_bytes),
    };
    slice_header_set_whole(header, slice.boxes.stream_at + slice.boxes.stream_bytes);
    snprintf(header->layout, sizeof header->layout,
             "JPEG 2000, %u%s bits, %u component%s, %" PRIu32 " tile%s", stream->bits,
             stream->is_signed ? " signed" : "", stream->ncomponents, stream->ncomponents == 1 ? "" : "s",
             stream->ntiles, stream->ntiles == 1 ? "" : "s");
    return slice_check_encoded(file->path, header, error);
}

static bool is_as_described(const opj_image_t *image, const struct jp2_slice *slice)
{
    const struct jp2_codestream *stream = &slice->stream;
    if (image->numcomps != stream->ncomponents)
        return false;
    for (unsigned i = 0; i < image->numcomps; i++)
        if (!image->comps[i].data || image->comps[i].w != stream->nx || image->comps[i].h != stream->ny)
            return false;
    return image->comps[0].prec == stream->bits && (image->comps[0].sgnd != 0) == stream->is_signed;
}

/* OpenJPEG keeps its values within those of the declared bits. */
static void narrow(const OPJ_INT32 *from, size_t n, enum voxel_type type, void *voxels)
{
    if (voxel_bytes(type) == 1)
        for (size_t i = 0; i < n; i++)
            ((uint8_t *)voxels)[i] = (uint8_t)from[i];
    else
        for (size_t i = 0; i < n; i++)
            ((uint16_t *)voxels)[i] = (uint16_t)from[i];
}

/* In place of red. */
static void take_luma(const opj_image_t *image, size_t n)
{
    OPJ_INT32 *red = image->comps[0].data;
    const OPJ_INT32 *green = image->comps[1].data, *blue = image->comps[2].data;
    for (size_t i = 0; i < n; i++)
        red[i] = (OPJ_INT32)luma((uint32_t)red[i], (uint32_t)green[i], (uint32_t)blue[i]);
}

static enum status decode_stream(const struct jp2_slice *slice, const unsigned char *data, size_t n_bytes,
                                 const char *path, void *voxels, struct error *error)
{
    struct jp2_decoder decoder;
    size_t n = (size_t)slice->stream.nx * slice->stream.ny;
    if (jp2_codestream_check_tiles(&slice->stream, data, n_bytes, path, error) != STATUS_OK)
        return error->status;
    if (jp2_decoder_run(&decoder, data, n_bytes, path, error) == STATUS_OK) {
        if (!is_as_described(decoder.image, slice)) {
            slice_refuse(path, error, remedy_copy, "is a damaged JPEG 2000 file: it is not as it says");
        } else {
            if (slice->luma)
                take_luma(decoder.image, n);
            narrow(decoder.image->comps[0].data, n, slice->type, voxels);
        }
    }
    jp2_decoder_close(&decoder);
    return error->status;
}

static enum status jp2_decode(const void *data, size_t n_bytes, const char *path,
                              const struct slice_header *header, void *voxels, struct error *error)
{
    struct jp2_slice slice;
    const struct byte_source source = byte_source_of_memory(data, n_bytes, path);
    if (describe(&source, header->gray, &slice, error) != STATUS_OK ||
        slice_check_unchanged(path, header, slice.stream.nx, slice.stream.ny, slice.type, error) != STATUS_OK)
        return error->status;
    return decode_stream(&slice, (const unsigned char *)data + slice.boxes.stream_at,
                         (size_t)slice.boxes.stream_bytes, path, voxels, error);
}

static const char *const extensions[] = {"jp2", "j2k", "j2c", "jpc", "jpx", NULL};

const struct codec codec_jpeg2000 = {
    .name = "jpeg2000",
    .extensions = extensions,
    .read_header = jp2_read_header,
    .decode = jp2_decode,
};
