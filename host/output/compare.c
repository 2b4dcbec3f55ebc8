/* SPDX-License-Identifier: MIT */
#include "output/compare.h"

#include "base/file.h"
#include "base/path.h"
#include "base/printable.h"
#include "codec/codec.h"
#include "output/folder_entries.h"
#include "output/level_names.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Everything but the pyramid is written by the writer thread alone. */
struct compare {
    struct output output; /* first */
    const char *folder;
    struct pyramid pyramid;
    struct compare_result result;
    struct bytes file;   /* encoded bytes of the slice under comparison */
    struct bytes voxels; /* its voxels */
};

/* The next place in result->first, or NULL when that is full. */
static struct difference *next_first(struct compare_result *result)
{
    return result->nfirst < COMPARE_FIRST_MAX ? &result->first[result->nfirst++] : NULL;
}

static void note(struct compare_result *result, const struct difference *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void note(struct compare_result *result, const struct difference *where, const char *format, ...)
{
    struct difference *difference = next_first(result);
    va_list arguments;
    if (!difference)
        return;
    *difference = *where;
    va_start(arguments, format);
    vsnprintf(difference->message, sizeof difference->message, format, arguments);
    va_end(arguments);
}

/* The voxel at `voxel` as text. */
static void show_voxel(char *text, size_t n_bytes, enum voxel_type type, const unsigned char *voxel)
{
    union {
        uint8_t u8;
        int8_t i8;
        uint16_t u16;
        int16_t i16;
        uint32_t u32;
        int32_t i32;
        float f32;
    } value;
    memcpy(&value, voxel, voxel_bytes(type));
    switch (type) {
    case VOXEL_U8:
        snprintf(text, n_bytes, "%u", value.u8);
        break;
    case VOXEL_I8:
        snprintf(text, n_bytes, "%d", value.i8);
        break;
    case VOXEL_U16:
        snprintf(text, n_bytes, "%u", value.u16);
        break;
    case VOXEL_I16:
        snprintf(text, n_bytes, "%d", value.i16);
        break;
    case VOXEL_U32:
        snprintf(text, n_bytes, "%" PRIu32, value.u32);
        break;
    case VOXEL_I32:
        snprintf(text, n_bytes, "%" PRId32, value.i32);
        break;
    case VOXEL_F32:
        snprintf(text, n_bytes, "%.9g (0x%08" PRIx32 ")", (double)value.f32, value.u32);
        break;
    }
}

static void note_voxel(struct compare *compare, const char *path, unsigned level, uint32_t z, uint64_t index,
                       const unsigned char *expected, const unsigned char *found)
{
    enum voxel_type type = compare->pyramid.type;
    uint32_t nx = extent_at_level(compare->pyramid.extent, level).nx;
    struct difference where = {
        .kind = DIFFERENCE_VOXEL,
        .level = level,
        .z = z,
        .y = (uint32_t)(index / nx),
        .x = (uint32_t)(index % nx),
    };
    char shown[PRINTABLE_BYTES];
    show_voxel(where.expected, sizeof where.expected, type, expected);
    show_voxel(where.found, sizeof where.found, type, found);
    note(&compare->result, &where, "%s: voxel x %" PRIu32 ", y %" PRIu32 " is %s where %s is expected",
         printable(shown, sizeof shown, path), where.x, where.y, where.found, where.expected);
}

static void compare_voxels(struct compare *compare, const char *path, unsigned level, uint32_t z,
                           const unsigned char *expected, const unsigned char *found, uint64_t nvoxels)
{
    struct compare_result *result = &compare->result;
    size_t bytes_each = voxel_bytes(compare->pyramid.type);
    result->nvoxels += nvoxels;
    if (memcmp(expected, found, (size_t)nvoxels * bytes_each) == 0)
        return;
    result->nslices_different++;
    for (uint64_t i = 0; i < nvoxels; i++)
        if (memcmp(expected + i * bytes_each, found + i * bytes_each, bytes_each) != 0) {
            result->nvoxels_different++;
            if (result->nfirst < COMPARE_FIRST_MAX)
                note_voxel(compare, path, level, z, i, expected + i * bytes_each, found + i * bytes_each);
        }
}

/* Reads the slice at `path` into compare->voxels. STATUS_INPUT: it is not what it should be. */
static enum status read_slice(struct compare *compare, const char *path, struct extent extent,
                              struct error *error)
{
    struct input_file file;
    struct slice_header header;
    char shown[PRINTABLE_BYTES];
    enum voxel_type type = compare->pyramid.type;
    size_t n_bytes = (size_t)extent_slice_bytes(extent, type);
    enum status status = input_file_open(&file, path, error);
    if (status != STATUS_OK)
        return status;
    status = codec_tiff.read_header(&file, &header, error);
    if (status != STATUS_OK)
        goto close_file;
    if (header.nx != extent.nx || header.ny != extent.ny || header.type != type) {
        status = error_set(error, STATUS_INPUT, "%s: is %u x %u %s where %u x %u %s is expected",
                           printable(shown, sizeof shown, path), header.nx, header.ny,
                           voxel_name(header.type), extent.nx, extent.ny, voxel_name(type));
        goto close_file;
    }
    if ((status = bytes_reserve(&compare->voxels, n_bytes, error)) != STATUS_OK)
        goto close_file;
    if (header.plain) {
        status = input_file_read(&file, compare->voxels.data, n_bytes, header.voxels_offset, error);
        goto close_file;
    }
    if ((status = bytes_reserve(&compare->file, (size_t)header.encoded_bytes, error)) == STATUS_OK &&
        (status = input_file_read(&file, compare->file.data, (size_t)header.encoded_bytes, 0, error)) ==
            STATUS_OK)
        status = codec_tiff.decode(compare->file.data, (size_t)header.encoded_bytes, path, &header,
                                   compare->voxels.data, error);
close_file:
    input_file_close(&file);
    return status;
}

/* Hands the voxels through. */
static enum status compare_encode(struct output *output, unsigned level, uint32_t z, const void *voxels,
                                  struct bytes *encoded, struct error *error)
{
    const struct compare *compare = (const struct compare *)output;
    size_t n_bytes =
        (size_t)extent_slice_bytes(extent_at_level(compare->pyramid.extent, level), compare->pyramid.type);
    (void)z;
    enum status status = bytes_reserve(encoded, n_bytes, error);
    if (status != STATUS_OK)
        return status;
    memcpy(encoded->data, voxels, n_bytes);
    encoded->n_bytes = n_bytes;
    return STATUS_OK;
}

static enum status compare_write(struct output *output, unsigned level, uint32_t z,
                                 const struct bytes *encoded, struct error *error)
{
    struct compare *compare = (struct compare *)output;
    struct extent extent = extent_at_level(compare->pyramid.extent, level);
    char name[SLICE_NAME_BYTES];
    char *path;
    struct error reason = {0};
    if (asprintf(&path, "%s/%u/%s", compare->folder, level, slice_name(name, z)) < 0)
        return error_no_memory(error, strlen(compare->folder), "a file name");
    compare->result.nslices++;
    enum status status = read_slice(compare, path, extent, &reason);
    if (status == STATUS_INPUT) {
        struct difference where = {.kind = DIFFERENCE_SLICE, .level = level, .z = z};
        compare->result.nslices_different++;
        note(&compare->result, &where, "%.760s", reason.message);
        status = STATUS_OK;
    } else if (status != STATUS_OK)
        error_set(error, status, "%s", reason.message);
    else
        compare_voxels(compare, path, level, z, encoded->data, compare->voxels.data,
                       (uint64_t)extent.nx * extent.ny);
    free(path);
    return status;
}

static void note_extra(struct compare *compare, unsigned level, const char *name, const char *what)
{
    struct difference where = {.kind = DIFFERENCE_EXTRA, .level = level};
    char shown[PRINTABLE_BYTES], shown_name[200];
    compare->result.nextra++;
    slice_name_parse(name, &where.z);
    note(&compare->result, &where, "%s/%u%s%s: %s", printable(shown, sizeof shown, compare->folder), level,
         *name ? "/" : "", printable(shown_name, sizeof shown_name, name), what);
}

/* Context of a visit to one level folder that the pyramid has. */
struct level_visit {
    struct compare *compare;
    unsigned level;
};

/* Any image but the expected slices is one too many: who opens the folder as a volume would see it. */
static enum status visit_level_entry(void *context, const char *name, enum entry_kind kind,
                                     struct error *error)
{
    const struct level_visit *visit = context;
    uint32_t z;
    (void)kind, (void)error;
    if (name[0] == '.' || !codec_for_file(name))
        return STATUS_OK;
    if (!slice_name_parse(name, &z) || z >= extent_at_level(visit->compare->pyramid.extent, visit->level).nz)
        note_extra(visit->compare, visit->level, name, "does not belong to the pyramid; move it elsewhere");
    return STATUS_OK;
}

static enum status visit_folder_entry(void *context, const char *name, enum entry_kind kind,
                                      struct error *error)
{
    struct compare *compare = context;
    unsigned level;
    (void)kind, (void)error;
    if (level_name_parse(name, &level) && level > compare->pyramid.nlevels)
        note_extra(compare, level, "", "the pyramid has no such level; move it elsewhere");
    return STATUS_OK;
}

/* Visits the folder at `path`; one that is not there has been told by its slices, which are missing. */
static enum status visit_path(const char *path, folder_visitor visitor, void *context, struct error *error)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return STATUS_OK;
    enum status status = folder_visit(fd, path, visitor, context, error);
    close(fd);
    return status;
}

static enum status compare_finish(struct output *output, struct error *error)
{
    struct compare *compare = (struct compare *)output;
    enum status status = visit_path(compare->folder, visit_folder_entry, compare, error);
    for (unsigned level = 1; level <= compare->pyramid.nlevels && status == STATUS_OK; level++) {
        char name[LEVEL_NAME_BYTES];
        struct level_visit visit = {compare, level};
        char *path = path_join(compare->folder, level_name(name, level));
        if (!path)
            return error_no_memory(error, strlen(compare->folder), "a file name");
        status = visit_path(path, visit_level_entry, &visit, error);
        free(path);
    }
    return status;
}

static void compare_close(struct output *output)
{
    struct compare *compare = (struct compare *)output;
    bytes_end(&compare->file);
    bytes_end(&compare->voxels);
    free(compare);
}

static const struct output_ops compare_ops = {
    .name = "compare",
    .encode = compare_encode,
    .write = compare_write,
    .finish = compare_finish,
    .close = compare_close,
};

enum status compare_open(struct output **output, const char *folder, const struct pyramid *pyramid,
                         struct error *error)
{
    char shown[PRINTABLE_BYTES];
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(error, STATUS_INPUT, errno, "%s: is no folder that can be compared with",
                               printable(shown, sizeof shown, folder));
    close(fd);
    struct compare *compare = calloc(1, sizeof *compare);
    if (!compare)
        return error_no_memory(error, sizeof *compare, "the comparison");
    compare->output.ops = &compare_ops;
    compare->folder = folder;
    compare->pyramid = *pyramid;
    *output = &compare->output;
    return STATUS_OK;
}

const struct compare_result *compare_result(const struct output *output)
{
    return &((const struct compare *)output)->result;
}

bool compare_clean(const struct compare_result *result)
{
    return result->nslices_different == 0 && result->nextra == 0;
}
