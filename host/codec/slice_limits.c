/* SPDX-License-Identifier: MIT */
#include "codec/slice_limits.h"

#include "base/checked.h"
#include "base/printable.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

const char remedy_copy[] = "copy or export it again";
const char remedy_convert[] = "convert it first";

enum status slice_refuse(const char *path, struct error *error, const char *remedy, const char *format, ...)
{
    char shown[PRINTABLE_BYTES], what[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return error_set(error, STATUS_INPUT, "%s: %s; %s", printable(shown, sizeof shown, path), what, remedy);
}

enum status slice_check_extent(const char *path, const struct slice_header *header, struct error *error)
{
    uint64_t n_bytes = saturated_mul3(header->nx, header->ny, voxel_bytes(header->type));
    if (n_bytes == 0)
        return slice_refuse(path, error, remedy_copy, "is damaged: its extent is %" PRIu32 "x%" PRIu32,
                            header->nx, header->ny);
    if (n_bytes <= SLICE_BYTES_MAX)
        return STATUS_OK;
    return slice_refuse(path, error, "a damaged file must be copied or exported again, a larger one cropped",
                        "declares %" PRIu32 "x%" PRIu32 " voxels of type %s, more than 4 GiB", header->nx,
                        header->ny, voxel_name(header->type));
}

enum status slice_check_encoded(const char *path, const struct slice_header *header, struct error *error)
{
    uint64_t n_bytes = saturated_mul3(header->nx, header->ny, voxel_bytes(header->type));
    if (header->encoded_bytes <= 4 * n_bytes + (UINT64_C(64) << 20))
        return STATUS_OK;
    return slice_refuse(path, error, remedy_copy,
                        "has %" PRIu64 " bytes of voxels in %" PRIu64 " bytes of file", n_bytes,
                        header->encoded_bytes);
}

enum status slice_check_unchanged(const char *path, const struct slice_header *header, uint32_t nx,
                                  uint32_t ny, enum voxel_type type, struct error *error)
{
    if (nx == header->nx && ny == header->ny && type == header->type)
        return STATUS_OK;
    return slice_refuse(path, error, "start again", "was changed after its header was checked");
}
