/* SPDX-License-Identifier: MIT
 * What is there of a pyramid that is to be built, and where to go on. */
#ifndef STACKTHUMB_OUTPUT_RESUME_H
#define STACKTHUMB_OUTPUT_RESUME_H

#include "output/earlier.h"
#include "output/output.h"
#include "output/slice_records.h"

struct resume {
    struct output_state state;
    struct slice_records
        records; /* of the slices that stay: those that come from slices before first_slice */
    /* NULL, or of each slice of the source where thumbnails are that were made with it, by this pyramid or
     * one before it: in the places of those of that slice. */
    uint32_t *made_at;
};

/* Looks at the request's folder, open as folder_fd, in which `earlier` was found: what its manifest and its
 * journal tell, and whether the files are there as they say, by their lengths; with request->check by their
 * hashes. A slice stays when the slices of the source that it comes from are the same as then. STATUS_OUTPUT
 * when what is there was made otherwise or from something else and something of it would stay, or, unless
 * request->force, from slices that are gone since and something of those would not. Fills `earlier` with what
 * the journal tells. STATUS_INTERRUPTED by request->cancel. The caller calls resume_end after STATUS_OK. */
enum status resume_find(struct resume *resume, int folder_fd, const struct output_request *request,
                        struct earlier *earlier, struct error *error);

/* STATUS_OUTPUT when thumbnails that are there were made with slice z of the source, which cannot be read any
 * more: they cannot be made again, and so are not given up. `folder`, open as folder_fd, and the slice's
 * `name` are for messages. */
enum status resume_check_loss(const struct resume *resume, int folder_fd, uint32_t z, const char *folder,
                              const char *name, struct error *error);

/* Lets only those slices stay that come from slices before first_slice, which begins a slab. */
void resume_cut(struct resume *resume, uint32_t first_slice);
void resume_end(struct resume *resume);

#endif
