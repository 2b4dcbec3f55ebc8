/* SPDX-License-Identifier: MIT */
#include "codec/text.h"

#include "base/decimal.h"
#include "base/printable.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char character)
{
    return character == ' ' || character == '\t';
}

static struct text skip(struct text text, size_t n)
{
    return (struct text){text.at + n, text.n - n};
}

struct text text_of(const char *string)
{
    return (struct text){string, strlen(string)};
}

bool text_take_line(struct text *rest, struct text *line)
{
    if (rest->n == 0)
        return false;
    const char *end = memchr(rest->at, '\n', rest->n);
    size_t n = end ? (size_t)(end - rest->at) : rest->n;
    *line = (struct text){rest->at, n > 0 && rest->at[n - 1] == '\r' ? n - 1 : n};
    *rest = skip(*rest, end ? n + 1 : n);
    return true;
}

bool text_take_word(struct text *rest, struct text *word)
{
    struct text left = *rest;
    size_t n = 0;
    while (left.n > 0 && is_blank(*left.at))
        left = skip(left, 1);
    while (n < left.n && !is_blank(left.at[n]))
        n++;
    *word = (struct text){left.at, n};
    *rest = skip(left, n);
    return n > 0;
}

bool text_take_quoted(struct text *rest, struct text *quoted)
{
    struct text left = *rest;
    while (left.n > 0 && is_blank(*left.at))
        left = skip(left, 1);
    if (left.n == 0 || *left.at != '"')
        return false;
    left = skip(left, 1);
    size_t n = 0;
    while (n < left.n && left.at[n] != '"')
        n += left.at[n] == '\\' && n + 1 < left.n ? 2 : 1;
    if (n >= left.n)
        return false;
    *quoted = (struct text){left.at, n};
    *rest = skip(left, n + 1);
    return true;
}

struct text text_trim(struct text text)
{
    while (text.n > 0 && is_blank(*text.at))
        text = skip(text, 1);
    while (text.n > 0 && is_blank(text.at[text.n - 1]))
        text.n--;
    return text;
}

bool text_is(struct text text, const char *string)
{
    return text.n == strlen(string) && strncasecmp(text.at, string, text.n) == 0;
}

bool text_is_count(struct text text, uint64_t *number)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text.at[i] - '0');
        if (sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    if (text.n > 0)
        *number = sum;
    return text.n > 0;
}

bool text_is_integer(struct text text, int64_t *number)
{
    uint64_t count;
    bool negative = text.n > 0 && *text.at == '-';
    if (text.n > 0 && (negative || *text.at == '+'))
        text = skip(text, 1);
    if (!text_is_count(text, &count) || count > INT64_MAX)
        return false;
    *number = negative ? -(int64_t)count : (int64_t)count;
    return true;
}

bool text_is_decimal(struct text text, double *number)
{
    double parsed;
    if (text.n == 0 || decimal_parse(text.at, text.n, &parsed) != text.n)
        return false;
    *number = parsed;
    return true;
}

const char *text_show(char *shown, size_t n_bytes, struct text text)
{
    char copy[256];
    size_t n = text.n < sizeof copy - 1 ? text.n : sizeof copy - 1;
    for (size_t i = 0; i < n; i++)
        copy[i] = text.at[i] == '\0' ? ' ' : text.at[i];
    copy[n] = '\0';
    return printable(shown, n_bytes, copy);
}
