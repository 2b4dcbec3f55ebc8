/* SPDX-License-Identifier: MIT */
#include "codec/tiff_strips.h"

#include "base/checked.h"
#include "codec/strip_encoder.h"

/* Voxels of a strip: few enough to stay in a core's cache with what they become, and for all cores to find
 * work in a slice or two; enough that starting anew with each costs nothing. */
enum { STRIP_BYTES = 128 << 10 };

/* A classic TIFF counts its bytes in 32 bits. What is added here is more than any head, than what the
 * libraries add to voxels that cannot be compressed, and than an entry of each strip in the directory; and it
 * does not depend on their versions. */
static bool needs_big(const struct tiff_strips *strips)
{
    enum { HEAD_BYTES = 4096, ADDED_TO_STRIP = 512, PART_ADDED = 64 };
    uint64_t n_bytes = saturated_mul3(strips->row_bytes, strips->ny, 1);
    if (strips->encoding != ENCODING_NONE)
        n_bytes = saturated_add(saturated_add(n_bytes, n_bytes / PART_ADDED),
                                saturated_mul3(strips->nstrips, ADDED_TO_STRIP, 1));
    return n_bytes > UINT32_MAX - HEAD_BYTES;
}

struct tiff_strips tiff_strips_of(uint32_t nx, uint32_t ny, enum voxel_type type, enum encoding encoding)
{
    struct tiff_strips strips = {
        .encoding = encoding, .type = type, .nx = nx, .ny = ny, .nrows = ny, .nstrips = 1};
    strips.row_bytes = saturated_mul3(nx, voxel_bytes(type), 1);
    if (encoding != ENCODING_NONE) {
        uint64_t nrows = STRIP_BYTES / strips.row_bytes;
        strips.nrows = nrows < 1 ? 1 : nrows > ny ? ny : (uint32_t)nrows;
        strips.nstrips = ny / strips.nrows + (ny % strips.nrows != 0);
    }
    strips.strip_bytes = saturated_mul3(strips.row_bytes, strips.nrows, 1);
    strips.encoded_bytes = strip_encoded_bytes(encoding, strips.strip_bytes);
    strips.big = needs_big(&strips);
    return strips;
}
