/* SPDX-License-Identifier: MIT
 * A line's units (bytes, or halves of UTF-16) are gathered up to its end; then they become UTF-8. */
#include "stack/sidecar_lines.h"

#include <stdint.h>
#include <string.h>

struct raw_line {
    uint16_t units[SIDECAR_LINE_CHARACTERS];
    size_t n;
    bool spoilt; /* too long, or with a zero in it */
};

void sidecar_lines_init(struct sidecar_lines *lines, const void *data, size_t n_bytes)
{
    const unsigned char *bytes = data;
    *lines = (struct sidecar_lines){.data = bytes, .n_bytes = n_bytes, .unit_bytes = 1};
    if (n_bytes >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        lines->at = 3;
    } else if (n_bytes >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0)) {
        lines->unit_bytes = 2;
        lines->big_endian = bytes[0] == 0xfe;
        lines->at = 2;
    } else if (n_bytes >= 2 && (bytes[0] == 0) != (bytes[1] == 0)) { /* ASCII in UTF-16, without a mark */
        lines->unit_bytes = 2;
        lines->big_endian = bytes[0] == 0;
    }
}

static bool next_unit(struct sidecar_lines *lines, uint16_t *unit)
{
    const unsigned char *bytes = lines->data + lines->at;
    if (lines->n_bytes - lines->at < lines->unit_bytes)
        return false;
    unsigned value = bytes[0];
    if (lines->unit_bytes == 2)
        value = lines->big_endian ? value << 8 | bytes[1] : value | (unsigned)bytes[1] << 8;
    *unit = (uint16_t)value;
    lines->at += lines->unit_bytes;
    return true;
}

/* Gathers the units up to the end of the line; CR LF makes an empty line more, which means nothing. False at
 * the end of the text. */
static bool gather(struct sidecar_lines *lines, struct raw_line *raw)
{
    uint16_t unit;
    bool any = false;
    raw->n = 0;
    raw->spoilt = false;
    while (next_unit(lines, &unit)) {
        any = true;
        if (unit == '\n' || unit == '\r')
            return true;
        if (unit == 0 || raw->n == SIDECAR_LINE_CHARACTERS)
            raw->spoilt = true;
        else
            raw->units[raw->n++] = unit;
    }
    return any;
}

static size_t put_character(char *text, uint32_t c)
{
    if (c < 0x80) {
        text[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--) {
        text[i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    text[0] = (char)(leads[n] | c);
    return n;
}

/* Bytes of the UTF-8 sequence at the start of n units; 0 when it is none. That it is the shortest form is
 * left to those who show it. */
static size_t sequence_bytes(const uint16_t *units, size_t n)
{
    size_t n_bytes = units[0] < 0x80 ? 1 : units[0] >= 0xf0 ? 4 : units[0] >= 0xe0 ? 3 : 2;
    if ((units[0] >= 0x80 && units[0] < 0xc2) || units[0] > 0xf4 || n_bytes > n)
        return 0;
    for (size_t i = 1; i < n_bytes; i++)
        if ((units[i] & 0xc0) != 0x80)
            return 0;
    return n_bytes;
}

static bool is_utf8(const struct raw_line *raw)
{
    size_t n_bytes;
    for (size_t i = 0; i < raw->n; i += n_bytes)
        if ((n_bytes = sequence_bytes(raw->units + i, raw->n - i)) == 0)
            return false;
    return true;
}

/* The character at *i of UTF-16; half a pair is U+FFFD. */
static uint32_t take_utf16(const struct raw_line *raw, size_t *i)
{
    uint32_t c = raw->units[(*i)++];
    if (c < 0xd800 || c > 0xdfff)
        return c;
    if (c > 0xdbff || *i == raw->n || (raw->units[*i] & 0xfc00) != 0xdc00)
        return 0xfffd;
    return 0x10000 + ((c - 0xd800) << 10) + (raw->units[(*i)++] - 0xdc00u);
}

static void encode(const struct raw_line *raw, unsigned unit_bytes, char *line)
{
    bool as_is = unit_bytes == 1 && is_utf8(raw);
    for (size_t i = 0; i < raw->n;) {
        if (as_is)
            *line++ = (char)raw->units[i++];
        else
            line += put_character(line, unit_bytes == 1 ? raw->units[i++] : take_utf16(raw, &i));
    }
    *line = '\0';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* `text` up to `end`, without blanks at its ends; *end may be overwritten. */
static char *trim(char *text, char *end)
{
    while (end > text && is_blank(end[-1]))
        end--;
    *end = '\0';
    while (is_blank(*text))
        text++;
    return text;
}

/* Takes the line apart; false when it means nothing. */
static bool split(struct sidecar_lines *lines)
{
    char *text = trim(lines->line, lines->line + strlen(lines->line));
    size_t n_bytes = strlen(text);
    lines->key = lines->value = NULL;
    if (n_bytes >= 2 &&
        ((text[0] == '[' && text[n_bytes - 1] == ']') || (text[0] == '{' && text[n_bytes - 1] == '}'))) {
        n_bytes = n_bytes - 2 < SIDECAR_SECTION_BYTES - 1 ? n_bytes - 2 : SIDECAR_SECTION_BYTES - 1;
        memcpy(lines->section, text + 1, n_bytes);
        lines->section[n_bytes] = '\0';
        return true;
    }
    char *equals = strchr(text, '=');
    if (!equals)
        return false;
    lines->value = trim(equals + 1, text + n_bytes);
    lines->key = trim(text, equals);
    return true;
}

bool sidecar_lines_next(struct sidecar_lines *lines)
{
    struct raw_line raw;
    while (gather(lines, &raw)) {
        if (raw.spoilt || raw.n == 0)
            continue;
        encode(&raw, lines->unit_bytes, lines->line);
        if (split(lines))
            return true;
    }
    return false;
}
