/* SPDX-License-Identifier: MIT */
#include "stack/name_pattern.h"

#include "base/printable.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>

enum { WIDTH_MAX = 20, SHOWN_BYTES = 400 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether `text` has a conversion: % and digits and d, i or u. */
static bool has_conversion(const char *text)
{
    for (const char *percent = strchr(text, '%'); percent; percent = strchr(percent, '%')) {
        percent++;
        if (*percent == '%') {
            percent++;
            continue;
        }
        size_t n = strspn(percent, "0123456789");
        if (percent[n] == 'd' || percent[n] == 'i' || percent[n] == 'u')
            return true;
    }
    return false;
}

bool name_pattern_is_one(const char *text)
{
    return strpbrk(text, "*?[%#") != NULL;
}

static enum name_pattern_kind kind_of(const char *text)
{
    if (strpbrk(text, "*?"))
        return NAME_PATTERN_GLOB;
    if (has_conversion(text))
        return NAME_PATTERN_PRINTF;
    if (strchr(text, '#'))
        return NAME_PATTERN_HASHES;
    return strchr(text, '%') ? NAME_PATTERN_PRINTF : NAME_PATTERN_GLOB;
}

/* Reads what stands behind a % that is no %%; returns its bytes, or 0 when it is no conversion of ours. */
static size_t parse_conversion(struct name_pattern *pattern, const char *text)
{
    size_t zeros = strspn(text, "0"), n = zeros;
    unsigned width = 0;
    for (; is_digit(text[n]); n++) {
        width = 10 * width + (unsigned)(text[n] - '0');
        if (width > WIDTH_MAX)
            return 0;
    }
    if (text[n] != 'd' && text[n] != 'i' && text[n] != 'u')
        return 0;
    pattern->width = width;
    pattern->zeros = zeros > 0;
    return n + 1;
}

static enum status parse_printf(struct name_pattern *pattern, const char *text, struct error *error)
{
    char shown[SHOWN_BYTES];
    size_t used = 0;
    unsigned nconversions = 0;
    for (size_t i = 0; text[i];) {
        char c = text[i++];
        if (c != '%' || text[i] == '%') {
            i += c == '%';
            pattern->text[used++] = c;
            continue;
        }
        size_t n = parse_conversion(pattern, text + i);
        if (n == 0)
            return error_set(
                error, STATUS_USAGE,
                "%s: holds a %% that begins no number; write the number as %%d or %%04d (of at most"
                " %d digits), and a percent sign as %%%%",
                printable(shown, sizeof shown, text), WIDTH_MAX);
        i += n;
        pattern->prefix_bytes = used;
        nconversions++;
    }
    pattern->text[used] = '\0';
    if (nconversions != 1)
        return error_set(error, STATUS_USAGE,
                         "%s: holds %u numbers; a pattern has exactly one, such as scan_%%04d.tif",
                         printable(shown, sizeof shown, text), nconversions);
    return STATUS_OK;
}

enum status name_pattern_parse(struct name_pattern *pattern, const char *text, struct error *error)
{
    char shown[SHOWN_BYTES];
    size_t n_bytes = strlen(text);
    *pattern = (struct name_pattern){.kind = kind_of(text)};
    if (n_bytes > NAME_PATTERN_MAX)
        return error_set(error, STATUS_USAGE,
                         "%s: has %zu bytes, more than any file name; write a shorter pattern",
                         printable(shown, sizeof shown, text), n_bytes);
    if (strchr(text, '/'))
        return error_set(error, STATUS_USAGE,
                         "%s: holds a slash; a pattern is that of the names in one folder",
                         printable(shown, sizeof shown, text));
    if (pattern->kind == NAME_PATTERN_PRINTF)
        return parse_printf(pattern, text, error);
    memcpy(pattern->text, text, n_bytes + 1);
    return STATUS_OK;
}

/* Whether `end` is `suffix` but for the case of its extension. */
static bool same_suffix(const char *end, const char *suffix)
{
    const char *dot = strrchr(suffix, '.');
    size_t before = dot ? (size_t)(dot - suffix) : strlen(suffix);
    return memcmp(end, suffix, before) == 0 && strcasecmp(end + before, suffix + before) == 0;
}

/* Whether `name` is the first prefix_bytes of `prefix`, blanks and digits, and `suffix`: *number = the
 * middle. */
static bool match_around(const char *name, const char *prefix, size_t prefix_bytes, const char *suffix,
                         struct name_number *number)
{
    size_t suffix_bytes = strlen(suffix), name_bytes = strlen(name);
    if (name_bytes < prefix_bytes + suffix_bytes || memcmp(name, prefix, prefix_bytes) != 0 ||
        !same_suffix(name + name_bytes - suffix_bytes, suffix))
        return false;
    const char *at = name + prefix_bytes, *end = name + name_bytes - suffix_bytes, *digits = at;
    while (digits < end && *digits == ' ')
        digits++;
    for (const char *c = digits; c < end; c++)
        if (!is_digit(*c))
            return false;
    *number = (struct name_number){prefix_bytes, (size_t)(end - at), (size_t)(end - digits)};
    return number->ndigits > 0;
}

/* Whether the blanks and digits of `number` are what printf would have written. */
static bool is_printed(const struct name_pattern *pattern, const char *name, const struct name_number *number)
{
    size_t padding = number->n_bytes - number->ndigits;
    if (number->n_bytes < pattern->width)
        return false;
    if (padding > 0 && (pattern->zeros || number->n_bytes != pattern->width))
        return false;
    bool leading_zero = name[number->prefix_bytes + padding] == '0' && number->ndigits > 1;
    return !leading_zero || (pattern->zeros && number->ndigits == pattern->width);
}

static bool match_printf(const struct name_pattern *pattern, const char *name, struct name_number *number)
{
    size_t prefix = pattern->prefix_bytes;
    return match_around(name, pattern->text, prefix, pattern->text + prefix, number) &&
           is_printed(pattern, name, number);
}

static bool match_hashes(const struct name_pattern *pattern, const char *name, struct name_number *number)
{
    const char *text = pattern->text;
    for (const char *hash = strchr(text, '#'); hash; hash = strchr(hash, '#')) {
        size_t prefix = (size_t)(hash - text), width = strspn(hash, "#");
        hash += width;
        if (match_around(name, text, prefix, hash, number) && number->n_bytes == number->ndigits &&
            number->ndigits >= width)
            return true;
    }
    return false;
}

bool name_pattern_match(const struct name_pattern *pattern, const char *name, struct name_number *number)
{
    switch (pattern->kind) {
    case NAME_PATTERN_PRINTF:
        return match_printf(pattern, name, number);
    case NAME_PATTERN_HASHES:
        return match_hashes(pattern, name, number);
    default:
        *number = (struct name_number){0};
        return fnmatch(pattern->text, name, FNM_PERIOD) == 0;
    }
}
