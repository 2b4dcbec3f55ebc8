/* SPDX-License-Identifier: MIT
 * All pages of a TIFF: each is a slice if, and only if, the codec takes it for one, and is decoded as one. */
#include "codec/tiff_pages.h"
#include "fuzz.h"
#include "fuzz_codec.h"

#include <string.h>

enum { PAGES_MAX = 16 };

static void check_page(const struct input_file *file, const struct tiff_page *page, const uint8_t *data,
                       size_t n_bytes)
{
    struct slice_header header;
    struct error error = {0};
    const struct codec_options options = {.gray = true, .page_at = page->at};
    FUZZ_REQUIRE(page->at > 0 && page->at < n_bytes);
    if (page->reduced || page->mask)
        return;
    enum status status = codec_tiff.read_header(file, &options, &header, &error);
    FUZZ_REQUIRE(status == error.status);
    FUZZ_REQUIRE((status == STATUS_OK) == page->can_slice);
    if (status != STATUS_OK) {
        fuzz_check_error(&error, STATUS_INPUT, FUZZ_PATH_SHOWN ": ");
        return;
    }
    FUZZ_REQUIRE(page->header.nx == header.nx && page->header.ny == header.ny &&
                 page->header.type == header.type && page->header.page_at == page->at);
    fuzz_codec_check(&codec_tiff, &page->header, data, n_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    struct input_file file;
    struct tiff_pages *pages = NULL;
    struct tiff_page page;
    struct error error = {0};
    const struct codec_options options = {.gray = true};
    bool any = true;
    fuzz_file_open(&file, FUZZ_PATH, data, n_bytes);
    enum status status = tiff_pages_open(&pages, &file, &error);
    for (int n = 0; status == STATUS_OK && any && n < PAGES_MAX; n++) {
        status = tiff_pages_next(pages, &options, &page, &any, &error);
        if (status != STATUS_OK || !any)
            continue;
        const char *description = tiff_pages_description(pages);
        if (description)
            FUZZ_REQUIRE(strlen(description) <= n_bytes);
        check_page(&file, &page, data, n_bytes);
    }
    if (status != STATUS_OK)
        fuzz_check_error(&error, STATUS_INPUT, FUZZ_PATH_SHOWN ": ");
    tiff_pages_close(pages);
    return 0;
}
