/* SPDX-License-Identifier: MIT */
#include "output/committer.h"

#include "base/clock.h"
#include "base/restart.h"
#include "base/stage.h"
#include "output/output_failure.h"

#include <errno.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
    BATCH_FILES = 128,      /* as many stay open, twice */
    BATCH_BYTES = 64 << 20, /* what is left to be done when the last slice has come, at most */
    LITTLE_BYTES = 4 << 20, /* enough for a thread that has nothing to do */
    FEW_FILES = 4,          /* are flushed one by one */
};
static const double batch_seconds = 2; /* a run that dies loses at most about so much */

struct finished {
    struct atomic_file file;
    unsigned level;
    uint32_t z;
};

struct commit_batch {
    unsigned nfiles;
    uint64_t n_bytes;
    double began; /* when its first file came */
    struct finished files[BATCH_FILES];
};

/* The disk that a level folder is on: it may be another one's than its neighbours'. */
struct level_disk {
    bool known;
    dev_t device;
    bool syncfs_tells;
};

/* `filling` belongs to who adds, `batches` to whoever has them: the lock says when one changes hands. */
struct committer {
    struct slice_records *records;
    struct journal *journal;
    bool durable;                            /* written by create */
    bool kernel_tells;                       /* of errors, by syncfs; written by create */
    struct level_disk disks[LEVELS_MAX + 1]; /* by level; the thread's */
    unsigned batch_files;                    /* of a batch, at most; written by create */
    struct commit_batch *batches[2];
    unsigned filling; /* index; of who adds */
    struct stage thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct commit_batch *handed; /* under lock: the batch that the thread has, or is to take */
    bool ended;                  /* under lock: no batch comes any more */
    bool abandoned;              /* under lock: nothing is committed any more */
    struct error error;          /* under lock: the first one; the same */
};

/* Since Linux 5.8 syncfs tells of what could not be written back. */
static bool kernel_tells(void)
{
    struct utsname name;
    unsigned major = 0, minor = 0;
    return uname(&name) == 0 && sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
           (major > 5 || (major == 5 && minor >= 8));
}

/* File systems whose syncfs writes all of their files back, and tells when one could not be: by statfs. */
static bool syncfs_tells(int folder_fd)
{
    enum { XFS = 0x58465342 };
    struct statfs about;
    return fstatfs(folder_fd, &about) == 0 &&
           (about.f_type == EXT4_SUPER_MAGIC || about.f_type == XFS ||
            (unsigned long)about.f_type == BTRFS_SUPER_MAGIC ||
            (unsigned long)about.f_type == F2FS_SUPER_MAGIC || about.f_type == TMPFS_MAGIC);
}

static void abandon_from(struct commit_batch *batch, unsigned first)
{
    for (unsigned i = first; i < batch->nfiles; i++)
        atomic_file_abandon(&batch->files[i].file);
}

static const struct level_disk *disk_of(struct committer *committer, const struct finished *finished)
{
    struct level_disk *disk = &committer->disks[finished->level];
    struct stat about;
    if (!disk->known && fstat(finished->file.folder_fd, &about) == 0) {
        disk->device = about.st_dev;
        disk->syncfs_tells = committer->kernel_tells && syncfs_tells(finished->file.folder_fd);
        disk->known = true;
    }
    return disk;
}

/* Whether an earlier file of the batch had the whole disk of file i flushed. */
static bool was_flushed(struct committer *committer, const struct commit_batch *batch, unsigned i)
{
    const struct level_disk *disk = disk_of(committer, &batch->files[i]);
    for (unsigned j = 0; j < i; j++)
        if (disk_of(committer, &batch->files[j])->device == disk->device)
            return true;
    return false;
}

/* The contents of all files of the batch. */
static enum status sync_contents(struct committer *committer, struct commit_batch *batch, struct error *error)
{
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < batch->nfiles && status == STATUS_OK; i++) {
        struct atomic_file *file = &batch->files[i].file;
        if (batch->nfiles <= FEW_FILES || !disk_of(committer, &batch->files[i])->syncfs_tells)
            status = atomic_file_sync(file, error);
        else if (!was_flushed(committer, batch, i) && restart_syncfs(file->folder_fd) != 0)
            status = output_failure(error, errno, file->folder, NULL);
    }
    return status;
}

/* The names of the first nfiles files of the batch. */
static enum status sync_names(const struct commit_batch *batch, unsigned nfiles, struct error *error)
{
    uint32_t done = 0; /* a bit for each level */
    _Static_assert(LEVELS_MAX < 32, "levels fit the bits");
    for (unsigned i = 0; i < nfiles; i++) {
        const struct finished *finished = &batch->files[i];
        if (done >> finished->level & 1)
            continue;
        done |= UINT32_C(1) << finished->level;
        if (atomic_folder_sync(finished->file.folder_fd, finished->file.folder, error) != STATUS_OK)
            return error->status;
    }
    return STATUS_OK;
}

static enum status record(const struct committer *committer, const struct commit_batch *batch,
                          unsigned nfiles, const struct file_hash *hashes, struct error *error)
{
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < nfiles && status == STATUS_OK; i++) {
        const struct finished *finished = &batch->files[i];
        struct slice_record *slice = &committer->records->slices[finished->level][finished->z];
        *slice = (struct slice_record){.n_bytes = finished->file.n_bytes, .hash = hashes[i]};
        status = journal_add(committer->journal, finished->level, finished->z, slice, error);
    }
    return status == STATUS_OK ? journal_write(committer->journal, committer->durable, error) : status;
}

/* Names and records what it can; the first error is returned. */
static enum status commit(struct committer *committer, struct commit_batch *batch, struct error *error)
{
    struct error naming = {0};
    unsigned nnamed = 0;
    struct file_hash hashes[BATCH_FILES];
    for (unsigned i = 0; i < batch->nfiles; i++)
        if (atomic_file_hash(&batch->files[i].file, &hashes[i], error) != STATUS_OK) {
            abandon_from(batch, 0);
            return error->status;
        }
    if (committer->durable && sync_contents(committer, batch, error) != STATUS_OK) {
        abandon_from(batch, 0);
        return error->status;
    }
    while (nnamed < batch->nfiles && atomic_file_name(&batch->files[nnamed].file, &naming) == STATUS_OK)
        nnamed++;
    abandon_from(batch, nnamed);
    if ((committer->durable && sync_names(batch, nnamed, error) != STATUS_OK) ||
        record(committer, batch, nnamed, hashes, error) != STATUS_OK)
        return error->status;
    return naming.status == STATUS_OK ? STATUS_OK : error_set(error, naming.status, "%s", naming.message);
}

static void *committer_main(void *context)
{
    struct committer *committer = context;
    pthread_mutex_lock(&committer->lock);
    for (;;) {
        while (!committer->handed && !committer->ended)
            pthread_cond_wait(&committer->changed, &committer->lock);
        struct commit_batch *batch = committer->handed;
        if (!batch)
            break;
        struct error error = {0};
        bool failed = committer->abandoned || committer->error.status != STATUS_OK;
        pthread_mutex_unlock(&committer->lock);
        if (failed)
            abandon_from(batch, 0);
        else
            commit(committer, batch, &error);
        batch->nfiles = 0;
        batch->n_bytes = 0;
        pthread_mutex_lock(&committer->lock);
        if (!failed)
            committer->error = error;
        committer->handed = NULL;
        pthread_cond_broadcast(&committer->changed);
    }
    pthread_mutex_unlock(&committer->lock);
    return NULL;
}

/* As many as leave half of the files that may be open to others. */
static unsigned batch_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= 4 * BATCH_FILES)
        return BATCH_FILES;
    return limit.rlim_cur < 8 ? 1 : (unsigned)limit.rlim_cur / 4 - 1;
}

enum status committer_create(struct committer **result, struct slice_records *records,
                             struct journal *journal, bool durable, struct error *error)
{
    struct committer *committer = calloc(1, sizeof *committer);
    if (!committer)
        return error_no_memory(error, sizeof *committer, "the output");
    committer->records = records;
    committer->journal = journal;
    committer->durable = durable;
    committer->kernel_tells = kernel_tells();
    committer->batch_files = batch_files();
    pthread_mutex_init(&committer->lock, NULL);
    pthread_cond_init(&committer->changed, NULL);
    for (int i = 0; i < 2; i++)
        committer->batches[i] = calloc(1, sizeof *committer->batches[i]);
    enum status status = STATUS_OK;
    if (!committer->batches[0] || !committer->batches[1])
        status = error_no_memory(error, sizeof *committer->batches[0], "the output");
    else
        status = stage_start(&committer->thread, "committer", committer_main, committer, error);
    if (status == STATUS_OK)
        *result = committer;
    else
        committer_free(committer);
    return status;
}

/* The thread has nothing to do. */
static bool is_idle(struct committer *committer)
{
    pthread_mutex_lock(&committer->lock);
    const bool idle = !committer->handed;
    pthread_mutex_unlock(&committer->lock);
    return idle;
}

/* Gives the batch that was filled to the thread, once that is free; the first error so far. */
static enum status hand_over(struct committer *committer, struct error *error)
{
    pthread_mutex_lock(&committer->lock);
    while (committer->handed)
        pthread_cond_wait(&committer->changed, &committer->lock);
    if (committer->batches[committer->filling]->nfiles > 0) {
        committer->handed = committer->batches[committer->filling];
        committer->filling ^= 1;
        pthread_cond_broadcast(&committer->changed);
    }
    if (committer->error.status != STATUS_OK)
        *error = committer->error;
    pthread_mutex_unlock(&committer->lock);
    return error->status;
}

enum status committer_add(struct committer *committer, struct atomic_file *file, unsigned level, uint32_t z,
                          struct error *error)
{
    struct commit_batch *batch = committer->batches[committer->filling];
    if (batch->nfiles == 0)
        batch->began = clock_seconds();
    batch->files[batch->nfiles++] = (struct finished){.file = *file, .level = level, .z = z};
    batch->n_bytes += file->n_bytes;
    file->fd = -1;
    file->hasher = NULL;
    bool full = batch->nfiles >= committer->batch_files || batch->n_bytes >= BATCH_BYTES ||
                clock_seconds() - batch->began >= batch_seconds ||
                (batch->n_bytes >= LITTLE_BYTES && is_idle(committer));
    return full ? hand_over(committer, error) : STATUS_OK;
}

enum status committer_flush(struct committer *committer, struct error *error)
{
    enum status status = hand_over(committer, error);
    return status == STATUS_OK ? hand_over(committer, error)
                               : status; /* the other one is empty: this waits */
}

void committer_abandon(struct committer *committer)
{
    pthread_mutex_lock(&committer->lock);
    committer->abandoned = true;
    pthread_mutex_unlock(&committer->lock);
}

void committer_free(struct committer *committer)
{
    struct error ignored = {0}; /* what a run that failed could not keep is made again */
    if (!committer)
        return;
    if (committer->thread.started)
        committer_flush(committer, &ignored);
    pthread_mutex_lock(&committer->lock);
    committer->ended = true;
    pthread_cond_broadcast(&committer->changed);
    pthread_mutex_unlock(&committer->lock);
    stage_join(&committer->thread);
    for (int i = 0; i < 2; i++)
        free(committer->batches[i]);
    pthread_cond_destroy(&committer->changed);
    pthread_mutex_destroy(&committer->lock);
    free(committer);
}
