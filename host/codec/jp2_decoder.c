/* SPDX-License-Identifier: MIT */
#include "codec/jp2_decoder.h"

#include "base/printable.h"
#include "codec/slice_limits.h"

#include <stdio.h>
#include <string.h>

enum { STREAM_BYTES = 64 << 10 };

static OPJ_SIZE_T read_bytes(void *data, OPJ_SIZE_T n_bytes, void *user)
{
    struct jp2_decoder *decoder = user;
    size_t room = decoder->n_bytes - decoder->position;
    if (room == 0)
        return (OPJ_SIZE_T)-1; /* the end */
    if (n_bytes > room)
        n_bytes = room;
    memcpy(data, decoder->data + decoder->position, n_bytes);
    decoder->position += n_bytes;
    return n_bytes;
}

static OPJ_OFF_T skip_bytes(OPJ_OFF_T n_bytes, void *user)
{
    struct jp2_decoder *decoder = user;
    if (n_bytes < 0 || (uint64_t)n_bytes > decoder->n_bytes - decoder->position)
        return -1;
    decoder->position += (size_t)n_bytes;
    return n_bytes;
}

static OPJ_BOOL seek_to(OPJ_OFF_T position, void *user)
{
    struct jp2_decoder *decoder = user;
    if (position < 0 || (uint64_t)position > decoder->n_bytes)
        return OPJ_FALSE;
    decoder->position = (size_t)position;
    return OPJ_TRUE;
}

static void on_error(const char *message, void *user)
{
    struct jp2_decoder *decoder = user;
    if (decoder->complaint[0] == '\0')
        snprintf(decoder->complaint, sizeof decoder->complaint, "%s", message);
}

static void on_warning(const char *message, void *user)
{
    struct jp2_decoder *decoder = user;
    if (decoder->decoding)
        on_error(message, user);
}

static enum status give_up(struct jp2_decoder *decoder, struct error *error)
{
    char complaint[PRINTABLE_BYTES];
    size_t n = strlen(decoder->complaint);
    while (n > 0 && strchr(".\r\n ", decoder->complaint[n - 1]))
        decoder->complaint[--n] = '\0';
    return slice_refuse(decoder->path, error, remedy_copy, "is a damaged JPEG 2000 file (OpenJPEG: %s)",
                        n > 0 ? printable(complaint, sizeof complaint, decoder->complaint)
                              : "no reason given");
}

static bool set_up(struct jp2_decoder *decoder)
{
    opj_dparameters_t parameters;
    decoder->stream = opj_stream_create(STREAM_BYTES, OPJ_TRUE);
    decoder->codec = opj_create_decompress(OPJ_CODEC_J2K);
    if (!decoder->stream || !decoder->codec)
        return false;
    opj_stream_set_read_function(decoder->stream, read_bytes);
    opj_stream_set_skip_function(decoder->stream, skip_bytes);
    opj_stream_set_seek_function(decoder->stream, seek_to);
    opj_stream_set_user_data(decoder->stream, decoder, NULL);
    opj_stream_set_user_data_length(decoder->stream, decoder->n_bytes);
    opj_set_error_handler(decoder->codec, on_error, decoder);
    opj_set_warning_handler(decoder->codec, on_warning, decoder);
    opj_set_default_decoder_parameters(&parameters);
    return opj_setup_decoder(decoder->codec, &parameters) && opj_codec_set_threads(decoder->codec, 0) &&
           opj_decoder_set_strict_mode(decoder->codec, OPJ_TRUE);
}

enum status jp2_decoder_run(struct jp2_decoder *decoder, const void *data, size_t n_bytes, const char *path,
                            struct error *error)
{
    *decoder = (struct jp2_decoder){.data = data, .n_bytes = n_bytes, .path = path};
    if (!set_up(decoder))
        return error_no_memory(error, STREAM_BYTES, "OpenJPEG");
    if (!opj_read_header(decoder->stream, decoder->codec, &decoder->image))
        return give_up(decoder, error);
    decoder->decoding = true;
    if (!opj_decode(decoder->codec, decoder->stream, decoder->image) ||
        !opj_end_decompress(decoder->codec, decoder->stream) || decoder->complaint[0] != '\0')
        return give_up(decoder, error);
    return STATUS_OK;
}

void jp2_decoder_close(struct jp2_decoder *decoder)
{
    if (decoder->image)
        opj_image_destroy(decoder->image);
    if (decoder->codec)
        opj_destroy_codec(decoder->codec);
    if (decoder->stream)
        opj_stream_destroy(decoder->stream);
}
