/* SPDX-License-Identifier: MIT
 * The few things about a TIFF's directories that libtiff does not tell, or only at a high price: how many
 * pages there are, without loading them, and resolutions as the exact fractions that the file holds. (TIFF
 * 6.0, section 2; BigTIFF: the same with 64-bit counts and offsets.) */
#ifndef STACKTHUMB_CODEC_TIFF_DIRECTORY_H
#define STACKTHUMB_CODEC_TIFF_DIRECTORY_H

#include "base/error.h"
#include "codec/tiff_source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the first bytes of a file say. */
struct tiff_form {
    bool big_endian;
    bool big; /* BigTIFF */
    uint64_t first_directory;
};

/* The number of n_bytes, at most 8, in the file's byte order. */
uint64_t tiff_form_get(const struct tiff_form *form, const unsigned char *bytes, unsigned n_bytes);

/* Cameras and OME writers stay below 150; libtiff itself takes 4,096, at a cost that grows with their square.
 */
enum { TIFF_ENTRIES_MAX = 1024, TIFF_ENTRY_BYTES_MAX = 20 };

/* A directory as it lies in the file. */
struct tiff_entries {
    unsigned n, entry_bytes; /* 12, or 20 in a BigTIFF: tag, type, count, and the value or where it is */
    unsigned char bytes[TIFF_ENTRIES_MAX * TIFF_ENTRY_BYTES_MAX];
    uint64_t next; /* where the next directory begins; 0 in the last one */
};

/* An unsigned fraction; 0/0 where the file has none. */
struct tiff_rational {
    uint32_t numerator, denominator;
};

enum { TIFF_COMPRESSION_ODD = UINT16_MAX }; /* where it is not a SHORT, as it should be */

struct tiff_directory {
    bool reduced; /* a reduced copy of another page */
    bool mask;    /* a transparency mask of another page */
    uint16_t compression;
    struct tiff_rational x_resolution, y_resolution;
    uint64_t next; /* where the next directory begins; 0 in the last one */
};

/* From a file's first n_bytes, of which 16 suffice. False when it is not a TIFF. */
bool tiff_form_parse(struct tiff_form *form, const unsigned char *start, size_t n_bytes);

/* STATUS_INPUT when the file is not a TIFF, or one without a directory. */
enum status tiff_form_read(struct tiff_source *source, struct tiff_form *form, struct error *error);

/* Reads the entries of the directory at `offset`. STATUS_INPUT when it does not lie in the file or has
 * absurdly many. */
enum status tiff_entries_read(struct tiff_source *source, const struct tiff_form *form, uint64_t offset,
                              struct tiff_entries *entries, struct error *error);

/* The same, and what they say. */
enum status tiff_directory_read(struct tiff_source *source, const struct tiff_form *form, uint64_t offset,
                                struct tiff_directory *directory, struct error *error);

/* STATUS_INPUT unless everything behind the first directory is a reduced copy of it. */
enum status tiff_directory_check_one_page(struct tiff_source *source, const struct tiff_form *form,
                                          const struct tiff_directory *first, struct error *error);

#endif
