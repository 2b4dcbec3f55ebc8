/* SPDX-License-Identifier: MIT
 * A header's text becomes a description (codec/volume_header.h); its data files are found one after the other
 * (volume_data.h), and each gives an equal run of slices. */
#include "stack/volume_stack.h"

#include "base/path.h"
#include "base/printable.h"
#include "codec/metaimage.h"
#include "codec/nrrd.h"
#include "codec/raw.h"
#include "codec/raw_text.h"
#include "stack/volume_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A header's format by the extension of its file. */
static const struct format {
    const char *extension;
    enum status (*parse)(struct volume_header *header, const char *text, size_t n_bytes, const char *path,
                         struct error *error);
} formats[] = {
    {"nrrd", nrrd_parse},
    {"nhdr", nrrd_parse},
    {"mhd", metaimage_parse},
    {"mha", metaimage_parse},
};

static const struct format *find_format(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof formats / sizeof *formats; i++)
        if (strcasecmp(dot + 1, formats[i].extension) == 0)
            return &formats[i];
    return NULL;
}

bool volume_stack_takes(const char *name)
{
    return find_format(name) != NULL;
}

/* A volume on its way into a stack. */
struct filling {
    struct stack *stack;
    const struct stack_request *request;
    struct volume_header header;
    char *text;                      /* owned: `header` points into it */
    char layout[SLICE_LAYOUT_BYTES]; /* of every slice */
    uint64_t surplus_bytes;          /* behind the voxels, in all files */
    struct error first_reason;       /* why a data file could not be read that may be missing */
};

static enum status read_text(struct filling *filling, size_t *n_bytes, struct error *error)
{
    struct input_file file;
    enum status status = input_file_open(&file, filling->request->input, error);
    if (status != STATUS_OK)
        return status;
    *n_bytes = file.n_bytes < VOLUME_HEADER_BYTES_MAX ? (size_t)file.n_bytes : VOLUME_HEADER_BYTES_MAX;
    filling->text = malloc(*n_bytes + 1);
    if (!filling->text)
        status = error_no_memory(error, *n_bytes + 1, "the header of a volume");
    else
        status = input_file_read(&file, filling->text, *n_bytes, 0, error);
    input_file_close(&file);
    return status;
}

/* The description of the volume, by its header or by the user. */
static enum status read_header(struct filling *filling, struct error *error)
{
    const char *path = filling->request->input;
    size_t n_bytes;
    bool skips;
    if (filling->request->raw) {
        if (!raw_text_parse(&filling->header, filling->request->raw, &skips))
            return error_set(error, STATUS_USAGE, "--raw %s: is no description of a raw volume",
                             filling->request->raw);
        return STATUS_OK;
    }
    enum status status = read_text(filling, &n_bytes, error);
    if (status == STATUS_OK)
        status = find_format(path)->parse(&filling->header, filling->text, n_bytes, path, error);
    return status;
}

/* Path of a data file that is called `name` in the header; malloc'ed. */
static char *data_path(const struct filling *filling, const char *name)
{
    const char *folder = filling->stack->folder;
    return *name == '/' || strcmp(folder, ".") == 0 ? strdup(name) : path_join(folder, name);
}

/* Fills the header of the sth slice of a data file. */
static void set_slice_header(const struct filling *filling, const struct volume_data_place *place, uint32_t s,
                             struct slice_header *header)
{
    const struct volume_header *volume = &filling->header;
    uint64_t offset = place->offset + s * volume_slice_bytes(volume);
    if (volume->is_f64)
        raw_header_set_f64(header, volume->nx, volume->ny, volume->big_endian, offset);
    else
        raw_header_set(header, volume->nx, volume->ny, volume->type, volume->big_endian, offset);
    if (volume->compressed) {
        header->plain = false;
        header->streamed = true;
        header->stream = place->stream;
        header->stream_end_bytes = place->offset + place->n_bytes;
    }
    header->spacing = volume->spacing;
    header->spacing_origin = volume->spacing_origin;
    memcpy(header->layout, filling->layout, sizeof header->layout);
}

/* Gives the slices of data file `index` their places in it. */
static enum status place_slices(struct filling *filling, const struct input_file *file,
                                const struct volume_data_place *place, uint32_t index, struct error *error)
{
    const uint32_t nslices = filling->header.nz / filling->header.nfiles;
    const char *slash = strrchr(file->path, '/');
    for (uint32_t s = 0; s < nslices; s++) {
        struct slice *slice = &filling->stack->slices[(uint64_t)index * nslices + s];
        slice->codec = &codec_raw;
        slice->path = strdup(file->path);
        if (!slice->path)
            return error_no_memory(error, strlen(file->path) + 1, "the list of slices");
        slice->name = slice->path + (slash ? slash + 1 - file->path : 0);
        slice->n_bytes = file->n_bytes;
        slice->mtime_ns = file->mtime_ns;
        slice->identity = file->identity;
        slice->has_header = true;
        set_slice_header(filling, place, s, &slice->header);
    }
    return STATUS_OK;
}

/* "NRRD, gzip, big-endian". */
static void describe(struct filling *filling, const struct volume_data_place *place)
{
    const struct volume_header *header = &filling->header;
    bool ordered = header->is_f64 || voxel_bytes(header->type) > 1;
    const char *packed = filling->request->raw ? "" : ", raw";
    if (header->compressed)
        packed = place->is_gzip ? ", gzip" : ", zlib";
    snprintf(filling->layout, sizeof filling->layout, "%s%s%s%s", header->format, packed,
             !ordered             ? ""
             : header->big_endian ? ", big-endian"
                                  : ", little-endian",
             header->is_f64 ? ", 64-bit float" : "");
}

static enum status fill_from_file(struct filling *filling, const char *path, uint32_t index,
                                  struct error *error)
{
    struct volume_data_place place;
    struct input_file file;
    const atomic_bool *cancel = filling->request->cancel;
    if (cancel && atomic_load(cancel))
        return error_set(error, STATUS_INTERRUPTED, "interrupted; not all slices have been looked at");
    enum status status = input_file_open(&file, path, error);
    if (status != STATUS_OK)
        return status;
    status = volume_data_find(&place, &filling->header, &file, filling->request->raw, error);
    if (status == STATUS_OK && !filling->stack->slices) {
        describe(filling, &place);
        status = stack_make_places(filling->stack, filling->header.nz, 0, error);
    }
    if (status == STATUS_OK)
        status = place_slices(filling, &file, &place, index, error);
    if (status == STATUS_OK)
        filling->surplus_bytes += place.surplus_bytes;
    input_file_close(&file);
    return status;
}

/* Whether slices of data file `index` are asked for. */
static bool is_in_range(const struct filling *filling, uint32_t index)
{
    const struct slice_range *range = &filling->request->range;
    const uint64_t nslices = filling->header.nz / filling->header.nfiles;
    return !range->given || (range->first < (index + 1) * nslices && range->last >= index * nslices);
}

/* One of several data files. With MISSING_IGNORE the slices of one that cannot be read are missing. */
static enum status fill_from_data_file(struct filling *filling, const char *name, uint32_t index,
                                       struct error *error)
{
    struct error reason = {0};
    char *path = data_path(filling, name);
    if (!path)
        return error_no_memory(error, strlen(name) + 1, "the name of a file");
    const struct slice slice = {.path = path};
    enum status status = fill_from_file(filling, path, index, &reason);
    if (status == STATUS_INPUT && filling->request->missing == MISSING_IGNORE) {
        if (filling->first_reason.status == STATUS_OK)
            filling->first_reason = reason;
        status = stack_note_unreadable(filling->stack, &slice, reason.message, error);
    } else if (status != STATUS_OK)
        error_set(error, status, "%s", reason.message);
    free(path);
    return status;
}

static enum status fill_from_files(struct filling *filling, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    struct volume_names names = {.rest = filling->header.names};
    enum status status = STATUS_OK;
    char *name = malloc(VOLUME_NAME_BYTES);
    if (!name)
        return error_no_memory(error, VOLUME_NAME_BYTES, "the name of a file");
    for (uint32_t i = 0; status == STATUS_OK && i < filling->header.nfiles; i++) {
        if (!volume_next_name(&filling->header, &names, name))
            status = error_set(error, STATUS_INPUT, "%s: the name of its data file %u is no file's name",
                               printable(shown, sizeof shown, filling->request->input), i + 1);
        else if (is_in_range(filling, i))
            status = fill_from_data_file(filling, name, i, error);
    }
    free(name);
    if (status != STATUS_OK || filling->stack->slices)
        return status;
    if (filling->first_reason.status != STATUS_OK)
        return error_set(error, filling->first_reason.status, "%s", filling->first_reason.message);
    return stack_make_places(filling->stack, filling->header.nz, 0, error); /* none of them in the range */
}

/* What people may want to know of a volume that is read nevertheless. */
static enum status add_remarks(struct filling *filling, struct error *error)
{
    struct stack *stack = filling->stack;
    char text[PRINTABLE_BYTES + 64], shown[PRINTABLE_BYTES];
    if (filling->surplus_bytes > 0) {
        snprintf(text, sizeof text, "%s: %" PRIu64 " bytes behind the last voxel are ignored",
                 printable(shown, sizeof shown, filling->request->input), filling->surplus_bytes);
        stack->surplus = strdup(text);
        if (!stack->surplus)
            return error_no_memory(error, strlen(text) + 1, "messages");
    }
    if (*filling->header.unused) {
        stack->unused = strdup(filling->header.unused);
        if (!stack->unused)
            return error_no_memory(error, strlen(filling->header.unused) + 1, "messages");
    }
    return STATUS_OK;
}

enum status stack_fill_volume(struct stack *stack, const struct stack_request *request, struct error *error)
{
    struct filling filling = {.stack = stack, .request = request};
    enum status status = read_header(&filling, error);
    if (status == STATUS_OK && filling.header.data == VOLUME_ATTACHED)
        status = fill_from_file(&filling, request->input, 0, error);
    else if (status == STATUS_OK)
        status = fill_from_files(&filling, error);
    if (status == STATUS_OK)
        status = add_remarks(&filling, error);
    free(filling.text);
    return status;
}
