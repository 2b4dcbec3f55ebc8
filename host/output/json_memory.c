/* SPDX-License-Identifier: MIT */
#include "output/json_memory.h"

#include <stdbool.h>

/* Bytes that glibc gives to Jansson 2.14 on machines of 64 bits. A value that is none of these is a number in
 * 32 bytes, or stands nowhere; its place in an array that grows takes another 24. */
enum {
    VALUE_BYTES = 32 + 24,
    STRING_BYTES = 48 + 16,            /* and its text */
    ARRAY_BYTES = 48 + 80,             /* with its first 8 places */
    OBJECT_BYTES = 80 + 144,           /* with its first 8 lists of members */
    MEMBER_BYTES = 128 - STRING_BYTES, /* with its place in a table that grows; its name is a string's text */
};

/* What the value, or the separator, that begins with this byte takes. */
static uint64_t bytes_at(char c)
{
    switch (c) {
    case '{':
        return OBJECT_BYTES + VALUE_BYTES;
    case '[':
        return ARRAY_BYTES + VALUE_BYTES;
    case ',':
        return VALUE_BYTES;
    case ':':
        return MEMBER_BYTES;
    case '"':
        return STRING_BYTES;
    default:
        return 0;
    }
}

uint64_t json_memory_bytes(const char *text, size_t n_bytes)
{
    uint64_t sum = n_bytes; /* those of the strings */
    bool in_string = false;
    for (size_t i = 0; i < n_bytes; i++)
        if (!in_string) {
            sum += bytes_at(text[i]);
            in_string = text[i] == '"';
        } else if (text[i] == '\\')
            i++;
        else
            in_string = text[i] != '"';
    return sum;
}
