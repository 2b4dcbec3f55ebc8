/* SPDX-License-Identifier: MIT */
#include "codec/codec.h"

#include <string.h>
#include <strings.h>

static const struct codec *const codecs[] = {&codec_tiff};

const struct codec *codec_for_file(const char *file_name)
{
    const char *dot = strrchr(file_name, '.');
    if (!dot)
        return NULL;
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        for (const char *const *extension = codecs[i]->extensions; *extension; extension++)
            if (strcasecmp(dot + 1, *extension) == 0)
                return codecs[i];
    return NULL;
}
