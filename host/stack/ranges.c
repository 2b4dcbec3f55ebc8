/* SPDX-License-Identifier: MIT */
#include "stack/ranges.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Two numbers of up to 20 digits or `width`, their hyphen, ", " and the end. */
static size_t range_bytes(const struct ranges *ranges)
{
    return 2 * ((size_t)ranges->width + 20) + 4;
}

/* Writes the open range behind the text. The text is terminated, and n_bytes does not count that. */
static enum status close_range(struct ranges *ranges, struct error *error)
{
    struct bytes *text = &ranges->text;
    size_t room = range_bytes(ranges);
    if (text->capacity_bytes - text->n_bytes < room) {
        enum status status = bytes_reserve(text, 2 * text->capacity_bytes + room, error);
        if (status != STATUS_OK)
            return status;
    }
    char *to = (char *)text->data + text->n_bytes;
    int width = (int)ranges->width;
    const char *comma = text->n_bytes > 0 ? ", " : "";
    int n = ranges->first == ranges->last ? snprintf(to, room, "%s%0*" PRIu64, comma, width, ranges->first)
                                          : snprintf(to, room, "%s%0*" PRIu64 "-%0*" PRIu64, comma, width,
                                                     ranges->first, width, ranges->last);
    text->n_bytes += (size_t)n;
    ranges->open = false;
    return STATUS_OK;
}

enum status ranges_add(struct ranges *ranges, uint64_t first, uint64_t last, struct error *error)
{
    if (ranges->open && first - 1 == ranges->last) {
        ranges->last = last;
        return STATUS_OK;
    }
    if (ranges->open) {
        enum status status = close_range(ranges, error);
        if (status != STATUS_OK)
            return status;
    }
    ranges->first = first;
    ranges->last = last;
    ranges->open = true;
    return STATUS_OK;
}

enum status ranges_take(struct ranges *ranges, char **text, struct error *error)
{
    enum status status = ranges->open ? close_range(ranges, error) : bytes_reserve(&ranges->text, 1, error);
    if (status != STATUS_OK)
        return status;
    ranges->text.data[ranges->text.n_bytes] = '\0';
    *text = (char *)ranges->text.data;
    ranges->text = (struct bytes){0};
    return STATUS_OK;
}

const char *ranges_show(char *shown, size_t n_bytes, const char *text)
{
    static const char dots[] = ", ...";
    size_t n = strlen(text);
    if (n < n_bytes) {
        memcpy(shown, text, n + 1);
        return shown;
    }
    n = n_bytes - sizeof dots;
    while (n > 0 && text[n] != ',')
        n--;
    memcpy(shown, text, n);
    memcpy(shown + n, dots, sizeof dots);
    return shown;
}
