/* SPDX-License-Identifier: MIT */
#include "codec/encoding.h"

#include <string.h>

const char *encoding_name(enum encoding encoding)
{
    static const char *const names[ENCODINGS] = {
        [ENCODING_NONE] = "none", [ENCODING_DEFLATE] = "deflate", [ENCODING_ZSTD] = "zstd"};
    return names[encoding];
}

bool encoding_parse(const char *name, enum encoding *encoding)
{
    for (int i = 0; i < ENCODINGS; i++)
        if (strcmp(name, encoding_name((enum encoding)i)) == 0) {
            *encoding = (enum encoding)i;
            return true;
        }
    return false;
}
