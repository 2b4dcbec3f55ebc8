/* SPDX-License-Identifier: MIT
 * What follows from an OME-XML: see ome_parse.c for how it is read. */
#include "codec/ome.h"

#include "base/checked.h"
#include "base/printable.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void ome_end(struct ome *ome)
{
    for (size_t i = 0; i < ome->nfiles; i++) {
        free(ome->files[i].name);
        free(ome->files[i].uuid);
    }
    free(ome->files);
    free(ome->pages);
    free(ome->metadata_file);
    free(ome->uuid);
    *ome = (struct ome){0};
}

/* How far apart neighbours along each dimension are among the planes. They saturate: such sets have more
 * planes than any file has pages. */
struct strides {
    uint64_t z, channel, frame, nplanes;
};

static struct strides find_strides(const struct ome *ome)
{
    struct strides strides = {.nplanes = 1};
    for (const char *dimension = ome->order; *dimension; dimension++) {
        bool z = *dimension == 'Z', channel = *dimension == 'C';
        *(z ? &strides.z : channel ? &strides.channel : &strides.frame) = strides.nplanes;
        strides.nplanes = saturated_mul3(strides.nplanes,
                                         z         ? ome->nz
                                         : channel ? ome->nchannels
                                                   : ome->nframes,
                                         1);
    }
    return strides;
}

static uint64_t plane_of(const struct strides *strides, uint32_t z, uint32_t channel, uint32_t frame)
{
    return saturated_add(saturated_mul3(z, strides->z, 1),
                         saturated_add(saturated_mul3(channel, strides->channel, 1),
                                       saturated_mul3(frame, strides->frame, 1)));
}

static const char *base_name(const char *name)
{
    for (const char *at = name; *at; at++)
        if (*at == '/' || *at == '\\')
            name = at + 1;
    return name;
}

/* Whether the pages lie in the file with the text. One that was renamed still has its UUID; and where only
 * one file is named, it is meant, whatever it is called by now. */
static bool is_here(const struct ome *ome, const struct ome_pages *run, const char *file_name)
{
    if (run->file == 0 || ome->nfiles == 1)
        return true;
    const struct ome_file *file = &ome->files[run->file - 1];
    if (ome->uuid && file->uuid)
        return strcmp(ome->uuid, file->uuid) == 0;
    return file->name && strcmp(base_name(file->name), file_name) == 0;
}

struct search {
    const struct ome *ome;
    const char *file_name, *path;
    uint32_t npages;
    struct strides strides;
    uint64_t first; /* the plane at z = 0 of the channel and frame */
};

static enum status elsewhere(const struct search *search, const struct ome_pages *run, uint32_t z,
                             struct error *error)
{
    char path[PRINTABLE_BYTES], name[256];
    const struct ome_file *file = &search->ome->files[run->file - 1];
    return error_set(error, STATUS_INPUT,
                     "%s: is one file of an OME-TIFF set: its slice %" PRIu32
                     " is in %s; save the stack as one file, or as a folder of slices",
                     printable(path, sizeof path, search->path), z,
                     file->name ? printable(name, sizeof name, file->name) : "another file");
}

static enum status place_run(const struct search *search, const struct ome_pages *run, uint32_t *pages,
                             struct error *error)
{
    const struct ome *ome = search->ome;
    char path[PRINTABLE_BYTES];
    uint64_t stride = search->strides.z, first = search->first;
    /* Of colours some writers count every sample as a channel. */
    uint32_t channel = run->channel < ome->nchannels ? run->channel : run->channel / ome->nsamples;
    uint64_t begin = plane_of(&search->strides, run->z, channel, run->frame);
    if (run->z >= ome->nz || channel >= ome->nchannels || run->frame >= ome->nframes)
        return error_set(error, STATUS_INPUT,
                         "%s: its OME-XML is damaged: a plane lies outside of its image; "
                         "export it again",
                         printable(path, sizeof path, search->path));
    uint64_t end = saturated_add(begin, run->nplanes ? run->nplanes : search->npages);
    uint64_t z = begin <= first ? 0 : (begin - first - 1) / stride + 1;
    for (; z < ome->nz && first + z * stride < end; z++) {
        uint64_t page = run->page + (first + z * stride - begin);
        if (!is_here(ome, run, search->file_name))
            return elsewhere(search, run, (uint32_t)z, error);
        if (page >= search->npages)
            continue; /* the file was cut off */
        if (pages[z] != OME_NO_PAGE)
            return error_set(error, STATUS_INPUT,
                             "%s: its OME-XML puts slice %" PRIu64 " in two pages, %" PRIu32 " and %" PRIu64
                             "; export it again",
                             printable(path, sizeof path, search->path), z, pages[z], page);
        pages[z] = (uint32_t)page;
    }
    return STATUS_OK;
}

enum status ome_find_pages(const struct ome *ome, const char *file_name, uint32_t npages, uint32_t channel,
                           uint32_t frame, const char *path, uint32_t *pages, struct error *error)
{
    struct search search = {
        .ome = ome, .file_name = file_name, .path = path, .npages = npages, .strides = find_strides(ome)};
    const struct ome_pages all = {.nplanes = 0};
    char shown[PRINTABLE_BYTES];
    if (search.strides.nplanes > UINT32_MAX)
        return error_set(error, STATUS_INPUT,
                         "%s: its OME-XML tells of more planes than a file can have; export it again",
                         printable(shown, sizeof shown, path));
    search.first = plane_of(&search.strides, 0, channel, frame);
    for (uint32_t z = 0; z < ome->nz; z++)
        pages[z] = OME_NO_PAGE;
    if (ome->npages == 0) /* a text that tells nothing of pages means all of them, in order */
        return place_run(&search, &all, pages, error);
    for (size_t i = 0; i < ome->npages; i++)
        if (place_run(&search, &ome->pages[i], pages, error) != STATUS_OK)
            return error->status;
    return STATUS_OK;
}
