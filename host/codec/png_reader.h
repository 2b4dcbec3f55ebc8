/* SPDX-License-Identifier: MIT
 * libpng over a struct byte_source. libpng reports errors by a jump: it is only called from within
 * png_reader_run, which is where every jump ends, from steps that hold no resources of their own. Nothing
 * goes to stderr. Damage that a checksum shows is an error in every chunk; text, profiles and the like are
 * not kept. */
#ifndef STACKTHUMB_CODEC_PNG_READER_H
#define STACKTHUMB_CODEC_PNG_READER_H

#include "base/error.h"
#include "codec/byte_source.h"

#include <png.h>
#include <setjmp.h>
#include <stdint.h>

enum { PNG_READ_AHEAD_BYTES = 2048 }; /* of a file: mostly all before its voxels */

struct png_reader {
    png_structp png;
    png_infop info;
    struct byte_source source;
    uint64_t position;   /* of libpng, which reads as from a stream */
    struct error error;  /* of the first read that failed */
    char complaint[160]; /* libpng's error */
    jmp_buf jump;
    uint64_t ahead_at; /* ahead[0 .. n_ahead-1] are the file's bytes from here */
    size_t n_ahead;
    unsigned char ahead[PNG_READ_AHEAD_BYTES];
};

/* The reader must not be moved until png_reader_close, which is to be called even when this fails. */
enum status png_reader_open(struct png_reader *reader, const struct byte_source *source, struct error *error);
void png_reader_close(struct png_reader *reader);

/* Runs a step, which may call libpng and must hold nothing that it would have to free: when libpng gives up,
 * the step does not return. Sets `error` then: the source's own, or "is a damaged PNG (libpng: <its
 * complaint>)". */
enum status png_reader_run(struct png_reader *reader, void (*step)(struct png_reader *reader, void *context),
                           void *context, struct error *error);

#endif
