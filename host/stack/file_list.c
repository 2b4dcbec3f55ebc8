/* SPDX-License-Identifier: MIT */
#include "stack/file_list.h"

#include "base/printable.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_BYTES = 300 };

static enum status check_bytes(const unsigned char *data, size_t n_bytes, const char *shown,
                               struct error *error)
{
    if (n_bytes > FILE_LIST_BYTES_MAX)
        return error_set(error, STATUS_INPUT, "%s: has more than %d bytes; split the list", shown,
                         FILE_LIST_BYTES_MAX);
    if (n_bytes >= 2 && ((data[0] == 0xff && data[1] == 0xfe) || (data[0] == 0xfe && data[1] == 0xff)))
        return error_set(error, STATUS_INPUT, "%s: is UTF-16 text; save the list as UTF-8", shown);
    const unsigned char *nul = n_bytes ? memchr(data, '\0', n_bytes) : NULL;
    if (!nul)
        return STATUS_OK;
    unsigned line = 1;
    for (const unsigned char *c = data; c < nul; c++)
        line += *c == '\n';
    return error_set(error, STATUS_INPUT,
                     "%s:%u: holds a NUL byte; a list of files is text, with one name on a line", shown,
                     line);
}

static enum status append(struct file_list *list, size_t *capacity, const char *name, uint32_t line,
                          const char *shown, struct error *error)
{
    if (strlen(name) > FILE_LIST_NAME_MAX)
        return error_set(error, STATUS_INPUT, "%s:%u: has more than %d bytes, which no file name has", shown,
                         line, FILE_LIST_NAME_MAX);
    if (list->count == FILE_LIST_NAMES_MAX)
        return error_set(error, STATUS_INPUT, "%s: has more than %d names; split the list", shown,
                         FILE_LIST_NAMES_MAX);
    if (list->count == *capacity) {
        size_t wanted = *capacity ? 2 * *capacity : 256;
        struct file_list_entry *entries = reallocarray(list->entries, wanted, sizeof *entries);
        if (!entries)
            return error_no_memory(error, wanted * sizeof *entries, "the list of files");
        list->entries = entries;
        *capacity = wanted;
    }
    list->entries[list->count++] = (struct file_list_entry){name, line};
    return STATUS_OK;
}

/* Cuts the text into lines. */
static enum status cut_lines(struct file_list *list, size_t n_bytes, const char *shown, struct error *error)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t capacity = 0;
    char *at = list->text, *end = at + n_bytes;
    if (strncmp(at, mark, strlen(mark)) == 0)
        at += strlen(mark);
    for (uint32_t line = 1; at < end; line++) {
        char *newline = memchr(at, '\n', (size_t)(end - at));
        char *next = newline ? newline + 1 : end;
        char *last = newline ? newline : end;
        if (last > at && last[-1] == '\r')
            last--;
        *last = '\0';
        if (last > at) {
            enum status status = append(list, &capacity, at, line, shown, error);
            if (status != STATUS_OK)
                return status;
        }
        at = next;
    }
    if (list->count == 0)
        return error_set(error, STATUS_INPUT, "%s: names no files; it has to hold one name on a line", shown);
    return STATUS_OK;
}

static int compare_names(const void *left, const void *right)
{
    const struct file_list_entry *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : (a->line > b->line) - (a->line < b->line);
}

/* Every name once. Of several that are repeated, the one whose repetition comes first is named. */
static enum status check_names(const struct file_list *list, const char *shown, struct error *error)
{
    char name[SHOWN_BYTES];
    const struct file_list_entry *repeated = NULL;
    struct file_list_entry *sorted = calloc(list->count, sizeof *sorted);
    if (!sorted)
        return error_no_memory(error, list->count * sizeof *sorted, "the list of files");
    memcpy(sorted, list->entries, list->count * sizeof *sorted);
    qsort(sorted, list->count, sizeof *sorted, compare_names);
    for (size_t i = 1; i < list->count; i++)
        if (strcmp(sorted[i - 1].name, sorted[i].name) == 0 && (!repeated || sorted[i].line < repeated->line))
            repeated = &sorted[i];
    enum status status = STATUS_OK;
    if (repeated)
        status =
            error_set(error, STATUS_INPUT, "%s:%u: %s stands in line %u already; name each file once", shown,
                      repeated->line, printable(name, sizeof name, repeated->name), repeated[-1].line);
    free(sorted);
    return status;
}

enum status file_list_parse(struct file_list *list, const void *data, size_t n_bytes, const char *shown,
                            struct error *error)
{
    *list = (struct file_list){0};
    enum status status = check_bytes(data, n_bytes, shown, error);
    if (status != STATUS_OK)
        return status;
    list->text = malloc(n_bytes + 1);
    if (!list->text)
        return error_no_memory(error, n_bytes + 1, "the list of files");
    if (n_bytes > 0)
        memcpy(list->text, data, n_bytes);
    list->text[n_bytes] = '\0';
    if ((status = cut_lines(list, n_bytes, shown, error)) != STATUS_OK ||
        (status = check_names(list, shown, error)) != STATUS_OK)
        file_list_end(list);
    return status;
}

void file_list_end(struct file_list *list)
{
    free(list->text);
    free(list->entries);
    *list = (struct file_list){0};
}
