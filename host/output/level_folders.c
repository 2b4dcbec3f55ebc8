/* SPDX-License-Identifier: MIT
 * Level folders of TIFF slices. All writing goes by open folders, not by paths, so that nothing that happens
 * to the paths meanwhile can lead it elsewhere.
 *
 *   open    guard -> create folders -> lock -> guard again -> remove what an earlier pyramid has and the new
 * one will not (--force), and a dead run's partial files
 *           -> manifest that says "not complete" -> level folders
 *   write   partial file of each slice that has begun; renamed with its last row. What is to be compressed
 *           goes through strip_files, which do the same strip by strip
 *   finish  look whether all is in place -> manifest that says "complete"
 */
#include "base/bytes.h"
#include "base/checked.h"
#include "base/path.h"
#include "base/printable.h"
#include "base/restart.h"
#include "codec/codec.h"
#include "output/atomic_file.h"
#include "output/committer.h"
#include "output/folder_flush.h"
#include "output/folder_guard.h"
#include "output/in_place.h"
#include "output/journal.h"
#include "output/level_names.h"
#include "output/level_sweep.h"
#include "output/manifest.h"
#include "output/manifest_json.h"
#include "output/output.h"
#include "output/output_failure.h"
#include "output/resume.h"
#include "output/run_lock.h"
#include "output/strip_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A slice of which some rows have come. */
struct begun {
    struct begun *next;
    uint32_t z;
    uint32_t nrows; /* so far */
    struct atomic_file file;
};

/* Written by open; counts and what has begun by the writer thread. */
struct level_folders {
    struct output output; /* first */
    char *folder;
    struct pyramid pyramid;
    const struct output_source *source; /* borrowed */
    struct output_form form;
    uint32_t first_slice;            /* of the source, that comes */
    struct strip_files *strip_files; /* owned; NULL when nothing is compressed */
    struct resume resume;            /* its records are the committer's until that is flushed */
    struct journal *journal;         /* the committer's until it is freed */
    struct file_hash manifest_hash;  /* of the one that says "not complete" */
    struct file_hash before;         /* of the one that was there, when has_before: it said so, too */
    bool has_before;
    struct committer *committer; /* owned, as these are */
    int folder_fd;
    struct run_lock lock;
    struct level {
        struct slice_folder folder;
        uint32_t nz; /* slices that it is to have */
        /* When nothing is compressed: */
        struct bytes head;    /* of each of its slices' files */
        struct begun *begun;  /* a list; as a rule of one */
    } levels[LEVELS_MAX + 1]; /* 1 .. nlevels are used */
};

/* Where slice z, which has begun, hangs in the list; the place behind its end when it has not. */
static struct begun **find_begun(struct level *level, uint32_t z)
{
    struct begun **at = &level->begun;
    while (*at && (*at)->z != z)
        at = &(*at)->next;
    return at;
}

static enum status begin_slice(struct level *level, uint32_t z, struct begun **slice, struct error *error)
{
    char name[SLICE_NAME_BYTES];
    struct begun *begun = calloc(1, sizeof *begun);
    if (!begun)
        return error_no_memory(error, sizeof *begun, "a slice");
    begun->z = z;
    if (atomic_file_begin(&begun->file, level->folder.fd, level->folder.path, slice_name(name, z), true,
                          error) != STATUS_OK) {
        free(begun);
        return error->status;
    }
    begun->next = level->begun;
    level->begun = begun;
    *slice = begun;
    return STATUS_OK;
}

/* Appends the rows to the file of their slice, from where they lie. */
static enum status write_plain(struct level_folders *folders, struct level *level,
                               const struct level_rows *rows, uint64_t *n_bytes, struct error *error)
{
    struct begun **at = find_begun(level, rows->z), *slice = *at;
    if (!slice) {
        if (begin_slice(level, rows->z, &slice, error) != STATUS_OK)
            return error->status;
        at = &level->begun;
    }
    const size_t head_bytes = slice->nrows == 0 ? level->head.n_bytes : 0;
    const size_t rows_bytes = (size_t)level_rows_bytes(rows, &folders->pyramid);
    enum status status =
        atomic_file_append(&slice->file, level->head.data, head_bytes, rows->voxels, rows_bytes, error);
    *n_bytes += head_bytes + rows_bytes;
    slice->nrows += rows->nrows;
    if (status != STATUS_OK || slice->nrows < extent_reduce(folders->pyramid.extent.ny, rows->level))
        return status;
    status = committer_add(folders->committer, &slice->file, rows->level, rows->z, error);
    level->folder.nwritten += status == STATUS_OK;
    *at = slice->next;
    free(slice);
    return status;
}

static enum status level_folders_write(struct output *output, const struct level_rows *rows,
                                       uint64_t *n_bytes, struct error *error)
{
    struct level_folders *folders = (struct level_folders *)output;
    struct level *level = &folders->levels[rows->level];
    struct level_rows placed = *rows; /* they count from the first slice that comes */
    placed.z += folders->first_slice >> rows->level;
    return folders->strip_files
               ? strip_files_write(folders->strip_files, &level->folder, &placed, n_bytes, error)
               : write_plain(folders, level, &placed, n_bytes, error);
}

static enum status level_folders_flush(struct output *output, uint64_t *n_bytes, struct error *error)
{
    struct level_folders *folders = (struct level_folders *)output;
    return folders->strip_files ? strip_files_flush(folders->strip_files, n_bytes, error) : STATUS_OK;
}

static void level_folders_encoders(const struct output *output, struct output_encoders *encoders)
{
    const struct level_folders *folders = (const struct level_folders *)output;
    *encoders = (struct output_encoders){0};
    if (folders->strip_files)
        strip_files_tell(folders->strip_files, encoders);
}

static enum status level_folders_settle(struct output *output, struct error *error)
{
    const struct level_folders *folders = (const struct level_folders *)output;
    return restart_syncfs(folders->folder_fd) == 0 ? STATUS_OK
                                                   : output_failure(error, errno, folders->folder, NULL);
}

/* Everything is still where it was put. */
static enum status check_in_place(const struct level_folders *folders, struct error *error)
{
    enum status status = in_place_folder(folders->folder_fd, folders->folder, error);
    for (unsigned level = 1; level <= folders->pyramid.nlevels && status == STATUS_OK; level++)
        status = in_place_level(folders->folder_fd, &folders->levels[level].folder, level,
                                &folders->resume.records, error);
    return status;
}

static enum status level_folders_lose(struct output *output, uint32_t z, struct error *error)
{
    const struct level_folders *folders = (const struct level_folders *)output;
    enum status status = resume_check_loss(&folders->resume, folders->folder_fd, z, folders->folder,
                                           folders->source->slices[z].name, error);
    return status == STATUS_OK ? journal_lose(folders->journal, z, error) : status;
}

/* A journal in place of the one that is there, which tells of those slices of the pyramid that are `kept`. */
static enum status begin_journal(struct level_folders *folders, const struct slice_records *kept,
                                 struct error *error)
{
    const struct journal_source source = {.was = folders->resume.made_at,
                                          .nslices = folders->pyramid.extent.nz};
    const struct journal_manifests manifests = {.now = &folders->manifest_hash,
                                                .before = folders->has_before ? &folders->before : NULL};
    return journal_create(&folders->journal, folders->folder_fd, folders->folder, &manifests, kept, &source,
                          !folders->form.unsynced, error);
}

/* A journal that tells of no slice: nothing is known to be right. */
static enum status level_folders_distrust(struct output *output, struct error *error)
{
    struct level_folders *folders = (struct level_folders *)output;
    struct slice_records none;
    committer_abandon(folders->committer);
    committer_free(folders->committer);
    folders->committer = NULL;
    journal_close(folders->journal);
    folders->journal = NULL;
    folders->has_before = false;
    enum status status = slice_records_init(&none, &folders->pyramid, error);
    if (status != STATUS_OK)
        return status;
    status = begin_journal(folders, &none, error);
    slice_records_end(&none);
    return status;
}

static enum status level_folders_finish(struct output *output, struct error *error)
{
    struct level_folders *folders = (struct level_folders *)output;
    char shown[PRINTABLE_BYTES];
    uint64_t ignored = 0; /* nothing, when flush was called */
    enum status status = level_folders_flush(output, &ignored, error);
    if (status == STATUS_OK)
        status = committer_flush(folders->committer, error);
    for (unsigned level = 1; level <= folders->pyramid.nlevels && status == STATUS_OK; level++) {
        const struct level *done = &folders->levels[level];
        if (done->folder.nwritten != done->nz)
            status =
                error_set(error, STATUS_FAILED, "%s: %u of %u slices were written; run again",
                          printable(shown, sizeof shown, done->folder.path), done->folder.nwritten, done->nz);
    }
    if (status == STATUS_OK)
        status = check_in_place(folders, error);
    if (status != STATUS_OK)
        return status;
    status = manifest_write(folders->folder_fd, folders->folder, &folders->pyramid, folders->source,
                            folders->form.encoding, &folders->resume.records, !folders->form.unsynced, error);
    return status == STATUS_OK ? journal_remove(folders->folder_fd, folders->folder, error) : status;
}

static void level_close(struct level *level)
{
    while (level->begun) {
        struct begun *slice = level->begun;
        level->begun = slice->next;
        atomic_file_abandon(&slice->file);
        free(slice);
    }
    if (level->folder.fd >= 0)
        close(level->folder.fd);
    bytes_end(&level->head);
    free(level->folder.path);
}

static void level_folders_close(struct output *output)
{
    struct level_folders *folders = (struct level_folders *)output;
    committer_free(folders->committer); /* before the folders of its files are closed */
    strip_files_close(folders->strip_files);
    for (unsigned level = 1; level <= LEVELS_MAX; level++)
        level_close(&folders->levels[level]);
    run_lock_give(&folders->lock);
    if (folders->folder_fd >= 0)
        close(folders->folder_fd);
    journal_close(folders->journal);
    resume_end(&folders->resume);
    free(folders->folder);
    free(folders);
}

static const struct output_ops level_folders_ops = {
    .name = "tiff",
    .write = level_folders_write,
    .flush = level_folders_flush,
    .encoders = level_folders_encoders,
    .settle = level_folders_settle,
    .lose = level_folders_lose,
    .distrust = level_folders_distrust,
    .finish = level_folders_finish,
    .close = level_folders_close,
};

static enum status encode_head(struct level_folders *folders, unsigned level, struct error *error)
{
    const struct pyramid *pyramid = &folders->pyramid;
    struct extent extent = extent_at_level(pyramid->extent, level);
    return codec_tiff.encode_head(extent.nx, extent.ny, pyramid->type,
                                  spacing_at_level(pyramid->spacing, level), &folders->levels[level].head,
                                  error);
}

/* Slices of a level that stay: those of the source's before `first_slice`. */
static uint32_t slices_before(uint32_t first_slice, unsigned level, uint32_t nz)
{
    uint32_t n = extent_reduce(first_slice, level);
    return n < nz ? n : nz;
}

static enum status open_levels(struct level_folders *folders, struct error *error)
{
    for (unsigned level = 1; level <= folders->pyramid.nlevels; level++) {
        struct level *opened = &folders->levels[level];
        char name[LEVEL_NAME_BYTES];
        level_name(name, level);
        opened->nz = extent_at_level(folders->pyramid.extent, level).nz;
        opened->folder.nwritten = slices_before(folders->first_slice, level, opened->nz);
        opened->folder.path = path_join(folders->folder, name);
        if (!opened->folder.path)
            return error_no_memory(error, strlen(folders->folder), "a file name");
        if (mkdirat(folders->folder_fd, name, 0777) != 0 && errno != EEXIST)
            return output_failure(error, errno, folders->folder, name);
        opened->folder.fd =
            restart_openat(folders->folder_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        if (opened->folder.fd < 0)
            return output_failure(error, errno, folders->folder, name);
        if (folders->form.encoding == ENCODING_NONE && encode_head(folders, level, error) != STATUS_OK)
            return error->status;
    }
    return folders->form.unsynced ? STATUS_OK
                                  : atomic_folder_sync(folders->folder_fd, folders->folder, error);
}

/* The folder's own name, and those above it: whoever made them, an earlier run with --no-sync perhaps, may
 * have left them to the system. What is on the disk already costs next to nothing. */
static enum status flush_name(const struct level_folders *folders, struct error *error)
{
    return folders->form.unsynced ? STATUS_OK
                                  : folder_flush_above(folders->folder_fd, folders->folder, error);
}

/* What the pyramid is begun or gone on with: the journal and the manifest that it belongs to. */
static enum status begin_records(struct level_folders *folders, struct error *error)
{
    enum status status = manifest_hash(&folders->pyramid, folders->source, folders->form.encoding,
                                       &folders->manifest_hash, error);
    if (status == STATUS_OK)
        status = begin_journal(folders, &folders->resume.records, error);
    if (status == STATUS_OK)
        status = manifest_write(folders->folder_fd, folders->folder, &folders->pyramid, folders->source,
                                folders->form.encoding, NULL, !folders->form.unsynced, error);
    return status;
}

/* Removes what the earlier pyramid has and the new one will not, while its manifest still tells of it, which
 * does not say "complete" then. */
static enum status sweep(const struct level_folders *folders, const struct earlier *earlier,
                         struct error *error)
{
    const struct pyramid *then = &earlier->manifest.pyramid, *now = &folders->pyramid;
    const bool durable = !folders->form.unsynced;
    enum status status = STATUS_OK;
    if (earlier_is_known(earlier) && then->extent.nz <= now->extent.nz && then->nlevels <= now->nlevels)
        return STATUS_OK;
    if (earlier_is_known(earlier) && earlier->manifest.complete)
        status = manifest_retract(&earlier->manifest, folders->folder_fd, folders->folder, durable, error);
    return status == STATUS_OK
               ? level_sweep_earlier(folders->folder_fd, folders->folder, earlier, now, durable, error)
               : status;
}

/* Finds again what level_folders_check found, now that nobody else writes. */
static enum status find_resume(struct level_folders *folders, const struct output_request *request,
                               struct earlier *earlier, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    const bool anew = request->force && !request->go_on;
    enum status status = anew ? slice_records_init(&folders->resume.records, request->pyramid, error)
                              : resume_find(&folders->resume, folders->folder_fd, request, earlier, error);
    if (status != STATUS_OK)
        return status;
    if (folders->resume.state.first_slice > folders->first_slice)
        resume_cut(&folders->resume, folders->first_slice); /* contents may have been lost behind it */
    if (folders->resume.state.first_slice != folders->first_slice)
        return error_set(error, STATUS_OUTPUT, "%s: was changed by another run meanwhile; run again",
                         printable(shown, sizeof shown, folders->folder));
    folders->has_before = !anew && earlier_is_known(earlier) && !earlier->manifest.complete;
    if (folders->has_before)
        folders->before = earlier->manifest.hash;
    return anew || earlier_is_known(earlier) ? sweep(folders, earlier, error) : STATUS_OK;
}

/* What is there is known now, and made ready to be gone on with or replaced. */
static enum status look_again(struct level_folders *folders, const struct output_request *request,
                              struct error *error)
{
    struct earlier earlier;
    enum status status = earlier_find(&earlier, folders->folder_fd, folders->folder, error);
    if (status != STATUS_OK)
        return status;
    if ((status = folder_guard_check(folders->folder_fd, request, &earlier, error)) == STATUS_OK &&
        (status = flush_name(folders, error)) == STATUS_OK &&
        (status = level_sweep_partial(folders->folder_fd, folders->folder, error)) == STATUS_OK)
        status = find_resume(folders, request, &earlier, error);
    earlier_end(&earlier);
    return status;
}

/* From the lock on; on failure level_folders_close frees what is there. */
static enum status prepare(struct level_folders *folders, const struct output_request *request,
                           struct error *error)
{
    enum status status;
    if ((status = run_lock_take(&folders->lock, folders->folder_fd, folders->folder, error)) != STATUS_OK ||
        (status = look_again(folders, request, error)) != STATUS_OK ||
        (status = begin_records(folders, error)) != STATUS_OK ||
        (status = open_levels(folders, error)) != STATUS_OK ||
        (status = committer_create(&folders->committer, &folders->resume.records, folders->journal,
                                   !folders->form.unsynced, error)) != STATUS_OK ||
        folders->form.encoding == ENCODING_NONE)
        return status;
    return strip_files_open(&folders->strip_files, &folders->pyramid, &folders->form, folders->committer,
                            error);
}

enum status level_folders_open(struct output **output, const struct output_request *request,
                               uint32_t first_slice, struct error *error)
{
    struct output_state state;
    struct output_request lengths = *request; /* contents were looked at when first_slice was found */
    lengths.check = false;
    lengths.doubtful = NULL;
    enum status status = level_folders_check(&lengths, &state, error); /* before anything is touched */
    if (status != STATUS_OK)
        return status;
    struct level_folders *folders = calloc(1, sizeof *folders);
    if (!folders)
        return error_no_memory(error, sizeof *folders, "the output");
    folders->output.ops = &level_folders_ops;
    folders->pyramid = *request->pyramid;
    folders->source = request->source;
    folders->form = request->form;
    folders->first_slice = first_slice;
    folders->folder_fd = -1;
    folders->lock.fd = -1;
    for (unsigned level = 0; level <= LEVELS_MAX; level++)
        folders->levels[level].folder.fd = -1;
    folders->folder = path_trim(request->folder);
    if (!folders->folder) {
        status = error_no_memory(error, strlen(request->folder), "a file name");
        goto close_folders;
    }
    int failure = path_make_folders(request->folder, 0777);
    if (failure) {
        status = output_failure(error, failure, folders->folder, NULL);
        goto close_folders;
    }
    folders->folder_fd = restart_open(request->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    status = folders->folder_fd < 0 ? output_failure(error, errno, request->folder, NULL)
                                    : prepare(folders, &lengths, error);
close_folders:
    if (status == STATUS_OK)
        *output = &folders->output;
    else
        level_folders_close(&folders->output);
    return status;
}

uint64_t level_folders_memory_bytes(const struct pyramid *pyramid, const struct output_form *form,
                                    uint64_t nstarted)
{
    uint64_t n_bytes = saturated_add(manifest_memory_bytes(pyramid), slice_records_bytes(pyramid));
    return form->encoding == ENCODING_NONE
               ? n_bytes
               : saturated_add(n_bytes, strip_files_memory_bytes(pyramid, form, nstarted));
}
