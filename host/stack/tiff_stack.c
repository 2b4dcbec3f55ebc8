/* SPDX-License-Identifier: MIT */
#include "stack/tiff_stack.h"

#include "base/checked.h"
#include "base/printable.h"
#include "codec/imagej.h"
#include "codec/ome.h"
#include "codec/raw.h"
#include "codec/tiff_pages.h"
#include "stack/sequence.h"
#include "stack/tiff_walk.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a file is being made a stack of. */
struct tiff_stack {
    struct stack *stack;
    const struct stack_request *request;
    struct tiff_walk walk;
    char shown[PRINTABLE_BYTES]; /* the file's name, for messages */
};

/* Channels, slices and time points of a file, and which of them is taken. */
struct dimensions {
    uint32_t nchannels, nz, nframes;
    uint32_t channel, frame; /* from 0 */
};

static enum status set_kind(struct stack *stack, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum status set_kind(struct stack *stack, struct error *error, const char *format, ...)
{
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
    if (chosen > n)
        return error_set(error, STATUS_INPUT, "%s: has no %s %" PRIu32 ", %s; choose another with %s",
                         file->shown, what, chosen, n == 1 ? "only one" : "not so many", option);
    if (n > 1 && !chosen)
        return error_set(error, STATUS_INPUT,
                         "%s: holds %" PRIu32
                         " %ss, and a stack is one of them; choose it with %s N, from 1 to %" PRIu32,
                         file->shown, n, what, option, n);
    return STATUS_OK;
}

static enum status choose_dimensions(const struct tiff_stack *file, struct dimensions *dimensions,
                                     struct error *error)
{
    enum status status = choose(file, file->request->channel, dimensions->nchannels, "channel", "--channel",
                                &dimensions->channel, error);
    return status == STATUS_OK ? choose(file, file->request->time, dimensions->nframes, "time point",
                                        "--time", &dimensions->frame, error)
                               : status;
}

/* ", 2 channels, 3 time points; channel 1 and time point 2 are taken". Returns `text`. */
static const char *dimensions_text(char *text, size_t n_bytes, const struct dimensions *dimensions)
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

/* Makes places for nz slices, of which `there` have voxels: stops at others unless they may be missing, and
 * where they are so many that the file is likelier damaged. */
static enum status make_places(const struct tiff_stack *file, uint32_t nz, uint32_t there,
                               struct error *error)
{
    uint32_t nmissing = nz - there;
    bool too_many = nmissing > SEQUENCE_MISSING_MAX && nmissing > there;
    if (nmissing > 0 && (too_many || file->request->missing == MISSING_FAIL))
        return error_set(error, STATUS_INPUT,
                         "%s: holds only %" PRIu32 " of the %" PRIu32
                         " slices that it tells of; copy or export it again%s",
                         file->shown, there, nz,
                         too_many ? "" : ", or leave the places of the others empty with --missing ignore");
    return stack_make_places(file->stack, nz, 0, error);
}

/* Gives place z of the stack the slice. */
static enum status place(const struct tiff_stack *file, uint32_t z, const struct slice *slice,
                         struct error *error)
{
    struct slice *to = &file->stack->slices[z];
    const char *path = file->request->input;
    const struct slice_header *first = &file->walk.slices[0].header;
    *to = *slice;
    to->codec = slice->codec ? slice->codec : &codec_tiff; /* what a text calls a slice is one */
    to->number = z;
    to->path = strdup(path);
    if (!to->path)
        return error_no_memory(error, strlen(path) + 1, "the list of slices");
    to->name = to->path + strlen(path) - strlen(file->stack->pattern);
    /* ImageJ and OME writers put what they know of all pages in the first one. */
    if (file->walk.slices[0].has_header &&
        (first->spacing_origin == SPACING_IMAGEJ || first->spacing_origin == SPACING_OME)) {
        to->header.spacing = first->spacing;
        to->header.spacing_origin = first->spacing_origin;
        to->header.resolution = first->resolution;
    }
    return STATUS_OK;
}

static enum status fill_pages(const struct tiff_stack *file, struct error *error)
{
    const struct tiff_walk *walk = &file->walk;
    uint32_t z = 0;
    enum status status = stack_make_places(file->stack, walk->nimages, 0, error);
    for (uint32_t i = 0; i < walk->nslices && status == STATUS_OK; i++)
        if (walk->slices[i].codec)
            status = place(file, z++, &walk->slices[i], error);
    if (status != STATUS_OK)
        return status;
    if (walk->nslices == 1)
        file->stack->slices[0].part = NULL;
    return walk->nslices == 1
               ? STATUS_OK
               : set_kind(file->stack, error, "multi-page TIFF, %" PRIu32 " pages", walk->nslices);
}

/* The planes of the dimensions in the order of ImageJ, each a page. */
static enum status fill_hyperstack(const struct tiff_stack *file, const struct dimensions *dimensions,
                                   struct error *error)
{
    const struct tiff_walk *walk = &file->walk;
    char text[96];
    uint32_t plane = 0, z = 0, nz = dimensions->nz;
    enum status status = stack_make_places(file->stack, nz, 0, error);
    for (uint32_t i = 0; i < walk->nslices && z < nz && status == STATUS_OK; i++) {
        if (!walk->slices[i].codec)
            continue;
        if (plane++ == (dimensions->frame * nz + z) * dimensions->nchannels + dimensions->channel)
            status = place(file, z++, &walk->slices[i], error);
    }
    return status == STATUS_OK ? set_kind(file->stack, error, "ImageJ stack%s",
                                          dimensions_text(text, sizeof text, dimensions))
                               : status;
}

/* The same, with planes that lie one behind the other behind the first one, of which alone the file has a
 * directory. */
static enum status fill_contiguous(const struct tiff_stack *file, const struct dimensions *dimensions,
                                   struct error *error)
{
    struct slice slice = file->walk.slices[0];
    struct slice_header *header = &slice.header;
    char text[96];
    const uint64_t first_at = header->voxels_offset,
                   slice_bytes = saturated_mul3(header->nx, header->ny, voxel_bytes(header->type));
    const uint32_t nz = dimensions->nz;
    uint64_t nthere = (slice.n_bytes - first_at) / slice_bytes; /* planes in the file */
    uint64_t first = (uint64_t)dimensions->frame * nz * dimensions->nchannels + dimensions->channel;
    uint64_t there = nthere <= first ? 0 : (nthere - first - 1) / dimensions->nchannels + 1;
    enum status status = make_places(file, nz, there < nz ? (uint32_t)there : nz, error);
    slice.codec = &codec_raw;
    slice.part = "plane";
    for (uint32_t z = 0; z < nz && z < there && status == STATUS_OK; z++) {
        slice.part_number = (uint32_t)(first + (uint64_t)z * dimensions->nchannels);
        header->page_at = 0;
        header->voxels_offset = first_at + slice.part_number * slice_bytes;
        header->parts[0] = (struct file_part){.offset = header->voxels_offset, .n_bytes = slice_bytes};
        header->nparts = 1;
        header->encoded_bytes = slice_bytes;
        header->decode_bytes = 0;
        status = place(file, z, &slice, error);
    }
    return status == STATUS_OK ? set_kind(file->stack, error, "ImageJ stack, contiguous%s",
                                          dimensions_text(text, sizeof text, dimensions))
                               : status;
}

/* What ImageJ says of its planes, when that is right: as many as there are, or else all are slices. */
static struct dimensions imagej_dimensions(const struct imagej_description *imagej, uint32_t nplanes)
{
    uint64_t nplanes_told = saturated_mul3(imagej->nchannels, imagej->nslices, imagej->nframes);
    if (nplanes_told != nplanes)
        return (struct dimensions){.nchannels = 1, .nz = nplanes, .nframes = 1};
    return (struct dimensions){
        .nchannels = imagej->nchannels, .nz = imagej->nslices, .nframes = imagej->nframes};
}

static enum status fill_imagej(const struct tiff_stack *file, const struct imagej_description *imagej,
                               struct error *error)
{
    const struct slice *first = &file->walk.slices[0];
    /* As ImageJ: what is compressed has a directory for each plane. */
    bool contiguous = imagej->nimages > file->walk.nimages && first->has_header &&
                      (first->header.plain || first->header.swapped);
    uint32_t nplanes = contiguous ? imagej->nimages : file->walk.nimages;
    struct dimensions dimensions = imagej_dimensions(imagej, nplanes);
    if (imagej->nchannels > 1 || imagej->nframes > 1)
        if (dimensions.nchannels != imagej->nchannels || dimensions.nframes != imagej->nframes)
            return error_set(error, STATUS_INPUT,
                             "%s: holds %" PRIu32 " planes, and its ImageJ text tells of %" PRIu32
                             " channels, %" PRIu32 " slices and %" PRIu32 " frames; copy or export it again",
                             file->shown, nplanes, imagej->nchannels, imagej->nslices, imagej->nframes);
    if (contiguous && nplanes > TIFF_PAGES_MAX)
        return error_set(error, STATUS_INPUT,
                         "%s: tells of more than a million planes; copy or export it again", file->shown);
    enum status status = choose_dimensions(file, &dimensions, error);
    if (status != STATUS_OK)
        return status;
    return contiguous ? fill_contiguous(file, &dimensions, error) : fill_hyperstack(file, &dimensions, error);
}

static enum status place_ome(const struct tiff_stack *file, const struct ome *ome, const uint32_t *pages,
                             struct error *error)
{
    uint32_t there = 0;
    for (uint32_t z = 0; z < ome->nz; z++)
        there += pages[z] != OME_NO_PAGE;
    enum status status = make_places(file, ome->nz, there, error);
    for (uint32_t z = 0; z < ome->nz && status == STATUS_OK; z++)
        if (pages[z] != OME_NO_PAGE)
            status = place(file, z, &file->walk.slices[pages[z]], error);
    return status;
}

static enum status fill_ome(const struct tiff_stack *file, const struct ome *ome, struct error *error)
{
    struct dimensions dimensions = {.nchannels = ome->nchannels, .nz = ome->nz, .nframes = ome->nframes};
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
    enum status status = choose_dimensions(file, &dimensions, error);
    if (status != STATUS_OK)
        return status;
    uint32_t *pages = calloc(ome->nz, sizeof *pages);
    if (!pages)
        return error_no_memory(error, ome->nz * sizeof *pages, "the list of slices");
    status = ome_find_pages(ome, file->stack->pattern, file->walk.nslices, dimensions.channel,
                            dimensions.frame, file->request->input, pages, error);
    if (status == STATUS_OK)
        status = place_ome(file, ome, pages, error);
    free(pages);
    if (status != STATUS_OK)
        return status;
    if (ome->nimages > 1)
        snprintf(images, sizeof images, ", image 1 of %u", ome->nimages);
    return set_kind(file->stack, error, "OME-TIFF%s%s", images,
                    dimensions_text(text, sizeof text, &dimensions));
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

static enum status fill(struct tiff_stack *file, struct error *error)
{
    const char *description = file->walk.description;
    struct imagej_description imagej;
    struct dimensions none = {.nchannels = 1, .nframes = 1};
    struct ome ome;
    bool is_ome = false;
    enum status status = STATUS_OK;
    if (!file->walk.cut && description && ome_suspected(description))
        status = ome_parse(description, strlen(description), file->request->input, &ome, &is_ome, error);
    if (status != STATUS_OK)
        return status;
    if (is_ome) {
        status = fill_ome(file, &ome, error);
        ome_end(&ome);
        return status;
    }
    if (!file->walk.cut && description && imagej_parse(description, &imagej) && imagej.nimages > 1)
        return fill_imagej(file, &imagej, error);
    status = choose_dimensions(file, &none, error);
    return status == STATUS_OK ? fill_pages(file, error) : status;
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
    tiff_walk_end(&file.walk);
    return status;
}
