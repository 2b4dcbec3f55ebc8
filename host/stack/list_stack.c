/* SPDX-License-Identifier: MIT
 * The files of a list as a stack, in the order of the list. */
#include "base/path.h"
#include "base/printable.h"
#include "stack/file_list.h"
#include "stack/file_list_read.h"
#include "stack/stack_fill.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_BYTES = 300 };

/* Relative names are relative to the current folder, as they are wherever else a file is named. */
static enum status place_file(struct slice *slice, const struct file_list_entry *entry, const char *shown,
                              struct error *error)
{
    char name[SHOWN_BYTES];
    slice->codec = codec_for_file(entry->name);
    if (!slice->codec)
        return error_set(
            error, STATUS_INPUT,
            "%s:%u: %s is not called as an image that can be read; a list names one slice on a line", shown,
            entry->line, printable(name, sizeof name, entry->name));
    slice->path = strdup(entry->name);
    slice->name = slice->path;
    return slice->path ? STATUS_OK : error_no_memory(error, strlen(entry->name) + 1, "the list of files");
}

static enum status place_files(struct stack *stack, const struct file_list *list, const char *shown,
                               struct error *error)
{
    const char *name;
    stack->folder = path_folder(list->entries[0].name, &name);
    if (!stack->folder)
        return error_no_memory(error, strlen(list->entries[0].name) + 1, "the stack");
    enum status status = stack_make_places(stack, (uint32_t)list->count, 0, error);
    for (size_t i = 0; i < list->count && status == STATUS_OK; i++)
        status = place_file(&stack->slices[i], &list->entries[i], shown, error);
    return status;
}

enum status stack_fill_list(struct stack *stack, const struct stack_request *request, struct error *error)
{
    char shown[SHOWN_BYTES];
    struct bytes bytes = {0};
    struct file_list list;
    const char *path = request->input[0] == '@' ? request->input + 1 : NULL;
    printable(shown, sizeof shown, path ? path : "standard input");
    if (path && !*path)
        return error_set(error, STATUS_USAGE,
                         "@: the name of a list of files belongs behind it, such as @list.txt; - is a list "
                         "from standard input");
    stack->pattern = strdup(path ? request->input : "standard input");
    if (!stack->pattern)
        return error_no_memory(error, strlen(request->input), "the stack");
    enum status status = file_list_read(&bytes, path, shown, request->cancel, error);
    if (status == STATUS_OK)
        status = file_list_parse(&list, bytes.data, bytes.n_bytes, shown, error);
    bytes_end(&bytes);
    if (status != STATUS_OK)
        return status;
    status = place_files(stack, &list, shown, error);
    file_list_end(&list);
    return status;
}
