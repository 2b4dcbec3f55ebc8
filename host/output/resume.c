/* SPDX-License-Identifier: MIT
 * manifest (and journal) -> records -> those whose sources are the same -> those whose files are there, slab
 * by slab from the first one on: a slab is the 2^nlevels slices of the source that no slice of any level
 * shares with others. */
#include "output/resume.h"

#include "base/path.h"
#include "base/printable.h"
#include "base/restart.h"
#include "output/file_check.h"
#include "output/journal.h"
#include "output/level_names.h"
#include "output/manifest_compare.h"
#include "output/run_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folders of the levels, open; -1 where there is none. */
struct level_fds {
    int fds[LEVELS_MAX + 1];
};

static void open_levels(struct level_fds *levels, int folder_fd, unsigned nlevels)
{
    for (unsigned level = 1; level <= nlevels; level++) {
        char name[LEVEL_NAME_BYTES];
        levels->fds[level] = restart_openat(folder_fd, level_name(name, level),
                                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    }
}

static void close_levels(const struct level_fds *levels, unsigned nlevels)
{
    for (unsigned level = 1; level <= nlevels; level++)
        if (levels->fds[level] >= 0)
            close(levels->fds[level]);
}

/* The slices of the slab that begins with slice z0 of the source and ends before z1, at a level. */
static void slab_at_level(const struct slice_records *records, uint32_t z0, uint64_t z1, unsigned level,
                          uint32_t *first, uint32_t *end)
{
    *first = z0 >> level;
    *end = z1 >> level < records->nz[level] ? (uint32_t)(z1 >> level) : records->nz[level];
}

/* All slices of the slab are recorded, and there. */
static bool slab_is_there(const struct slice_records *then, const struct slice_records *now,
                          const struct level_fds *levels, uint32_t z0, uint64_t z1,
                          const struct output_request *request)
{
    for (unsigned level = 1; level <= now->nlevels; level++) {
        uint32_t first, end;
        slab_at_level(now, z0, z1, level, &first, &end);
        for (uint32_t z = first; z < end; z++)
            if (levels->fds[level] < 0 || z >= then->nz[level] ||
                !file_check_is_there(levels->fds[level], z, &then->slices[level][z], request->check,
                                     request->cancel))
                return false;
    }
    return true;
}

/* All slices of the slab are recorded, at least. */
static bool slab_was_there(const struct slice_records *then, const struct slice_records *now, uint32_t z0,
                           uint64_t z1)
{
    for (unsigned level = 1; level <= now->nlevels; level++) {
        uint32_t first, end;
        slab_at_level(now, z0, z1, level, &first, &end);
        for (uint32_t z = first; z < end; z++)
            if (z >= then->nz[level] || then->slices[level][z].n_bytes == 0)
                return false;
    }
    return true;
}

static void keep_slab(const struct slice_records *then, struct slice_records *now, uint32_t z0, uint64_t z1)
{
    for (unsigned level = 1; level <= now->nlevels; level++) {
        uint32_t first, end;
        slab_at_level(now, z0, z1, level, &first, &end);
        for (uint32_t z = first; z < end; z++)
            now->slices[level][z] = then->slices[level][z];
    }
}

/* Why the slabs behind a slice that is the same do not stay. */
static void tell_change(struct output_state *state, const struct manifest_difference *difference, uint32_t nz)
{
    state->changed_slice = difference->nsame;
    if (difference->nsame == difference->nthen && difference->nthen < nz)
        state->change = OUTPUT_SLICES_ADDED;
    else if (!difference->was_there)
        state->change = OUTPUT_SLICE_OTHER;
    else
        state->change = difference->was_unreadable ? OUTPUT_SLICE_READABLE : OUTPUT_SLICE_CHANGED;
}

/* Keeps slabs from the first one on, as long as their slices of the source are the same and they are there.
 */
static void keep_slabs(struct resume *resume, const struct slice_records *then, int folder_fd,
                       const struct output_request *request, const struct manifest_difference *difference)
{
    const uint32_t nz = request->pyramid->extent.nz;
    const uint64_t slab = UINT64_C(1) << resume->records.nlevels;
    const bool all_same = difference->nsame == nz && difference->nthen == nz;
    struct level_fds levels;
    open_levels(&levels, folder_fd, resume->records.nlevels);
    uint64_t z0 = 0;
    while (z0 < nz) {
        uint64_t z1 = z0 + slab;
        if (z1 > difference->nsame && !all_same) {
            tell_change(&resume->state, difference, nz);
            break;
        }
        if (!slab_is_there(then, &resume->records, &levels, (uint32_t)z0, z1, request)) {
            if (slab_was_there(then, &resume->records, (uint32_t)z0, z1))
                resume->state.change = OUTPUT_SLICES_NOT_WRITTEN;
            break;
        }
        keep_slab(then, &resume->records, (uint32_t)z0, z1);
        z0 = z1;
    }
    close_levels(&levels, resume->records.nlevels);
    resume->state.first_slice = z0 < nz ? (uint32_t)z0 : nz;
}

static bool any_recorded(const struct slice_records *records)
{
    for (unsigned level = 1; level <= records->nlevels; level++)
        for (uint32_t z = 0; z < records->nz[level]; z++)
            if (records->slices[level][z].n_bytes > 0)
                return true;
    return false;
}

/* Thumbnails that cannot be made again are not given up unasked. `nslices` are gone, `name` the first. */
static enum status refuse_gone(const char *folder, uint32_t nslices, const char *name, struct error *error)
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

static enum status refuse(const char *folder, const struct manifest_difference *difference,
                          const struct output_source *source, struct error *error)
{
    char shown[384], name[200] = "a slice";
    printable(shown, sizeof shown, folder);
    if (difference->text[0])
        return error_set(
            error, STATUS_OUTPUT,
            "%s: holds a pyramid that was made otherwise: %s; choose another OUTPUT, or replace it "
            "with --force",
            shown, difference->text);
    if (source->nslices > 0 && source->slices[0].name)
        printable(name, sizeof name, source->slices[0].name);
    return error_set(
        error, STATUS_OUTPUT,
        "%s: holds a pyramid of other slices, or of a first slice (%s) that was changed since; choose "
        "another OUTPUT, or replace it with --force",
        shown, name);
}

/* The journal's records where the manifest has none of its own, and the slices that were lost meanwhile. */
static enum status take_journal(struct manifest *manifest, int folder_fd, const char *folder,
                                struct error *error)
{
    const uint32_t nz = manifest->pyramid.extent.nz;
    if (manifest->complete)
        return STATUS_OK;
    enum status status = slice_records_init(&manifest->records, &manifest->pyramid, error);
    if (status != STATUS_OK)
        return status;
    bool *lost = calloc(nz, sizeof *lost);
    if (!lost)
        return error_no_memory(error, nz * sizeof *lost, "the list of slices");
    status = journal_read(folder_fd, folder, &manifest->hash, &manifest->records, lost, nz, error);
    for (uint32_t z = 0; z < nz && status == STATUS_OK; z++)
        if (lost[z])
            status = manifest_set_unreadable(manifest, z, error);
    free(lost);
    return status;
}

/* Beside a complete manifest a journal or a lock tells of a run that died in its last step, or is under way.
 * Where nothing can be written they are of no use, and complete is what the manifest says. */
static bool is_tidy(int folder_fd)
{
    if (faccessat(folder_fd, ".", W_OK, AT_EACCESS) != 0)
        return true;
    return faccessat(folder_fd, JOURNAL_NAME, F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
           faccessat(folder_fd, LOCK_NAME, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
}

/* There is a file, whatever in it, for each slice of the slab that slice z of the source lies in. */
static bool slab_has_files(const struct slice_records *then, const struct level_fds *levels, uint32_t z)
{
    const uint64_t slab = UINT64_C(1) << then->nlevels, z0 = z / slab * slab;
    for (unsigned level = then->nlevels; level >= 1; level--) {
        uint32_t first, end;
        slab_at_level(then, (uint32_t)z0, z0 + slab, level, &first, &end);
        for (uint32_t at = first; at < end; at++) {
            char name[SLICE_NAME_BYTES];
            struct stat about;
            if (levels->fds[level] < 0 ||
                fstatat(levels->fds[level], slice_name(name, at), &about, AT_SYMLINK_NOFOLLOW) != 0 ||
                !S_ISREG(about.st_mode))
                return false;
        }
    }
    return true;
}

/* The thumbnails of slices that are gone, which a run before this may have begun to replace, stay. */
static enum status check_gone(const struct manifest *manifest, const struct level_fds *levels,
                              const struct output_request *request,
                              const struct manifest_difference *difference, struct error *error)
{
    uint32_t ngone = 0, first = 0;
    for (uint32_t z = 0; difference->gone && z < difference->nthen; z++)
        if (difference->gone[z] && z < manifest->pyramid.extent.nz &&
            slab_has_files(&manifest->records, levels, z) && ngone++ == 0)
            first = z;
    if (ngone == 0)
        return STATUS_OK;
    const char *name = manifest_name(manifest, first);
    const bool is_unread = first < request->source->nslices && request->source->slices[first].unreadable;
    char *path = path_join(*name == '/' ? "" : request->source->folder, name); /* lists have whole paths */
    const bool is_left_out = !is_unread && *name && path && access(path, F_OK) == 0;
    free(path);
    return is_left_out ? refuse_left_out(request->folder, ngone, name, error)
                       : refuse_gone(request->folder, ngone, name, error);
}

/* Which slices the thumbnails were made with that are there and do not stay. */
static enum status note_made_with(struct resume *resume, const struct manifest *manifest,
                                  const struct level_fds *levels, uint32_t nz, struct error *error)
{
    const uint32_t nthen = manifest->pyramid.extent.nz;
    resume->made_with = calloc(nz, sizeof *resume->made_with);
    if (!resume->made_with)
        return error_no_memory(error, nz, "the list of slices");
    for (uint32_t z = resume->state.first_slice; z < nz && z < nthen; z++)
        resume->made_with[z] =
            manifest_has_read(manifest, z) && slab_has_files(&manifest->records, levels, z);
    return STATUS_OK;
}

/* What stays of what is recorded. */
static enum status keep(struct resume *resume, const struct manifest *manifest, int folder_fd,
                        const struct output_request *request, const struct manifest_difference *difference,
                        struct error *error)
{
    const uint32_t nz = request->pyramid->extent.nz;
    keep_slabs(resume, &manifest->records, folder_fd, request, difference);
    if (request->check && request->cancel && atomic_load(request->cancel))
        return error_set(error, STATUS_INTERRUPTED, "interrupted; what was finished stays");
    const uint64_t z0 = resume->state.first_slice, slab = UINT64_C(1) << resume->records.nlevels;
    if (!manifest->complete && !slab_was_there(&manifest->records, &resume->records, (uint32_t)z0, z0 + slab))
        resume->state.change = OUTPUT_UNFINISHED; /* nothing was lost by what changed behind it */
    resume->state.complete = manifest->complete && difference->nthen == nz && difference->told_alike &&
                             resume->state.first_slice == nz && is_tidy(folder_fd);
    return STATUS_OK;
}

static enum status judge(struct resume *resume, const struct manifest *manifest, int folder_fd,
                         const struct output_request *request, const struct manifest_difference *difference,
                         struct error *error)
{
    const unsigned nlevels = manifest->pyramid.nlevels;
    const bool any = any_recorded(&manifest->records); /* else nothing is there that could stay */
    struct level_fds levels;
    if (any && (difference->text[0] || difference->nalike == 0))
        return refuse(request->folder, difference, request->source, error);
    open_levels(&levels, folder_fd, nlevels);
    enum status status =
        request->force ? STATUS_OK : check_gone(manifest, &levels, request, difference, error);
    if (status == STATUS_OK && any)
        status = keep(resume, manifest, folder_fd, request, difference, error);
    if (status == STATUS_OK && !request->force && !resume->state.complete)
        status = note_made_with(resume, manifest, &levels, request->pyramid->extent.nz, error);
    close_levels(&levels, nlevels);
    return status;
}

static enum status compare(struct resume *resume, struct manifest *manifest, int folder_fd,
                           const struct output_request *request, struct error *error)
{
    struct manifest_difference difference;
    enum status status = take_journal(manifest, folder_fd, request->folder, error);
    if (status == STATUS_OK)
        status = manifest_compare(manifest, request->pyramid, request->source, request->form.encoding,
                                  &difference, request->doubtful, error);
    if (status != STATUS_OK)
        return status;
    status = judge(resume, manifest, folder_fd, request, &difference, error);
    manifest_difference_end(&difference);
    return status;
}

enum status resume_check_loss(const struct resume *resume, uint32_t z, const char *folder, const char *name,
                              struct error *error)
{
    return resume->made_with && resume->made_with[z] ? refuse_gone(folder, 1, name, error) : STATUS_OK;
}

enum status resume_find(struct resume *resume, int folder_fd, const struct output_request *request,
                        struct earlier *earlier, struct error *error)
{
    *resume = (struct resume){.state = {.first_slice = 0}};
    enum status status = slice_records_init(&resume->records, request->pyramid, error);
    if (status == STATUS_OK && earlier_is_known(earlier))
        status = compare(resume, &earlier->manifest, folder_fd, request, error);
    if (status != STATUS_OK)
        resume_end(resume);
    return status;
}

void resume_cut(struct resume *resume, uint32_t first_slice)
{
    for (unsigned level = 1; level <= resume->records.nlevels; level++)
        for (uint32_t z = first_slice >> level; z < resume->records.nz[level]; z++)
            resume->records.slices[level][z] = (struct slice_record){.n_bytes = 0};
    resume->state = (struct output_state){.first_slice = first_slice};
}

void resume_end(struct resume *resume)
{
    slice_records_end(&resume->records);
    free(resume->made_with);
    resume->made_with = NULL;
}
