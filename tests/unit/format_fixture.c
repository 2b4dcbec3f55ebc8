/* SPDX-License-Identifier: MIT */
#include "format_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLICE_BYTES_TRIED = 64 << 20, GUARD = 0xc3 };

static struct input_file open_memory(const void *data, size_t n_bytes)
{
    struct input_file file = {
        .fd = memfd_create("slice", MFD_CLOEXEC), .path = FORMAT_PATH, .n_bytes = n_bytes};
    assert_true(file.fd >= 0);
    assert_int_equal(write(file.fd, data, n_bytes), n_bytes);
    return file;
}

static void check_message(const struct error *error)
{
    const size_t n = strlen(FORMAT_PATH ": ");
    if (strncmp(error->message, FORMAT_PATH ": ", n) != 0 || !strstr(error->message, "; ") ||
        strpbrk(error->message, "\r\n"))
        fail_msg("not PATH: what; what to do: \"%s\"", error->message);
    assert_int_equal(error->status, STATUS_INPUT);
}

/* decode() from exactly as many bytes as there are, so that a sanitizer sees who reads beyond them. */
static unsigned char *decode(const struct codec *codec, const void *data, size_t n_bytes,
                             const struct slice_header *header, struct error *error)
{
    size_t slice_bytes = (size_t)header->nx * header->ny * voxel_bytes(header->type);
    unsigned char *voxels = malloc(slice_bytes + 1), *copy = malloc(n_bytes > 0 ? n_bytes : 1);
    assert_true(voxels && copy);
    memcpy(copy, data, n_bytes);
    memset(voxels, GUARD, slice_bytes + 1);
    enum status status = codec_decode(codec, copy, n_bytes, FORMAT_PATH, header, voxels, error);
    assert_int_equal(status, error->status);
    assert_int_equal(voxels[slice_bytes], GUARD);
    assert_memory_equal(copy, data, n_bytes);
    free(copy);
    if (status == STATUS_OK)
        return voxels;
    check_message(error);
    free(voxels);
    return NULL;
}

static enum status read_header(const struct codec *codec, const void *data, size_t n_bytes, bool gray,
                               struct slice_header *header, struct error *error)
{
    struct input_file file = open_memory(data, n_bytes);
    const struct codec_options options = {.gray = gray};
    memset(header, 0, sizeof *header);
    enum status status = codec->read_header(&file, &options, header, error);
    assert_int_equal(status, error->status);
    if (status != STATUS_OK)
        check_message(error);
    else
        assert_true(header->nparts == 1 && header->encoded_bytes <= n_bytes && header->layout[0]);
    close(file.fd);
    return status;
}

unsigned char *format_read(const struct codec *codec, const void *data, size_t n_bytes, bool gray,
                           struct slice_header *header, struct error *error)
{
    if (read_header(codec, data, n_bytes, gray, header, error) != STATUS_OK)
        return NULL;
    size_t slice_bytes = (size_t)header->nx * header->ny * voxel_bytes(header->type);
    if (slice_bytes > SLICE_BYTES_TRIED)
        return NULL;
    unsigned char *voxels = decode(codec, data, header->encoded_bytes, header, error);
    if (voxels && header->plain) {
        assert_true(header->voxels_offset + slice_bytes <= n_bytes);
        assert_memory_equal(voxels, (const unsigned char *)data + header->voxels_offset, slice_bytes);
    }
    return voxels;
}

void format_check_refused(const struct codec *codec, const void *data, size_t n_bytes, bool gray,
                          const char *what, bool by_header)
{
    struct slice_header header;
    struct error error = {0};
    enum status status = read_header(codec, data, n_bytes, gray, &header, &error);
    assert_int_equal(status != STATUS_OK, by_header);
    if (status == STATUS_OK)
        free(decode(codec, data, header.encoded_bytes, &header, &error));
    if (!strstr(error.message, what))
        fail_msg("not refused with \"%s\": %s", what, error.message);
}

void format_check_truncations(const struct codec *codec, const void *data, size_t n_bytes, bool gray)
{
    for (size_t n = 0; n < n_bytes; n++) {
        struct slice_header header;
        struct error error = {0};
        unsigned char *voxels = format_read(codec, data, n, gray, &header, &error);
        if (voxels || error.status == STATUS_OK)
            fail_msg("read when cut to %zu of %zu bytes", n, n_bytes);
    }
}

static void try_file(const struct codec *codec, const void *data, size_t n_bytes, bool gray,
                     const struct slice_header *before)
{
    struct slice_header header;
    struct error error = {0}, changed = {0};
    free(format_read(codec, data, n_bytes, gray, &header, &error));
    free(decode(codec, data, before->encoded_bytes, before, &changed));
}

void format_check_flips(const struct codec *codec, const void *data, size_t n_bytes, bool gray)
{
    static const unsigned char flips[] = {0x01, 0x02, 0x10, 0x80, 0xff};
    struct slice_header before;
    struct error error = {0};
    unsigned char *copy = malloc(n_bytes), *voxels = format_read(codec, data, n_bytes, gray, &before, &error);
    assert_non_null(voxels);
    assert_non_null(copy);
    free(voxels);
    memcpy(copy, data, n_bytes);
    for (size_t i = 0; i < n_bytes; i++)
        for (size_t k = 0; k < sizeof flips; k++) {
            copy[i] ^= flips[k];
            try_file(codec, copy, n_bytes, gray, &before);
            copy[i] ^= flips[k];
        }
    for (size_t n = 0; n < before.encoded_bytes; n++) {
        struct error cut = {0};
        free(decode(codec, data, n, &before, &cut));
        assert_int_equal(cut.status, STATUS_INPUT);
    }
    free(copy);
}

void format_put(struct bytes *file, const void *data, size_t n_bytes)
{
    struct error error = {0};
    assert_int_equal(bytes_reserve(file, file->n_bytes + n_bytes, &error), STATUS_OK);
    if (n_bytes > 0)
        memcpy(file->data + file->n_bytes, data, n_bytes);
    file->n_bytes += n_bytes;
}

void format_put_le(struct bytes *file, uint64_t value, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes; i++)
        format_put(file, &(unsigned char){(unsigned char)(value >> 8 * i)}, 1);
}

void format_put_be(struct bytes *file, uint64_t value, unsigned n_bytes)
{
    for (unsigned i = n_bytes; i-- > 0;)
        format_put(file, &(unsigned char){(unsigned char)(value >> 8 * i)}, 1);
}

void format_put_exif(struct bytes *bytes, uint16_t orientation, bool big_endian)
{
    void (*put)(struct bytes *, uint64_t, unsigned) = big_endian ? format_put_be : format_put_le;
    const struct {
        unsigned tag, type, count;
        uint64_t value;
        unsigned value_bytes;
    } entries[] = {{0x10e, 2, 4, 0, 4}, {0x112, 3, 1, orientation, 2}, {0x128, 3, 1, 2, 2}};
    format_put(bytes, big_endian ? "MM" : "II", 2);
    put(bytes, 42, 2);
    put(bytes, 8, 4);
    put(bytes, 3, 2);
    for (unsigned i = 0; i < 3; i++) {
        put(bytes, entries[i].tag, 2);
        put(bytes, entries[i].type, 2);
        put(bytes, entries[i].count, 4);
        put(bytes, entries[i].value, entries[i].value_bytes);
        put(bytes, 0, 4 - entries[i].value_bytes);
    }
    put(bytes, 0, 4);
}

/* Where the pixel at x, y of a file of nx * ny comes to lie (TIFF 6.0, section 8). */
static size_t place_of(uint16_t orientation, uint32_t x, uint32_t y, uint32_t nx, uint32_t ny)
{
    const uint32_t right = nx - 1 - x, below = ny - 1 - y;
    const size_t places[9] = {0,
                              (size_t)y * nx + x,
                              (size_t)y * nx + right,
                              (size_t)below * nx + right,
                              (size_t)below * nx + x,
                              (size_t)x * ny + y,
                              (size_t)x * ny + below,
                              (size_t)right * ny + below,
                              (size_t)right * ny + y};
    return places[orientation];
}

/* A turned file of 8 bits widened to 16: every voxel x257, and a byte of each more is held while it is
 * turned. */
static void check_widened(const struct codec *codec, const struct bytes *file,
                          const struct slice_header *narrow, const unsigned char *voxels)
{
    struct slice_header wide = *narrow;
    struct error error = {0};
    size_t n = (size_t)narrow->nx * narrow->ny;
    slice_header_widen(&wide);
    unsigned char *widened = decode(codec, file->data, wide.encoded_bytes, &wide, &error);
    if (!widened)
        fail_msg("%s", error.message);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(((const uint16_t *)(const void *)widened)[i], voxels[i] * 257);
    assert_int_equal(wide.decode_bytes - narrow->decode_bytes, narrow->orientation > 1 ? n : 0);
    free(widened);
}

void format_check_turned(const struct codec *codec, const struct bytes *plain, const struct bytes *turned,
                         uint16_t orientation)
{
    struct slice_header before, after;
    struct error error = {0};
    unsigned char *from = format_read(codec, plain->data, plain->n_bytes, true, &before, &error);
    unsigned char *to = format_read(codec, turned->data, turned->n_bytes, true, &after, &error);
    if (!from || !to)
        fail_msg("%s", error.message);
    const size_t voxel = voxel_bytes(before.type);
    const bool transposed = orientation > 4;
    assert_int_equal(after.type, before.type);
    assert_int_equal(after.nx, transposed ? before.ny : before.nx);
    assert_int_equal(after.ny, transposed ? before.nx : before.ny);
    assert_true(after.spacing.x == (transposed ? before.spacing.y : before.spacing.x));
    for (uint32_t y = 0; y < before.ny; y++)
        for (uint32_t x = 0; x < before.nx; x++)
            assert_memory_equal(to + voxel * place_of(orientation, x, y, before.nx, before.ny),
                                from + voxel * ((size_t)y * before.nx + x), voxel);
    if (after.type == VOXEL_U8)
        check_widened(codec, turned, &after, to);
    free(from);
    free(to);
}
