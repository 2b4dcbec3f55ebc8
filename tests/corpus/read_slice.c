/* SPDX-License-Identifier: MIT
 * read_slice [--gray] FILE: writes "TYPE NX NY" on a line and then the voxels of FILE, as the codec of its
 * extension decodes them, to standard output; or the reason why not to standard error, with the status of the
 * error. For scripts that compare with what other programs read. */
#include "base/file.h"
#include "codec/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status read_parts(const struct input_file *file, const struct slice_header *header,
                              unsigned char *data, struct error *error)
{
    for (unsigned i = 0; i < header->nparts; data += header->parts[i++].n_bytes)
        if (input_file_read(file, data, header->parts[i].n_bytes, header->parts[i].offset, error) !=
            STATUS_OK)
            return error->status;
    return STATUS_OK;
}

static enum status write_slice(const struct codec *codec, const struct input_file *file,
                               const struct slice_header *header, struct error *error)
{
    size_t slice_bytes = (size_t)header->nx * header->ny * voxel_bytes(header->type);
    unsigned char *data = malloc(header->encoded_bytes), *voxels = malloc(slice_bytes);
    if (!data || !voxels)
        error_no_memory(error, header->encoded_bytes + slice_bytes, "a slice");
    else if (read_parts(file, header, data, error) == STATUS_OK &&
             codec_decode(codec, data, header->encoded_bytes, file->path, header, voxels, error) ==
                 STATUS_OK) {
        printf("%s %u %u\n", voxel_name(header->type), header->nx, header->ny);
        if (fwrite(voxels, 1, slice_bytes, stdout) != slice_bytes)
            error_set(error, STATUS_OUTPUT, "standard output: cannot be written; free some space");
    }
    free(voxels);
    free(data);
    return error->status;
}

int main(int argc, char **argv)
{
    const struct codec_options options = {.gray = argc > 2 && strcmp(argv[1], "--gray") == 0};
    const char *path = argc > 1 ? argv[argc - 1] : "";
    const struct codec *codec = codec_for_file(path);
    struct input_file file;
    struct slice_header header;
    struct error error = {0};
    if (!codec)
        error_set(&error, STATUS_USAGE, "%s: has no codec; name a file of a known extension", path);
    else if (input_file_open(&file, path, &error) == STATUS_OK) {
        if (codec->read_header(&file, &options, &header, &error) == STATUS_OK)
            write_slice(codec, &file, &header, &error);
        input_file_close(&file);
    }
    if (error.status != STATUS_OK)
        fprintf(stderr, "%s\n", error.message);
    return (int)error.status;
}
