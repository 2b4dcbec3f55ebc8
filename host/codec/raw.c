/* SPDX-License-Identifier: MIT */
#include "codec/raw.h"

#include "base/checked.h"
#include "base/printable.h"

#include <string.h>

static const char *const no_extensions[] = {NULL};

static bool is_big_endian_host(void)
{
    const uint16_t one = 1;
    return *(const unsigned char *)&one == 0;
}

void raw_header_set(struct slice_header *header, uint32_t nx, uint32_t ny, enum voxel_type type,
                    bool big_endian, uint64_t offset)
{
    uint64_t n_bytes = saturated_mul3(nx, ny, voxel_bytes(type));
    header->nx = nx;
    header->ny = ny;
    header->type = type;
    header->swapped = voxel_bytes(type) > 1 && big_endian != is_big_endian_host();
    header->plain = !header->swapped;
    header->voxels_offset = offset;
    header->parts[0] = (struct file_part){.offset = offset, .n_bytes = n_bytes};
    header->nparts = 1;
    header->encoded_bytes = n_bytes;
    header->decode_bytes = 0;
}

void raw_header_set_f64(struct slice_header *header, uint32_t nx, uint32_t ny, bool big_endian,
                        uint64_t offset)
{
    raw_header_set(header, nx, ny, VOXEL_F32, big_endian, offset);
    header->f64 = true;
    header->plain = false;
    header->encoded_bytes = header->parts[0].n_bytes = saturated_mul3(nx, ny, sizeof(double));
}

/* Copied through memcpy because neither side need be aligned; compilers make a few vector instructions of it.
 */
static void swap_2(const unsigned char *from, unsigned char *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint16_t voxel;
        memcpy(&voxel, from + 2 * i, sizeof voxel);
        voxel = __builtin_bswap16(voxel);
        memcpy(to + 2 * i, &voxel, sizeof voxel);
    }
}

static void swap_4(const unsigned char *from, unsigned char *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t voxel;
        memcpy(&voxel, from + 4 * i, sizeof voxel);
        voxel = __builtin_bswap32(voxel);
        memcpy(to + 4 * i, &voxel, sizeof voxel);
    }
}

/* The values of f64 voxels, swapped before if need be. */
static void narrow_8(const unsigned char *from, float *to, size_t n, bool swapped)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        double voxel;
        memcpy(&bits, from + 8 * i, sizeof bits);
        bits = swapped ? __builtin_bswap64(bits) : bits;
        memcpy(&voxel, &bits, sizeof voxel);
        to[i] = (float)voxel;
    }
}

static enum status raw_decode(const void *data, size_t n_bytes, const char *path,
                              const struct slice_header *header, void *voxels, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    size_t n = (size_t)header->ny * header->nx;
    size_t voxel = header->f64 ? sizeof(double) : voxel_bytes(header->type);
    if (n_bytes != n * voxel)
        return error_set(error, STATUS_INPUT, "%s: was changed after its header was checked; start again",
                         printable(shown, sizeof shown, path));
    if (header->f64)
        narrow_8(data, voxels, n, header->swapped);
    else if (header->swapped && voxel == 2)
        swap_2(data, voxels, n);
    else if (header->swapped && voxel == 4)
        swap_4(data, voxels, n);
    else
        memcpy(voxels, data, n_bytes);
    return STATUS_OK;
}

const struct codec codec_raw = {
    .name = "raw",
    .extensions = no_extensions,
    .decode = raw_decode,
};
