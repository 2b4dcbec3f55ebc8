/* SPDX-License-Identifier: MIT
 * The chain is followed here, not by libtiff, which for a page in the middle reads all directories. */
#include "codec/tiff_pages.h"

#include "base/printable.h"
#include "codec/tiff_compression.h"
#include "codec/tiff_directory.h"
#include "codec/tiff_handle.h"
#include "codec/tiff_header.h"
#include "codec/tiff_image.h"
#include "codec/tiff_trim.h"
#include "codec/tiff_twin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tiff_pages {
    const char *path; /* borrowed */
    char *label;      /* "<path>: page <nread>": the source's path, for messages */
    size_t label_bytes;
    struct tiff_source source;
    struct tiff_form form;
    struct tiff_handle handle; /* at the page that was read last; tif is NULL where it is no slice */
    uint64_t next;             /* the directory to be read; 0: there is none */
    uint32_t nread;
    uint64_t effort; /* see TIFF_PAGES_EFFORT_MAX */
    /* A chain that leads back meets, after some rounds, the directory that was the last one before a power of
     * two of them had been read (R. P. Brent, "An improved Monte Carlo factorization algorithm", 1980). */
    uint64_t milestone;
    uint32_t milestone_ends; /* when so many have been read, the next milestone is set */
    struct tiff_twin twin;   /* the last page that libtiff was asked about */
    bool has_image;          /* the handle is at the page that was read last */
    struct error reason;     /* why that page is no slice */
};

static enum status damaged(const struct tiff_pages *pages, const char *what, struct error *error)
{
    char path[PRINTABLE_BYTES];
    return error_set(error, STATUS_INPUT, "%s: %s; copy or export it again",
                     printable(path, sizeof path, pages->source.path), what);
}

enum status tiff_pages_open(struct tiff_pages **opened, const struct input_file *file, struct error *error)
{
    struct tiff_pages *pages = calloc(1, sizeof *pages);
    if (!pages)
        return error_no_memory(error, sizeof *pages, "the pages of a TIFF");
    tiff_source_init_file(&pages->source, file);
    pages->path = file->path;
    pages->label_bytes = strlen(file->path) + sizeof ": page 4294967295";
    pages->label = malloc(pages->label_bytes);
    enum status status = pages->label ? tiff_form_read(&pages->source, &pages->form, error)
                                      : error_no_memory(error, pages->label_bytes, "a file name");
    if (status != STATUS_OK) {
        tiff_pages_close(pages);
        return status;
    }
    pages->source.path = pages->label;
    pages->next = pages->form.first_directory;
    pages->milestone_ends = 1;
    *opened = pages;
    return STATUS_OK;
}

void tiff_pages_close(struct tiff_pages *pages)
{
    if (!pages)
        return;
    tiff_handle_close(&pages->handle);
    free(pages->label);
    free(pages);
}

/* Looks at where the chain leads before it is followed. */
static enum status check_chain(struct tiff_pages *pages, struct error *error)
{
    if (pages->nread == TIFF_PAGES_MAX)
        return damaged(pages, "is one page more than a file may have", error);
    if (pages->next >= pages->source.n_bytes)
        return damaged(pages, "its directory lies behind the end of the file, which is truncated", error);
    if (pages->next == pages->milestone)
        return damaged(pages, "the chain of the pages leads back to an earlier one", error);
    if (pages->source.used_bytes > TIFF_PAGES_BYTES_MAX)
        return damaged(pages, "the directories of the pages take more than 512 MiB", error);
    if (pages->effort > TIFF_PAGES_EFFORT_MAX)
        return damaged(pages, "is one page too many of those that differ in more than their voxels", error);
    if (pages->nread == pages->milestone_ends) {
        pages->milestone = pages->next;
        pages->milestone_ends *= 2;
    }
    return STATUS_OK;
}

/* Reads the page's header, when it can be a slice. Whether that it cannot is an error is for others to say;
 * here only a file that cannot be read and want of memory are. */
static enum status read_image(struct tiff_pages *pages, const struct tiff_directory *directory,
                              const struct codec_options *options, struct tiff_page *page,
                              struct error *error)
{
    struct codec_options page_options = options ? *options : (struct codec_options){0};
    struct error *reason = &pages->reason;
    struct tiff_trimmed trimmed;
    *reason = (struct error){0};
    tiff_trim_directory(&pages->source, &pages->form, page->at, &trimmed);
    page->can_slice =
        tiff_twin_fill(&pages->twin, &pages->source, &pages->form, &trimmed, directory, &page->header);
    if (page->can_slice)
        return STATUS_OK;
    page_options.page_at = page->at;
    enum status status =
        tiff_handle_open(&pages->handle, &pages->source, page->at, TIFF_TABLE_BYTES_MAX, reason);
    if (status == STATUS_OK)
        status = tiff_header_fill(&pages->handle, directory, &page_options, &page->header, reason);
    pages->effort += (status == STATUS_OK ? 0 : 2) + tiff_compression_effort(directory->compression);
    pages->has_image = status == STATUS_OK;
    page->can_slice = status == STATUS_OK;
    if (page->can_slice)
        tiff_twin_keep(&pages->twin, &trimmed, directory, &page->header);
    if (status == STATUS_OK || (status == STATUS_INPUT && pages->source.error.status == STATUS_OK))
        return STATUS_OK;
    return error_set(error, status, "%s", reason->message);
}

enum status tiff_pages_next(struct tiff_pages *pages, const struct codec_options *options,
                            struct tiff_page *page, bool *any, struct error *error)
{
    struct tiff_directory directory;
    *any = pages->next != 0;
    pages->has_image = false;
    if (!*any)
        return STATUS_OK;
    snprintf(pages->label, pages->label_bytes, "%s: page %" PRIu32, pages->path, pages->nread);
    if (check_chain(pages, error) != STATUS_OK)
        return error->status;
    tiff_handle_close(&pages->handle);
    pages->source.used = (struct part_list){0};
    if (tiff_directory_read(&pages->source, &pages->form, pages->next, &directory, error) != STATUS_OK)
        return error->status;
    *page = (struct tiff_page){.at = pages->next, .reduced = directory.reduced, .mask = directory.mask};
    enum status status = STATUS_OK;
    if (!page->reduced && !page->mask)
        status = read_image(pages, &directory, options, page, error);
    pages->next = directory.next;
    pages->nread++;
    return status;
}

bool tiff_pages_led_back(const struct tiff_pages *pages)
{
    return pages->next == pages->milestone;
}

const char *tiff_pages_reason(const struct tiff_pages *pages)
{
    return pages->reason.message;
}

const char *tiff_pages_description(const struct tiff_pages *pages)
{
    const char *description = NULL;
    if (pages->has_image)
        TIFFGetField(pages->handle.tif, TIFFTAG_IMAGEDESCRIPTION, &description);
    return description;
}
