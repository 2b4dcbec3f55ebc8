/* SPDX-License-Identifier: MIT
 * TIFFs for tests that libtiff would not write, put together page by page: each is its directory, its text
 * and its voxels, one behind the other. */
#ifndef STACKTHUMB_TESTS_TIFF_FILE_H
#define STACKTHUMB_TESTS_TIFF_FILE_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tiff_file {
    struct bytes bytes; /* the caller ends it */
    bool big_endian;
    size_t link_at; /* of the last offset that leads to a directory */
};

struct tiff_file_entry {
    uint16_t tag, type; /* 3: SHORT, 4: LONG, 5: RATIONAL, whose value is an offset */
    uint32_t count, value;
};

/* Grey voxels in one strip. What is 0 or NULL is left out, but for the compression, which is none then. */
struct tiff_file_page {
    uint32_t nx, ny, bits;
    uint16_t compression, photometric;
    uint32_t subfile; /* 1: a reduced copy */
    const char *description;
    uint32_t voxels_at;                 /* 0: behind the directory */
    const struct tiff_file_entry *more; /* of tags above 279 */
    unsigned nmore;
};

void tiff_file_start(struct tiff_file *file, bool big_endian);
void tiff_file_put_page(struct tiff_file *file, const struct tiff_file_page *page);
void tiff_file_put_directory(struct tiff_file *file, const struct tiff_file_entry *entries, unsigned n);
/* n_bytes, each of this value. */
void tiff_file_put_bytes(struct tiff_file *file, unsigned char value, size_t n_bytes);
/* Makes the last directory lead to `offset`. */
void tiff_file_link(struct tiff_file *file, uint32_t offset);

#endif
