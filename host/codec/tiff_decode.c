/* SPDX-License-Identifier: MIT
 * Decoding a slice from its file's bytes in memory, one chunk after the other. Uncompressed rows are made
 * voxels right from where they lie in the file. libtiff and libdeflate read compressed bytes where these lie,
 * and decode to the caller's rows wherever a chunk is as wide as the image and its samples as wide as voxels;
 * else to a chunk of ours, the rows of which are then made voxels. */
#include "base/checked.h"
#include "codec/raw.h"
#include "codec/slice_limits.h"
#include "codec/tiff_chunk.h"
#include "codec/tiff_codec.h"
#include "codec/tiff_handle.h"
#include "codec/tiff_image.h"
#include "codec/tiff_orientation.h"
#include "codec/tiff_samples.h"

#include <stdlib.h>

struct decoding {
    struct tiff_handle *handle;
    const struct tiff_image *image;
    struct tiff_samples samples;
    struct tiff_placement placement;
    unsigned char *chunks; /* one of every plane; NULL where all lie in the file or are decoded in place */
    unsigned char *rows;   /* voxels that are to be turned; NULL where none are */
    uint32_t nwaiting;     /* of these rows, of which the last one was made last */
    const unsigned char **band; /* of chunks beside each other, where the samples of every plane lie; NULL
                                   where they are taken one by one */
};

/* A rectangle of the image in the file: a chunk without what sticks out of it. */
struct chunk {
    uint32_t index, x, y, nx, ny;
};

static struct chunk find_chunk(const struct tiff_image *image, uint32_t index)
{
    uint32_t across = tiff_image_chunks_across(image);
    struct chunk chunk = {.index = index,
                          .x = index % across * image->chunk_nx,
                          .y = index / across * image->chunk_ny,
                          .nx = image->chunk_nx,
                          .ny = image->chunk_ny};
    if (chunk.nx > image->file_nx - chunk.x)
        chunk.nx = image->file_nx - chunk.x;
    if (chunk.ny > image->file_ny - chunk.y)
        chunk.ny = image->file_ny - chunk.y;
    return chunk;
}

static enum status refuse_changed(const struct tiff_source *source, struct error *error)
{
    return slice_refuse(source->path, error, "start again", "was changed after its header was checked");
}

/* Where the samples of a chunk lie in the file: planes[p] becomes those of plane p. */
static enum status find_samples(const struct decoding *decoding, const struct chunk *chunk,
                                const unsigned char **planes, struct error *error)
{
    const struct tiff_image *image = decoding->image;
    uint64_t n_bytes = tiff_image_chunk_bytes(image, chunk->index);
    for (unsigned p = 0; p < image->nplanes; p++) {
        uint64_t at = TIFFGetStrileOffset(decoding->handle->tif, p * image->nchunks + chunk->index);
        if (!(planes[p] = tiff_source_span(decoding->handle->source, at, n_bytes)))
            return refuse_changed(decoding->handle->source, error);
    }
    return STATUS_OK;
}

/* The same of a chunk that has to be decoded first. */
static enum status decode_samples(const struct decoding *decoding, const struct chunk *chunk,
                                  const unsigned char **planes, struct error *error)
{
    const struct tiff_image *image = decoding->image;
    bool whole = chunk->nx == image->chunk_nx &&
                 tiff_image_chunk_bytes(image, chunk->index) == chunk->ny * image->row_bytes;
    for (unsigned p = 0; p < image->nplanes; p++) {
        unsigned char *to = whole && tiff_image_decodes_in_place(image)
                                ? tiff_placement_row(&decoding->placement, chunk->x, chunk->y)
                                : decoding->chunks + p * image->chunk_bytes;
        if (tiff_chunk_decode(decoding->handle, image, p * image->nchunks + chunk->index, to, error) !=
            STATUS_OK)
            return error->status;
        planes[p] = to;
    }
    return STATUS_OK;
}

static void convert_row(const struct decoding *decoding, const unsigned char *const *planes, uint32_t row,
                        uint32_t n, void *voxels)
{
    const unsigned char *rows[3];
    for (unsigned p = 0; p < decoding->image->nplanes; p++)
        rows[p] = planes[p] + row * decoding->image->row_bytes;
    tiff_samples_convert(&decoding->samples, rows, n, voxels);
}

/* The rows of a chunk become voxels; these wait until there are enough of them to be turned at once, or no
 * more: those of the next strip go on where the one before ended. */
static void turn_chunk(struct decoding *decoding, const struct chunk *chunk,
                       const unsigned char *const *planes)
{
    const struct tiff_image *image = decoding->image;
    const struct tiff_placement *placement = &decoding->placement;
    size_t stride_bytes = (size_t)tiff_orientation_stride_bytes(image->chunk_nx, placement->voxel_bytes);
    uint32_t most = tiff_orientation_rows(placement->orientation, image->chunk_nx, placement->voxel_bytes);
    for (uint32_t row = 0; row < chunk->ny; row++) {
        convert_row(decoding, planes, row, chunk->nx, decoding->rows + decoding->nwaiting++ * stride_bytes);
        uint32_t done = chunk->y + row + 1;
        bool ends = image->tiled ? row + 1 == chunk->ny : done == image->file_ny;
        if (decoding->nwaiting < most && !ends)
            continue;
        tiff_placement_put(placement, decoding->rows, stride_bytes, chunk->x, done - decoding->nwaiting,
                           chunk->nx, decoding->nwaiting);
        decoding->nwaiting = 0;
    }
}

/* The rows of a chunk become voxels, where they belong. */
static void place_chunk(struct decoding *decoding, const struct chunk *chunk,
                        const unsigned char *const *planes)
{
    if (decoding->rows)
        turn_chunk(decoding, chunk, planes);
    else
        for (uint32_t row = 0; row < chunk->ny; row++)
            convert_row(decoding, planes, row, chunk->nx,
                        tiff_placement_row(&decoding->placement, chunk->x, chunk->y + row));
}

static enum status decode_chunks(struct decoding *decoding, struct error *error)
{
    const struct tiff_image *image = decoding->image;
    for (uint32_t i = 0; i < image->nchunks; i++) {
        const unsigned char *planes[3];
        struct chunk chunk = find_chunk(image, i);
        enum status status = tiff_image_wants_decoder(image) ? decode_samples(decoding, &chunk, planes, error)
                                                             : find_samples(decoding, &chunk, planes, error);
        if (status != STATUS_OK)
            return status;
        place_chunk(decoding, &chunk, planes);
    }
    return STATUS_OK;
}

/* Chunks beside each other, row by row: the voxels are written in the order of memory. */
static enum status convert_bands(const struct decoding *decoding, struct error *error)
{
    const struct tiff_image *image = decoding->image;
    const uint32_t across = tiff_image_chunks_across(image);
    for (uint32_t first = 0; first < image->nchunks; first += across) {
        const struct chunk band = find_chunk(image, first);
        for (uint32_t i = 0; i < across; i++) {
            const struct chunk chunk = find_chunk(image, first + i);
            if (find_samples(decoding, &chunk, decoding->band + i * image->nplanes, error) != STATUS_OK)
                return error->status;
        }
        for (uint32_t row = 0; row < band.ny; row++)
            for (uint32_t i = 0, x = 0; i < across; i++, x += image->chunk_nx) {
                uint32_t rest = image->file_nx - x, n = rest < image->chunk_nx ? rest : image->chunk_nx;
                convert_row(decoding, decoding->band + i * image->nplanes, row, n,
                            tiff_placement_row(&decoding->placement, x, band.y + row));
            }
    }
    return STATUS_OK;
}

/* libtiff gives samples of compressed chunks in the host's order, JPEG's colours as RGB if told so, and
 * refuses differences of packed samples, which are added up later. */
static void prepare_samples(struct decoding *decoding)
{
    const struct tiff_image *image = decoding->image;
    const struct tiff_handle *handle = decoding->handle;
    bool compressed = tiff_image_wants_decoder(image);
    decoding->samples.swapped = !compressed && TIFFIsByteSwapped(handle->tif);
    decoding->samples.reversed = !compressed && image->reversed_bits;
    decoding->samples.differences = image->predictor == PREDICTOR_HORIZONTAL && image->pixels.bits % 8 != 0;
    if (decoding->samples.differences)
        TIFFSetField(handle->tif, TIFFTAG_PREDICTOR, PREDICTOR_NONE);
    if (image->pixels.rasters) /* they are turned here, like all others */
        TIFFSetField(handle->tif, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    if (image->pixels.ycbcr)
        TIFFSetField(handle->tif, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
}

static enum status allocate(struct decoding *decoding, struct error *error)
{
    const struct tiff_image *image = decoding->image;
    uint64_t chunks_bytes = image->nplanes * image->chunk_bytes,
             rows_bytes = tiff_orientation_scratch_bytes(image->pixels.orientation, image->chunk_nx,
                                                         voxel_bytes(image->type));
    size_t band_bytes = (size_t)tiff_image_chunks_across(image) * image->nplanes * sizeof *decoding->band;
    bool decodes = tiff_image_wants_decoder(image),
         in_place = !image->tiled && tiff_image_decodes_in_place(image);
    if (decodes && !in_place && !(decoding->chunks = malloc(chunks_bytes)))
        return error_no_memory(error, chunks_bytes, "a strip or tile");
    if (rows_bytes && !(decoding->rows = malloc(rows_bytes)))
        return error_no_memory(error, rows_bytes, "rows of voxels");
    if (!decodes && !rows_bytes && !(decoding->band = malloc(band_bytes)))
        return error_no_memory(error, band_bytes, "a row of strips or tiles");
    return STATUS_OK;
}

static enum status decode_image(struct tiff_handle *handle, const struct tiff_image *image, void *voxels,
                                struct error *error)
{
    struct decoding decoding = {.handle = handle,
                                .image = image,
                                .placement = {.orientation = image->pixels.orientation,
                                              .file_nx = image->file_nx,
                                              .file_ny = image->file_ny,
                                              .voxel_bytes = voxel_bytes(image->type),
                                              .voxels = voxels}};
    if (tiff_samples_init(&decoding.samples, &image->pixels, image->chunk_nx, error) != STATUS_OK)
        return error->status;
    prepare_samples(&decoding);
    tiff_handle_calm(handle);
    if (allocate(&decoding, error) == STATUS_OK)
        (void)(decoding.band ? convert_bands(&decoding, error) : decode_chunks(&decoding, error));
    free(decoding.band);
    free(decoding.rows);
    free(decoding.chunks);
    tiff_samples_end(&decoding.samples);
    return error->status;
}

static enum status check_and_decode(struct tiff_handle *handle, const struct slice_header *header,
                                    void *voxels, struct error *error)
{
    struct tiff_image image;
    struct tiff_chunks chunks;
    if (tiff_image_describe(handle, header->gray, &image, error) != STATUS_OK)
        return error->status;
    if (image.nx != header->nx || image.ny != header->ny || image.type != header->type)
        return refuse_changed(handle->source, error);
    if (tiff_image_check_chunks(handle, &image, &chunks, error) != STATUS_OK)
        return error->status;
    return decode_image(handle, &image, voxels, error);
}

/* Voxels that only want their bytes swapped need no libtiff, which would copy them once more. */
static enum status decode_swapped(const struct tiff_source *source, const struct slice_header *header,
                                  uint64_t slice_bytes, void *voxels, struct error *error)
{
    const unsigned char *data = tiff_source_span(source, header->voxels_offset, slice_bytes);
    if (!data)
        return refuse_changed(source, error);
    return codec_raw.decode(data, (size_t)slice_bytes, source->path, header, voxels, error);
}

enum status tiff_decode(const void *data, size_t n_bytes, const char *path, const struct slice_header *header,
                        void *voxels, struct error *error)
{
    enum { SAMPLES_MAX = 4, SAMPLE_BYTES_MAX = 8 };
    struct tiff_source source;
    struct tiff_handle handle;
    const struct file_part start = {.offset = 0, .n_bytes = n_bytes};
    bool all_there = header->nparts > 0 && n_bytes == header->encoded_bytes;
    uint64_t slice_bytes = saturated_mul3(header->nx, header->ny, voxel_bytes(header->type)),
             stored_bytes = saturated_mul3(header->nx, header->ny, SAMPLES_MAX * SAMPLE_BYTES_MAX);
    if (stored_bytes > SLICE_BYTES_MAX)
        stored_bytes = SLICE_BYTES_MAX;
    if (all_there)
        tiff_source_init_memory(&source, data, header->parts, header->nparts, path);
    else /* of a file that was cut off meanwhile */
        tiff_source_init_memory(&source, data, &start, 1, path);
    if (header->swapped)
        return decode_swapped(&source, header, slice_bytes, voxels, error);
    /* Some decoders hold one strip or tile besides ours. */
    if (tiff_handle_open(&handle, &source, header->page_at, TIFF_TABLE_BYTES_MAX + stored_bytes, error) ==
        STATUS_OK)
        check_and_decode(&handle, header, voxels, error);
    tiff_handle_close(&handle);
    return error->status;
}
