/* SPDX-License-Identifier: MIT
 * A file as a stack: a TIFF with all of its pages, or a volume that lies behind its header. Whatever else it
 * is taken for is a MetaImage, which begins in no certain way. */
#include "fuzz.h"
#include "fuzz_codec.h"
#include "stack/stack.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SLICES_MAX = 16 };

static const char *name_for(const uint8_t *data, size_t n_bytes)
{
    if (n_bytes >= 4 && (memcmp(data, "II", 2) == 0 || memcmp(data, "MM", 2) == 0))
        return "a.tif";
    return n_bytes >= 4 && memcmp(data, "NRRD", 4) == 0 ? "a.nrrd" : "a.mha";
}

static void check_slice(const struct stack *stack, const struct slice *slice, const uint8_t *data,
                        size_t n_bytes)
{
    const struct slice_header *header = &slice->header;
    FUZZ_REQUIRE(slice->codec && slice->path && slice->name && slice->has_header);
    FUZZ_REQUIRE(header->nx == stack->extent.nx && header->ny == stack->extent.ny);
    FUZZ_REQUIRE(header->type == stack->type);
    if (header->streamed) {
        FUZZ_REQUIRE(header->stream.offset <= n_bytes &&
                     header->stream.n_bytes <= n_bytes - header->stream.offset);
        FUZZ_REQUIRE(header->parts[0].offset + header->parts[0].n_bytes <= header->stream_end_bytes);
    } else if (strncmp(slice->name, "a.", 2) == 0 && slice->n_bytes == n_bytes) { /* not another file */
        fuzz_codec_check(slice->codec, header, data, n_bytes);
    }
}

static void check_stack(const struct stack *stack, const uint8_t *data, size_t n_bytes)
{
    uint32_t nmissing = 0;
    FUZZ_REQUIRE(stack->extent.nx > 0 && stack->extent.ny > 0 && stack->extent.nz > 0);
    fuzz_check_spacing(stack->spacing);
    for (uint32_t z = 0; z < stack->extent.nz; z++) {
        nmissing += stack->slices[z].path == NULL;
        if (stack->slices[z].path && z < SLICES_MAX)
            check_slice(stack, &stack->slices[z], data, n_bytes);
    }
    FUZZ_REQUIRE(nmissing == stack->nmissing);
    for (size_t i = 0; i < stack->nunreadable; i++)
        fuzz_check_line(stack->unreadable[i]);
    if (stack->surplus)
        fuzz_check_line(stack->surplus);
    if (stack->unused)
        fuzz_check_line(stack->unused);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    const char *name = name_for(data, n_bytes);
    char path[128];
    struct stack *stack = NULL;
    struct error error = {0};
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    fuzz_folder_put(name, data, n_bytes);
    const struct stack_request request = {
        .input = path, .missing = MISSING_IGNORE, .gray = true, .channel = 1, .time = 1};
    enum status status = stack_open(&stack, &request, &error);
    FUZZ_REQUIRE(status == error.status);
    if (status == STATUS_OK) {
        check_stack(stack, data, n_bytes);
        stack_close(stack);
    } else {
        fuzz_check_error(&error, STATUS_INPUT, "");
    }
    unlink(path);
    return 0;
}
