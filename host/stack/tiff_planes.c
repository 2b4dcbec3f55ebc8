/* SPDX-License-Identifier: MIT */
#include "stack/tiff_planes.h"

#include "base/checked.h"
#include "codec/raw.h"
#include "codec/tiff_pages.h"
#include "stack/sequence.h"
#include "stack/stack_fill.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status tiff_planes_set_kind(const struct tiff_stack *file, struct error *error, const char *format, ...)
{
    struct stack *stack = file->stack;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&stack->kind, format, arguments) < 0)
        stack->kind = NULL;
    va_end(arguments);
    return stack->kind ? STATUS_OK : error_no_memory(error, strlen(format), "a text");
}

/* *index (from 0) = the one of n that the user chose (from 1; 0: did not choose), or the only one. */
static enum status choose(const struct tiff_stack *file, uint32_t chosen, uint32_t n, const char *what,
                          const char *option, uint32_t *index, struct error *error)
{
    *index = chosen ? chosen - 1 : 0;
    if (chosen > n && n == 1)
        return error_set(error, STATUS_INPUT, "%s: has no %s %" PRIu32 ", only one; leave out %s",
                         file->shown, what, chosen, option);
    if (chosen > n)
        return error_set(error, STATUS_INPUT,
                         "%s: has no %s %" PRIu32 ", but %" PRIu32 " of them; choose one from 1 to %" PRIu32
                         " with %s",
                         file->shown, what, chosen, n, n, option);
    if (n > 1 && !chosen)
        return error_set(error, STATUS_INPUT,
                         "%s: holds %" PRIu32
                         " %ss, and a stack is one of them; choose it with %s N, from 1 to %" PRIu32,
                         file->shown, n, what, option, n);
    return STATUS_OK;
}

enum status tiff_planes_choose(const struct tiff_stack *file, struct tiff_planes *dimensions,
                               struct error *error)
{
    enum status status = choose(file, file->request->channel, dimensions->nchannels, "channel", "--channel",
                                &dimensions->channel, error);
    return status == STATUS_OK ? choose(file, file->request->time, dimensions->nframes, "time point",
                                        "--time", &dimensions->frame, error)
                               : status;
}

const char *tiff_planes_text(char *text, size_t n_bytes, const struct tiff_planes *dimensions)
{
    int used = 0;
    text[0] = '\0';
    if (dimensions->nchannels > 1)
        used += snprintf(text, n_bytes, ", channel %" PRIu32 " of %" PRIu32, dimensions->channel + 1,
                         dimensions->nchannels);
    if (dimensions->nframes > 1)
        snprintf(text + used, n_bytes - (size_t)used, ", time point %" PRIu32 " of %" PRIu32,
                 dimensions->frame + 1, dimensions->nframes);
    return text;
}

enum status tiff_planes_make_places(const struct tiff_stack *file, uint32_t nz, uint32_t there,
                                    struct error *error)
{
    uint32_t nmissing = nz - there;
    bool too_many = nmissing > SEQUENCE_MISSING_MAX && nmissing > there && !file->request->range.given;
    if (there == 0 || too_many)
        return error_set(error, STATUS_INPUT,
                         "%s: holds only %" PRIu32 " of the %" PRIu32
                         " slices that it tells of; copy or export it again%s",
                         file->shown, there, nz, there == 0 ? "" : ", or take a part of it with --range");
    return stack_make_places(file->stack, nz, 0, error);
}

/* ImageJ and OME writers put what they know of all pages in the first one, whose header this is. */
static void take_spacing(struct slice_header *header, const struct slice_header *first)
{
    header->spacing = first->spacing;
    header->spacing_origin = first->spacing_origin;
    header->resolution = first->resolution;
}

static bool tells_of_all(const struct slice *first)
{
    return first->has_header &&
           (first->header.spacing_origin == SPACING_IMAGEJ || first->header.spacing_origin == SPACING_OME);
}

/* Gives the slice its place and its file. */
static enum status name_slice(const struct tiff_stack *file, uint32_t z, struct slice *slice,
                              struct error *error)
{
    const char *path = file->request->input;
    slice->number = z;
    slice->path = strdup(path);
    if (!slice->path)
        return error_no_memory(error, strlen(path) + 1, "the list of slices");
    slice->name = slice->path + strlen(path) - strlen(file->stack->pattern);
    return STATUS_OK;
}

enum status tiff_planes_place(const struct tiff_stack *file, uint32_t z, const struct slice *slice,
                              struct error *error)
{
    struct slice *to = &file->stack->slices[z];
    *to = *slice;
    to->codec = slice->codec ? slice->codec : &codec_tiff; /* what a text calls a slice is one */
    if (tells_of_all(&file->walk.slices[0]))
        take_spacing(&to->header, &file->walk.slices[0].header);
    return name_slice(file, z, to, error);
}

enum status tiff_planes_fill_pages(struct tiff_stack *file, struct error *error)
{
    struct tiff_walk *walk = &file->walk;
    struct stack *stack = file->stack;
    const struct slice_header first = walk->slices[0].header;
    const bool of_all = tells_of_all(&walk->slices[0]), one_page = walk->nslices == 1;
    enum status status = STATUS_OK;
    stack->slices = walk->slices; /* there may be very many */
    walk->slices = NULL;
    for (uint32_t i = 0; i < walk->nslices && status == STATUS_OK; i++) {
        struct slice *slice = &stack->slices[stack->extent.nz];
        if (!stack->slices[i].codec)
            continue;
        *slice = stack->slices[i];
        if (of_all)
            take_spacing(&slice->header, &first);
        status = name_slice(file, stack->extent.nz++, slice, error);
    }
    if (status != STATUS_OK)
        return status;
    if (one_page)
        stack->slices[0].part = NULL;
    return one_page ? STATUS_OK
                    : tiff_planes_set_kind(file, error, "multi-page TIFF, %" PRIu32 " pages", walk->nslices);
}

/* Among all planes of the file. */
static uint64_t plane_of(const struct tiff_planes *planes, uint32_t z)
{
    return planes->channel * planes->channel_stride + planes->frame * planes->frame_stride +
           z * planes->z_stride;
}

static enum status fill_from_pages(const struct tiff_stack *file, const struct tiff_planes *planes,
                                   struct error *error)
{
    const struct tiff_walk *walk = &file->walk;
    uint32_t plane = 0, z = 0, there = 0;
    while (there < planes->nz && plane_of(planes, there) < walk->nimages)
        there++;
    enum status status = tiff_planes_make_places(file, planes->nz, there, error);
    for (uint32_t i = 0; i < walk->nslices && z < there && status == STATUS_OK; i++)
        if (walk->slices[i].codec && plane++ == plane_of(planes, z))
            status = tiff_planes_place(file, z++, &walk->slices[i], error);
    return status;
}

/* Plane `number` behind the first page. */
static struct slice plane_slice(const struct slice *page, uint64_t number)
{
    struct slice slice = *page;
    struct slice_header *header = &slice.header;
    uint64_t n_bytes = saturated_mul3(header->nx, header->ny, voxel_bytes(header->type));
    slice.codec = &codec_raw;
    slice.part = "plane";
    slice.part_number = (uint32_t)number;
    header->page_at = 0;
    header->voxels_offset += number * n_bytes;
    header->parts[0] = (struct file_part){.offset = header->voxels_offset, .n_bytes = n_bytes};
    header->nparts = 1;
    header->encoded_bytes = n_bytes;
    header->decode_bytes = 0;
    return slice;
}

static enum status fill_contiguous(const struct tiff_stack *file, const struct tiff_planes *planes,
                                   struct error *error)
{
    const struct slice *page = &file->walk.slices[0];
    const struct slice_header *header = &page->header;
    uint64_t nplanes = (page->n_bytes - header->voxels_offset) /
                       saturated_mul3(header->nx, header->ny, voxel_bytes(header->type));
    uint32_t there = 0;
    while (there < planes->nz && plane_of(planes, there) < nplanes)
        there++;
    enum status status = tiff_planes_make_places(file, planes->nz, there, error);
    for (uint32_t z = 0; z < there && status == STATUS_OK; z++) {
        const struct slice slice = plane_slice(page, plane_of(planes, z));
        status = tiff_planes_place(file, z, &slice, error);
    }
    return status;
}

bool tiff_planes_contiguous(const struct tiff_stack *file, uint32_t nplanes)
{
    const struct tiff_walk *walk = &file->walk;
    const struct slice *page = &walk->slices[0];
    const struct slice_header *header = &page->header;
    if (nplanes <= walk->nimages || !(header->plain || header->swapped))
        return false;
    uint64_t second = saturated_add(header->voxels_offset,
                                    saturated_mul3(header->nx, header->ny, voxel_bytes(header->type)));
    return walk->nslices == 1 || (page[1].has_header && page[1].header.voxels_offset == second);
}

enum status tiff_planes_fill(const struct tiff_stack *file, const struct tiff_planes *planes,
                             uint32_t nplanes, const char *kind, struct error *error)
{
    char text[96];
    bool contiguous = tiff_planes_contiguous(file, nplanes);
    enum status status = STATUS_OK;
    if (nplanes > TIFF_PAGES_MAX)
        return error_set(error, STATUS_INPUT,
                         "%s: tells of more than a million planes; copy or export it again", file->shown);
    bool ends_early = file->walk.damage && nplanes > file->walk.nimages;
    if (!contiguous && nplanes != file->walk.nimages && !ends_early)
        return error_set(error, STATUS_INPUT,
                         "%s: holds %" PRIu32 " planes, and tells of %" PRIu32 "; copy or export it again",
                         file->shown, file->walk.nimages, nplanes);
    status = contiguous ? fill_contiguous(file, planes, error) : fill_from_pages(file, planes, error);
    return status == STATUS_OK
               ? tiff_planes_set_kind(file, error, "%s%s%s", kind, contiguous ? ", contiguous" : "",
                                      tiff_planes_text(text, sizeof text, planes))
               : status;
}
