/* SPDX-License-Identifier: MIT */
#include "base/printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Whether the three bytes are one of the characters that turn or end a line of text where it is shown:
 * U+200E, U+200F, U+2028 to U+202E and U+2066 to U+2069 (Unicode 15, chapter 23.2). */
static bool turns_text(const unsigned char *s)
{
    if (s[0] != 0xe2 || (s[1] != 0x80 && s[1] != 0x81))
        return false;
    unsigned last = (unsigned)s[1] << 8 | s[2];
    return last == 0x808e || last == 0x808f || (last >= 0x80a8 && last <= 0x80ae) ||
           (last >= 0x81a6 && last <= 0x81a9);
}

/* The number of bytes of the well-formed UTF-8 sequence at `s` (Unicode 15, table 3-7) that is no control
 * character and turns no text, or 0. `s` is terminated, which stops every look-ahead. */
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
        (s[0] == 0xf4 && s[1] > 0x8f) || (s[0] == 0xc2 && s[1] < 0xa0) || turns_text(s))
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
