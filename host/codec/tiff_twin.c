/* SPDX-License-Identifier: MIT */
#include "codec/tiff_twin.h"

#include "codec/raw.h"

#include <string.h>
#include <tiff.h>

void tiff_twin_keep(struct tiff_twin *twin, const struct tiff_trimmed *trimmed,
                    const struct tiff_directory *directory, const struct slice_header *header)
{
    twin->known = (header->plain || header->swapped) && trimmed->n_bytes > 0;
    if (!twin->known)
        return;
    twin->trimmed = *trimmed;
    twin->directory = *directory;
    twin->header = *header;
}

/* Of a value of the type (TIFF 6.0, section 2; BigTIFF), or 255 where there is no such type. */
static unsigned type_bytes(uint64_t type)
{
    static const unsigned char n_bytes[] = {255, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 255, 255, 8, 8, 8};
    return type < sizeof n_bytes ? n_bytes[type] : 255;
}

static bool is_same(struct tiff_rational a, struct tiff_rational b)
{
    return a.numerator == b.numerator && a.denominator == b.denominator && a.numerator != 0;
}

/* An entry of the page: where its strip is, or of which length, goes to *at and *n_bytes. False where it
 * differs in anything else from the other page's, or has its value elsewhere. */
static bool take_entry(const struct tiff_twin *twin, const struct tiff_form *form, const unsigned char *entry,
                       const unsigned char *other, const struct tiff_directory *directory,
                       struct file_part *strip)
{
    const unsigned count_bytes = form->big ? 8 : 4, value_at = 4 + count_bytes, value_bytes = count_bytes;
    uint64_t tag = tiff_form_get(form, entry, 2), type = tiff_form_get(form, entry + 2, 2);
    uint64_t count = tiff_form_get(form, entry + 4, count_bytes);
    const unsigned n_bytes = type_bytes(type);
    if (memcmp(entry, other, value_at) != 0)
        return false;
    if (tag == TIFFTAG_XRESOLUTION && type == TIFF_RATIONAL && count == 1)
        return is_same(directory->x_resolution, twin->directory.x_resolution);
    if (tag == TIFFTAG_YRESOLUTION && type == TIFF_RATIONAL && count == 1)
        return is_same(directory->y_resolution, twin->directory.y_resolution);
    if (count > value_bytes / n_bytes)
        return false;
    if (tag != TIFFTAG_STRIPOFFSETS && tag != TIFFTAG_STRIPBYTECOUNTS)
        return memcmp(entry + value_at, other + value_at, value_bytes) == 0;
    *(tag == TIFFTAG_STRIPOFFSETS ? &strip->offset : &strip->n_bytes) =
        tiff_form_get(form, entry + value_at, n_bytes);
    bool is_number = type == TIFF_SHORT || type == TIFF_LONG || type == TIFF_LONG8;
    return is_number && count == 1 &&
           (tag == TIFFTAG_STRIPOFFSETS || memcmp(entry + value_at, other + value_at, value_bytes) == 0);
}

/* As tiff_header_fill does. */
static void set_parts(struct slice_header *header, const struct tiff_source *source,
                      const struct tiff_form *form, const struct file_part *strip)
{
    header->voxels_offset = strip->offset;
    if (header->swapped) {
        raw_header_set(header, header->nx, header->ny, header->type, form->big_endian, strip->offset);
        return;
    }
    struct part_list parts = source->used;
    part_list_add(&parts, 0, TIFF_START_BYTES);
    part_list_add(&parts, strip->offset, strip->n_bytes);
    part_list_store(&parts, header);
}

bool tiff_twin_fill(const struct tiff_twin *twin, const struct tiff_source *source,
                    const struct tiff_form *form, const struct tiff_trimmed *trimmed,
                    const struct tiff_directory *directory, struct slice_header *header)
{
    const unsigned count_bytes = form->big ? 8 : 2, entry_bytes = form->big ? 20 : 12,
                   next_bytes = form->big ? 8 : 4;
    struct file_part strip = {0};
    if (!twin->known || trimmed->n_bytes != twin->trimmed.n_bytes)
        return false;
    for (size_t i = count_bytes; i + next_bytes < trimmed->n_bytes; i += entry_bytes)
        if (!take_entry(twin, form, trimmed->bytes + i, twin->trimmed.bytes + i, directory, &strip))
            return false;
    const uint64_t slice_bytes = (uint64_t)twin->header.nx * twin->header.ny * voxel_bytes(twin->header.type);
    if (strip.offset == 0 || strip.n_bytes < slice_bytes || strip.offset > source->n_bytes ||
        strip.n_bytes > source->n_bytes - strip.offset) /* libtiff puts a count that is too small right */
        return false;
    *header = twin->header;
    header->page_at = trimmed->at;
    set_parts(header, source, form, &strip);
    return true;
}
