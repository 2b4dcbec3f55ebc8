/* SPDX-License-Identifier: MIT */
#include "pipeline/probe.h"

#include "base/bytes.h"
#include "base/file.h"
#include "pipeline/source.h"

enum { STEP_BYTES = 16 << 20 };

/* Reads a part of the file: into `data`, or with NULL piece by piece into `step`, to be thrown away. */
static enum status read_part(const struct input_file *file, const struct file_part *part, unsigned char *data,
                             struct bytes *step, const atomic_bool *cancel, struct error *error)
{
    enum status status = data ? STATUS_OK : bytes_reserve(step, STEP_BYTES, error);
    for (uint64_t at = 0; at < part->n_bytes && status == STATUS_OK;) {
        uint64_t left_bytes = part->n_bytes - at;
        size_t n = left_bytes < STEP_BYTES ? (size_t)left_bytes : STEP_BYTES;
        if (cancel && atomic_load(cancel))
            return error_set(error, STATUS_INTERRUPTED, "interrupted; not all slices have been looked at");
        status = input_file_read(file, data ? data + at : step->data, n, part->offset + at, error);
        at += n;
    }
    return status;
}

static enum status decode(const struct slice *slice, const struct bytes *encoded, struct bytes *voxels,
                          struct error *error)
{
    const struct slice_header *header = &slice->header;
    char label[SLICE_LABEL_BYTES];
    enum status status =
        bytes_reserve(voxels, (size_t)header->ny * header->nx * voxel_bytes(header->type), error);
    return status == STATUS_OK ? codec_decode(slice->codec, encoded->data, encoded->n_bytes,
                                              slice_label(slice, label), header, voxels->data, error)
                               : status;
}

static enum status read_open(const struct slice *slice, const struct input_file *file,
                             const atomic_bool *cancel, struct error *error)
{
    struct file_part parts[FILE_PARTS_MAX];
    struct bytes encoded = {0}, voxels = {0};
    const unsigned nparts = slice_parts(slice, parts);
    const bool decoded = slice_header_needs_decoding(&slice->header);
    enum status status = STATUS_OK;
    if (file->n_bytes != slice->n_bytes || file->mtime_ns != slice->mtime_ns)
        return source_changed(slice, error);
    if (decoded)
        status = bytes_reserve(&encoded, slice->header.encoded_bytes, error);
    for (unsigned i = 0; i < nparts && status == STATUS_OK; i++) {
        status = read_part(file, &parts[i], decoded ? encoded.data + encoded.n_bytes : NULL, &voxels, cancel,
                           error);
        encoded.n_bytes += parts[i].n_bytes;
    }
    if (status == STATUS_OK && decoded)
        status = decode(slice, &encoded, &voxels, error);
    if (status == STATUS_OK && !input_file_unchanged(file))
        status = source_changed(slice, error);
    bytes_end(&encoded);
    bytes_end(&voxels);
    return status;
}

enum status probe_slice(const struct stack *stack, uint32_t z, const atomic_bool *cancel, struct error *error)
{
    const struct slice *slice = &stack->slices[z];
    struct input_file file;
    enum status status = input_file_open(&file, slice->path, error);
    if (status != STATUS_OK)
        return status;
    status = read_open(slice, &file, cancel, error);
    input_file_close(&file);
    return status;
}
