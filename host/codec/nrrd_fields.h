/* SPDX-License-Identifier: MIT
 * The lines of an NRRD header, sorted by field but not yet understood. For nrrd.c. */
#ifndef STACKTHUMB_CODEC_NRRD_FIELDS_H
#define STACKTHUMB_CODEC_NRRD_FIELDS_H

#include "base/error.h"
#include "codec/text.h"

#include <stdbool.h>
#include <stddef.h>

enum nrrd_field {
    NRRD_DIMENSION,
    NRRD_TYPE,
    NRRD_ENCODING,
    NRRD_ENDIAN,
    NRRD_SIZES,
    NRRD_KINDS,
    NRRD_SPACINGS,
    NRRD_UNITS,
    NRRD_SPACE_DIRECTIONS,
    NRRD_SPACE_UNITS,
    NRRD_SPACE_ORIGIN,
    NRRD_MEASUREMENT_FRAME,
    NRRD_LINE_SKIP,
    NRRD_BYTE_SKIP,
    NRRD_DATA_FILE,
};
enum { NRRD_FIELDS = NRRD_DATA_FILE + 1 };

struct nrrd_fields {
    const char *path; /* for messages */
    bool given[NRRD_FIELDS];
    struct text values[NRRD_FIELDS]; /* trimmed */
    struct text names;               /* the lines behind "data file: LIST" */
    size_t data_at;                  /* behind the empty line that ends the header; 0: there is none */
};

/* The field as the format's definition writes it. */
const char *nrrd_field_name(enum nrrd_field field);

/* STATUS_INPUT when the text does not begin as an NRRD header does, or has one of these fields twice. Other
 * fields, comments and key/value pairs are passed over. */
enum status nrrd_fields_read(struct nrrd_fields *fields, struct text text, struct error *error);

#endif
