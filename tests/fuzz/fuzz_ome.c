/* SPDX-License-Identifier: MIT
 * The OME-XML of a TIFF: what it says of planes can be, and a plane is put in one page that exists. */
#include "codec/ome.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { SLICES_MAX = 1 << 12 };

static void check_ome(const struct ome *ome)
{
    if (ome->metadata_file) /* which all else is in */
        return;
    FUZZ_REQUIRE(ome->nimages > 0);
    FUZZ_REQUIRE(ome->nz > 0 && ome->nchannels > 0 && ome->nframes > 0 && ome->nsamples > 0);
    FUZZ_REQUIRE(strlen(ome->order) == 3 && strchr(ome->order, 'Z') && strchr(ome->order, 'C') &&
                 strchr(ome->order, 'T'));
    fuzz_check_spacing(ome->spacing);
    for (size_t i = 0; i < ome->npages; i++)
        FUZZ_REQUIRE(ome->pages[i].file <= ome->nfiles);
}

static bool same_spacing(const struct spacing *a, const struct spacing *b)
{
    return memcmp(&a->x, &b->x, sizeof a->x) == 0 && memcmp(&a->y, &b->y, sizeof a->y) == 0 &&
           memcmp(&a->z, &b->z, sizeof a->z) == 0 && a->unit == b->unit;
}

static void check_pages(const struct ome *ome, uint32_t npages, uint32_t channel, uint32_t frame)
{
    struct error error = {0};
    uint32_t *pages = calloc(ome->nz, sizeof *pages);
    FUZZ_REQUIRE(pages);
    const struct ome_wanted wanted = {channel, frame, ome->nz / 3, UINT64_MAX};
    enum status status = ome_find_pages(ome, "a.ome.tif", npages, &wanted, FUZZ_PATH, pages, &error);
    FUZZ_REQUIRE(status == error.status);
    if (status != STATUS_OK)
        fuzz_check_error(&error, STATUS_INPUT, FUZZ_PATH_SHOWN ": ");
    for (uint32_t z = 0; status == STATUS_OK && z < ome->nz; z++)
        FUZZ_REQUIRE(pages[z] == OME_NO_PAGE || pages[z] < npages);
    free(pages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    struct ome ome = {0};
    struct error error = {0};
    bool is_ome = false;
    char *text = fuzz_string(data, n_bytes);
    enum status status = ome_parse(text, strlen(text), FUZZ_PATH, &ome, &is_ome, &error);
    struct spacing spacing = ome_parse_spacing(text, strlen(text));
    FUZZ_REQUIRE(status == error.status);
    fuzz_check_spacing(spacing);
    if (status != STATUS_OK) {
        fuzz_check_error(&error, STATUS_INPUT, FUZZ_PATH_SHOWN ": ");
    } else if (is_ome) {
        FUZZ_REQUIRE(ome_suspected(text));
        check_ome(&ome);
        FUZZ_REQUIRE(same_spacing(&spacing, &ome.spacing));
        if (!ome.metadata_file && ome.nz <= SLICES_MAX) {
            check_pages(&ome, 1, 0, 0);
            check_pages(&ome, ome.nz, 0, 0);
            check_pages(&ome, SLICES_MAX, ome.nchannels - 1, ome.nframes - 1);
        }
        ome_end(&ome);
    }
    free(text);
    return 0;
}
