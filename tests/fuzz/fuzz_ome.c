/* SPDX-License-Identifier: MIT
 * OME-XML: what is read from it is sane, and every slice is in a page that there is or in none. */
#include "codec/ome.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { SLICES_MAX = 4096, PAGES = 64 };

static void check_pages(const struct ome *ome)
{
    struct error error = {0};
    uint32_t *pages = malloc(ome->nz * sizeof *pages);
    FUZZ_REQUIRE(pages);
    enum status status = ome_find_pages(ome, "here.tif", PAGES, ome->nchannels - 1, ome->nframes - 1,
                                        FUZZ_PATH, pages, &error);
    FUZZ_REQUIRE(status == error.status);
    if (status != STATUS_OK)
        fuzz_check_error(&error, STATUS_INPUT, FUZZ_PATH_SHOWN ": ");
    for (uint32_t z = 0; z < ome->nz && status == STATUS_OK; z++)
        FUZZ_REQUIRE(pages[z] < PAGES || pages[z] == OME_NO_PAGE);
    free(pages);
}

static void check_ome(const struct ome *ome)
{
    fuzz_check_spacing(ome->spacing);
    for (size_t i = 0; i < ome->npages; i++)
        FUZZ_REQUIRE(ome->pages[i].file <= ome->nfiles);
    if (ome->metadata_file)
        return;
    FUZZ_REQUIRE(ome->nz > 0 && ome->nchannels > 0 && ome->nframes > 0 && ome->nsamples > 0);
    FUZZ_REQUIRE(strlen(ome->order) == 3);
    if (ome->nz <= SLICES_MAX)
        check_pages(ome);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    char *text = fuzz_string(data, n_bytes);
    struct ome ome;
    struct error error = {0};
    bool is_ome = false;
    size_t n = strlen(text);
    fuzz_check_spacing(ome_parse_spacing(text, n));
    enum status status = ome_parse(text, n, FUZZ_PATH, &ome, &is_ome, &error);
    FUZZ_REQUIRE(status == error.status);
    if (status != STATUS_OK)
        fuzz_check_error(&error, STATUS_INPUT, FUZZ_PATH_SHOWN ": ");
    else if (is_ome) {
        FUZZ_REQUIRE(ome_suspected(text));
        check_ome(&ome);
        ome_end(&ome);
    }
    free(text);
    return 0;
}
