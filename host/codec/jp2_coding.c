/* SPDX-License-Identifier: MIT */
#include "codec/jp2_coding.h"

#include "base/checked.h"

/* OpenJPEG 2.5 makes of each code-block its description, a first list of 10 segments and its leaves of two
 * tag trees, and of each precinct of a band its description and the trees. */
enum { BLOCK_BYTES = 768, PRECINCT_BYTES = 256 };

struct jp2_coding {
    unsigned nlevels;            /* of the wavelet transform: 0 .. 32 */
    unsigned block_nx, block_ny; /* of a code-block, as powers of 2 */
    uint8_t precincts[33]; /* of each resolution, the lowest first: powers of 2, of y in the high nibble */
};

/* Scod or Scoc told whether precincts are listed; the segment goes on with levels, block width and height
 * (less 2), block style, transform, precincts. */
static bool parse_coding(const unsigned char *data, size_t n_bytes, bool precincts, struct jp2_coding *coding)
{
    if (n_bytes < 5 || data[0] > 32)
        return false;
    *coding = (struct jp2_coding){
        .nlevels = data[0], .block_nx = (data[1] & 15u) + 2, .block_ny = (data[2] & 15u) + 2};
    if (coding->block_nx > 10 || coding->block_ny > 10 || coding->block_nx + coding->block_ny > 12)
        return false;
    if (precincts && n_bytes < 5 + coding->nlevels + 1)
        return false;
    for (unsigned r = 0; r <= coding->nlevels; r++)
        coding->precincts[r] = precincts ? data[5 + r] : 0xff;
    return true;
}

/* Pieces of 2^log that n voxels may touch. */
static uint64_t pieces(uint64_t n, unsigned log)
{
    return (n >> log) + 2;
}

static uint64_t shrink(uint32_t n, unsigned log)
{
    return ((uint64_t)n >> log) + 1;
}

/* Of one component of a tile: in each resolution 1 or 3 bands, each cut into precincts and these into blocks.
 * A band has half the voxels of its resolution along each axis, and precincts of half the extent. */
static uint64_t layout_bytes(const struct jp2_codestream *stream, const struct jp2_coding *coding)
{
    uint64_t n_bytes = 0;
    for (unsigned r = 0; r <= coding->nlevels; r++) {
        unsigned half = r > 0, precinct_nx = coding->precincts[r] & 15u,
                 precinct_ny = coding->precincts[r] >> 4;
        precinct_nx -= precinct_nx >= half ? half : 0;
        precinct_ny -= precinct_ny >= half ? half : 0;
        unsigned block_nx = coding->block_nx < precinct_nx ? coding->block_nx : precinct_nx;
        unsigned block_ny = coding->block_ny < precinct_ny ? coding->block_ny : precinct_ny;
        uint64_t nx = shrink(stream->tile_nx, coding->nlevels - r + half);
        uint64_t ny = shrink(stream->tile_ny, coding->nlevels - r + half);
        uint64_t nbands = half ? 3 : 1;
        uint64_t precincts = saturated_mul3(pieces(nx, precinct_nx), pieces(ny, precinct_ny), nbands);
        uint64_t blocks = saturated_mul3(pieces(nx, block_nx), pieces(ny, block_ny), nbands);
        n_bytes = saturated_add(n_bytes, saturated_mul3(precincts, PRECINCT_BYTES, 1));
        n_bytes = saturated_add(n_bytes, saturated_mul3(blocks, BLOCK_BYTES, 1));
    }
    return n_bytes;
}

bool jp2_coding_take(struct jp2_codestream *stream, unsigned marker, const unsigned char *data,
                     size_t n_bytes)
{
    struct jp2_coding coding;
    size_t at;
    bool precincts;
    if (marker == JP2_COD) { /* Scod, order, 2 bytes of layers, component transform */
        at = 5;
        precincts = n_bytes > 0 && (data[0] & 1);
    } else if (marker == JP2_COC) { /* component, Scoc */
        at = 2;
        precincts = n_bytes > 1 && (data[1] & 1);
    } else {
        return true;
    }
    if (n_bytes < at || !parse_coding(data + at, n_bytes - at, precincts, &coding))
        return false;
    uint64_t here = layout_bytes(stream, &coding);
    if (here > stream->layout_bytes)
        stream->layout_bytes = here;
    return true;
}

bool jp2_coding_is_sane(const struct jp2_codestream *stream)
{
    uint64_t voxels_bytes = saturated_mul3(stream->nx, stream->ny, sizeof(int32_t));
    return stream->layout_bytes <= saturated_add(voxels_bytes, UINT64_C(64) << 20);
}
