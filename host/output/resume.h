/* SPDX-License-Identifier: MIT
 * What is there of a pyramid that is to be built, and where to go on. */
#ifndef STACKTHUMB_OUTPUT_RESUME_H
#define STACKTHUMB_OUTPUT_RESUME_H

#include "output/output.h"
#include "output/slice_records.h"

struct resume {
    struct output_state state;
    struct slice_records
        records; /* of the slices that stay: those that come from slices before first_slice */
};

/* Looks at the folder open as folder_fd: what its manifest and its journal tell, and whether the files are
 * there as they say, by their lengths; with `check` by their hashes. A slice stays when the slices of the
 * source that it comes from are the same as then. STATUS_OUTPUT when what is there was made otherwise or from
 * something else, and something of it would stay. `doubtful` as in struct output_request. The caller calls
 * resume_end after STATUS_OK. */
enum status resume_find(struct resume *resume, int folder_fd, const char *folder,
                        const struct pyramid *pyramid, const struct output_source *source,
                        const struct output_form *form, bool check, bool *doubtful, struct error *error);
/* Lets only those slices stay that come from slices before first_slice, which begins a slab. */
void resume_cut(struct resume *resume, uint32_t first_slice);
void resume_end(struct resume *resume);

#endif
