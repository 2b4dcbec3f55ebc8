/* SPDX-License-Identifier: MIT */
#include "codec/shaped.h"

#include <string.h>

static const char shape_key[] = "\"shape\": [";

/* The whole number at *text, from 1 on, which is moved behind it; 0 when there is none. */
static uint32_t take_number(const char **text)
{
    uint64_t number = 0;
    for (; **text >= '0' && **text <= '9' && number <= UINT32_MAX; ++*text)
        number = 10 * number + (uint64_t)(**text - '0');
    return number <= UINT32_MAX ? (uint32_t)number : 0;
}

static bool take_text(const char **text, const char *expected)
{
    size_t n = strlen(expected);
    if (strncmp(*text, expected, n) != 0)
        return false;
    *text += n;
    return true;
}

static bool take_shape(const char **text, struct shaped_description *description)
{
    do {
        uint32_t n = take_number(text);
        if (n == 0 || description->ndimensions == SHAPED_DIMENSIONS_MAX)
            return false;
        description->n[description->ndimensions++] = n;
    } while (take_text(text, ", "));
    return take_text(text, "]");
}

static void take_axes(const char *text, struct shaped_description *description)
{
    const char *axes = strstr(text, "\"axes\": \"");
    if (!axes)
        return;
    axes += strlen("\"axes\": \"");
    if (strspn(axes, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == description->ndimensions &&
        axes[description->ndimensions] == '"')
        memcpy(description->axes, axes, description->ndimensions);
}

bool shaped_parse(const char *text, struct shaped_description *description)
{
    struct shaped_description found = {0};
    const char *shape = text[0] == '{' ? strstr(text, shape_key) : NULL;
    if (!shape)
        return false;
    shape += strlen(shape_key);
    if (!take_shape(&shape, &found))
        return false;
    take_axes(text, &found);
    found.truncated = strstr(text, "\"truncated\": true") != NULL;
    *description = found;
    return true;
}
