/* SPDX-License-Identifier: MIT */
#include "output/slice_records.h"

#include "base/checked.h"

#include <stdlib.h>

enum status slice_records_init(struct slice_records *records, const struct pyramid *pyramid,
                               struct error *error)
{
    *records = (struct slice_records){.nlevels = pyramid->nlevels};
    for (unsigned level = 1; level <= pyramid->nlevels; level++) {
        uint32_t nz = extent_at_level(pyramid->extent, level).nz;
        records->nz[level] = nz;
        records->slices[level] = calloc(nz, sizeof *records->slices[level]);
        if (!records->slices[level]) {
            slice_records_end(records);
            return error_no_memory(error, nz * sizeof *records->slices[level], "the list of written slices");
        }
    }
    return STATUS_OK;
}

void slice_records_end(struct slice_records *records)
{
    for (unsigned level = 1; level <= records->nlevels; level++)
        free(records->slices[level]);
    *records = (struct slice_records){0};
}

uint64_t slice_records_bytes(const struct pyramid *pyramid)
{
    uint64_t n_bytes = 0;
    for (unsigned level = 1; level <= pyramid->nlevels; level++)
        n_bytes = saturated_add(n_bytes, saturated_mul3(extent_at_level(pyramid->extent, level).nz,
                                                        sizeof(struct slice_record), 1));
    return n_bytes;
}
