/* SPDX-License-Identifier: MIT */
#include "codec/png_reader.h"

#include "base/printable.h"
#include "codec/slice_limits.h"

#include <stdio.h>
#include <string.h>

/* What a chunk that is not skipped may take (a palette: 768 bytes), and the length of one that is. */
enum { CHUNK_BYTES_MAX = 64 << 20, CHUNKS_KEPT_MAX = 16 };

static void on_error(png_structp png, png_const_charp message)
{
    struct png_reader *reader = png_get_error_ptr(png);
    snprintf(reader->complaint, sizeof reader->complaint, "%s", message);
    longjmp(reader->jump, 1);
}

/* What libpng warns of leaves the voxels whole. */
static void on_warning(png_structp png, png_const_charp message)
{
    (void)png, (void)message;
}

/* Reads ahead in a file; libpng asks for a few bytes at a time. */
static size_t read_ahead(struct png_reader *reader, void *data, size_t n_bytes)
{
    size_t n_read;
    if (reader->position >= reader->ahead_at + reader->n_ahead) { /* it only ever moves on */
        reader->ahead_at = reader->position;
        if (byte_source_read(&reader->source, reader->ahead, sizeof reader->ahead, reader->position,
                             &reader->n_ahead, &reader->error) != STATUS_OK)
            return 0;
    }
    n_read = (size_t)(reader->ahead_at + reader->n_ahead - reader->position);
    if (n_read > n_bytes)
        n_read = n_bytes;
    memcpy(data, reader->ahead + (reader->position - reader->ahead_at), n_read);
    return n_read;
}

static void read_bytes(png_structp png, png_bytep data, size_t n_bytes)
{
    struct png_reader *reader = png_get_io_ptr(png);
    while (n_bytes > 0) {
        size_t n_read = 0;
        if (reader->source.file)
            n_read = read_ahead(reader, data, n_bytes);
        else
            byte_source_read(&reader->source, data, n_bytes, reader->position, &n_read, &reader->error);
        if (n_read == 0)
            png_error(png, "the file ends too soon");
        reader->position += n_read;
        data += n_read;
        n_bytes -= n_read;
    }
}

static void set_up(struct png_reader *reader, void *context)
{
    static const unsigned char kept[] = "pHYs\0eXIf";
    (void)context;
    png_set_read_fn(reader->png, reader, read_bytes);
    png_set_crc_action(reader->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_user_limits(reader->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* the extent is checked here */
    png_set_chunk_malloc_max(reader->png, CHUNK_BYTES_MAX);
    png_set_chunk_cache_max(reader->png, CHUNKS_KEPT_MAX);
    png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1); /* all that may be left out */
    png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_AS_DEFAULT, kept, 2);
}

enum status png_reader_open(struct png_reader *reader, const struct byte_source *source, struct error *error)
{
    *reader = (struct png_reader){.source = *source};
    reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, on_error, on_warning);
    if (reader->png)
        reader->info = png_create_info_struct(reader->png);
    if (!reader->info)
        return error_no_memory(error, 1, "libpng's structures");
    return png_reader_run(reader, set_up, NULL, error);
}

void png_reader_close(struct png_reader *reader)
{
    if (reader->png)
        png_destroy_read_struct(&reader->png, &reader->info, NULL);
}

enum status png_reader_run(struct png_reader *reader, void (*step)(struct png_reader *reader, void *context),
                           void *context, struct error *error)
{
    char complaint[sizeof reader->complaint];
    if (setjmp(reader->jump) == 0) {
        step(reader, context);
        return STATUS_OK;
    }
    if (reader->error.status != STATUS_OK)
        return error_set(error, reader->error.status, "%s", reader->error.message);
    return slice_refuse(reader->source.path, error, remedy_copy, "is a damaged PNG (libpng: %s)",
                        printable(complaint, sizeof complaint, reader->complaint));
}
