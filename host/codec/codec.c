/* SPDX-License-Identifier: MIT */
#include "codec/codec.h"

#include <string.h>
#include <strings.h>

static const struct codec *const codecs[] = {&codec_tiff, &codec_bmp, &codec_png, &codec_jpeg, &codec_jpeg2000};

void slice_header_set_whole(struct slice_header *header, uint64_t n_bytes)
{
    header->parts[0] = (struct file_part){.offset = 0, .n_bytes = n_bytes};
    header->nparts = 1;
    header->encoded_bytes = n_bytes;
}

void slice_header_widen(struct slice_header *header)
{
    header->type = VOXEL_U16;
    header->widened = true;
    header->plain = false;
}

bool slice_header_needs_decoding(const struct slice_header *header)
{
    bool as_they_are = header->streamed && !header->swapped && !header->f64 && !header->widened;
    return !header->plain && !as_they_are;
}

/* The narrow voxels lie in the upper half of the room of the wide ones: voxel i is read from byte n + i and
 * written to bytes 2 i and 2 i + 1, which no narrow one behind it holds. */
static void widen(void *voxels, size_t n)
{
    const unsigned char *narrow = (const unsigned char *)voxels + n;
    uint16_t *wide = voxels;
    for (size_t i = 0; i < n; i++)
        wide[i] = (uint16_t)(narrow[i] * 257u);
}

enum status codec_decode(const struct codec *codec, const void *data, size_t n_bytes, const char *path,
                         const struct slice_header *header, void *voxels, struct error *error)
{
    if (!header->widened)
        return codec->decode(data, n_bytes, path, header, voxels, error);
    struct slice_header narrow = *header;
    size_t n = (size_t)header->ny * header->nx;
    narrow.type = VOXEL_U8;
    narrow.widened = false;
    enum status status = codec->decode(data, n_bytes, path, &narrow, (unsigned char *)voxels + n, error);
    if (status == STATUS_OK)
        widen(voxels, n);
    return status;
}

const struct codec *codec_for_file(const char *file_name)
{
    const char *dot = strrchr(file_name, '.');
    if (!dot)
        return NULL;
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        for (const char *const *extension = codecs[i]->extensions; *extension; extension++)
            if (strcasecmp(dot + 1, *extension) == 0)
                return codecs[i];
    return NULL;
}
