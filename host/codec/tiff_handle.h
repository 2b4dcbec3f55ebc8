/* SPDX-License-Identifier: MIT
 * A libtiff handle for reading from a struct tiff_source. What libtiff has to say goes into the handle, never
 * to stderr; no global handler of libtiff is touched. */
#ifndef STACKTHUMB_CODEC_TIFF_HANDLE_H
#define STACKTHUMB_CODEC_TIFF_HANDLE_H

#include "base/error.h"
#include "codec/tiff_source.h"
#include "codec/tiff_trim.h"

#include <stdint.h>
#include <tiffio.h>

struct tiff_handle {
    TIFF *tif;
    struct tiff_source *source;            /* borrowed */
    unsigned char start[TIFF_START_BYTES]; /* the file's header as libtiff is to see it */
    size_t start_bytes;                    /* 0: as they are */
    struct tiff_trimmed directory;         /* of a page, as libtiff is to see it */
    unsigned nerrors, nwarnings;
    char complaint[256]; /* the last error, or else the first warning, of libtiff; may span lines */
};

/* Opens the directory at `page_at`, or with 0 the file's first one. libtiff will make no single allocation
 * above max_alloc_bytes. The handle must not be moved until tiff_handle_close. */
enum status tiff_handle_open(struct tiff_handle *handle, struct tiff_source *source, uint64_t page_at,
                             uint64_t max_alloc_bytes, struct error *error);
void tiff_handle_close(struct tiff_handle *handle);

/* Forgets what libtiff complained of so far. */
void tiff_handle_calm(struct tiff_handle *handle);

/* Sets `error`: "<path>: <what> (libtiff: <its complaint>); <remedy>", or the source's own error where a read
 * failed. Returns the status. */
enum status tiff_handle_error(const struct tiff_handle *handle, const char *what, const char *remedy,
                              struct error *error);

#endif
