/* SPDX-License-Identifier: MIT
 * What a JPEG 2000 codestream says before its voxels, and how it is cut (ISO/IEC 15444-1, annex A): read here
 * before OpenJPEG sees it, so that its memory can be told and bounded, and a file that is cut is known. */
#ifndef STACKTHUMB_CODEC_JP2_CODESTREAM_H
#define STACKTHUMB_CODEC_JP2_CODESTREAM_H

#include "base/error.h"
#include "codec/byte_source.h"

#include <stdbool.h>
#include <stdint.h>

enum { JP2_COMPONENTS_MAX = 4 };

struct jp2_codestream {
    uint32_t nx, ny;
    uint32_t tile_nx, tile_ny, ntiles;
    unsigned ncomponents;
    unsigned bits; /* of the first component, and of all that are looked at */
    bool is_signed;
    bool same; /* all components are of as many bits, and all or none signed */
    bool subsampled;
    uint64_t tiles_at;     /* offset of the first tile-part from the start of the codestream */
    uint64_t layout_bytes; /* what OpenJPEG makes to describe the code-blocks of a tile, about, for the finest
                              coding of a component */
};

/* Reads the main header of the codestream at `stream_at`. STATUS_INPUT when it is damaged, has more than
 * JP2_COMPONENTS_MAX components, or is cut so finely that its description would outgrow its voxels. */
enum status jp2_codestream_read(const struct byte_source *source, uint64_t stream_at, uint64_t stream_bytes,
                                struct jp2_codestream *stream, struct error *error);

/* Goes through the tile-parts of a codestream in memory, of as many bytes as jp2_codestream_read was told
 * that it has: STATUS_INPUT when a tile or a part of one is missing, when the end marker is, or when a tile
 * is cut too finely. */
enum status jp2_codestream_check_tiles(const struct jp2_codestream *stream, const unsigned char *data,
                                       size_t n_bytes, const char *path, struct error *error);

/* Bytes that OpenJPEG holds while it decodes n_bytes of it, about. */
uint64_t jp2_codestream_decode_bytes(const struct jp2_codestream *stream, uint64_t n_bytes);

#endif
