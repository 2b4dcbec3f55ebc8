/* SPDX-License-Identifier: MIT
 * A file as a stack. */
#include "base/path.h"
#include "base/printable.h"
#include "stack/stack_fill.h"
#include "stack/tiff_stack.h"
#include "stack/volume_stack.h"

#include <stdlib.h>
#include <string.h>

enum status stack_fill_file(struct stack *stack, const struct stack_request *request, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    const char *name;
    stack->folder = path_folder(request->input, &name);
    stack->pattern = strdup(name);
    stack->file = strdup(request->input);
    if (!stack->folder || !stack->pattern || !stack->file)
        return error_no_memory(error, strlen(request->input) + 1, "the stack");
    if (request->raw || volume_stack_takes(name))
        return stack_fill_volume(stack, request, error);
    const struct codec *codec = codec_for_file(name);
    if (!codec)
        return error_set(error, STATUS_INPUT,
                         "%s: is no folder, and no file that can be read; name the folder of the slices, or "
                         "describe bare voxels by --raw",
                         printable(shown, sizeof shown, request->input));
    if (codec == &codec_tiff)
        return stack_fill_tiff(stack, request, error);
    enum status status = stack_make_places(stack, 1, 0, error);
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
