/* SPDX-License-Identifier: MIT */
#include "stack/tiff_walk.h"

#include "codec/ome.h"
#include "codec/tiff_pages.h"

#include <stdlib.h>
#include <string.h>

static enum status make_room(struct tiff_walk *walk, struct error *error)
{
    if (walk->nslices < walk->capacity)
        return STATUS_OK;
    uint32_t capacity = walk->capacity ? 2 * walk->capacity : 64; /* at most 2 * TIFF_PAGES_MAX */
    struct slice *slices = reallocarray(walk->slices, capacity, sizeof *slices);
    if (!slices)
        return error_no_memory(error, (unsigned long long)capacity * sizeof *slices, "the list of slices");
    walk->slices = slices;
    walk->capacity = capacity;
    return STATUS_OK;
}

static enum status add_page(struct tiff_walk *walk, const struct tiff_page *page,
                            const struct input_file *file, struct error *error)
{
    enum status status = make_room(walk, error);
    uint32_t number = walk->nslices;
    if (status == STATUS_OK && (page->reduced || page->mask))
        status = ranges_add(page->reduced ? &walk->reduced : &walk->masks, number, number, error);
    if (status != STATUS_OK)
        return status;
    bool is_image = !page->reduced && !page->mask;
    walk->slices[walk->nslices++] = (struct slice){
        .codec = is_image ? &codec_tiff : NULL,
        .part = "page",
        .part_number = number,
        .n_bytes = file->n_bytes,
        .mtime_ns = file->mtime_ns,
        .identity = file->identity,
        .has_header = page->can_slice,
        .header = page->header,
    };
    walk->slices[number].header.page_at = page->at;
    walk->nimages += is_image;
    return STATUS_OK;
}

static enum status keep_description(struct tiff_walk *walk, const char *description, struct error *error)
{
    if (!description)
        return STATUS_OK;
    walk->description = strdup(description);
    return walk->description ? STATUS_OK : error_no_memory(error, strlen(description) + 1, "a text");
}

/* Whether the stack may do with the pages before the damage that `error` tells of, which it then no longer
 * holds. */
static bool may_end_here(struct tiff_walk *walk, const struct tiff_pages *pages,
                         const struct stack_request *request, struct error *error)
{
    bool lenient = request->missing == MISSING_IGNORE || request->range.given;
    if (error->status != STATUS_INPUT || walk->nimages == 0 || !lenient || tiff_pages_led_back(pages))
        return false;
    walk->damage = strdup(error->message);
    *error = (struct error){0};
    return walk->damage || error_no_memory(error, sizeof error->message, "a message") == STATUS_OK;
}

static enum status read_pages(struct tiff_walk *walk, struct tiff_pages *pages, const struct input_file *file,
                              const struct stack_request *request, struct error *error)
{
    const struct codec_options options = {.gray = request->gray};
    bool any = true;
    for (;;) {
        struct tiff_page page;
        if (request->cancel && atomic_load(request->cancel))
            return error_set(error, STATUS_INTERRUPTED, "interrupted; not all pages have been looked at");
        enum status status = tiff_pages_next(pages, &options, &page, &any, error);
        if (status != STATUS_OK)
            return may_end_here(walk, pages, request, error) ? STATUS_OK : error->status;
        if (!any)
            return STATUS_OK;
        if (walk->nslices == 0)
            status = keep_description(walk, tiff_pages_description(pages), error);
        if (status == STATUS_OK)
            status = add_page(walk, &page, file, error);
        if (status != STATUS_OK)
            return status;
        /* OME-XML may leave such a page out, and a user may want what lies before it. */
        bool may_be = page.can_slice || page.reduced || page.mask || request->range.given ||
                      request->missing == MISSING_IGNORE ||
                      (walk->description && ome_suspected(walk->description));
        if (!may_be)
            return error_set(error, STATUS_INPUT, "%s", tiff_pages_reason(pages));
    }
    return STATUS_OK;
}

enum status tiff_walk_read(struct tiff_walk *walk, const struct stack_request *request, struct error *error)
{
    struct input_file file;
    struct tiff_pages *pages = NULL;
    enum status status = input_file_open(&file, request->input, error);
    if (status != STATUS_OK)
        return status;
    status = tiff_pages_open(&pages, &file, error);
    if (status == STATUS_OK)
        status = read_pages(walk, pages, &file, request, error);
    tiff_pages_close(pages);
    input_file_close(&file);
    return status;
}

void tiff_walk_end(struct tiff_walk *walk)
{
    bytes_end(&walk->reduced.text);
    bytes_end(&walk->masks.text);
    free(walk->description);
    free(walk->damage);
    free(walk->slices);
    *walk = (struct tiff_walk){0};
}
