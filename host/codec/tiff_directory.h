/* SPDX-License-Identifier: MIT
 * The few things about a TIFF's directories that libtiff does not tell, or only at a high price: how many
 * pages there are, without loading them, and resolutions as the exact fractions that the file holds. (TIFF
 * 6.0, section 2; BigTIFF: the same with 64-bit counts and offsets.) */
#ifndef STACKTHUMB_CODEC_TIFF_DIRECTORY_H
#define STACKTHUMB_CODEC_TIFF_DIRECTORY_H

#include "base/error.h"
#include "codec/tiff_source.h"

#include <stdbool.h>
#include <stdint.h>

/* What the first bytes of a file say. */
struct tiff_form {
    bool big_endian;
    bool big; /* BigTIFF */
    uint64_t first_directory;
};

/* An unsigned fraction; 0/0 where the file has none. */
struct tiff_rational {
    uint32_t numerator, denominator;
};

struct tiff_directory {
    bool reduced; /* a reduced copy of another page */
    bool mask;    /* a transparency mask of another page */
    struct tiff_rational x_resolution, y_resolution;
    uint64_t next; /* where the next directory begins; 0 in the last one */
};

/* STATUS_INPUT when the file is not a TIFF. */
enum status tiff_form_read(struct tiff_source *source, struct tiff_form *form, struct error *error);

/* Reads the directory at `offset`. STATUS_INPUT when it does not lie in the file or has absurdly many
 * entries. */
enum status tiff_directory_read(struct tiff_source *source, const struct tiff_form *form, uint64_t offset,
                                struct tiff_directory *directory, struct error *error);

/* STATUS_INPUT unless everything behind the first directory is a reduced copy of it. */
enum status tiff_directory_check_one_page(struct tiff_source *source, const struct tiff_form *form,
                                          const struct tiff_directory *first, struct error *error);

#endif
