/* SPDX-License-Identifier: MIT */
#include "output/strip_files.h"

#include "base/bytes.h"
#include "codec/tiff_strips.h"
#include "output/atomic_file.h"
#include "output/encoders.h"
#include "output/level_names.h"

#include <stdlib.h>
#include <string.h>

/* A slice of which some rows have come and not all strips are in its file. */
struct strip_file {
    struct strip_file *next;
    struct slice_folder *folder;
    unsigned level;
    uint32_t z;
    uint32_t nrows;          /* that have come */
    struct strip *filling;   /* that further rows go to; NULL: a new one */
    struct atomic_file file; /* open from the first strip on */
    uint32_t nstrips;        /* in the file */
    uint64_t strip_bytes[];  /* in the file, of each strip of the slice */
};

/* Everything is the writing thread's. */
struct strip_files {
    struct pyramid pyramid;
    struct encoders *encoders;
    struct committer *committer; /* borrowed */
    struct strip_file *begun;    /* a list; a few for each level */
    struct bytes head;           /* of the file whose strip is written */
    struct tiff_strips strips[LEVELS_MAX + 1];
};

static struct tiff_strips strips_at(const struct pyramid *pyramid, unsigned level, enum encoding encoding)
{
    const struct extent extent = extent_at_level(pyramid->extent, level);
    return tiff_strips_of(extent.nx, extent.ny, pyramid->type, encoding);
}

/* The most bytes that a strip of any level has, before or after it is encoded. */
static uint64_t room_bytes_of(const struct pyramid *pyramid, enum encoding encoding)
{
    uint64_t most_bytes = 0;
    for (unsigned level = 1; level <= pyramid->nlevels; level++) {
        const struct tiff_strips strips = strips_at(pyramid, level, encoding);
        uint64_t n_bytes =
            strips.strip_bytes > strips.encoded_bytes ? strips.strip_bytes : strips.encoded_bytes;
        most_bytes = n_bytes > most_bytes ? n_bytes : most_bytes;
    }
    return most_bytes;
}

enum status strip_files_open(struct strip_files **result, const struct pyramid *pyramid,
                             const struct output_form *form, struct committer *committer, struct error *error)
{
    struct strip_files *files = calloc(1, sizeof *files);
    if (!files)
        return error_no_memory(error, sizeof *files, "the output");
    files->pyramid = *pyramid;
    files->committer = committer;
    for (unsigned level = 1; level <= pyramid->nlevels; level++)
        files->strips[level] = strips_at(pyramid, level, form->encoding);
    enum status status = encoders_create(&files->encoders, form->encoding, form->nthreads,
                                         room_bytes_of(pyramid, form->encoding), error);
    if (status == STATUS_OK)
        *result = files;
    else
        free(files);
    return status;
}

void strip_files_close(struct strip_files *files)
{
    if (!files)
        return;
    encoders_free(files->encoders); /* before the owners of the strips */
    while (files->begun) {
        struct strip_file *file = files->begun;
        files->begun = file->next;
        atomic_file_abandon(&file->file);
        free(file);
    }
    bytes_end(&files->head);
    free(files);
}

/* Where the slice, which has begun, hangs in the list; the place behind its end when it has not. */
static struct strip_file **find_begun(struct strip_files *files, unsigned level, uint32_t z)
{
    struct strip_file **at = &files->begun;
    while (*at && ((*at)->level != level || (*at)->z != z))
        at = &(*at)->next;
    return at;
}

static enum status begin_slice(struct strip_files *files, struct slice_folder *folder,
                               const struct level_rows *rows, struct strip_file **result, struct error *error)
{
    size_t n_bytes =
        sizeof(struct strip_file) + files->strips[rows->level].nstrips * sizeof *(*result)->strip_bytes;
    struct strip_file *file = calloc(1, n_bytes);
    if (!file)
        return error_no_memory(error, n_bytes, "a slice");
    file->folder = folder;
    file->level = rows->level;
    file->z = rows->z;
    file->file.fd = -1;
    file->next = files->begun;
    files->begun = file;
    *result = file;
    return STATUS_OK;
}

/* Creates the file, with its head: of strips to come that does not tell the truth yet, but has its length. */
static enum status begin_file(struct strip_files *files, struct strip_file *file, struct error *error)
{
    char name[SLICE_NAME_BYTES];
    struct slice_folder *folder = file->folder;
    enum status status =
        atomic_file_begin(&file->file, folder->fd, folder->path, slice_name(name, file->z), true, error);
    if (status != STATUS_OK)
        return status;
    return atomic_file_append(&file->file, NULL, 0, files->head.data, files->head.n_bytes, error);
}

/* All strips are in the file. */
static enum status finish_file(struct strip_files *files, struct strip_file *file, struct error *error)
{
    enum status status = committer_add(files->committer, &file->file, file->level, file->z, error);
    if (status != STATUS_OK)
        return status;
    file->folder->nwritten++;
    *find_begun(files, file->level, file->z) = file->next;
    free(file);
    return STATUS_OK;
}

static enum status encode_head(struct strip_files *files, const struct strip_file *file, struct error *error)
{
    return tiff_strips_head(&files->strips[file->level],
                            spacing_at_level(files->pyramid.spacing, file->level), file->strip_bytes,
                            &files->head, error);
}

/* Appends an encoded strip to its file. */
static enum status write_strip(struct strip_files *files, const struct strip *strip, uint64_t *n_bytes,
                               struct error *error)
{
    struct strip_file *file = strip->owner;
    bool is_first = file->nstrips == 0, is_last = file->nstrips + 1 == strip->strips->nstrips;
    enum status status = STATUS_OK;
    file->strip_bytes[file->nstrips++] = strip->n_encoded;
    if (is_first || is_last)
        status = encode_head(files, file, error);
    if (status == STATUS_OK && is_first) {
        *n_bytes += files->head.n_bytes;
        status = begin_file(files, file, error);
    }
    if (status == STATUS_OK)
        status = atomic_file_append(&file->file, NULL, 0, strip->data, strip->n_encoded, error);
    if (status == STATUS_OK && is_last && !is_first)
        status = atomic_file_put(&file->file, files->head.data, files->head.n_bytes, error);
    if (status != STATUS_OK)
        return status;
    *n_bytes += strip->n_encoded;
    return is_last ? finish_file(files, file, error) : STATUS_OK;
}

/* Writes the strip whose turn it is, when it is encoded, or after waiting for that; *written tells. */
static enum status write_next(struct strip_files *files, bool wait, bool *written, uint64_t *n_bytes,
                              struct error *error)
{
    struct strip *strip;
    enum status status = encoders_take(files->encoders, wait, &strip, error);
    *written = status == STATUS_OK && strip;
    if (!*written)
        return status;
    status = write_strip(files, strip, n_bytes, error);
    encoders_give_back(files->encoders, strip);
    return status;
}

/* Writes all strips that are encoded, or all that are not written with `wait`. */
static enum status write_encoded(struct strip_files *files, bool wait, uint64_t *n_bytes, struct error *error)
{
    enum status status;
    bool written;
    do
        status = write_next(files, wait, &written, n_bytes, error);
    while (status == STATUS_OK && written);
    return status;
}

/* Copies as many of the nrows rows at `from` as the strip of their slice takes, and hands it over when it is
 * full. Returns how many in *taken. */
static enum status fill(struct strip_files *files, struct strip_file *file, const unsigned char *from,
                        uint32_t nrows, uint32_t *taken, uint64_t *n_bytes, struct error *error)
{
    const struct tiff_strips *strips = &files->strips[file->level];
    enum status status = STATUS_OK;
    bool written;
    if (!file->filling && (status = encoders_strip(files->encoders, &file->filling, error)) != STATUS_OK)
        return status;
    struct strip *strip = file->filling;
    uint32_t room = strips->nrows - strip->nrows;
    *taken = nrows < room ? nrows : room;
    memcpy(strip->data + strip->nrows * strips->row_bytes, from, (size_t)(*taken * strips->row_bytes));
    strip->nrows += *taken;
    file->nrows += *taken;
    if (strip->nrows < strips->nrows && file->nrows < strips->ny)
        return STATUS_OK;
    if (encoders_full(files->encoders) &&
        (status = write_next(files, true, &written, n_bytes, error)) != STATUS_OK)
        return status;
    strip->strips = strips;
    strip->owner = file;
    file->filling = NULL;
    encoders_submit(files->encoders, strip);
    return STATUS_OK;
}

enum status strip_files_write(struct strip_files *files, struct slice_folder *folder,
                              const struct level_rows *rows, uint64_t *n_bytes, struct error *error)
{
    const uint64_t row_bytes = files->strips[rows->level].row_bytes;
    struct strip_file *file = *find_begun(files, rows->level, rows->z);
    enum status status = write_encoded(files, false, n_bytes, error);
    if (status == STATUS_OK && !file)
        status = begin_slice(files, folder, rows, &file, error);
    for (uint32_t y = 0; status == STATUS_OK && y < rows->nrows;) {
        uint32_t taken;
        status = fill(files, file, (const unsigned char *)rows->voxels + y * row_bytes, rows->nrows - y,
                      &taken, n_bytes, error);
        if (status == STATUS_OK)
            y += taken;
    }
    return status;
}

enum status strip_files_flush(struct strip_files *files, uint64_t *n_bytes, struct error *error)
{
    return write_encoded(files, true, n_bytes, error);
}

void strip_files_tell(const struct strip_files *files, struct output_encoders *told)
{
    encoders_tell(files->encoders, told);
}

uint64_t strip_files_memory_bytes(const struct pyramid *pyramid, const struct output_form *form,
                                  uint64_t nstarted)
{
    return encoders_memory_bytes(form->encoding, form->nthreads, room_bytes_of(pyramid, form->encoding),
                                 nstarted);
}
