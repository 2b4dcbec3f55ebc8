/* SPDX-License-Identifier: MIT
 * Reading a header: the first bytes and the directories are read here, for what libtiff does not tell; then
 * libtiff opens the file and tells the rest. Nothing of the voxels is read, but that they are there is
 * checked. */
#include "codec/tiff_header.h"
#include "base/checked.h"
#include "base/printable.h"
#include "codec/imagej.h"
#include "codec/ome.h"
#include "codec/raw.h"
#include "codec/tiff_codec.h"
#include "codec/tiff_directory.h"
#include "codec/tiff_handle.h"
#include "codec/tiff_image.h"
#include "codec/tiff_orientation.h"

#include <inttypes.h>
#include <string.h>

/* Size of a voxel from a resolution in voxels per unit, or 0. The exact fraction, where the file has one: a
 * float, as libtiff tells it, would make 19.5 of it something near 19.5. */
static double voxel_length(const struct tiff_handle *handle, struct tiff_rational resolution, uint32_t tag)
{
    float per_unit = 0;
    double length = 0;
    if (resolution.numerator != 0)
        length = (double)resolution.denominator / resolution.numerator;
    else if (TIFFGetField(handle->tif, tag, &per_unit) && per_unit > 0)
        length = 1.0 / (double)per_unit;
    return length; /* which is finite: neither a 32-bit number nor a float comes near enough to 0 */
}

static struct spacing find_spacing(const struct tiff_handle *handle, const struct tiff_directory *directory,
                                   const struct imagej_description *imagej)
{
    uint16_t unit = RESUNIT_INCH;
    TIFFGetFieldDefaulted(handle->tif, TIFFTAG_RESOLUTIONUNIT, &unit);
    struct spacing spacing = {
        .x = voxel_length(handle, directory->x_resolution, TIFFTAG_XRESOLUTION),
        .y = voxel_length(handle, directory->y_resolution, TIFFTAG_YRESOLUTION),
        .z = imagej->spacing_z,
        .unit = unit == RESUNIT_CENTIMETER ? UNIT_CM
                : unit == RESUNIT_INCH     ? UNIT_INCH
                                           : UNIT_NONE,
    };
    if (imagej->unit != UNIT_NONE) /* ImageJ's own reader lets it overrule ResolutionUnit */
        spacing.unit = imagej->unit;
    if (spacing.unit == UNIT_NONE && spacing.x == 1 && spacing.y == 1)
        spacing.x = spacing.y = 0; /* what writers put who know nothing */
    if (spacing.x == 0 && spacing.y == 0 && spacing.z == 0)
        spacing.unit = UNIT_NONE;
    return spacing;
}

static enum spacing_origin find_origin(struct spacing spacing, const struct imagej_description *imagej)
{
    if (spacing.x == 0 && spacing.y == 0 && spacing.z == 0)
        return SPACING_NOWHERE;
    return imagej->unit != UNIT_NONE || spacing.z > 0 ? SPACING_IMAGEJ : SPACING_TIFF_RESOLUTION;
}

/* OME metadata go before the resolution tags, which OME writers may leave to their libraries. */
static void take_ome_spacing(struct slice_header *header, const char *description)
{
    if (!description || !ome_suspected(description))
        return;
    struct spacing spacing = ome_parse_spacing(description, strlen(description));
    if (!spacing_known(spacing))
        return;
    header->resolution = header->spacing;
    header->spacing = spacing;
    header->spacing_origin = SPACING_OME;
}

static bool may_be_colour(const struct tiff_pixels *pixels)
{
    return pixels->meaning == TIFF_RGB || pixels->meaning == TIFF_PALETTE || pixels->ycbcr || pixels->rasters;
}

static bool is_little_endian_host(void)
{
    const uint16_t one = 1;
    return *(const unsigned char *)&one == 1;
}

/* Whether the voxels lie in the file as they are, but perhaps for their byte order. */
static bool is_stored(const struct tiff_image *image, const struct tiff_chunks *chunks)
{
    return image->compression == COMPRESSION_NONE && image->as_stored && !image->tiled &&
           !image->reversed_bits && (chunks->in_order || image->nchunks == 1);
}

/* ImageJ keeps a stack of more than 4 GiB as one directory at the start of the file, and all slices,
 * uncompressed, behind the first. */
static enum status check_imagej_stack(const struct tiff_source *source, uint64_t directory_at,
                                      const struct tiff_image *image, const struct tiff_chunks *chunks,
                                      const struct imagej_description *imagej, struct error *error)
{
    char path[PRINTABLE_BYTES];
    uint64_t stack_end =
        saturated_add(chunks->first_bytes, saturated_mul3(image->stored_bytes, imagej->nimages, 1));
    if (imagej->nimages < 2 || image->compression != COMPRESSION_NONE || stack_end > source->n_bytes ||
        directory_at > chunks->first_bytes)
        return STATUS_OK;
    return error_set(error, STATUS_INPUT,
                     "%s: holds an ImageJ stack of %" PRIu32
                     " slices, and a slice must be a file of its own; name this file itself as INPUT, or save"
                     " it as an image sequence",
                     printable(path, sizeof path, source->path), imagej->nimages);
}

/* decode() is given the file in memory up to its last byte that matters, so there must not be far more of
 * them than voxels. */
static enum status check_encoded_bytes(const struct tiff_source *source, const struct tiff_image *image,
                                       const struct slice_header *header, struct error *error)
{
    char path[PRINTABLE_BYTES];
    if (header->plain || header->encoded_bytes <= 4 * image->stored_bytes + TIFF_TABLE_BYTES_MAX)
        return STATUS_OK;
    return error_set(error, STATUS_INPUT,
                     "%s: its %" PRIu64 " bytes of voxels are strewn over %" PRIu64
                     " bytes of file; copy or export it again",
                     printable(path, sizeof path, source->path), image->stored_bytes, header->encoded_bytes);
}

/* What decoding needs of a file with several pages: its first bytes, the directory of the page with what it
 * points to, as it was read just now, and its chunks. */
static void find_page_parts(const struct tiff_handle *handle, const struct tiff_image *image,
                            struct slice_header *header)
{
    enum { HEADER_BYTES = 16 };
    struct part_list parts = handle->source->used;
    part_list_add(&parts, 0, HEADER_BYTES);
    for (uint32_t i = 0; i < image->nchunks * image->nplanes; i++)
        part_list_add(&parts, TIFFGetStrileOffset(handle->tif, i), TIFFGetStrileByteCount(handle->tif, i));
    part_list_store(&parts, header);
}

static void find_parts(const struct tiff_handle *handle, const struct tiff_image *image,
                       const struct tiff_chunks *chunks, struct slice_header *header)
{
    const struct part_list *used = &handle->source->used;
    uint64_t end_bytes = chunks->end_bytes;
    if (header->page_at != 0 && header->swapped) {
        raw_header_set(header, image->nx, image->ny, image->type, TIFFIsBigEndian(handle->tif),
                       header->voxels_offset);
        return;
    }
    if (image->pixels.rasters) { /* old-style JPEG keeps tables wherever its tags point to */
        slice_header_set_whole(header, handle->source->n_bytes);
        return;
    }
    if (header->page_at != 0) {
        find_page_parts(handle, image, header);
        return;
    }
    if (used->nparts > 0) {
        const struct file_part *last = &used->parts[used->nparts - 1];
        end_bytes = last->offset + last->n_bytes > end_bytes ? last->offset + last->n_bytes : end_bytes;
    }
    slice_header_set_whole(header, end_bytes);
}

enum status tiff_header_fill(const struct tiff_handle *handle, const struct tiff_directory *directory,
                             const struct codec_options *options, struct slice_header *header,
                             struct error *error)
{
    struct tiff_image image;
    struct tiff_chunks chunks;
    struct imagej_description imagej = {.nimages = 1, .nchannels = 1, .nslices = 1, .nframes = 1};
    const char *description = NULL;
    if (tiff_image_describe(handle, options && options->gray, &image, error) != STATUS_OK ||
        tiff_image_check_chunks(handle, &image, &chunks, error) != STATUS_OK)
        return error->status;
    if (TIFFGetField(handle->tif, TIFFTAG_IMAGEDESCRIPTION, &description))
        imagej_parse(description, &imagej);
    *header = (struct slice_header){
        .nx = image.nx,
        .ny = image.ny,
        .type = image.type,
        .spacing = find_spacing(handle, directory, &imagej),
        .page_at = options ? options->page_at : 0,
        .voxels_offset = chunks.first_bytes,
        .gray = options && options->gray && may_be_colour(&image.pixels),
        .decode_bytes = tiff_image_decode_bytes(&image),
    };
    if (tiff_orientation_transposes(image.pixels.orientation)) {
        double x = header->spacing.x; /* along the rows of the file, which are columns of the slice */
        header->spacing.x = header->spacing.y;
        header->spacing.y = x;
    }
    header->spacing_origin = find_origin(header->spacing, &imagej);
    take_ome_spacing(header, description);
    bool native =
        voxel_bytes(image.type) == 1 || (TIFFIsBigEndian(handle->tif) != 0) != is_little_endian_host();
    header->plain = native && is_stored(&image, &chunks);
    header->swapped = !native && is_stored(&image, &chunks);
    find_parts(handle, &image, &chunks, header);
    tiff_image_layout(handle, &image, header->layout, sizeof header->layout);
    if (header->page_at == 0 && check_imagej_stack(handle->source, TIFFCurrentDirOffset(handle->tif), &image,
                                                   &chunks, &imagej, error) != STATUS_OK)
        return error->status;
    return check_encoded_bytes(handle->source, &image, header, error);
}

enum status tiff_read_header(const struct input_file *file, const struct codec_options *options,
                             struct slice_header *header, struct error *error)
{
    struct tiff_source source;
    struct tiff_handle handle;
    struct tiff_form form;
    struct tiff_directory directory;
    uint64_t page_at = options ? options->page_at : 0;
    tiff_source_init_file(&source, file);
    if (tiff_form_read(&source, &form, error) != STATUS_OK ||
        tiff_directory_read(&source, &form, page_at ? page_at : form.first_directory, &directory, error) !=
            STATUS_OK ||
        tiff_handle_open(&handle, &source, page_at, TIFF_TABLE_BYTES_MAX, error) != STATUS_OK)
        return error->status;
    if (tiff_header_fill(&handle, &directory, options, header, error) == STATUS_OK && page_at == 0)
        tiff_directory_check_one_page(&source, &form, &directory, error);
    tiff_handle_close(&handle);
    return error->status;
}
