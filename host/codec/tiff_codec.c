/* SPDX-License-Identifier: MIT */
#include "codec/tiff_codec.h"

static const char *const extensions[] = {"tif", "tiff", NULL};

const struct codec codec_tiff = {
    .name = "tiff",
    .extensions = extensions,
    .read_header = tiff_read_header,
    .decode = tiff_decode,
    .encode = tiff_encode,
    .encode_head = tiff_encode_head,
};
