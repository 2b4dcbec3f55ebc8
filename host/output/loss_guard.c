/* SPDX-License-Identifier: MIT */
#include "output/loss_guard.h"

#include "base/path.h"
#include "base/printable.h"
#include "output/level_names.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

bool loss_guard_has_files(int folder_fd, uint32_t z)
{
    for (unsigned level = 1; level <= LEVELS_MAX && z != SLICE_NONE; level++) {
        char folder[LEVEL_NAME_BYTES], slice[SLICE_NAME_BYTES], path[LEVEL_NAME_BYTES + SLICE_NAME_BYTES];
        struct stat about;
        snprintf(path, sizeof path, "%s/%s", level_name(folder, level), slice_name(slice, z >> level));
        if (fstatat(folder_fd, path, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(about.st_mode))
            return true;
    }
    return false;
}

/* Slice z is recorded to have gone into a slice of some level. */
static bool is_recorded(const struct slice_records *records, uint32_t z)
{
    for (unsigned level = 1; level <= records->nlevels; level++)
        if (z >> level < records->nz[level] && records->slices[level][z >> level].n_bytes > 0)
            return true;
    return false;
}

/* In whose places thumbnails are that were made with slice z; SLICE_NONE: there are none. Those of a pyramid
 * before this one are not there any more where this one's have been written since. */
static uint32_t made_at(const struct manifest *manifest, const uint32_t *was, uint32_t z)
{
    const struct slice_records *records = &manifest->records;
    if (z >= manifest->pyramid.extent.nz || !manifest_has_read(manifest, z))
        return SLICE_NONE;
    if (is_recorded(records, z))
        return z;
    return was[z] != SLICE_NONE && !is_recorded(records, was[z]) ? was[z] : SLICE_NONE;
}

void loss_guard_note(const struct manifest *manifest, const uint32_t *was,
                     const struct manifest_difference *difference, uint32_t nz, uint32_t *places)
{
    for (uint32_t z = 0; z < nz; z++)
        places[z] = SLICE_NONE;
    for (uint32_t z = 0; z < difference->nthen; z++) {
        const uint32_t now = difference->where ? difference->where[z] : z;
        if (now < nz)
            places[now] = made_at(manifest, was, z);
    }
}

static bool is_gone(const struct manifest_difference *difference, uint32_t z)
{
    return difference->where && difference->where[z] == SLICE_NONE;
}

/* A slice of that name is among those of now, and cannot be read. */
static bool is_unreadable_now(const struct output_source *source, const char *name)
{
    char shown[PRINTABLE_BYTES];
    for (uint32_t z = 0; z < source->nslices; z++)
        if (source->slices[z].name && source->slices[z].unreadable &&
            strcmp(printable(shown, sizeof shown, source->slices[z].name), name) == 0)
            return true;
    return false;
}

enum status loss_guard_check(const struct manifest *manifest, const uint32_t *was, int folder_fd,
                             const struct output_request *request,
                             const struct manifest_difference *difference, struct error *error)
{
    uint32_t ngone = 0, first = 0;
    for (uint32_t z = 0; z < difference->nthen; z++)
        if (is_gone(difference, z) && loss_guard_has_files(folder_fd, made_at(manifest, was, z)) &&
            ngone++ == 0)
            first = z;
    if (ngone == 0)
        return STATUS_OK;
    const char *name = manifest_name(manifest, first);
    char *path = path_join(*name == '/' ? "" : request->source->folder, name); /* lists have whole paths */
    const bool is_left_out =
        *name && path && access(path, F_OK) == 0 && !is_unreadable_now(request->source, name);
    free(path);
    return is_left_out ? refuse_left_out(request->folder, ngone, name, error)
                       : loss_guard_refuse(request->folder, ngone, name, error);
}
