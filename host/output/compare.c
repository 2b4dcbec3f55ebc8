/* SPDX-License-Identifier: MIT */
#include "output/compare.h"

#include "base/bytes.h"
#include "base/checked.h"
#include "base/file.h"
#include "base/printable.h"
#include "base/restart.h"
#include "codec/codec.h"
#include "output/extra_files.h"
#include "output/level_names.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A slice of which some rows have come. */
struct stored {
    struct stored *next;
    unsigned level;
    uint32_t z;
    bool readable; /* or it has been told why not */
    bool differs;
    char *path; /* owned */
    struct bytes voxels;
};

/* Everything but the pyramid is written by the writer thread alone. */
struct compare {
    struct output output; /* first */
    const char *folder;
    struct pyramid pyramid;
    struct compare_result result;
    struct bytes file;      /* encoded bytes of the slice that is read */
    struct stored *started; /* a list; as a rule of one for each level */
    struct stored *spare;   /* done, with their buffers */
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

/* `index` counts the slice's voxels. */
static void note_voxel(struct compare *compare, const struct stored *stored, uint64_t index,
                       const unsigned char *expected, const unsigned char *found)
{
    enum voxel_type type = compare->pyramid.type;
    uint32_t nx = extent_at_level(compare->pyramid.extent, stored->level).nx;
    struct difference where = {
        .kind = DIFFERENCE_VOXEL,
        .level = stored->level,
        .z = stored->z,
        .y = (uint32_t)(index / nx),
        .x = (uint32_t)(index % nx),
    };
    char shown[PRINTABLE_BYTES];
    voxel_show(where.expected, type, expected);
    voxel_show(where.found, type, found);
    note(&compare->result, &where, "%s: voxel x %" PRIu32 ", y %" PRIu32 " is %s where %s is expected",
         printable(shown, sizeof shown, stored->path), where.x, where.y, where.found, where.expected);
}

static void compare_rows(struct compare *compare, struct stored *stored, const struct level_rows *rows)
{
    struct compare_result *result = &compare->result;
    const size_t bytes_each = voxel_bytes(compare->pyramid.type);
    const uint64_t nx = extent_reduce(compare->pyramid.extent.nx, rows->level);
    const uint64_t first = rows->y0 * nx, n = rows->nrows * nx;
    const unsigned char *expected = rows->voxels, *found = stored->voxels.data + first * bytes_each;
    result->nvoxels += n;
    if (memcmp(expected, found, (size_t)n * bytes_each) == 0)
        return;
    result->nslices_different += !stored->differs;
    stored->differs = true;
    for (uint64_t i = 0; i < n; i++)
        if (memcmp(expected + i * bytes_each, found + i * bytes_each, bytes_each) != 0) {
            result->nvoxels_different++;
            if (result->nfirst < COMPARE_FIRST_MAX)
                note_voxel(compare, stored, first + i, expected + i * bytes_each, found + i * bytes_each);
        }
}

/* Reads stored->path into stored->voxels. STATUS_INPUT: it is not what it should be. */
static enum status read_slice(struct compare *compare, struct stored *stored, struct error *error)
{
    const struct extent extent = extent_at_level(compare->pyramid.extent, stored->level);
    const char *path = stored->path;
    struct input_file file;
    struct slice_header header;
    char shown[PRINTABLE_BYTES];
    enum voxel_type type = compare->pyramid.type;
    size_t n_bytes = (size_t)extent_slice_bytes(extent, type);
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return error_set(error, STATUS_INPUT, "%s: is not there", printable(shown, sizeof shown, path));
    enum status status = input_file_open(&file, path, error);
    if (status != STATUS_OK)
        return status;
    status = codec_tiff.read_header(&file, NULL, &header, error);
    if (status != STATUS_OK)
        goto close_file;
    if (header.nx != extent.nx || header.ny != extent.ny || header.type != type) {
        status = error_set(error, STATUS_INPUT, "%s: is %u x %u %s where %u x %u %s is expected",
                           printable(shown, sizeof shown, path), header.nx, header.ny,
                           voxel_name(header.type), extent.nx, extent.ny, voxel_name(type));
        goto close_file;
    }
    if ((status = bytes_reserve(&stored->voxels, n_bytes, error)) != STATUS_OK)
        goto close_file;
    if (header.plain) {
        status = input_file_read(&file, stored->voxels.data, n_bytes, header.voxels_offset, error);
        goto close_file;
    }
    if ((status = bytes_reserve(&compare->file, (size_t)header.encoded_bytes, error)) == STATUS_OK &&
        (status = input_file_read(&file, compare->file.data, (size_t)header.encoded_bytes, 0, error)) ==
            STATUS_OK)
        status = codec_tiff.decode(compare->file.data, (size_t)header.encoded_bytes, path, &header,
                                   stored->voxels.data, error);
close_file:
    input_file_close(&file);
    return status;
}

/* Takes the slice's place in the list, and reads it. */
static enum status start_slice(struct compare *compare, unsigned level, uint32_t z, struct error *error)
{
    char name[SLICE_NAME_BYTES];
    struct error reason = {0};
    struct stored *stored = compare->spare ? compare->spare : calloc(1, sizeof *stored);
    if (!stored)
        return error_no_memory(error, sizeof *stored, "a slice");
    if (compare->spare)
        compare->spare = stored->next;
    *stored = (struct stored){.next = compare->started, .level = level, .z = z, .voxels = stored->voxels};
    compare->started = stored;
    if (asprintf(&stored->path, "%s/%u/%s", compare->folder, level, slice_name(name, z)) < 0) {
        stored->path = NULL;
        return error_no_memory(error, strlen(compare->folder), "a file name");
    }
    compare->result.nslices++;
    enum status status = read_slice(compare, stored, &reason);
    stored->readable = status == STATUS_OK;
    if (status == STATUS_INPUT) {
        struct difference where = {.kind = DIFFERENCE_SLICE, .level = level, .z = z};
        compare->result.nslices_different++;
        note(&compare->result, &where, "%.760s", reason.message);
        return STATUS_OK;
    }
    return status == STATUS_OK ? STATUS_OK : error_set(error, status, "%s", reason.message);
}

/* Where slice z of a level hangs among those that have been started; the end of the list when it has not. */
static struct stored **find_started(struct compare *compare, unsigned level, uint32_t z)
{
    struct stored **at = &compare->started;
    while (*at && ((*at)->level != level || (*at)->z != z))
        at = &(*at)->next;
    return at;
}

static enum status compare_write(struct output *output, const struct level_rows *rows, uint64_t *n_bytes,
                                 struct error *error)
{
    struct compare *compare = (struct compare *)output;
    (void)n_bytes;
    if (rows->y0 == 0 && start_slice(compare, rows->level, rows->z, error) != STATUS_OK)
        return error->status;
    struct stored **at = find_started(compare, rows->level, rows->z), *stored = *at;
    if (stored->readable)
        compare_rows(compare, stored, rows);
    if (rows->y0 + rows->nrows < extent_reduce(compare->pyramid.extent.ny, rows->level))
        return STATUS_OK;
    *at = stored->next;
    free(stored->path);
    stored->path = NULL;
    stored->next = compare->spare;
    compare->spare = stored;
    return STATUS_OK;
}

/* For extra_files_find. */
static void note_extra(void *context, unsigned level, const char *name, const char *line)
{
    struct compare *compare = context;
    struct difference where = {.kind = DIFFERENCE_EXTRA, .level = level};
    compare->result.nextra++;
    slice_name_parse(name, &where.z);
    note(&compare->result, &where, "%s", line);
}

static enum status compare_finish(struct output *output, struct error *error)
{
    struct compare *compare = (struct compare *)output;
    return extra_files_find(compare->folder, &compare->pyramid, note_extra, compare, error);
}

static void stored_free(struct stored *list)
{
    while (list) {
        struct stored *stored = list;
        list = stored->next;
        bytes_end(&stored->voxels);
        free(stored->path);
        free(stored);
    }
}

static void compare_close(struct output *output)
{
    struct compare *compare = (struct compare *)output;
    stored_free(compare->started);
    stored_free(compare->spare);
    bytes_end(&compare->file);
    free(compare);
}

static const struct output_ops compare_ops = {
    .name = "compare",
    .write = compare_write,
    .finish = compare_finish,
    .close = compare_close,
};

uint64_t compare_memory_bytes(const struct pyramid *pyramid, uint64_t nstarted)
{
    return saturated_mul3(1 + nstarted,
                          extent_slice_bytes(extent_at_level(pyramid->extent, 1), pyramid->type), 1);
}

enum status compare_open(struct output **output, const char *folder, const struct pyramid *pyramid,
                         struct error *error)
{
    char shown[PRINTABLE_BYTES];
    int fd = restart_open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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
