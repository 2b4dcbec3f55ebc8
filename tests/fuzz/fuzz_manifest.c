/* SPDX-License-Identifier: MIT
 * stackthumb.json: what is read is a pyramid that can be built, and is read again from what is written for
 * it. */
#include "fuzz.h"
#include "output/manifest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLICES_MAX = 8 };

/* The folder of the manifests, in memory where there is such a place. */
static char folder[64];
static int folder_fd = -1;

static void remove_folder(void)
{
    unlinkat(folder_fd, MANIFEST_NAME, 0);
    rmdir(folder);
}

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "%s/stackthumb-fuzz-XXXXXX",
             access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    FUZZ_REQUIRE(mkdtemp(folder));
    folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FUZZ_REQUIRE(folder_fd >= 0);
    atexit(remove_folder);
}

static void put(const uint8_t *data, size_t n_bytes)
{
    int fd = openat(folder_fd, MANIFEST_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FUZZ_REQUIRE(fd >= 0);
    FUZZ_REQUIRE(n_bytes == 0 || write(fd, data, n_bytes) == (ssize_t)n_bytes);
    close(fd);
}

static bool same(const struct pyramid *a, const struct pyramid *b)
{
    return a->extent.nx == b->extent.nx && a->extent.ny == b->extent.ny && a->extent.nz == b->extent.nz &&
           a->type == b->type && a->nlevels == b->nlevels;
}

static void check_manifest(const struct manifest *manifest)
{
    const struct source_slice slices[SLICES_MAX] = {{.name = "a"}};
    const struct output_source source = {.folder = "f", .slices = slices, .program_version = "1"};
    const struct pyramid *pyramid = &manifest->pyramid;
    struct manifest again;
    struct error error = {0};
    FUZZ_REQUIRE(extent_check_levels(pyramid->extent, pyramid->type, pyramid->nlevels, &error) == STATUS_OK);
    FUZZ_REQUIRE(pyramid->extent.nx && pyramid->extent.ny && pyramid->extent.nz);
    FUZZ_REQUIRE((unsigned)pyramid->type < VOXEL_TYPES);
    FUZZ_REQUIRE(pyramid->spacing.x >= 0 && pyramid->spacing.y >= 0 && pyramid->spacing.z >= 0);
    if (pyramid->extent.nz > SLICES_MAX)
        return;
    FUZZ_REQUIRE(manifest_write(folder_fd, folder, pyramid, &source, ENCODING_NONE, true, &error) ==
                 STATUS_OK);
    FUZZ_REQUIRE(manifest_read(folder, &again, &error) == STATUS_OK);
    FUZZ_REQUIRE(again.complete && same(pyramid, &again.pyramid));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    struct manifest manifest;
    struct error error = {0};
    if (folder_fd < 0)
        make_folder();
    put(data, n_bytes);
    enum status status = manifest_read(folder, &manifest, &error);
    FUZZ_REQUIRE(status == error.status);
    if (status == STATUS_OK)
        check_manifest(&manifest);
    else
        fuzz_check_error(&error, STATUS_INPUT, folder);
    return 0;
}
