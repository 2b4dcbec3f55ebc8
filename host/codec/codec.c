/* SPDX-License-Identifier: MIT */
#include "codec/codec.h"

#include "base/checked.h"
#include "base/printable.h"
#include "base/resident.h"
#include "codec/tiff_orientation.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What libraries take to come to the voxels of a file. */
enum { HEADER_BYTES = 256 << 10 };

static const struct codec *const codecs[] = {&codec_tiff, &codec_bmp, &codec_png, &codec_jpeg,
                                             &codec_jpeg2000};

void slice_header_set_whole(struct slice_header *header, uint64_t n_bytes)
{
    header->parts[0] = (struct file_part){.offset = 0, .n_bytes = n_bytes};
    header->nparts = 1;
    header->encoded_bytes = n_bytes;
}

void slice_header_widen(struct slice_header *header)
{
    header->type = VOXEL_U16;
    header->widened = true;
    header->plain = false;
    if (header->orientation > 1) /* all voxels are held once more, and each is now a byte larger */
        header->decode_bytes = saturated_add(header->decode_bytes, saturated_mul3(header->nx, header->ny, 1));
}

static void transpose(struct slice_header *header)
{
    uint32_t nx = header->nx;
    double x = header->spacing.x;
    header->nx = header->ny;
    header->ny = nx;
    header->spacing.x = header->spacing.y;
    header->spacing.y = x;
}

void slice_header_turn(struct slice_header *header, uint16_t orientation)
{
    if (orientation < 2)
        return;
    uint64_t n_bytes = saturated_mul3(header->nx, header->ny, voxel_bytes(header->type));
    size_t used = strlen(header->layout);
    header->orientation = orientation;
    header->plain = false;
    header->decode_bytes = saturated_add(header->decode_bytes, n_bytes);
    if (tiff_orientation_transposes(orientation))
        transpose(header);
    snprintf(header->layout + used, sizeof header->layout - used, ", turned (%u)", (unsigned)orientation);
}

bool slice_header_needs_decoding(const struct slice_header *header)
{
    bool as_they_are = header->streamed && !header->swapped && !header->f64 && !header->widened;
    return !header->plain && !as_they_are;
}

/* The narrow voxels lie in the upper half of the room of the wide ones: voxel i is read from byte n + i and
 * written to bytes 2 i and 2 i + 1, which no narrow one behind it holds. */
static void widen(void *voxels, size_t n)
{
    const unsigned char *narrow = (const unsigned char *)voxels + n;
    uint16_t *wide = voxels;
    for (size_t i = 0; i < n; i++)
        wide[i] = (uint16_t)(narrow[i] * 257u);
}

/* Libraries tell that a file is damaged when they were refused memory, too, which is no fault of the file's:
 * errno, which was 0 before, then tells what malloc did. */
static enum status check_memory(enum status status, int errnum, const char *path, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    if (status != STATUS_INPUT || errnum != ENOMEM)
        return status;
    *error = (struct error){0};
    return error_set(error, STATUS_FAILED,
                     "%s: there was no memory to read it; free some memory and run again",
                     printable(shown, sizeof shown, path));
}

enum status codec_read_header(const struct codec *codec, const struct input_file *file,
                              const struct codec_options *options, struct slice_header *header,
                              struct error *error)
{
    errno = 0;
    /* libtiff 4.5 and OpenJPEG 2.5 crash where some small request of theirs is refused. */
    if (!memory_is_there(HEADER_BYTES))
        return error_no_memory(error, HEADER_BYTES, "the header of a slice");
    enum status status = codec->read_header(file, options, header, error);
    return check_memory(status, errno, file->path, error);
}

/* Decodes the file's pixels, and then puts them where they belong. */
static enum status decode_turned(const struct codec *codec, const void *data, size_t n_bytes,
                                 const char *path, const struct slice_header *header, void *voxels,
                                 struct error *error)
{
    struct slice_header as_stored = *header;
    as_stored.orientation = 0;
    if (tiff_orientation_transposes(header->orientation))
        transpose(&as_stored);
    const size_t voxel = voxel_bytes(header->type), row_bytes = as_stored.nx * voxel;
    const struct tiff_placement placement = {header->orientation, as_stored.nx, as_stored.ny, voxel, voxels};
    unsigned char *stored = malloc(row_bytes * as_stored.ny);
    as_stored.decode_bytes -= (uint64_t)row_bytes * as_stored.ny; /* what was planned for it */
    if (!stored)
        return error_no_memory(error, row_bytes * as_stored.ny, "a slice that is turned");
    enum status status = codec_decode(codec, data, n_bytes, path, &as_stored, stored, error);
    const uint32_t most = tiff_orientation_rows(header->orientation, as_stored.nx, voxel);
    for (uint32_t y = 0; status == STATUS_OK && y < as_stored.ny; y += most) {
        uint32_t nrows = as_stored.ny - y < most ? as_stored.ny - y : most;
        tiff_placement_put(&placement, stored + y * row_bytes, row_bytes, 0, y, as_stored.nx, nrows);
    }
    free(stored);
    return status;
}

enum status codec_decode(const struct codec *codec, const void *data, size_t n_bytes, const char *path,
                         const struct slice_header *header, void *voxels, struct error *error)
{
    if (header->orientation > 1)
        return decode_turned(codec, data, n_bytes, path, header, voxels, error);
    errno = 0;
    if (!memory_is_there(header->decode_bytes)) /* no more, as no more was planned for */
        return error_no_memory(error, header->decode_bytes, "decoding a slice");
    if (!header->widened) {
        enum status status = codec->decode(data, n_bytes, path, header, voxels, error);
        return check_memory(status, errno, path, error);
    }
    struct slice_header narrow = *header;
    size_t n = (size_t)header->ny * header->nx;
    narrow.type = VOXEL_U8;
    narrow.widened = false;
    enum status status = codec->decode(data, n_bytes, path, &narrow, (unsigned char *)voxels + n, error);
    if (status == STATUS_OK)
        widen(voxels, n);
    return check_memory(status, errno, path, error);
}

const struct codec *codec_for_file(const char *file_name)
{
    const char *dot = strrchr(file_name, '.');
    if (!dot)
        return NULL;
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        for (const char *const *extension = codecs[i]->extensions; *extension; extension++)
            if (strcasecmp(dot + 1, *extension) == 0)
                return codecs[i];
    return NULL;
}
