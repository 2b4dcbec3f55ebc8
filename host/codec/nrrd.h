/* SPDX-License-Identifier: MIT
 * NRRD headers ("nearly raw raster data", http://teem.sourceforge.net/nrrd/format.html, versions 1 to 5;
 * where that page leaves a question, as Teem's own reader does, which ITK has too). A header is lines of
 * text, "field: value", "key:=value" or "# comment", with an empty line behind them where voxels follow. */
#ifndef STACKTHUMB_CODEC_NRRD_H
#define STACKTHUMB_CODEC_NRRD_H

#include "codec/volume_header.h"

/* Fills `header` from the n_bytes at `text`: the file, or the first VOLUME_HEADER_BYTES_MAX of it. The header
 * points into the text. STATUS_INPUT, with a message that names `path`, when it is no NRRD header, is
 * damaged, or describes what is no volume of grey voxels or cannot be read.
 *
 * Axes of one voxel beyond the third are left out. The spacing is that of 'spacings', or the lengths of the
 * vectors of 'space directions'; its unit that of 'units' or 'space units', and none where these are absent
 * or name no unit of length. Units that differ from axis to axis are an error. */
enum status nrrd_parse(struct volume_header *header, const char *text, size_t n_bytes, const char *path,
                       struct error *error);

#endif
