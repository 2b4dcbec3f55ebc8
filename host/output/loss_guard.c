/* SPDX-License-Identifier: MIT */
#include "output/loss_guard.h"

#include "base/path.h"
#include "base/printable.h"
#include "output/level_names.h"
#include "output/slab_files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum status loss_guard_refuse(const char *folder, uint32_t nslices, const char *name, struct error *error)
{
    char shown[384], shown_name[200];
    const bool one = nslices == 1;
    return error_set(error, STATUS_OUTPUT,
                     "%s: was made with %u slice%s that %s gone now, or cannot be read (%s%s); put %s back, "
                     "choose another OUTPUT, or give %s thumbnails up with --force",
                     printable(shown, sizeof shown, folder), nslices, one ? "" : "s", one ? "is" : "are",
                     printable(shown_name, sizeof shown_name, name), one ? "" : " is the first",
                     one ? "it" : "them", one ? "its" : "their");
}

/* The same where the slices are there still, and are left out. */
static enum status refuse_left_out(const char *folder, uint32_t nslices, const char *name,
                                   struct error *error)
{
    char shown[384], shown_name[200];
    return error_set(
        error, STATUS_OUTPUT,
        "%s: was made with %u slice%s that %s not to be read now (%s%s); name all of them, choose "
        "another OUTPUT, or give up what is more with --force",
        printable(shown, sizeof shown, folder), nslices, nslices == 1 ? "" : "s", nslices == 1 ? "is" : "are",
        printable(shown_name, sizeof shown_name, name), nslices == 1 ? "" : " is the first");
}

/* What is asked of the files of an earlier pyramid, slab by slab. */
struct thumbnails {
    const struct slice_records *then;
    struct level_fds levels;
    uint64_t z0; /* where the slab begins that was asked for last; UINT64_MAX: none was */
    bool there;  /* it has a file, whatever in it, for each of its slices */
};

static bool slab_has_files(const struct thumbnails *thumbnails, uint64_t z0, uint64_t z1)
{
    for (unsigned level = thumbnails->then->nlevels; level >= 1; level--) {
        uint32_t first, end;
        slab_at_level(thumbnails->then, (uint32_t)z0, z1, level, &first, &end);
        for (uint32_t z = first; z < end; z++) {
            char name[SLICE_NAME_BYTES];
            struct stat about;
            const int fd = thumbnails->levels.fds[level];
            if (fd < 0 || fstatat(fd, slice_name(name, z), &about, AT_SYMLINK_NOFOLLOW) != 0 ||
                !S_ISREG(about.st_mode))
                return false;
        }
    }
    return true;
}

/* The slab that slice z of the source lies in has all its files. */
static bool has_thumbnails(struct thumbnails *thumbnails, uint32_t z)
{
    const uint64_t slab = UINT64_C(1) << thumbnails->then->nlevels, z0 = z / slab * slab;
    if (thumbnails->z0 != z0) {
        thumbnails->z0 = z0;
        thumbnails->there = slab_has_files(thumbnails, z0, z0 + slab);
    }
    return thumbnails->there;
}

static void begin(struct thumbnails *thumbnails, const struct manifest *manifest, int folder_fd)
{
    *thumbnails = (struct thumbnails){.then = &manifest->records, .z0 = UINT64_MAX};
    level_fds_open(&thumbnails->levels, folder_fd, manifest->pyramid.nlevels);
}

static void end(const struct thumbnails *thumbnails)
{
    level_fds_close(&thumbnails->levels, thumbnails->then->nlevels);
}

/* How many of the slices that are gone have thumbnails, and the first of them. */
static uint32_t count_gone(const struct manifest *manifest, int folder_fd,
                           const struct manifest_difference *difference, uint32_t *first)
{
    struct thumbnails thumbnails;
    uint32_t ngone = 0;
    begin(&thumbnails, manifest, folder_fd);
    for (uint32_t z = 0; z < difference->nthen && z < manifest->pyramid.extent.nz; z++)
        if (difference->gone[z] && has_thumbnails(&thumbnails, z) && ngone++ == 0)
            *first = z;
    end(&thumbnails);
    return ngone;
}

enum status loss_guard_check(const struct manifest *manifest, int folder_fd,
                             const struct output_request *request,
                             const struct manifest_difference *difference, struct error *error)
{
    uint32_t first = 0;
    const uint32_t ngone = difference->gone ? count_gone(manifest, folder_fd, difference, &first) : 0;
    if (ngone == 0)
        return STATUS_OK;
    const char *name = manifest_name(manifest, first);
    const bool is_unread = first < request->source->nslices && request->source->slices[first].unreadable;
    char *path = path_join(*name == '/' ? "" : request->source->folder, name); /* lists have whole paths */
    const bool is_left_out = !is_unread && *name && path && access(path, F_OK) == 0;
    free(path);
    return is_left_out ? refuse_left_out(request->folder, ngone, name, error)
                       : loss_guard_refuse(request->folder, ngone, name, error);
}

void loss_guard_note(const struct manifest *manifest, int folder_fd, uint32_t first_slice, uint32_t nz,
                     bool *made_with)
{
    struct thumbnails thumbnails;
    begin(&thumbnails, manifest, folder_fd);
    for (uint32_t z = first_slice; z < nz && z < manifest->pyramid.extent.nz; z++)
        made_with[z] = manifest_has_read(manifest, z) && has_thumbnails(&thumbnails, z);
    end(&thumbnails);
}
