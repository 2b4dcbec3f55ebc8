/* SPDX-License-Identifier: MIT
 * A file as a stack. */
#include "base/printable.h"
#include "stack/stack_fill.h"
#include "stack/volume_stack.h"

#include <stdlib.h>
#include <string.h>

/* Cuts `path` into the folder and the name in it. */
static enum status take_folder(struct stack *stack, const char *path, const char **name, struct error *error)
{
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    size_t n = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
    stack->folder = n > 0 ? strndup(path, n) : strdup(".");
    stack->pattern = strdup(*name);
    if (!stack->folder || !stack->pattern)
        return error_no_memory(error, strlen(path) + 1, "the stack");
    return STATUS_OK;
}

enum status stack_fill_file(struct stack *stack, const struct stack_request *request, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    const char *name;
    enum status status = take_folder(stack, request->input, &name, error);
    if (status != STATUS_OK)
        return status;
    if (request->raw || volume_stack_takes(name))
        return stack_fill_volume(stack, request, error);
    const struct codec *codec = codec_for_file(name);
    if (!codec)
        return error_set(error, STATUS_INPUT,
                         "%s: is no folder, and no file that can be read; name the folder of the slices",
                         printable(shown, sizeof shown, request->input));
    status = stack_make_places(stack, 1, 0, error);
    if (status != STATUS_OK)
        return status;
    struct slice *slice = &stack->slices[0];
    slice->codec = codec;
    slice->path = strdup(request->input);
    if (!slice->path)
        return error_no_memory(error, strlen(request->input) + 1, "the stack");
    slice->name = slice->path + (name - request->input);
    return STATUS_OK;
}
