/* SPDX-License-Identifier: MIT
 * Sources of the names: SkyScan's NRecon manual (2011), chapters 2 and 3; the files that Nikon's, Phoenix's
 * and Volume Graphics' programs write beside a volume. */
#include "stack/byproduct.h"

#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool ends_in(const char *text, size_t n_bytes, const char *end)
{
    size_t n = strlen(end);
    return n_bytes >= n && strncasecmp(text + n_bytes - n, end, n) == 0;
}

bool byproduct_is_one(const char *name)
{
    static const char *const extensions[] = {"log", "txt", "csv",    "crv", "info",      "ini",
                                             "cfg", "xml", "pca",    "pcr", "pcj",       "vgi",
                                             "vgl", "rtf", "xtekct", "pdf", "xtekvolume"};
    static const char *const names[] = {"Thumbs.db", ".DS_Store"};
    static const char *const stems[] = {"_spr", "_arc"};
    const char *dot = strrchr(name, '.');
    if (strncmp(name, "._", 2) == 0)
        return true;
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    for (size_t i = 0; dot && i < COUNT(extensions); i++)
        if (strcasecmp(dot + 1, extensions[i]) == 0)
            return true;
    for (size_t i = 0; dot && i < COUNT(stems); i++)
        if (ends_in(name, (size_t)(dot - name), stems[i]))
            return true;
    return false;
}

static bool is_separator(char c)
{
    return c == '_' || c == '-' || c == ' ' || c == '.';
}

/* Whether the n_bytes of `text` are `word`, or end in it behind a separator or a digit. */
static bool ends_in_word(const char *text, size_t n_bytes, const char *word)
{
    if (!ends_in(text, n_bytes, word))
        return false;
    size_t before = n_bytes - strlen(word);
    return before == 0 || is_separator(text[before - 1]) ||
           (text[before - 1] >= '0' && text[before - 1] <= '9');
}

enum byproduct_kind byproduct_of_prefix(const char *prefix, size_t prefix_bytes)
{
    static const char *const projections[] = {"proj", "projection", "projections"};
    static const char *const others[] = {"spr",       "arc",  "flat",  "flats",
                                         "flatfield", "dark", "darks", "darkfield"};
    while (prefix_bytes > 0 && is_separator(prefix[prefix_bytes - 1]))
        prefix_bytes--;
    for (size_t i = 0; i < COUNT(projections); i++)
        if (ends_in_word(prefix, prefix_bytes, projections[i]))
            return BYPRODUCT_PROJECTIONS;
    for (size_t i = 0; i < COUNT(others); i++)
        if (ends_in_word(prefix, prefix_bytes, others[i]))
            return BYPRODUCT_OTHER;
    return BYPRODUCT_NONE;
}

const char *byproduct_text(enum byproduct_kind kind)
{
    static const char *const texts[] = {"", "projections", "by-products"};
    return texts[kind];
}

bool byproduct_projections(const char *prefix, size_t prefix_bytes, unsigned index, size_t *projections_bytes)
{
    static const char rec[] = "_rec";
    static const char *const joints[] = {"", "_", "_IR"};
    for (size_t at = 0; at + strlen(rec) <= prefix_bytes; at++) {
        if (strncasecmp(prefix + at, rec, strlen(rec)) != 0)
            continue;
        for (size_t i = 0; i < COUNT(joints); i++)
            if (ends_in(prefix, at, joints[i]) && index-- == 0) {
                *projections_bytes = at - strlen(joints[i]);
                return true;
            }
    }
    return false;
}
