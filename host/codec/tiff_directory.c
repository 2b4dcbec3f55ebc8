/* SPDX-License-Identifier: MIT */
#include "codec/tiff_directory.h"

#include "base/printable.h"

#include <inttypes.h>
#include <string.h>
#include <tiff.h>

/* Reduced copies behind the page: more than 32 halvings of 2^32 voxels make no sense. */
enum { REDUCED_MAX = 32 };

uint64_t tiff_form_get(const struct tiff_form *form, const unsigned char *bytes, unsigned n_bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < n_bytes; i++)
        value = value << 8 | bytes[form->big_endian ? i : n_bytes - 1 - i];
    return value;
}

static enum status damaged(struct tiff_source *source, const char *what, struct error *error)
{
    char path[PRINTABLE_BYTES];
    if (source->error.status != STATUS_OK)
        return error_set(error, source->error.status, "%s", source->error.message);
    return error_set(error, STATUS_INPUT, "%s: %s; copy or export it again",
                     printable(path, sizeof path, source->path), what);
}

static enum status no_tiff(struct tiff_source *source, struct error *error)
{
    char path[PRINTABLE_BYTES];
    if (source->error.status != STATUS_OK)
        return error_set(error, source->error.status, "%s", source->error.message);
    return error_set(error, STATUS_INPUT,
                     "%s: is not a TIFF file, whatever its name says; move it elsewhere or replace it",
                     printable(path, sizeof path, source->path));
}

bool tiff_form_parse(struct tiff_form *form, const unsigned char *start, size_t n_bytes)
{
    if (n_bytes < 8 || (memcmp(start, "II", 2) != 0 && memcmp(start, "MM", 2) != 0))
        return false;
    form->big_endian = start[0] == 'M';
    uint64_t version = tiff_form_get(form, start + 2, 2);
    form->big = version == 43;
    if (form->big &&
        (n_bytes < 16 || tiff_form_get(form, start + 4, 2) != 8 || tiff_form_get(form, start + 6, 2) != 0))
        return false;
    form->first_directory = form->big ? tiff_form_get(form, start + 8, 8) : tiff_form_get(form, start + 4, 4);
    return form->big || version == 42;
}

enum status tiff_form_read(struct tiff_source *source, struct tiff_form *form, struct error *error)
{
    unsigned char start[TIFF_START_BYTES];
    char path[PRINTABLE_BYTES];
    if (source->n_bytes == 0)
        return error_set(error, STATUS_INPUT, "%s: is empty; copy or export it again",
                         printable(path, sizeof path, source->path));
    size_t n_bytes = tiff_source_read(source, start, sizeof start, 0);
    if (!tiff_form_parse(form, start, n_bytes))
        return no_tiff(source, error);
    if (form->first_directory == 0 || form->first_directory >= source->n_bytes)
        return damaged(source,
                       "has a TIFF header, but no directory behind it: it is truncated or was not"
                       " written completely",
                       error);
    return STATUS_OK;
}

/* The fraction of an entry of type RATIONAL: in a BigTIFF it lies in the entry, else where the entry points
 * to. */
static void get_rational(struct tiff_source *source, const struct tiff_form *form, const unsigned char *value,
                         struct tiff_rational *rational)
{
    unsigned char bytes[8];
    if (form->big)
        memcpy(bytes, value, sizeof bytes);
    else if (tiff_source_read(source, bytes, sizeof bytes, tiff_form_get(form, value, 4)) < sizeof bytes)
        return; /* libtiff warns of such a tag and leaves it out */
    rational->numerator = (uint32_t)tiff_form_get(form, bytes, 4);
    rational->denominator = (uint32_t)tiff_form_get(form, bytes + 4, 4);
}

static void take_entry(struct tiff_source *source, const struct tiff_form *form, const unsigned char *entry,
                       struct tiff_directory *directory)
{
    uint64_t tag = tiff_form_get(form, entry, 2), type = tiff_form_get(form, entry + 2, 2);
    uint64_t count = tiff_form_get(form, entry + 4, form->big ? 8 : 4);
    const unsigned char *value = entry + (form->big ? 12 : 8);
    if (tag == TIFFTAG_COMPRESSION && directory->compression == 0) /* the first one counts */
        directory->compression =
            count == 1 && type == TIFF_SHORT ? (uint16_t)tiff_form_get(form, value, 2) : TIFF_COMPRESSION_ODD;
    if (count != 1)
        return;
    if (tag == TIFFTAG_SUBFILETYPE && type == TIFF_LONG) {
        directory->reduced |= (tiff_form_get(form, value, 4) & FILETYPE_REDUCEDIMAGE) != 0;
        directory->mask |= (tiff_form_get(form, value, 4) & FILETYPE_MASK) != 0;
    } else if (tag == TIFFTAG_OSUBFILETYPE && type == TIFF_SHORT)
        directory->reduced |= tiff_form_get(form, value, 2) == OFILETYPE_REDUCEDIMAGE;
    else if (tag == TIFFTAG_XRESOLUTION && type == TIFF_RATIONAL)
        get_rational(source, form, value, &directory->x_resolution);
    else if (tag == TIFFTAG_YRESOLUTION && type == TIFF_RATIONAL)
        get_rational(source, form, value, &directory->y_resolution);
}

enum status tiff_entries_read(struct tiff_source *source, const struct tiff_form *form, uint64_t offset,
                              struct tiff_entries *entries, struct error *error)
{
    unsigned char bytes[8];
    const unsigned count_bytes = form->big ? 8 : 2, next_bytes = form->big ? 8 : 4;
    entries->entry_bytes = form->big ? 20 : 12;
    entries->next = 0;
    if (tiff_source_read(source, bytes, count_bytes, offset) < count_bytes)
        return damaged(source, "ends before its TIFF directory: it is truncated", error);
    uint64_t n = tiff_form_get(form, bytes, count_bytes);
    if (n == 0 || n > TIFF_ENTRIES_MAX)
        return damaged(source, "is a damaged TIFF: its directory has an absurd number of entries", error);
    entries->n = (unsigned)n;
    const size_t n_bytes = entries->n * entries->entry_bytes;
    offset += count_bytes;
    if (tiff_source_read(source, entries->bytes, n_bytes, offset) < n_bytes)
        return damaged(source, "ends within its TIFF directory: it is truncated", error);
    if (tiff_source_read(source, bytes, next_bytes, offset + n_bytes) == next_bytes)
        entries->next = tiff_form_get(form, bytes, next_bytes);
    return source->error.status == STATUS_OK ? STATUS_OK : damaged(source, "", error);
}

enum status tiff_directory_read(struct tiff_source *source, const struct tiff_form *form, uint64_t offset,
                                struct tiff_directory *directory, struct error *error)
{
    struct tiff_entries entries;
    *directory = (struct tiff_directory){0};
    if (tiff_entries_read(source, form, offset, &entries, error) != STATUS_OK)
        return error->status;
    directory->next = entries.next;
    for (unsigned i = 0; i < entries.n; i++)
        take_entry(source, form, entries.bytes + i * entries.entry_bytes, directory);
    if (directory->compression == 0)
        directory->compression = COMPRESSION_NONE;
    return source->error.status == STATUS_OK ? STATUS_OK : damaged(source, "", error);
}

enum status tiff_directory_check_one_page(struct tiff_source *source, const struct tiff_form *form,
                                          const struct tiff_directory *first, struct error *error)
{
    struct tiff_directory directory = *first;
    char path[PRINTABLE_BYTES];
    for (unsigned n = 0; directory.next != 0; n++) {
        uint64_t offset = directory.next;
        if (n == REDUCED_MAX || offset == form->first_directory || offset >= source->n_bytes)
            return damaged(source, "is a damaged TIFF: the chain of its pages leads back or nowhere", error);
        if (tiff_directory_read(source, form, offset, &directory, error) != STATUS_OK)
            return error->status;
        if (!directory.reduced)
            return error_set(
                error, STATUS_INPUT,
                "%s: holds several pages, and a slice must be a file of its own; name this file itself as "
                "INPUT, or split it",
                printable(path, sizeof path, source->path));
    }
    return STATUS_OK;
}
