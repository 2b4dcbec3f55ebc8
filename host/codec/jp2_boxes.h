/* SPDX-License-Identifier: MIT
 * The boxes of a JP2 file (ISO/IEC 15444-1, annex I), of which a JPX file (15444-2) is an extension: where
 * the codestream lies, and what the header box says of its components. A file may be a codestream alone. */
#ifndef STACKTHUMB_CODEC_JP2_BOXES_H
#define STACKTHUMB_CODEC_JP2_BOXES_H

#include "base/error.h"
#include "codec/byte_source.h"
#include "volume/spacing.h"

#include <stdbool.h>
#include <stdint.h>

/* Colour spaces by their numbers in a colr box; 0: it is not said, or by a colour profile. */
enum jp2_colour { JP2_COLOUR_UNKNOWN = 0, JP2_CMYK = 12, JP2_SRGB = 16, JP2_GREY = 17, JP2_SYCC = 18 };

struct jp2_boxes {
    bool boxed;            /* false: a codestream alone */
    uint64_t stream_at;    /* of the codestream, which ends with the file or before */
    uint64_t stream_bytes; /* up to the end of its box, or of the file */
    uint32_t colour;       /* enum jp2_colour, or others that are not read */
    bool palette;
    struct spacing spacing; /* by the resolution at which it was captured */
};

/* STATUS_INPUT when there is no codestream, and when the file ends before its box does. */
enum status jp2_boxes_read(const struct byte_source *source, struct jp2_boxes *boxes, struct error *error);

#endif
