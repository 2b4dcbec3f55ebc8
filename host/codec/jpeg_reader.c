/* SPDX-License-Identifier: MIT */
#include "codec/jpeg_reader.h"

#include "base/printable.h"
#include "codec/slice_limits.h"

#include <jerror.h>
#include <stddef.h>
#include <string.h>

/* Writers make some ten scans of an image. Each costs the time of the whole image however short it is. */
enum { SCANS_MAX = 100, SCANS_TOO_MANY = -1 };

static _Noreturn void give_up(struct jpeg_reader *reader, int code)
{
    reader->complaint_code = code;
    longjmp(reader->jump, 1);
}

static void on_error(j_common_ptr jpeg)
{
    struct jpeg_reader *reader = jpeg->client_data;
    jpeg->err->format_message(jpeg, reader->complaint);
    give_up(reader, jpeg->err->msg_code);
}

/* -1: a warning, that the file is damaged; 0 and more: traces. */
static void on_message(j_common_ptr jpeg, int level)
{
    if (level < 0)
        on_error(jpeg);
}

static void print_nothing(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void count_scans(j_common_ptr jpeg)
{
    struct jpeg_reader *reader = jpeg->client_data;
    if (reader->jpeg.input_scan_number > SCANS_MAX)
        give_up(reader, SCANS_TOO_MANY);
}

static void start_input(j_decompress_ptr jpeg)
{
    (void)jpeg;
}

/* All of what is in memory, or the next of a file. At the end libjpeg is told so as a warning, which is an
 * error here. */
static boolean fill_input(j_decompress_ptr jpeg)
{
    struct jpeg_reader *reader = jpeg->client_data;
    const struct byte_source *source = &reader->source;
    size_t n_read = 0;
    if (reader->position < source->n_bytes && source->data) {
        reader->input.next_input_byte = source->data + reader->position;
        n_read = (size_t)(source->n_bytes - reader->position);
    } else if (byte_source_read(source, reader->ahead, sizeof reader->ahead, reader->position, &n_read,
                                &reader->error) == STATUS_OK) {
        reader->input.next_input_byte = reader->ahead;
    }
    if (n_read == 0)
        WARNMS(jpeg, JWRN_JPEG_EOF); /* does not return */
    reader->input.bytes_in_buffer = n_read;
    reader->position += n_read;
    return TRUE;
}

static void skip_input(j_decompress_ptr jpeg, long n_bytes)
{
    struct jpeg_reader *reader = jpeg->client_data;
    size_t n = n_bytes > 0 ? (size_t)n_bytes : 0, here = reader->input.bytes_in_buffer;
    if (n > here) {
        reader->position += n - here;
        n = here;
    }
    reader->input.next_input_byte += n;
    reader->input.bytes_in_buffer -= n;
}

static void end_input(j_decompress_ptr jpeg)
{
    (void)jpeg;
}

static void set_up(struct jpeg_reader *reader, void *context)
{
    (void)context;
    jpeg_create_decompress(&reader->jpeg); /* keeps err and client_data, and clears all else */
    reader->jpeg.src = &reader->input;
    reader->jpeg.progress = &reader->progress;
}

enum status jpeg_reader_open(struct jpeg_reader *reader, const struct byte_source *source,
                             struct error *error)
{
    memset(reader, 0, offsetof(struct jpeg_reader, ahead));
    reader->source = *source;
    reader->jpeg.err = jpeg_std_error(&reader->errors);
    reader->jpeg.client_data = reader;
    reader->errors.error_exit = on_error;
    reader->errors.emit_message = on_message;
    reader->errors.output_message = print_nothing;
    reader->progress.progress_monitor = count_scans;
    reader->input = (struct jpeg_source_mgr){.init_source = start_input,
                                             .fill_input_buffer = fill_input,
                                             .skip_input_data = skip_input,
                                             .resync_to_restart = jpeg_resync_to_restart,
                                             .term_source = end_input};
    return jpeg_reader_run(reader, set_up, NULL, error);
}

void jpeg_reader_close(struct jpeg_reader *reader)
{
    jpeg_destroy_decompress(&reader->jpeg); /* one that was cleared, and never created, is allowed */
}

static enum status refuse(const struct jpeg_reader *reader, struct error *error)
{
    char complaint[PRINTABLE_BYTES];
    const char *path = reader->source.path;
    switch (reader->complaint_code) {
    case JERR_BAD_PRECISION:
        return slice_refuse(path, error, remedy_convert,
                            "is a JPEG of 12 bits per voxel, which is not supported");
    case JERR_SOF_UNSUPPORTED:
        return slice_refuse(path, error, remedy_convert,
                            "is a lossless or hierarchical JPEG, which is not supported");
    case JERR_NO_SOI:
        return slice_refuse(path, error, "name the file after its format", "is not a JPEG");
    case JERR_OUT_OF_MEMORY:
        return error_no_memory(error, 1, "a JPEG");
    case SCANS_TOO_MANY:
        return slice_refuse(path, error, remedy_copy, "has more than %d scans of its voxels", SCANS_MAX);
    default:
        return slice_refuse(path, error, remedy_copy, "is a damaged JPEG (libjpeg: %s)",
                            printable(complaint, sizeof complaint, reader->complaint));
    }
}

enum status jpeg_reader_run(struct jpeg_reader *reader,
                            void (*step)(struct jpeg_reader *reader, void *context), void *context,
                            struct error *error)
{
    if (setjmp(reader->jump) == 0) {
        step(reader, context);
        return STATUS_OK;
    }
    if (reader->error.status != STATUS_OK)
        return error_set(error, reader->error.status, "%s", reader->error.message);
    return refuse(reader, error);
}
