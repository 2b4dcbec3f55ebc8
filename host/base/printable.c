/* SPDX-License-Identifier: MIT */
#include "base/printable.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The number of bytes of the well-formed UTF-8 sequence at `s` (Unicode 15, table 3-7) that is no control
 * character, or 0. `s` is terminated, which stops every look-ahead. */
static size_t shown_sequence(const unsigned char *s)
{
    if (s[0] < 0x80)
        return s[0] >= 0x20 && s[0] != 0x7f && s[0] != '\\';
    size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
        (s[0] == 0xf4 && s[1] > 0x8f) || (s[0] == 0xc2 && s[1] < 0xa0))
        return 0;
    return n;
}

const char *printable(char *text, size_t n_bytes, const char *name)
{
    const unsigned char *s = (const unsigned char *)name;
    size_t used = 0;
    while (*s) {
        size_t n = shown_sequence(s);
        size_t wanted = n ? n : 4;
        if (used + wanted + 4 > n_bytes) { /* keep room for the dots and the end */
            if (n_bytes >= 4)
                used += (size_t)snprintf(text + used, n_bytes - used, "...");
            break;
        }
        if (n)
            memcpy(text + used, s, n);
        else
            snprintf(text + used, 5, "\\x%02x", *s);
        used += wanted;
        s += n ? n : 1;
    }
    text[used] = '\0';
    return text;
}
