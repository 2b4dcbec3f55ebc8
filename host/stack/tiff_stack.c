/* SPDX-License-Identifier: MIT */
#include "stack/tiff_stack.h"

#include "base/checked.h"
#include "codec/imagej.h"
#include "codec/ome.h"
#include "codec/shaped.h"
#include "codec/tiff_pages.h"
#include "stack/tiff_planes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ImageJ goes through channels first, then slices, then frames. What it says of them holds when it makes as
 * many planes as there are; else, as for ImageJ itself, all are slices. */
static struct tiff_planes imagej_planes(const struct imagej_description *imagej, uint32_t nplanes)
{
    struct tiff_planes planes = {.nchannels = 1, .nz = nplanes, .nframes = 1};
    if (saturated_mul3(imagej->nchannels, imagej->nslices, imagej->nframes) == nplanes) {
        planes.nchannels = imagej->nchannels;
        planes.nz = imagej->nslices;
        planes.nframes = imagej->nframes;
    }
    planes.channel_stride = 1;
    planes.z_stride = planes.nchannels;
    planes.frame_stride = (uint64_t)planes.nchannels * planes.nz;
    return planes;
}

/* Planes behind the only directory whose voxels are not taken as they are stored (inverted, a palette, a
 * colour) have none to be decoded by. A compressed page that kept the text of its stack is far smaller. */
static bool are_out_of_reach(const struct tiff_stack *file, uint32_t nplanes)
{
    const struct slice *first = &file->walk.slices[0];
    return nplanes > file->walk.nimages && !tiff_planes_contiguous(file, nplanes) &&
           first->n_bytes / 3 >= saturated_mul3(nplanes, first->header.encoded_bytes / 4, 1);
}

static enum status fill_imagej(const struct tiff_stack *file, const struct imagej_description *imagej,
                               struct error *error)
{
    uint32_t npages = file->walk.nimages;
    bool ends_early = file->walk.damage && imagej->nimages > npages;
    uint32_t nplanes = ends_early || tiff_planes_contiguous(file, imagej->nimages) ? imagej->nimages : npages;
    struct tiff_planes planes = imagej_planes(imagej, nplanes);
    if (!ends_early && are_out_of_reach(file, imagej->nimages))
        return error_set(
            error, STATUS_INPUT,
            "%s: holds %" PRIu32
            " planes behind one directory, inverted, with a palette or in colour, which are read "
            "from pages only; save it as an image sequence, or as plain grey",
            file->shown, imagej->nimages);
    if (planes.nchannels < imagej->nchannels || planes.nframes < imagej->nframes)
        return error_set(error, STATUS_INPUT,
                         "%s: holds %" PRIu32 " planes, and its ImageJ text tells of %" PRIu32
                         " channels, %" PRIu32 " slices and %" PRIu32 " frames; copy or export it again",
                         file->shown, nplanes, imagej->nchannels, imagej->nslices, imagej->nframes);
    enum status status = tiff_planes_choose(file, &planes, error);
    return status == STATUS_OK ? tiff_planes_fill(file, &planes, nplanes, "ImageJ stack", error) : status;
}

/* Gives dimension i the role that its letter tells; all others can only be z. False when it is taken. */
static bool give_role(struct tiff_planes *planes, const struct shaped_description *shaped, unsigned i,
                      uint64_t stride)
{
    char axis = shaped->axes[i];
    uint32_t *n = axis == 'C' ? &planes->nchannels : axis == 'T' ? &planes->nframes : &planes->nz;
    if (*n > 1 && shaped->n[i] > 1)
        return false;
    if (shaped->n[i] == 1)
        return true;
    *n = shaped->n[i];
    *(axis == 'C'   ? &planes->channel_stride
      : axis == 'T' ? &planes->frame_stride
                    : &planes->z_stride) = stride;
    return true;
}

/* A file of tifffile. Its first dimensions are those of planes, the last ones those of a plane. */
static enum status fill_shaped(struct tiff_stack *file, const struct shaped_description *shaped,
                               struct error *error)
{
    const struct slice_header *first = &file->walk.slices[0].header;
    struct tiff_planes planes = {.nchannels = 1, .nz = 1, .nframes = 1};
    uint64_t nplanes = 1;
    unsigned n = shaped->ndimensions - 2;
    bool known = shaped->n[n] == first->ny && shaped->n[n + 1] == first->nx;
    for (unsigned i = n; i-- > 0 && known;) {
        if (!give_role(&planes, shaped, i, nplanes))
            return error_set(
                error, STATUS_INPUT,
                "%s: is an array of %u dimensions, and does not tell which one is z; save it with "
                "axes, such as an OME-TIFF has them",
                file->shown, shaped->ndimensions);
        nplanes = saturated_mul3(nplanes, shaped->n[i], 1);
    }
    bool truncated = (shaped->truncated || file->walk.damage) && nplanes > file->walk.nimages;
    if (!known || nplanes > TIFF_PAGES_MAX || (nplanes != file->walk.nimages && !truncated))
        return tiff_planes_fill_pages(file, error); /* as if there were no such text: it was edited since */
    enum status status = tiff_planes_choose(file, &planes, error);
    return status == STATUS_OK ? tiff_planes_fill(file, &planes, (uint32_t)nplanes, "multi-page TIFF", error)
                               : status;
}

static enum status place_ome(const struct tiff_stack *file, const struct ome *ome, const uint32_t *pages,
                             struct error *error)
{
    uint32_t there = 0;
    for (uint32_t z = 0; z < ome->nz; z++)
        there += pages[z] != OME_NO_PAGE;
    enum status status = tiff_planes_make_places(file, ome->nz, there, error);
    for (uint32_t z = 0; z < ome->nz && status == STATUS_OK; z++)
        if (pages[z] != OME_NO_PAGE)
            status = tiff_planes_place(file, z, &file->walk.slices[pages[z]], error);
    return status;
}

static enum status fill_ome(const struct tiff_stack *file, const struct ome *ome, struct error *error)
{
    struct tiff_planes planes = {.nchannels = ome->nchannels, .nz = ome->nz, .nframes = ome->nframes};
    char metadata[256], text[96], images[64] = "";
    if (ome->metadata_file)
        return error_set(
            error, STATUS_INPUT,
            "%s: is one file of an OME-TIFF set that %s describes; save the stack as one file, or "
            "as a folder of slices",
            file->shown, printable(metadata, sizeof metadata, ome->metadata_file));
    if (ome->nz > TIFF_PAGES_MAX)
        return error_set(error, STATUS_INPUT, "%s: tells of more than a million slices; export it again",
                         file->shown);
    enum status status = tiff_planes_choose(file, &planes, error);
    if (status != STATUS_OK)
        return status;
    uint32_t *pages = calloc(ome->nz, sizeof *pages);
    if (!pages)
        return error_no_memory(error, ome->nz * sizeof *pages, "the list of slices");
    status = ome_find_pages(ome, file->stack->pattern, file->walk.nslices, planes.channel, planes.frame,
                            file->request->input, pages, error);
    if (status == STATUS_OK)
        status = place_ome(file, ome, pages, error);
    free(pages);
    if (status != STATUS_OK)
        return status;
    if (ome->nimages > 1)
        snprintf(images, sizeof images, ", image 1 of %u", ome->nimages);
    return tiff_planes_set_kind(file, error, "OME-TIFF%s%s", images,
                                tiff_planes_text(text, sizeof text, &planes));
}

/* "pages 1, 3-9 (reduced copies)": among what is not a slice. */
static enum status keep_ignored(struct stack *stack, struct ranges *ranges, const char *what,
                                struct error *error)
{
    char *text = NULL, *line = NULL;
    enum status status = ranges_take(ranges, &text, error);
    if (status == STATUS_OK && *text && asprintf(&line, "pages %s (%s)", text, what) < 0) {
        line = NULL;
        status = error_no_memory(error, strlen(text), "a text");
    }
    if (line)
        stack->ignored[stack->nignored++] = line;
    free(text);
    return status;
}

static enum status set_aside(struct tiff_stack *file, struct error *error)
{
    struct stack *stack = file->stack;
    stack->ignored = calloc(2, sizeof *stack->ignored);
    if (!stack->ignored)
        return error_no_memory(error, 2 * sizeof *stack->ignored, "a list");
    enum status status = keep_ignored(stack, &file->walk.reduced, "reduced copies", error);
    return status == STATUS_OK ? keep_ignored(stack, &file->walk.masks, "transparency masks", error) : status;
}

static enum status fill_described(struct tiff_stack *file, const char *description, struct error *error)
{
    struct imagej_description imagej;
    struct shaped_description shaped;
    struct tiff_planes one = {.nchannels = 1, .nframes = 1};
    if (description && imagej_parse(description, &imagej) && imagej.nimages > 1)
        return fill_imagej(file, &imagej, error);
    if (description && shaped_parse(description, &shaped) && shaped.ndimensions > 2)
        return fill_shaped(file, &shaped, error);
    enum status status = tiff_planes_choose(file, &one, error);
    return status == STATUS_OK ? tiff_planes_fill_pages(file, error) : status;
}

static enum status fill(struct tiff_stack *file, struct error *error)
{
    const char *description = file->walk.description;
    struct ome ome;
    bool is_ome = false;
    enum status status = STATUS_OK;
    if (description && ome_suspected(description))
        status = ome_parse(description, strlen(description), file->request->input, &ome, &is_ome, error);
    if (status != STATUS_OK || !is_ome)
        return status == STATUS_OK ? fill_described(file, description, error) : status;
    status = fill_ome(file, &ome, error);
    ome_end(&ome);
    return status;
}

/* The slices lie before the damage, if there is any. They may all be known to be there: that is a range. Else
 * it is told what was done. */
static enum status check_damage(const struct tiff_stack *file, struct error *error)
{
    const struct slice_range *range = &file->request->range;
    const char *damage = file->walk.damage;
    if (!damage)
        return STATUS_OK;
    bool within = range->given && range->last < file->stack->extent.nz;
    if (!within && file->request->missing == MISSING_FAIL)
        return error_set(error, STATUS_INPUT, "%s", damage);
    return note_list_add(&file->stack->sources.warnings, error,
                         "%s; the %" PRIu32 " pages before are taken, how many follow is not known", damage,
                         file->walk.nslices);
}

enum status stack_fill_tiff(struct stack *stack, const struct stack_request *request, struct error *error)
{
    struct tiff_stack file = {.stack = stack, .request = request};
    printable(file.shown, sizeof file.shown, request->input);
    enum status status = tiff_walk_read(&file.walk, request, error);
    if (status == STATUS_OK && file.walk.nimages == 0)
        status = error_set(error, STATUS_INPUT,
                           "%s: holds no slice, only reduced copies or masks of such; export it again",
                           file.shown);
    if (status == STATUS_OK)
        status = set_aside(&file, error);
    if (status == STATUS_OK)
        status = fill(&file, error);
    if (status == STATUS_OK)
        status = check_damage(&file, error);
    tiff_walk_end(&file.walk);
    return status;
}
