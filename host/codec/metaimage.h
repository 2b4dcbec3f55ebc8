/* SPDX-License-Identifier: MIT
 * MetaImage headers, .mhd and .mha: lines "Key = value" that end with ElementDataFile, as the MetaIO library
 * of ITK and VTK writes and reads them (https://itk.org/Wiki/ITK/MetaIO/Documentation; where that page leaves
 * a question, as the library's metaImage.cxx does it). */
#ifndef STACKTHUMB_CODEC_METAIMAGE_H
#define STACKTHUMB_CODEC_METAIMAGE_H

#include "codec/volume_header.h"

/* Fills `header` from the n_bytes at `text`: the file, or the first VOLUME_HEADER_BYTES_MAX of it. The header
 * points into the text. STATUS_INPUT, with a message that names `path`, when it is no such header, is
 * damaged, or describes what is no volume of grey voxels or cannot be read.
 *
 * The spacing is ElementSpacing, or ElementSize without it. The documentation gives neither a unit ("the
 * distance between voxel centers"); many programs mean mm, some not. It has one only where the file says
 * DistanceUnits, which the library writes as um, mm or cm. */
enum status metaimage_parse(struct volume_header *header, const char *text, size_t n_bytes, const char *path,
                            struct error *error);

#endif
