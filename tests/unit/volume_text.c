/* SPDX-License-Identifier: MIT */
#include "volume_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum status volume_text_parse(parse_function function, const char *text, size_t n_bytes, char **copy,
                              struct volume_header *header, struct error *error)
{
    *copy = malloc(n_bytes ? n_bytes : 1);
    assert_non_null(*copy);
    memcpy(*copy, text, n_bytes);
    *error = (struct error){0};
    return function(header, *copy, n_bytes, "v.txt", error);
}

struct volume_header volume_text_read(parse_function function, const char *text, char **copy)
{
    struct volume_header header;
    struct error error;
    if (volume_text_parse(function, text, strlen(text), copy, &header, &error) != STATUS_OK)
        fail_msg("%s: %s", text, error.message);
    return header;
}

void volume_text_refused(parse_function function, const char *text, const char *said)
{
    struct volume_header header;
    struct error error;
    char *copy;
    if (volume_text_parse(function, text, strlen(text), &copy, &header, &error) != STATUS_INPUT)
        fail_msg("taken instead of refused with '%s': %s", said, text);
    if (!strstr(error.message, said) || strncmp(error.message, "v.txt: ", 7) != 0 ||
        strchr(error.message, '\n'))
        fail_msg("'%s' was expected, not: %s", said, error.message);
    free(copy);
}

void volume_text_names(parse_function function, const char *text, uint32_t nfiles, const char *expected)
{
    char *copy, name[VOLUME_NAME_BYTES], all[2000] = "";
    struct volume_header header = volume_text_read(function, text, &copy);
    struct volume_names names = {.rest = header.names};
    assert_int_equal(header.nfiles, nfiles);
    for (uint32_t i = 0; i < nfiles; i++) {
        assert_true(volume_next_name(&header, &names, name));
        strcat(strcat(all, name), "|");
    }
    assert_false(volume_next_name(&header, &names, name));
    assert_string_equal(all, expected);
    free(copy);
}

void volume_text_spacing(parse_function function, const char *text, struct spacing expected)
{
    char *copy;
    struct volume_header header = volume_text_read(function, text, &copy);
    const struct spacing found = header.spacing;
    free(copy);
    if (found.x != expected.x || found.y != expected.y || found.z != expected.z ||
        found.unit != expected.unit)
        fail_msg("it is %g x %g x %g %s: %s", found.x, found.y, found.z, unit_name(found.unit), text);
    assert_int_equal(header.spacing_origin != SPACING_NOWHERE, expected.x > 0);
}
