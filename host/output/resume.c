/* SPDX-License-Identifier: MIT
 * manifest (and journal) -> records -> those whose sources are the same -> those whose files are there, slab
 * by slab from the first one on: a slab is the 2^nlevels slices of the source that no slice of any level
 * shares with others. */
#include "output/resume.h"

#include "base/printable.h"
#include "base/restart.h"
#include "output/file_check.h"
#include "output/journal.h"
#include "output/level_names.h"
#include "output/loss_guard.h"
#include "output/manifest_compare.h"
#include "output/run_lock.h"

#include <fcntl.h>
#include <stdlib.h>
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

/* The journal's records where the manifest has none of its own, the slices that were lost meanwhile, and
 * those that thumbnails were made with before (source->was). */
static enum status take_journal(struct manifest *manifest, const struct journal_source *source, int folder_fd,
                                const char *folder, struct error *error)
{
    if (manifest->complete)
        return STATUS_OK;
    enum status status = slice_records_init(&manifest->records, &manifest->pyramid, error);
    if (status == STATUS_OK)
        status = journal_read(folder_fd, folder, &manifest->hash, &manifest->records, source, error);
    for (uint32_t z = 0; z < source->nslices && status == STATUS_OK; z++)
        if (source->lost[z])
            status = manifest_set_unreadable(manifest, z, error);
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

static enum status judge(struct resume *resume, const struct manifest *manifest, const uint32_t *was,
                         int folder_fd, const struct output_request *request,
                         const struct manifest_difference *difference, struct error *error)
{
    const bool any = any_recorded(&manifest->records); /* else nothing is there that could stay */
    const uint32_t nz = request->pyramid->extent.nz;
    if (any && (difference->text[0] || difference->nalike == 0))
        return refuse(request->folder, difference, request->source, error);
    if (request->force)
        return any ? keep(resume, manifest, folder_fd, request, difference, error) : STATUS_OK;
    resume->made_at = calloc(nz, sizeof *resume->made_at);
    if (!resume->made_at)
        return error_no_memory(error, 4ull * nz, "the list of slices");
    loss_guard_note(manifest, was, difference, nz, resume->made_at);
    enum status status = loss_guard_check(manifest, was, folder_fd, request, difference, error);
    return status == STATUS_OK && any ? keep(resume, manifest, folder_fd, request, difference, error)
                                      : status;
}

static enum status compare_with(struct resume *resume, struct manifest *manifest,
                                const struct journal_source *source, int folder_fd,
                                const struct output_request *request, struct error *error)
{
    struct manifest_difference difference;
    enum status status = take_journal(manifest, source, folder_fd, request->folder, error);
    if (status == STATUS_OK)
        status = manifest_compare(manifest, request->pyramid, request->source, request->form.encoding,
                                  &difference, request->doubtful, error);
    if (status != STATUS_OK)
        return status;
    status = judge(resume, manifest, source->was, folder_fd, request, &difference, error);
    manifest_difference_end(&difference);
    return status;
}

static enum status compare(struct resume *resume, struct manifest *manifest, int folder_fd,
                           const struct output_request *request, struct error *error)
{
    const uint32_t nz = manifest->pyramid.extent.nz;
    struct journal_source source = {
        .lost = calloc(nz, sizeof(bool)), .was = malloc(nz * sizeof(uint32_t)), .nslices = nz};
    for (uint32_t z = 0; source.was && z < nz; z++)
        source.was[z] = SLICE_NONE;
    enum status status = source.lost && source.was
                             ? compare_with(resume, manifest, &source, folder_fd, request, error)
                             : error_no_memory(error, 5ull * nz, "the list of slices");
    free(source.lost);
    free(source.was);
    return status;
}

enum status resume_check_loss(const struct resume *resume, int folder_fd, uint32_t z, const char *folder,
                              const char *name, struct error *error)
{
    return resume->made_at && loss_guard_has_files(folder_fd, resume->made_at[z])
               ? loss_guard_refuse(folder, 1, name, error)
               : STATUS_OK;
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
    free(resume->made_at);
    resume->made_at = NULL;
}
