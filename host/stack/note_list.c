/* SPDX-License-Identifier: MIT */
#include "stack/note_list.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_BYTES = 1024 };

enum status note_list_add(struct note_list *notes, struct error *error, const char *format, ...)
{
    char text[NOTE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    char **lines = reallocarray(notes->lines, notes->count + 1, sizeof *lines);
    if (!lines)
        return error_no_memory(error, (notes->count + 1) * sizeof *lines, "messages");
    notes->lines = lines;
    lines[notes->count] = strdup(text);
    if (!lines[notes->count])
        return error_no_memory(error, strlen(text) + 1, "messages");
    notes->count++;
    return STATUS_OK;
}

void note_list_end(struct note_list *notes)
{
    for (size_t i = 0; i < notes->count; i++)
        free(notes->lines[i]);
    free(notes->lines);
    *notes = (struct note_list){0};
}
