/* SPDX-License-Identifier: MIT
 * The header of a slice from the directory that a libtiff handle is at. */
#ifndef STACKTHUMB_CODEC_TIFF_HEADER_H
#define STACKTHUMB_CODEC_TIFF_HEADER_H

#include "codec/codec.h"
#include "codec/tiff_directory.h"
#include "codec/tiff_handle.h"

/* Fills `header`. The source is a file, and its `used` parts are what the handle read of it for its directory
 * (and before that, as far as decoding needs it too); `directory` is what tiff_directory_read says of it.
 * header->page_at becomes options->page_at. */
enum status tiff_header_fill(const struct tiff_handle *handle, const struct tiff_directory *directory,
                             const struct codec_options *options, struct slice_header *header,
                             struct error *error);

#endif
