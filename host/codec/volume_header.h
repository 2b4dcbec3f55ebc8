/* SPDX-License-Identifier: MIT
 * What a text says of a raw volume: the header of an NRRD file (nrrd.h) or a MetaImage (metaimage.h), or the
 * user (raw_text.h). The voxels lie in one data file or several, row after row and slice after slice without
 * a gap, and each file holds as many slices as every other. */
#ifndef STACKTHUMB_CODEC_VOLUME_HEADER_H
#define STACKTHUMB_CODEC_VOLUME_HEADER_H

#include "base/error.h"
#include "codec/text.h"
#include "volume/spacing.h"
#include "volume/voxel_type.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    VOLUME_HEADER_BYTES_MAX = 1 << 20, /* of a header; more is no header */
    VOLUME_SLICES_MAX = 1000000,
    VOLUME_NAME_BYTES = 4096, /* of a data file's name, the end included */
};

enum volume_data {
    VOLUME_ATTACHED, /* behind the header, in its file */
    VOLUME_ONE_FILE,
    VOLUME_LIST,
    VOLUME_PATTERN,
};

struct volume_header {
    const char *format; /* "NRRD", "MetaImage", "raw" */
    uint32_t nx, ny, nz;
    enum voxel_type type; /* of the voxels that are read */
    bool is_f64;          /* those of the file are f64, and f32 is what becomes of them */
    bool big_endian;
    bool compressed; /* the voxels of each file are one gzip or zlib stream */
    struct spacing spacing;
    enum spacing_origin spacing_origin;
    enum volume_data data;
    uint32_t nfiles;           /* divides nz */
    size_t data_at;            /* VOLUME_ATTACHED: where the header ends */
    struct text names;         /* of the text: the name, the list's lines, or the pattern */
    int64_t first, last, step; /* VOLUME_PATTERN: its numbers */
    uint64_t line_skip;        /* lines of the data file that are no voxels, compressed or not */
    uint64_t skip_bytes; /* behind them, further bytes that are none: of what the stream holds where there
                            is one; or, from_end, the bytes of the file behind the voxels */
    bool from_end;       /* the voxels end the file, or skip_bytes before that */
    uint64_t compressed_bytes; /* of the stream; 0: it goes to the end of the file */
    bool skips_file;           /* skip_bytes are of the file even where there is a stream in it */
    char unused[128];          /* what the text tells and is not used here, for people; "" for nothing */
};

/* The bytes of one slice in its file; UINT64_MAX when that does not fit. */
uint64_t volume_slice_bytes(const struct volume_header *header);

/* Sets nx, ny and nz. STATUS_INPUT when one is 0 or a slice or the volume is larger than may be. `path`, as
 * everywhere here, is for messages. */
enum status volume_set_extent(struct volume_header *header, const uint64_t extent[3], const char *path,
                              struct error *error);

/* The axes of a volume as its header counts them, the fastest first; product of the sizes: nx * ny * nz. */
struct volume_axes {
    unsigned naxes;
    const uint64_t *sizes;
};

/* Sets data, nfiles and the names to what `value` tells of the data files: a name; LIST, with the names in
 * the lines of `rest`; or a name with a printf conversion (%03d) and its first and last number and step,
 * which a MetaImage may leave out. Behind LIST or the numbers may stand how many axes each file has; by
 * default it is one less than the volume. nz is set already. */
enum status volume_set_files(struct volume_header *header, struct text value, struct text rest,
                             const struct volume_axes *axes, const char *path, struct error *error);

/* Adds to header->unused. */
void volume_note_unused(struct volume_header *header, const char *what);

/* Goes through the names of the data files. Starts with `index` 0 and `rest` as header->names. */
struct volume_names {
    struct text rest;
    uint32_t index;
};

/* The next name, as the text has it, into `name`; false when there is none, or when it is too long. */
bool volume_next_name(const struct volume_header *header, struct volume_names *names,
                      char name[VOLUME_NAME_BYTES]);

/* The unit that `text` names, and by what lengths in it are to be multiplied: nm, um, mm, cm, inch, their
 * long names, and metres. False when it is none. */
bool volume_unit(struct text text, enum length_unit *unit, double *factor);

#endif
