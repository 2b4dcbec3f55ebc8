/* SPDX-License-Identifier: MIT
 * OpenJPEG over a codestream in memory: strict, without threads of its own, its messages kept. */
#ifndef STACKTHUMB_CODEC_JP2_DECODER_H
#define STACKTHUMB_CODEC_JP2_DECODER_H

#include "base/error.h"

#include <openjpeg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jp2_decoder {
    const unsigned char *data; /* borrowed */
    size_t n_bytes, position;
    const char *path; /* borrowed, for messages */
    opj_stream_t *stream;
    opj_codec_t *codec;
    opj_image_t *image;  /* as decoded */
    bool decoding;       /* past the main header: what is warned of from now on costs voxels */
    char complaint[160]; /* OpenJPEG's first error, or such a warning */
};

/* Decodes all components, each to int32 voxels: decoder->image. STATUS_INPUT when OpenJPEG gives up. The
 * decoder must not be moved until jp2_decoder_close, which is to be called even when this fails. */
enum status jp2_decoder_run(struct jp2_decoder *decoder, const void *data, size_t n_bytes, const char *path,
                            struct error *error);
void jp2_decoder_close(struct jp2_decoder *decoder);

#endif
