/* SPDX-License-Identifier: MIT
 * The header of a raw volume, by FUZZ_PARSE: what it says can be, and lies in the text. */
#include "codec/metaimage.h"
#include "codec/nrrd.h"
#include "fuzz.h"

#include <string.h>

static void check_names(const struct volume_header *header, const uint8_t *data, size_t n_bytes)
{
    struct volume_names names = {.rest = header->names};
    char name[VOLUME_NAME_BYTES];
    uint32_t n = 0;
    if (header->data != VOLUME_ATTACHED && n_bytes > 0) {
        const char *start = (const char *)data;
        FUZZ_REQUIRE(header->names.at >= start && header->names.at + header->names.n <= start + n_bytes);
    }
    for (; volume_next_name(header, &names, name); n++)
        FUZZ_REQUIRE(memchr(name, '\0', sizeof name));
    FUZZ_REQUIRE(n <= header->nfiles);
}

static void check_header(const struct volume_header *header, const uint8_t *data, size_t n_bytes)
{
    FUZZ_REQUIRE(header->format);
    FUZZ_REQUIRE(header->nx > 0 && header->ny > 0 && header->nz > 0 && header->nz <= VOLUME_SLICES_MAX);
    FUZZ_REQUIRE((unsigned)header->type < VOXEL_TYPES);
    FUZZ_REQUIRE(!header->is_f64 || header->type == VOXEL_F32);
    FUZZ_REQUIRE(volume_slice_bytes(header) <= UINT64_C(4) << 30);
    fuzz_check_spacing(header->spacing);
    FUZZ_REQUIRE((header->spacing.x > 0) == (header->spacing_origin != SPACING_NOWHERE));
    FUZZ_REQUIRE(header->nfiles > 0 && header->nz % header->nfiles == 0);
    FUZZ_REQUIRE(header->data_at <= n_bytes);
    FUZZ_REQUIRE(memchr(header->unused, '\0', sizeof header->unused));
    fuzz_check_line(header->unused);
    check_names(header, data, n_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    struct volume_header header;
    struct error error = {0};
    memset(&header, 0xc3, sizeof header);
    enum status status = FUZZ_PARSE(&header, (const char *)data, n_bytes, FUZZ_PATH, &error);
    FUZZ_REQUIRE(status == error.status);
    if (status == STATUS_OK)
        check_header(&header, data, n_bytes);
    else
        fuzz_check_error(&error, STATUS_INPUT, FUZZ_PATH_SHOWN ": ");
    return 0;
}
