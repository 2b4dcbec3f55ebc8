/* SPDX-License-Identifier: MIT */
#include "codec/jp2_boxes.h"

#include "codec/resolution.h"
#include "codec/slice_limits.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* A box: its length with this header (0: to the end of what it is in; 1: a length of 8 bytes follows), its
 * type, and contents, which may be boxes. */
struct jp2_box {
    uint32_t type;
    uint64_t contents_at, n_bytes; /* of the contents */
};

enum { BOXES_MAX = 1000 };

#define BOX_TYPE(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static enum status damaged(const struct byte_source *source, struct error *error)
{
    return slice_refuse(source->path, error, remedy_copy, "is a damaged JPEG 2000 file: a box of it is cut");
}

/* The box at *at, which ends at `end` or before; moves *at behind it. */
static enum status next_box(const struct byte_source *source, uint64_t *at, uint64_t end, struct jp2_box *box,
                            struct error *error)
{
    unsigned char data[16];
    size_t n_read;
    if (byte_source_read(source, data, sizeof data, *at, &n_read, error) != STATUS_OK)
        return error->status;
    uint64_t room = end - *at, header_bytes = 8, n_bytes = n_read >= 8 ? get_u32be(data) : 2;
    if (n_bytes == 1 && n_read == 16) {
        header_bytes = 16;
        n_bytes = (uint64_t)get_u32be(data + 8) << 32 | get_u32be(data + 12);
    } else if (n_bytes == 0) {
        n_bytes = room;
    }
    if (n_bytes < header_bytes || n_bytes > room)
        return damaged(source, error);
    *box = (struct jp2_box){
        .type = get_u32be(data + 4), .contents_at = *at + header_bytes, .n_bytes = n_bytes - header_bytes};
    *at += n_bytes;
    return STATUS_OK;
}

/* The first n_bytes of a box's contents; a box that has fewer is cut. */
static enum status read_contents(const struct byte_source *source, const struct jp2_box *box,
                                 unsigned char *data, size_t n_bytes, struct error *error)
{
    size_t n_read = 0;
    if (box->n_bytes >= n_bytes &&
        byte_source_read(source, data, n_bytes, box->contents_at, &n_read, error) != STATUS_OK)
        return error->status;
    return n_read == n_bytes ? STATUS_OK : damaged(source, error);
}

/* Method (1: by number), precedence, approximation, number. The first of several counts. */
static enum status read_colour(const struct byte_source *source, const struct jp2_box *box,
                               struct jp2_boxes *boxes, struct error *error)
{
    unsigned char data[7];
    if (read_contents(source, box, data, 3, error) != STATUS_OK)
        return error->status;
    if (data[0] != 1 || boxes->colour != JP2_COLOUR_UNKNOWN)
        return STATUS_OK;
    if (read_contents(source, box, data, sizeof data, error) != STATUS_OK)
        return error->status;
    boxes->colour = get_u32be(data + 3);
    return STATUS_OK;
}

/* Points per metre: numerator, denominator and power of ten, of the rows and then of the columns. */
static enum status read_resolution(const struct byte_source *source, const struct jp2_box *box,
                                   struct jp2_boxes *boxes, struct error *error)
{
    unsigned char data[10];
    if (read_contents(source, box, data, sizeof data, error) != STATUS_OK)
        return error->status;
    double denominator_y = get_u16be(data + 2), denominator_x = get_u16be(data + 6);
    if (denominator_x > 0 && denominator_y > 0)
        boxes->spacing =
            resolution_spacing(get_u16be(data + 4) / denominator_x * pow(10, (int8_t)data[9]),
                               get_u16be(data) / denominator_y * pow(10, (int8_t)data[8]), PER_METRE);
    return STATUS_OK;
}

/* The boxes within the header box, and those within its resolution box: both lists are gone through alike. */
static enum status read_header_boxes(const struct byte_source *source, const struct jp2_box *outer,
                                     struct jp2_boxes *boxes, struct jp2_box *resolution, struct error *error)
{
    uint64_t at = outer->contents_at, end = at + outer->n_bytes;
    for (unsigned n = 0; at < end; n++) {
        struct jp2_box box;
        if (n == BOXES_MAX)
            return damaged(source, error);
        if (next_box(source, &at, end, &box, error) != STATUS_OK)
            return error->status;
        enum status status = STATUS_OK;
        if (box.type == BOX_TYPE('c', 'o', 'l', 'r'))
            status = read_colour(source, &box, boxes, error);
        else if (box.type == BOX_TYPE('r', 'e', 's', 'c'))
            status = read_resolution(source, &box, boxes, error);
        else if (box.type == BOX_TYPE('r', 'e', 's', ' '))
            *resolution = box;
        else if (box.type == BOX_TYPE('p', 'c', 'l', 'r'))
            boxes->palette = true;
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status read_boxes(const struct byte_source *source, struct jp2_boxes *boxes, struct error *error)
{
    uint64_t at = 0;
    for (unsigned n = 0; n < BOXES_MAX && at < source->n_bytes; n++) {
        struct jp2_box box = {0}, resolution = {0}, none;
        if (next_box(source, &at, source->n_bytes, &box, error) != STATUS_OK)
            return error->status;
        if (box.type == BOX_TYPE('j', 'p', '2', 'h') &&
            (read_header_boxes(source, &box, boxes, &resolution, error) != STATUS_OK ||
             read_header_boxes(source, &resolution, boxes, &none, error) != STATUS_OK))
            return error->status;
        if (box.type == BOX_TYPE('j', 'p', '2', 'c')) {
            boxes->stream_at = box.contents_at;
            boxes->stream_bytes = box.n_bytes;
            return STATUS_OK;
        }
    }
    return slice_refuse(source->path, error, remedy_copy, "is a JPEG 2000 file without a codestream");
}

enum status jp2_boxes_read(const struct byte_source *source, struct jp2_boxes *boxes, struct error *error)
{
    static const unsigned char signature[12] = {0, 0, 0, 12, 'j', 'P', ' ', ' ', 13, 10, 0x87, 10};
    static const unsigned char codestream[4] = {0xff, 0x4f, 0xff, 0x51};
    unsigned char data[sizeof signature];
    size_t n_read;
    *boxes = (struct jp2_boxes){.stream_bytes = source->n_bytes};
    if (byte_source_read(source, data, sizeof data, 0, &n_read, error) != STATUS_OK)
        return error->status;
    if (n_read == sizeof data && memcmp(data, signature, sizeof signature) == 0) {
        boxes->boxed = true;
        return read_boxes(source, boxes, error);
    }
    if (n_read >= sizeof codestream && memcmp(data, codestream, sizeof codestream) == 0)
        return STATUS_OK;
    return slice_refuse(source->path, error, "name the file after its format", "is not a JPEG 2000 file");
}
