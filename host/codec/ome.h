/* SPDX-License-Identifier: MIT
 * OME-XML, which an OME-TIFF keeps in the ImageDescription of its first page: which page is which plane, and
 * how large a voxel is. (The OME data model, schema 2016-06, and "The OME-TIFF format" of the Open Microscopy
 * Environment.) The XML is read by expat; a document type, and so any entity of its own, is refused. */
#ifndef STACKTHUMB_CODEC_OME_H
#define STACKTHUMB_CODEC_OME_H

#include "base/error.h"
#include "volume/spacing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer texts are refused. */
#define OME_TEXT_BYTES_MAX ((size_t)64 << 20)

/* A run of planes that lie in a run of pages. */
struct ome_pages {
    uint32_t page;              /* of the file, from 0 */
    uint32_t z, channel, frame; /* of the first plane; the others follow in the order of the dimensions */
    uint32_t nplanes;           /* 0: as many as there are pages */
    uint32_t file;              /* files[file - 1]; 0: no file is named, so it is this one */
};

/* A file of a set, as the text names it; each string may be NULL. */
struct ome_file {
    char *name, *uuid;
};

/* Of the first image of the text. */
struct ome {
    unsigned nimages; /* in the text */
    uint32_t nz, nchannels, nframes;
    uint32_t nsamples; /* of a voxel in each channel: 3 where a channel is a colour */
    char order[4];     /* of z, channels and frames, the fastest first: "ZCT" */
    struct spacing spacing;
    char *uuid;          /* of the file with the text; NULL when it does not tell */
    char *metadata_file; /* with what belongs here, of which this text holds nothing; else NULL */
    struct ome_pages *pages;
    size_t npages, pages_capacity;
    struct ome_file *files; /* none as the one before it */
    size_t nfiles, files_capacity;
};

/* Whether `text` may be OME-XML: cheap, and never false for one that is. */
bool ome_suspected(const char *text);

/* Parses the n_bytes at `text`. *is_ome is false, and there is nothing to end, when its root is no OME
 * element. STATUS_INPUT when it is damaged or has no image; `path` is for messages. The owner of *ome calls
 * ome_end after STATUS_OK. */
enum status ome_parse(const char *text, size_t n_bytes, const char *path, struct ome *ome, bool *is_ome,
                      struct error *error);
void ome_end(struct ome *ome);

/* The spacing alone, of the first image: reads no further than that. All 0 when there is none. */
struct spacing ome_parse_spacing(const char *text, size_t n_bytes);

/* Where a plane is that the text puts nowhere, or in a page that does not exist. */
#define OME_NO_PAGE UINT32_MAX

/* Which planes are asked for: those of a channel and a frame (both from 0) with z from first_z to last_z. */
struct ome_wanted {
    uint32_t channel, frame;
    uint64_t first_z, last_z;
};

/* Fills pages[0 .. nz-1]: the page, from 0, of each plane of the channel and frame. The file of that name,
 * which has npages, is the one with the text. STATUS_INPUT when a plane that is asked for lies in another
 * file, which is named, or when one lies in two pages. */
enum status ome_find_pages(const struct ome *ome, const char *file_name, uint32_t npages,
                           const struct ome_wanted *wanted, const char *path, uint32_t *pages,
                           struct error *error);

#endif
