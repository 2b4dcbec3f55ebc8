/* SPDX-License-Identifier: MIT */
#include "codec/jp2_codestream.h"

#include "base/checked.h"
#include "codec/jp2_coding.h"
#include "codec/slice_limits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SOC_BYTES = 2, SIZ_BYTES = 38, MARKERS_MAX = 10000, TILES_MAX = 65535 };
enum { MARKER_SOT = 0xff90, MARKER_SOD = 0xff93, MARKER_EOC = 0xffd9, SOT_BYTES = 12 };
/* Of a tile in OpenJPEG: its coding parameters, and those of its components. */
enum { TILE_BYTES = 6144, TILE_COMPONENT_BYTES = 1152 };

static enum status damaged(const char *path, const char *what, struct error *error)
{
    return slice_refuse(path, error, remedy_copy, "is a damaged JPEG 2000 file: %s", what);
}

static enum status cut(const char *path, struct error *error)
{
    return slice_refuse(path, error, remedy_copy, "is truncated: it ends within its JPEG 2000 codestream");
}

static enum status check_fineness(const struct jp2_codestream *stream, const char *path, struct error *error)
{
    if (jp2_coding_is_sane(stream))
        return STATUS_OK;
    return slice_refuse(path, error, "save it with larger ones",
                        "is cut into code-blocks or precincts of a few voxels, too many to be read");
}

/* XRsiz and YRsiz, and Ssiz: bits less 1, and whether it is signed in the highest bit. */
static enum status read_components(const struct byte_source *source, uint64_t at,
                                   struct jp2_codestream *stream, struct error *error)
{
    unsigned char data[3 * JP2_COMPONENTS_MAX];
    size_t n_read;
    if (byte_source_read(source, data, 3 * stream->ncomponents, at, &n_read, error) != STATUS_OK)
        return error->status;
    if (n_read < 3 * stream->ncomponents)
        return cut(source->path, error);
    stream->bits = (data[0] & 127u) + 1;
    stream->is_signed = data[0] >> 7;
    stream->same = true;
    for (unsigned i = 0; i < stream->ncomponents; i++) {
        stream->same = stream->same && data[3 * i] == data[0];
        stream->subsampled = stream->subsampled || data[3 * i + 1] != 1 || data[3 * i + 2] != 1;
    }
    return STATUS_OK;
}

/* Lsiz, Rsiz, extent of the reference grid, offset of the image in it, extent of a tile, offset of the first.
 */
static enum status read_size(const struct byte_source *source, uint64_t at, struct jp2_codestream *stream,
                             struct error *error)
{
    unsigned char data[SIZ_BYTES];
    size_t n_read;
    if (byte_source_read(source, data, sizeof data, at, &n_read, error) != STATUS_OK)
        return error->status;
    if (n_read < sizeof data)
        return cut(source->path, error);
    uint32_t grid[8];
    for (unsigned i = 0; i < 8; i++)
        grid[i] = get_u32be(data + 4 + 4 * i);
    const uint32_t x1 = grid[0], y1 = grid[1], x0 = grid[2], y0 = grid[3], tile_x0 = grid[6],
                   tile_y0 = grid[7];
    stream->tile_nx = grid[4];
    stream->tile_ny = grid[5];
    stream->ncomponents = get_u16be(data + 36);
    if (x0 >= x1 || y0 >= y1 || stream->tile_nx == 0 || stream->tile_ny == 0 || tile_x0 > x0 ||
        tile_y0 > y0 || (uint64_t)tile_x0 + stream->tile_nx <= x0 ||
        (uint64_t)tile_y0 + stream->tile_ny <= y0 || get_u16be(data) != SIZ_BYTES + 3 * stream->ncomponents)
        return damaged(source->path, "its extent makes no sense", error);
    if (stream->ncomponents == 0 || stream->ncomponents > JP2_COMPONENTS_MAX)
        return slice_refuse(source->path, error, remedy_convert, "has %u components, which is not supported",
                            stream->ncomponents);
    uint64_t across = ((uint64_t)x1 - tile_x0 + stream->tile_nx - 1) / stream->tile_nx;
    uint64_t down = ((uint64_t)y1 - tile_y0 + stream->tile_ny - 1) / stream->tile_ny;
    if (across * down > TILES_MAX)
        return damaged(source->path, "it has too many tiles", error);
    stream->nx = x1 - x0;
    stream->ny = y1 - y0;
    stream->ntiles = (uint32_t)(across * down);
    if (stream->tile_nx > stream->nx) /* for what it takes it does not matter how far a tile sticks out */
        stream->tile_nx = stream->nx;
    if (stream->tile_ny > stream->ny)
        stream->tile_ny = stream->ny;
    return read_components(source, at + SIZ_BYTES, stream, error);
}

/* Every marker segment behind SIZ, up to the first tile-part. */
static enum status read_markers(const struct byte_source *source, uint64_t stream_at, uint64_t stream_bytes,
                                struct jp2_codestream *stream, struct error *error)
{
    uint64_t at = SOC_BYTES + 2 + SIZ_BYTES + 3 * stream->ncomponents;
    for (unsigned i = 0; i < MARKERS_MAX; i++) {
        unsigned char data[64];
        size_t n_read;
        if (byte_source_read(source, data, sizeof data, stream_at + at, &n_read, error) != STATUS_OK)
            return error->status;
        if (n_read < 4 || at > stream_bytes)
            return cut(source->path, error);
        unsigned marker = get_u16be(data), length = get_u16be(data + 2);
        if (marker == MARKER_SOT) {
            stream->tiles_at = at;
            return stream->layout_bytes > 0 ? check_fineness(stream, source->path, error)
                                            : damaged(source->path, "it does not say how it is coded", error);
        }
        if (marker < 0xff00 || length < 2)
            return damaged(source->path, "a marker of its header is", error);
        size_t n = length - 2u < n_read - 4 ? length - 2u : n_read - 4;
        if (!jp2_coding_take(stream, marker, data + 4, n))
            return damaged(source->path, "how it is coded makes no sense", error);
        at += 2 + (uint64_t)length;
    }
    return damaged(source->path, "its header does not end", error);
}

enum status jp2_codestream_read(const struct byte_source *source, uint64_t stream_at, uint64_t stream_bytes,
                                struct jp2_codestream *stream, struct error *error)
{
    unsigned char data[SOC_BYTES + 2];
    size_t n_read;
    *stream = (struct jp2_codestream){0};
    if (byte_source_read(source, data, sizeof data, stream_at, &n_read, error) != STATUS_OK)
        return error->status;
    if (n_read < sizeof data || memcmp(data, "\xff\x4f\xff\x51", sizeof data) != 0)
        return damaged(source->path, "its codestream does not begin as one", error);
    if (read_size(source, stream_at + sizeof data, stream, error) != STATUS_OK ||
        read_markers(source, stream_at, stream_bytes, stream, error) != STATUS_OK)
        return error->status;
    if (stream_bytes - stream->tiles_at < (uint64_t)stream->ntiles * (SOT_BYTES + 2))
        return cut(source->path, error);
    return STATUS_OK;
}

/* The header of a tile-part, data[0 .. n_bytes-1] from behind SOT, must end in SOD. */
static enum status check_part(struct jp2_codestream *stream, const unsigned char *data, size_t n_bytes,
                              const char *path, struct error *error)
{
    size_t at = 0;
    while (n_bytes - at >= 2 && get_u16be(data + at) != MARKER_SOD) {
        size_t room = n_bytes - at - 2, length = room >= 2 ? get_u16be(data + at + 2) : 0;
        if (length < 2 || length > room ||
            !jp2_coding_take(stream, get_u16be(data + at), data + at + 4, length - 2))
            return damaged(path, "the header of a tile is", error);
        at += 2 + length;
    }
    if (n_bytes - at < 2)
        return damaged(path, "a tile of it has no voxels", error);
    return check_fineness(stream, path, error);
}

/* Goes from tile-part to tile-part: SOT is its length of 10, tile, length of the part (0: up to the end
 * marker), number of the part, and of how many (0: not said). `seen` counts the parts of each tile, `wanted`
 * is their number where it was said. */
static enum status check_parts(const struct jp2_codestream *stream, const unsigned char *data, size_t n_bytes,
                               const char *path, uint16_t *seen, uint16_t *wanted, struct error *error)
{
    struct jp2_codestream tile = *stream;
    size_t at = (size_t)stream->tiles_at;
    while (n_bytes - at >= SOT_BYTES && get_u16be(data + at) == MARKER_SOT) {
        const unsigned char *sot = data + at;
        uint32_t index = get_u16be(sot + 4);
        uint64_t length = get_u32be(sot + 6), room = n_bytes - at;
        if (length == 0)
            length = room >= SOT_BYTES + 2 ? room - 2 : 0;
        if (length > room)
            return cut(path, error);
        if (get_u16be(sot + 2) != 10 || index >= stream->ntiles || length < SOT_BYTES ||
            seen[index] == UINT16_MAX)
            return damaged(path, "a tile of it makes no sense", error);
        seen[index]++;
        if (sot[11] != 0)
            wanted[index] = sot[11];
        if (check_part(&tile, sot + SOT_BYTES, (size_t)length - SOT_BYTES, path, error) != STATUS_OK)
            return error->status;
        at += (size_t)length;
    }
    if (n_bytes - at < 2)
        return cut(path, error);
    if (get_u16be(data + at) != MARKER_EOC)
        return damaged(path, "it does not end as it should", error);
    for (uint32_t i = 0; i < stream->ntiles; i++)
        if (seen[i] == 0 || (wanted[i] != 0 && seen[i] != wanted[i]))
            return slice_refuse(path, error, remedy_copy,
                                "lacks tile %" PRIu32 " of %" PRIu32 ", or a part of it", i + 1,
                                stream->ntiles);
    return STATUS_OK;
}

enum status jp2_codestream_check_tiles(const struct jp2_codestream *stream, const unsigned char *data,
                                       size_t n_bytes, const char *path, struct error *error)
{
    size_t table_bytes = 2 * stream->ntiles * sizeof(uint16_t);
    uint16_t *seen = calloc(1, table_bytes);
    if (!seen)
        return error_no_memory(error, table_bytes, "a list of tiles");
    check_parts(stream, data, n_bytes, path, seen, seen + stream->ntiles, error);
    free(seen);
    return error->status;
}

uint64_t jp2_codestream_decode_bytes(const struct jp2_codestream *stream, uint64_t n_bytes)
{
    const uint64_t fixed_bytes = 512 << 10;
    uint64_t longest = stream->nx > stream->ny ? stream->nx : stream->ny;
    uint64_t image = saturated_mul3(stream->nx, stream->ny, stream->ncomponents * sizeof(int32_t));
    uint64_t tile = saturated_mul3(stream->tile_nx, stream->tile_ny, stream->ncomponents * sizeof(int32_t));
    uint64_t total = saturated_add(image, stream->ntiles > 1 ? tile : 0);
    total = saturated_add(total, saturated_mul3(stream->layout_bytes, stream->ncomponents, 1));
    total = saturated_add(total, stream->ntiles * (TILE_BYTES + TILE_COMPONENT_BYTES * stream->ncomponents));
    return saturated_add(total, n_bytes + 64 * longest + fixed_bytes);
}
