/* SPDX-License-Identifier: MIT */
#include "base/decimal.h"

#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_BYTES = 64 };

static size_t count_digits(const char *text, size_t n_bytes)
{
    size_t n = 0;
    while (n < n_bytes && text[n] >= '0' && text[n] <= '9')
        n++;
    return n;
}

/* Bytes of the exponent at the start of `text`; 0 when there is none. */
static size_t exponent_bytes(const char *text, size_t n_bytes)
{
    size_t n = 1;
    if (n_bytes == 0 || (text[0] != 'e' && text[0] != 'E'))
        return 0;
    if (n < n_bytes && (text[n] == '+' || text[n] == '-'))
        n++;
    size_t ndigits = count_digits(text + n, n_bytes - n);
    return ndigits > 0 ? n + ndigits : 0;
}

/* Bytes of the number at the start of `text`; 0 when there is none. */
static size_t number_bytes(const char *text, size_t n_bytes)
{
    size_t n = n_bytes > 0 && (text[0] == '+' || text[0] == '-');
    size_t ndigits = count_digits(text + n, n_bytes - n);
    n += ndigits;
    if (n < n_bytes && text[n] == '.') {
        size_t nbehind = count_digits(text + n + 1, n_bytes - n - 1);
        ndigits += nbehind;
        n += 1 + nbehind;
    }
    return ndigits > 0 ? n + exponent_bytes(text + n, n_bytes - n) : 0;
}

/* strtod obeys the locale, which a driver or a library may have set; in the locale "C" the dot is the dot.
 * (Making that locale allocates nothing in glibc.) */
static bool convert(const char *text, double *number)
{
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0)
        return false;
    *number = strtod_l(text, NULL, plain);
    freelocale(plain);
    return isfinite(*number);
}

size_t decimal_parse(const char *text, size_t n_bytes, double *number)
{
    char copy[NUMBER_BYTES];
    double converted;
    size_t n = number_bytes(text, n_bytes);
    if (n == 0 || n >= sizeof copy)
        return 0;
    memcpy(copy, text, n);
    copy[n] = '\0';
    if (!convert(copy, &converted))
        return 0;
    *number = converted;
    return n;
}
