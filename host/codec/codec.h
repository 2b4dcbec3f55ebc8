/* SPDX-License-Identifier: MIT
 * The seam to image file formats: one const table per format. A codec knows one slice of one file; it knows
 * nothing of stacks, threads or folders. All functions may run on several threads at once, on different
 * files.
 *
 *   read_header  what the file is, from an open file, reading no more than it must
 *   decode       the voxels, from the file's bytes in memory
 *   encode       a file's bytes in memory, from voxels; or only those before the voxels (encode_head)
 */
#ifndef STACKTHUMB_CODEC_CODEC_H
#define STACKTHUMB_CODEC_CODEC_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "volume/spacing.h"
#include "volume/voxel_type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A run of a file's bytes. */
struct file_part {
    uint64_t offset, n_bytes;
};
enum { FILE_PARTS_MAX = 4, SLICE_LAYOUT_BYTES = 96 };

/* What the user allows beyond grey slices as they are. */
struct codec_options {
    bool gray;        /* colour may become its luma */
    uint64_t page_at; /* of a TIFF: the page whose directory is there; 0: the only one */
};

/* What the header of one slice says: of a file, or of a page of one. */
struct slice_header {
    uint32_t nx, ny;
    enum voxel_type type;   /* of the voxels that decoding gives */
    struct spacing spacing; /* x and y as the file states them, or 0; z is 0 where the file does not tell */
    enum spacing_origin spacing_origin; /* where in the file it stands; SPACING_NOWHERE where it is all 0 */
    struct spacing resolution; /* what the TIFF resolution tags tell, where `spacing` is of another origin
                                  than they (OME metadata); else all 0 */
    bool plain; /* the ny * nx voxels lie uncompressed, native-endian, row after row, without a gap, at
                   voxels_offset: they may be read into place without decode() */
    uint64_t voxels_offset;                 /* in bytes; meaningful when plain or swapped */
    struct file_part parts[FILE_PARTS_MAX]; /* of the file, which decoding needs, one behind the other */
    unsigned nparts;
    uint64_t encoded_bytes; /* of all parts */
    uint64_t raw_bytes;     /* of a TIFF without compression: those that hold its voxels; else 0 */
    uint64_t page_at;       /* where the directory of its page begins, in a file with several; else 0 */
    bool gray;              /* it may be in colour, and decoding is to take its luma */
    bool swapped; /* the voxels lie as if they were plain, but in the other byte order than the host's */
    bool f64;     /* codec_raw: the file's voxels are 64-bit floats, and f32 when decoded */
    /* The parts are not of the file, but of what a stream in it, gzip or zlib, gives when inflated: `stream`
     * says where that lies. It can only be read from its beginning on. The slices in it end after
     * stream_end_bytes of what it gives. Streams are inflated before decode, which sees nothing of them. */
    bool streamed;
    struct file_part stream;
    uint64_t stream_end_bytes;
    bool widened; /* the file's voxels are u8 and become u16 when decoded: x257, so that 255 is 65535 */
    uint16_t orientation; /* 2 to 8: the file's pixels are to be turned once they are decoded, as of a TIFF of
                             that Orientation; TIFFs are decoded so, and have 0 here, as 1 is the same as */
    uint64_t decode_bytes; /* memory that decode() takes for itself meanwhile; about, for it depends on how
                              the file was compressed */
    char layout[SLICE_LAYOUT_BYTES]; /* for people: "uncompressed, 1 strip", "deflate, tiles 256x256, 12-bit,
                                        big-endian" */
};

struct codec {
    const char *name;              /* "tiff" */
    const char *const *extensions; /* lower case, without the dot, NULL-terminated */

    /* Fills `header`; `options` may be NULL: grey slices only. STATUS_INPUT when the file is not of this
     * format, is damaged, or has a feature that is not supported; the message names the file and the feature.
     * NULL when headers come from elsewhere (raw.h). Called through codec_read_header. */
    enum status (*read_header)(const struct input_file *file, const struct codec_options *options,
                               struct slice_header *header, struct error *error);

    /* Decodes ny * nx voxels (x fastest, native-endian) into `voxels` (ny * nx * voxel_bytes(type) bytes,
     * owned by the caller) from the n_bytes = header->encoded_bytes of the header's parts, one behind the
     * other. `header` is what read_header gave for this file; a file whose contents no longer agree with it
     * is STATUS_INPUT. `path` is for messages. Called through codec_decode, so that no codec sees `widened`.
     */
    enum status (*decode)(const void *data, size_t n_bytes, const char *path,
                          const struct slice_header *header, void *voxels, struct error *error);

    /* Replaces the contents of `encoded` by the bytes of a file with the nx * ny voxels of `type` and the
     * given spacing. Same input, same bytes: no date, no host name. NULL when the format is read only. */
    enum status (*encode)(uint32_t nx, uint32_t ny, enum voxel_type type, struct spacing spacing,
                          const void *voxels, struct bytes *encoded, struct error *error);

    /* Replaces the contents of `head` by what encode puts before the voxels, which end the file just as they
     * are: for who has them a few rows at a time. NULL when the format is not like that. */
    enum status (*encode_head)(uint32_t nx, uint32_t ny, enum voxel_type type, struct spacing spacing,
                               struct bytes *head, struct error *error);
};

extern const struct codec codec_tiff;
extern const struct codec codec_bmp;
extern const struct codec codec_png;
extern const struct codec codec_jpeg;
extern const struct codec codec_jpeg2000;

/* One part: the file's first n_bytes. */
void slice_header_set_whole(struct slice_header *header, uint64_t n_bytes);

/* Has the u8 voxels of the slice become u16 when they are decoded. */
void slice_header_widen(struct slice_header *header);

/* The file's nx * ny voxels are to be turned; nothing for 1. To be called when all else is filled in. */
void slice_header_turn(struct slice_header *header, uint16_t orientation);

/* Whether voxels have to be decoded once their parts are in memory: not when they are plain, nor when a
 * stream gives them as they are. */
bool slice_header_needs_decoding(const struct slice_header *header);

/* codec->read_header; a library that complains of the file for want of memory is STATUS_FAILED. */
enum status codec_read_header(const struct codec *codec, const struct input_file *file,
                              const struct codec_options *options, struct slice_header *header,
                              struct error *error);

/* codec->decode, and then what the header says beyond it; want of memory likewise. */
enum status codec_decode(const struct codec *codec, const void *data, size_t n_bytes, const char *path,
                         const struct slice_header *header, void *voxels, struct error *error);

/* The codec whose extension (any case) ends `file_name`, or NULL. */
const struct codec *codec_for_file(const char *file_name);

#endif
