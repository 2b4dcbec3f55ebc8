/* SPDX-License-Identifier: MIT */
#include "codec/raw_text.h"

#include <string.h>

/* Takes what stands before the next `end`, or all that is left. */
static struct text take_until(struct text *rest, char end)
{
    const char *at = memchr(rest->at, end, rest->n);
    size_t n = at ? (size_t)(at - rest->at) : rest->n;
    struct text taken = {rest->at, n};
    *rest = (struct text){rest->at + n + (at != NULL), rest->n - n - (at != NULL)};
    return taken;
}

static bool parse_extent(struct volume_header *header, struct text text)
{
    uint64_t extent[3];
    struct error ignored = {0};
    for (int i = 0; i < 3; i++)
        if (!text_is_count(i < 2 ? take_until(&text, 'x') : text, &extent[i]))
            return false;
    return volume_set_extent(header, extent, "", &ignored) == STATUS_OK;
}

static bool parse_type(struct volume_header *header, struct text text)
{
    char name[8] = "";
    if (text.n >= sizeof name)
        return false;
    memcpy(name, text.at, text.n);
    header->is_f64 = strcmp(name, "f64") == 0;
    header->type = VOXEL_F32;
    return header->is_f64 || voxel_parse(name, &header->type);
}

bool raw_text_parse(struct volume_header *header, const char *text, bool *skips)
{
    static const char skip[] = "skip=";
    const size_t n_skip = sizeof skip - 1;
    struct text rest = text_of(text), extent = take_until(&rest, ':');
    *header = (struct volume_header){.format = "raw", .nfiles = 1};
    *skips = false;
    if (!parse_type(header, take_until(&rest, ':')) || !parse_extent(header, extent))
        return false;
    while (rest.n > 0) {
        struct text word = take_until(&rest, ':');
        if (!header->big_endian && text_is(word, "big"))
            header->big_endian = true;
        else if (!*skips && word.n > n_skip && memcmp(word.at, skip, n_skip) == 0 &&
                 text_is_count((struct text){word.at + n_skip, word.n - n_skip}, &header->skip_bytes))
            *skips = true;
        else
            return false;
    }
    return text[strlen(text) - 1] != ':';
}
