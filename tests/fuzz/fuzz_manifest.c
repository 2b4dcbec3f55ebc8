/* SPDX-License-Identifier: MIT
 * stackthumb.json: what is read is a pyramid that can be built, and is read again from what is written for
 * it. */
#include "fuzz.h"
#include "output/manifest.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SLICES_MAX = 8 };

static bool same(const struct pyramid *a, const struct pyramid *b)
{
    return a->extent.nx == b->extent.nx && a->extent.ny == b->extent.ny && a->extent.nz == b->extent.nz &&
           a->type == b->type && a->nlevels == b->nlevels;
}

static void check_and_end_manifest(struct manifest *manifest)
{
    const struct source_slice slices[SLICES_MAX] = {{.name = "a"}};
    const struct output_source source = {.folder = "f", .slices = slices, .program_version = "1"};
    const struct pyramid *pyramid = &manifest->pyramid;
    struct manifest again;
    struct error error = {0};
    const char *folder = fuzz_folder();
    FUZZ_REQUIRE(extent_check_levels(pyramid->extent, pyramid->type, pyramid->nlevels, &error) == STATUS_OK);
    FUZZ_REQUIRE(pyramid->extent.nx && pyramid->extent.ny && pyramid->extent.nz);
    FUZZ_REQUIRE((unsigned)pyramid->type < VOXEL_TYPES);
    FUZZ_REQUIRE(pyramid->spacing.x >= 0 && pyramid->spacing.y >= 0 && pyramid->spacing.z >= 0);
    if (pyramid->extent.nz > SLICES_MAX) {
        manifest_end(manifest);
        return;
    }
    const struct slice_records *records = manifest->complete ? &manifest->records : NULL;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FUZZ_REQUIRE(manifest_write(fd, folder, pyramid, &source, ENCODING_NONE, records, false, &error) ==
                 STATUS_OK);
    close(fd);
    FUZZ_REQUIRE(manifest_read(folder, &again, &error) == STATUS_OK);
    FUZZ_REQUIRE(again.complete == manifest->complete && same(pyramid, &again.pyramid));
    manifest_end(&again);
    manifest_end(manifest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    struct manifest manifest;
    struct error error = {0};
    fuzz_folder_put(MANIFEST_NAME, data, n_bytes);
    enum status status = manifest_read(fuzz_folder(), &manifest, &error);
    FUZZ_REQUIRE(status == error.status);
    if (status == STATUS_OK)
        check_and_end_manifest(&manifest);
    else
        fuzz_check_error(&error, STATUS_INPUT, fuzz_folder());
    return 0;
}
