/* SPDX-License-Identifier: MIT
 * Writing a TIFF: header, directory, what the directory points to, then all voxels: uncompressed as one
 * strip, so that they are copied once and any reader finds them in one piece, or as strips that are
 * compressed one by one. It is written here rather than by libtiff, because the bytes must be the same with
 * every version of it, and resolutions must be the exact fractions. The byte order is the machine's, so that
 * voxels are written as they lie in memory. (TIFF 6.0, sections 2, 8, 14 and 19; Adobe Photoshop TIFF
 * Technical Notes, 2002, for Deflate; libtiff for ZSTD.) */
#include "base/checked.h"
#include "codec/imagej.h"
#include "codec/strip_encoder.h"
#include "codec/tiff_codec.h"
#include "codec/tiff_strips.h"

#include <math.h>
#include <string.h>
#include <tiff.h>

enum { ENTRIES_MAX = 15, RATIONAL_BYTES = 8, VOXELS_ALIGNMENT = 16, HEAD_BYTES_MAX = 4096 };

struct entry {
    uint16_t tag, type;
    uint64_t count;
    uint64_t value;   /* when data is NULL and count is 1; several are those of the strips, by `tag` */
    const void *data; /* count elements, in the file's byte order, that go behind the directory */
    uint64_t at;      /* offset of data in the file */
};

/* Everything before the voxels. */
struct head {
    const struct tiff_strips *strips;
    const uint64_t *strip_bytes; /* of each strip in the file */
    bool big;                    /* as strips->big */
    unsigned nentries;
    struct entry entries[ENTRIES_MAX];
    char description[IMAGEJ_TEXT_BYTES];
    unsigned char resolutions[2][RATIONAL_BYTES];
    uint64_t voxels_at;
};

static unsigned char *put(unsigned char *to, uint64_t value, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes; i++)
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        *to++ = (unsigned char)(value >> (8 * (n_bytes - 1 - i)));
#else
        *to++ = (unsigned char)(value >> (8 * i));
#endif
    return to;
}

static void add(struct head *head, uint16_t tag, uint16_t type, uint64_t count, uint64_t value,
                const void *data)
{
    head->entries[head->nentries++] =
        (struct entry){.tag = tag, .type = type, .count = count, .value = value, .data = data};
}

/* 1 / length as the fraction that is nearest to it of all with 32-bit terms (continued fractions, the first
 * convergent that gives `length` exactly, or the last that fits); false when none is. */
static bool find_rational(double length, unsigned char rational[RATIONAL_BYTES])
{
    double p0 = 0, q0 = 1, p1 = 1, q1 = 0, rest = length; /* p / q approaches length */
    if (!(length > 0) || !isfinite(length))
        return false;
    for (;;) {
        double whole = floor(rest);
        double p = whole * p1 + p0, q = whole * q1 + q0;
        if (p > UINT32_MAX || q > UINT32_MAX)
            break;
        p0 = p1, q0 = q1, p1 = p, q1 = q;
        if (p / q == length || rest == whole)
            break;
        rest = 1 / (rest - whole);
    }
    put(put(rational, (uint64_t)q1, 4), (uint64_t)p1, 4);
    return p1 > 0 && q1 > 0;
}

static uint16_t sample_format(enum voxel_type type)
{
    return type == VOXEL_F32       ? SAMPLEFORMAT_IEEEFP
           : voxel_is_signed(type) ? SAMPLEFORMAT_INT
                                   : SAMPLEFORMAT_UINT;
}

static uint16_t compression_tag(enum encoding encoding)
{
    return encoding == ENCODING_DEFLATE ? COMPRESSION_ADOBE_DEFLATE
           : encoding == ENCODING_ZSTD  ? COMPRESSION_ZSTD
                                        : COMPRESSION_NONE;
}

/* The entries, in the order of their tags as TIFF demands. StripOffsets is set by lay_out. */
static void add_entries(struct head *head, struct spacing spacing)
{
    const struct tiff_strips *strips = head->strips;
    const uint16_t offset_type = head->big ? TIFF_LONG8 : TIFF_LONG;
    const enum voxel_type type = strips->type;
    size_t n_text = imagej_format(head->description, spacing);
    bool resolved =
        find_rational(spacing.x, head->resolutions[0]) && find_rational(spacing.y, head->resolutions[1]);
    uint16_t unit = spacing.unit == UNIT_CM     ? RESUNIT_CENTIMETER
                    : spacing.unit == UNIT_INCH ? RESUNIT_INCH
                                                : RESUNIT_NONE;
    add(head, TIFFTAG_IMAGEWIDTH, TIFF_LONG, 1, strips->nx, NULL);
    add(head, TIFFTAG_IMAGELENGTH, TIFF_LONG, 1, strips->ny, NULL);
    add(head, TIFFTAG_BITSPERSAMPLE, TIFF_SHORT, 1, 8 * voxel_bytes(type), NULL);
    add(head, TIFFTAG_COMPRESSION, TIFF_SHORT, 1, compression_tag(strips->encoding), NULL);
    add(head, TIFFTAG_PHOTOMETRIC, TIFF_SHORT, 1, PHOTOMETRIC_MINISBLACK, NULL);
    if (n_text > 0)
        add(head, TIFFTAG_IMAGEDESCRIPTION, TIFF_ASCII, n_text + 1, 0, head->description);
    add(head, TIFFTAG_STRIPOFFSETS, offset_type, strips->nstrips, 0, NULL);
    add(head, TIFFTAG_SAMPLESPERPIXEL, TIFF_SHORT, 1, 1, NULL);
    add(head, TIFFTAG_ROWSPERSTRIP, TIFF_LONG, 1, strips->nrows, NULL);
    add(head, TIFFTAG_STRIPBYTECOUNTS, offset_type, strips->nstrips, head->strip_bytes[0], NULL);
    if (resolved) {
        add(head, TIFFTAG_XRESOLUTION, TIFF_RATIONAL, 1, 0, head->resolutions[0]);
        add(head, TIFFTAG_YRESOLUTION, TIFF_RATIONAL, 1, 0, head->resolutions[1]);
        add(head, TIFFTAG_RESOLUTIONUNIT, TIFF_SHORT, 1, unit, NULL);
    }
    if (strip_encoder_predicts(strips->encoding, type))
        add(head, TIFFTAG_PREDICTOR, TIFF_SHORT, 1, PREDICTOR_HORIZONTAL, NULL);
    add(head, TIFFTAG_SAMPLEFORMAT, TIFF_SHORT, 1, sample_format(type), NULL);
}

static uint64_t data_bytes(const struct entry *entry)
{
    const uint64_t element_bytes = entry->type == TIFF_ASCII   ? 1
                                   : entry->type == TIFF_SHORT ? 2
                                   : entry->type == TIFF_LONG  ? 4
                                                               : 8;
    return element_bytes * entry->count;
}

/* In a BigTIFF a fraction lies in its entry. */
static bool is_inline(const struct head *head, const struct entry *entry)
{
    bool is_value = !entry->data && entry->count == 1;
    return is_value || (head->big && data_bytes(entry) <= 8);
}

/* Decides where everything goes. */
static void lay_out(struct head *head)
{
    uint64_t at = head->big ? 16 + 8 + 20 * head->nentries + 8 : 8 + 2 + 12 * head->nentries + 4;
    for (unsigned i = 0; i < head->nentries; i++) {
        struct entry *entry = &head->entries[i];
        if (is_inline(head, entry))
            continue;
        entry->at = at;
        at += data_bytes(entry) + data_bytes(entry) % 2; /* TIFF wants even offsets */
    }
    head->voxels_at = (at + VOXELS_ALIGNMENT - 1) / VOXELS_ALIGNMENT * VOXELS_ALIGNMENT;
    for (unsigned i = 0; i < head->nentries; i++)
        if (head->entries[i].tag == TIFFTAG_STRIPOFFSETS)
            head->entries[i].value = head->voxels_at;
}

/* Writes what an entry points to. */
static void put_data(const struct head *head, unsigned char *to, const struct entry *entry)
{
    uint64_t at = head->voxels_at;
    if (entry->data) {
        memcpy(to, entry->data, data_bytes(entry));
        return;
    }
    for (uint32_t i = 0; i < entry->count; i++) {
        to = put(to, entry->tag == TIFFTAG_STRIPOFFSETS ? at : head->strip_bytes[i], head->big ? 8 : 4);
        at += head->strip_bytes[i];
    }
}

static unsigned char *put_entry(const struct head *head, unsigned char *to, const struct entry *entry)
{
    const unsigned word = head->big ? 8 : 4;
    to = put(to, entry->tag, 2);
    to = put(to, entry->type, 2);
    to = put(to, entry->count, word);
    if (!is_inline(head, entry))
        return put(to, entry->at, word);
    if (entry->data)
        memcpy(to, entry->data, data_bytes(entry));
    else /* left-justified in its field */
        put(to, entry->value, entry->type == TIFF_SHORT ? 2 : entry->type == TIFF_LONG ? 4 : 8);
    return to + word;
}

/* Writes all of the head; `file` is zeroed and voxels_at large. */
static void put_head(const struct head *head, unsigned char *file)
{
    unsigned char *to = file;
    memcpy(to, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? "MM" : "II", 2);
    if (head->big) {
        to = put(put(put(to + 2, 43, 2), 8, 2), 0, 2); /* version, bytes of an offset, reserved */
        to = put(put(to, 16, 8), head->nentries, 8);   /* the directory follows at once */
    } else {
        to = put(put(put(to + 2, 42, 2), 8, 4), head->nentries, 2);
    }
    for (unsigned i = 0; i < head->nentries; i++)
        to = put_entry(head, to, &head->entries[i]);
    put(to, 0, head->big ? 8 : 4); /* no further directory */
    for (unsigned i = 0; i < head->nentries; i++)
        if (!is_inline(head, &head->entries[i]))
            put_data(head, file + head->entries[i].at, &head->entries[i]);
}

enum status tiff_strips_head(const struct tiff_strips *strips, struct spacing spacing,
                             const uint64_t *n_bytes, struct bytes *encoded, struct error *error)
{
    struct head head = {.strips = strips, .strip_bytes = n_bytes, .big = strips->big};
    add_entries(&head, spacing);
    lay_out(&head);
    if (bytes_reserve(encoded, head.voxels_at, error) != STATUS_OK)
        return error->status;
    memset(encoded->data, 0, head.voxels_at);
    put_head(&head, encoded->data);
    encoded->n_bytes = head.voxels_at;
    return STATUS_OK;
}

enum status tiff_encode_head_as(bool big, uint32_t nx, uint32_t ny, enum voxel_type type,
                                struct spacing spacing, struct bytes *encoded, struct error *error)
{
    struct tiff_strips strips = tiff_strips_of(nx, ny, type, ENCODING_NONE);
    strips.big = big;
    return tiff_strips_head(&strips, spacing, &strips.strip_bytes, encoded, error);
}

enum status tiff_encode_head(uint32_t nx, uint32_t ny, enum voxel_type type, struct spacing spacing,
                             struct bytes *head, struct error *error)
{
    const struct tiff_strips strips = tiff_strips_of(nx, ny, type, ENCODING_NONE);
    return tiff_strips_head(&strips, spacing, &strips.strip_bytes, head, error);
}

enum status tiff_encode(uint32_t nx, uint32_t ny, enum voxel_type type, struct spacing spacing,
                        const void *voxels, struct bytes *encoded, struct error *error)
{
    uint64_t slice_bytes = saturated_mul3(nx, ny, voxel_bytes(type));
    uint64_t file_bytes = saturated_add(slice_bytes, HEAD_BYTES_MAX);
    if (file_bytes > PTRDIFF_MAX)
        return error_no_memory(error, file_bytes, "a slice's file");
    if (bytes_reserve(encoded, file_bytes, error) != STATUS_OK ||
        tiff_encode_head(nx, ny, type, spacing, encoded, error) != STATUS_OK)
        return error->status;
    memcpy(encoded->data + encoded->n_bytes, voxels, slice_bytes);
    encoded->n_bytes += slice_bytes;
    return STATUS_OK;
}
