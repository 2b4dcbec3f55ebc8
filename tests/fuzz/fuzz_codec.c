/* SPDX-License-Identifier: MIT */
#include "fuzz_codec.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Slices up to this are decoded twice, and widened. */
enum { TWICE_BYTES_MAX = 1 << 18 };

static void check_parts(const struct slice_header *header, size_t n_bytes)
{
    uint64_t n = 0;
    FUZZ_REQUIRE(header->nparts >= 1 && header->nparts <= FILE_PARTS_MAX);
    for (unsigned i = 0; i < header->nparts; i++) {
        const struct file_part *part = &header->parts[i];
        FUZZ_REQUIRE(part->n_bytes > 0);
        FUZZ_REQUIRE(part->offset <= n_bytes && part->n_bytes <= n_bytes - part->offset);
        n += part->n_bytes;
    }
    FUZZ_REQUIRE(header->encoded_bytes == n);
}

/* Returns the bytes of the slice. */
static size_t check_header(const struct slice_header *header, size_t n_bytes)
{
    FUZZ_REQUIRE(header->nx > 0 && header->ny > 0);
    FUZZ_REQUIRE((unsigned)header->type < VOXEL_TYPES);
    uint64_t nvoxels = (uint64_t)header->nx * header->ny;
    FUZZ_REQUIRE(nvoxels <= (UINT64_C(4) << 30) / voxel_bytes(header->type));
    uint64_t slice_bytes = nvoxels * voxel_bytes(header->type);
    fuzz_check_spacing(header->spacing);
    fuzz_check_spacing(header->resolution);
    FUZZ_REQUIRE(header->spacing_origin <= SPACING_JPEG2000);
    FUZZ_REQUIRE(memchr(header->layout, '\0', sizeof header->layout));
    FUZZ_REQUIRE(header->layout[0]);
    fuzz_check_line(header->layout);
    check_parts(header, n_bytes);
    FUZZ_REQUIRE(!header->widened);
    if (header->plain)
        FUZZ_REQUIRE(header->voxels_offset <= n_bytes && slice_bytes <= n_bytes - header->voxels_offset);
    return slice_bytes;
}

/* Buffers are of exactly the length that is asked for, so that a sanitizer sees what lies behind it. */
static void *exactly(size_t n_bytes)
{
    void *data = malloc(n_bytes);
    FUZZ_REQUIRE(data);
    return data;
}

static uint8_t *gather_parts(const struct slice_header *header, const uint8_t *data)
{
    uint8_t *encoded = exactly(header->encoded_bytes), *to = encoded;
    for (unsigned i = 0; i < header->nparts; i++) {
        memcpy(to, data + header->parts[i].offset, header->parts[i].n_bytes);
        to += header->parts[i].n_bytes;
    }
    return encoded;
}

/* Decodes into voxels that were all `fill` before. NULL when the file is refused. */
static unsigned char *decode(const struct codec *codec, const uint8_t *encoded,
                             const struct slice_header *header, unsigned char fill)
{
    struct error error = {0};
    size_t slice_bytes = (size_t)header->nx * header->ny * voxel_bytes(header->type);
    unsigned char *voxels = exactly(slice_bytes);
    memset(voxels, fill, slice_bytes);
    enum status status =
        codec_decode(codec, encoded, header->encoded_bytes, FUZZ_PATH, header, voxels, &error);
    FUZZ_REQUIRE(status == error.status);
    if (status == STATUS_OK)
        return voxels;
    fuzz_check_error(&error, STATUS_INPUT, FUZZ_PATH_SHOWN ": ");
    free(voxels);
    return NULL;
}

static void check_again(const struct codec *codec, const uint8_t *encoded, const struct slice_header *header,
                        const unsigned char *voxels, size_t slice_bytes)
{
    unsigned char *again = decode(codec, encoded, header, 0xa5);
    FUZZ_REQUIRE(!voxels == !again);
    FUZZ_REQUIRE(!voxels || memcmp(voxels, again, slice_bytes) == 0);
    free(again);
}

static void check_widened(const struct codec *codec, const uint8_t *encoded,
                          const struct slice_header *header, const unsigned char *voxels)
{
    struct slice_header widened = *header;
    slice_header_widen(&widened);
    unsigned char *wide = decode(codec, encoded, &widened, 0xa5);
    size_t n = (size_t)header->nx * header->ny;
    FUZZ_REQUIRE(!voxels == !wide);
    for (size_t i = 0; wide && i < n; i++)
        FUZZ_REQUIRE(wide[2 * i] == voxels[i] && wide[2 * i + 1] == voxels[i]);
    free(wide);
}

/* The file changed after its header was read: any voxels will do, or an error. */
static void check_changed(const struct codec *codec, uint8_t *encoded, const struct slice_header *header)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (uint64_t i = 0; i < header->encoded_bytes; i++)
        hash = (hash ^ encoded[i]) * UINT64_C(0x100000001b3);
    encoded[hash % header->encoded_bytes] ^= (uint8_t)(hash >> 56 | 1);
    free(decode(codec, encoded, header, 0x5a));
}

void fuzz_codec_check(const struct codec *codec, const struct slice_header *header, const uint8_t *data,
                      size_t n_bytes)
{
    size_t slice_bytes = check_header(header, n_bytes);
    if (slice_bytes > FUZZ_SLICE_BYTES_MAX || header->decode_bytes > FUZZ_DECODE_BYTES_MAX)
        return;
    uint8_t *encoded = gather_parts(header, data);
    unsigned char *voxels = decode(codec, encoded, header, 0x5a);
    if (slice_bytes <= TWICE_BYTES_MAX) {
        check_again(codec, encoded, header, voxels, slice_bytes);
        if (header->type == VOXEL_U8)
            check_widened(codec, encoded, header, voxels);
    }
    if (header->plain) {
        FUZZ_REQUIRE(voxels);
        FUZZ_REQUIRE(memcmp(voxels, data + header->voxels_offset, slice_bytes) == 0);
    }
    free(voxels);
    check_changed(codec, encoded, header);
    free(encoded);
}

void fuzz_codec(const struct codec *codec, const uint8_t *data, size_t n_bytes)
{
    struct input_file file;
    fuzz_file_open(&file, FUZZ_PATH, data, n_bytes);
    for (int gray = 0; gray < 2; gray++) {
        struct slice_header header;
        struct error error = {0};
        const struct codec_options options = {.gray = gray};
        memset(&header, 0xc3, sizeof header);
        enum status status = codec->read_header(&file, &options, &header, &error);
        FUZZ_REQUIRE(status == error.status);
        if (status == STATUS_OK) {
            fuzz_codec_check(codec, &header, data, n_bytes);
            return;
        }
        fuzz_check_error(&error, STATUS_INPUT, FUZZ_PATH_SHOWN ": ");
    }
}
