/* SPDX-License-Identifier: MIT
 * libjpeg-turbo over a struct byte_source. libjpeg reports errors by a jump: it is only called from within
 * jpeg_reader_run, which is where every jump ends, from steps that hold no resources of their own. Nothing
 * goes to stderr, and its warnings, which are all of damaged files, are errors. */
#ifndef STACKTHUMB_CODEC_JPEG_READER_H
#define STACKTHUMB_CODEC_JPEG_READER_H

#include "base/error.h"
#include "codec/byte_source.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h> /* jpeglib.h needs it */

#include <jpeglib.h>

enum { JPEG_READ_AHEAD_BYTES = 4096 }; /* of a file: mostly all before its voxels */

struct jpeg_reader {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr input;
    struct jpeg_progress_mgr progress;
    struct byte_source source;
    uint64_t position;               /* of the next byte to hand to libjpeg */
    struct error error;              /* of the first read that failed */
    char complaint[JMSG_LENGTH_MAX]; /* libjpeg's error */
    int complaint_code;              /* JERR_* and JWRN_* of jerror.h, and SCANS_TOO_MANY */
    jmp_buf jump;
    unsigned char ahead[JPEG_READ_AHEAD_BYTES];
};

/* The reader must not be moved until jpeg_reader_close, which is to be called even when this fails. */
enum status jpeg_reader_open(struct jpeg_reader *reader, const struct byte_source *source,
                             struct error *error);
void jpeg_reader_close(struct jpeg_reader *reader);

/* Runs a step, which may call libjpeg and must hold nothing that it would have to free: when libjpeg gives
 * up, the step does not return. Sets `error` then: the source's own, or what libjpeg complains of. */
enum status jpeg_reader_run(struct jpeg_reader *reader,
                            void (*step)(struct jpeg_reader *reader, void *context), void *context,
                            struct error *error);

#endif
