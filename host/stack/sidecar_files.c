/* SPDX-License-Identifier: MIT
 * One walk over the folder keeps, for each format, the names that match best; then these are read. */
#include "stack/sidecar_files.h"

#include "base/file.h"
#include "base/path.h"
#include "base/printable.h"
#include "base/restart.h"
#include "stack/spacing_choice.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The files of one format that match equally well. */
struct rivals {
    char *names[SIDECAR_RIVALS_MAX]; /* in strcmp's order */
    size_t count;
    size_t match;
    bool too_many;
};

/* The walk and what comes of it. */
struct search {
    const char *folder, *prefix;
    bool by_name_only;
    struct rivals rivals[SIDECAR_FORMATS];
    struct sidecar_files *files;
    struct note_list *notes;
};

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80;
}

/* Bytes of `text` without the separators at its end. */
static size_t core_bytes(const char *text, size_t n_bytes)
{
    while (n_bytes > 0 && !is_letter_or_digit(text[n_bytes - 1]))
        n_bytes--;
    return n_bytes;
}

size_t sidecar_match(const char *name, const char *prefix)
{
    const char *dot = strrchr(name, '.');
    size_t n_stem = core_bytes(name, dot ? (size_t)(dot - name) : strlen(name));
    size_t n_prefix = core_bytes(prefix, strlen(prefix));
    size_t n_shorter = n_stem < n_prefix ? n_stem : n_prefix;
    if (n_shorter == 0 || strncasecmp(name, prefix, n_shorter) != 0)
        return 0;
    if (n_stem == n_prefix)
        return SIZE_MAX;
    if (is_letter_or_digit(n_stem < n_prefix ? prefix[n_shorter] : name[n_shorter]))
        return 0;
    return n_stem < n_prefix ? 1 + n_stem : 1;
}

static void forget_rivals(struct rivals *rivals)
{
    for (size_t i = 0; i < rivals->count; i++)
        free(rivals->names[i]);
    *rivals = (struct rivals){0};
}

/* Puts `name` among them, in order. */
static enum status add_rival(struct rivals *rivals, const char *name, struct error *error)
{
    char *copy = strdup(name);
    if (!copy)
        return error_no_memory(error, strlen(name) + 1, "the names of a folder");
    if (rivals->count == SIDECAR_RIVALS_MAX) {
        rivals->too_many = true;
        char **last = &rivals->names[SIDECAR_RIVALS_MAX - 1];
        bool earlier = strcmp(copy, *last) < 0;
        free(earlier ? *last : copy);
        if (!earlier)
            return STATUS_OK;
        rivals->count--;
    }
    size_t at = rivals->count++;
    for (; at > 0 && strcmp(copy, rivals->names[at - 1]) < 0; at--)
        rivals->names[at] = rivals->names[at - 1];
    rivals->names[at] = copy;
    return STATUS_OK;
}

static enum status take_name(struct search *search, const char *name, struct error *error)
{
    const char *dot = strrchr(name, '.');
    if (!dot || name[0] == '.')
        return STATUS_OK;
    for (int i = 0; i < SIDECAR_FORMATS; i++) {
        struct rivals *rivals = &search->rivals[i];
        if (strcasecmp(dot + 1, sidecar_formats[i].extension) != 0)
            continue;
        size_t match = sidecar_match(name, search->prefix);
        if (match < rivals->match || (match == 0 && search->by_name_only))
            return STATUS_OK;
        if (match > rivals->match) {
            forget_rivals(rivals);
            rivals->match = match;
        }
        return add_rival(rivals, name, error);
    }
    return STATUS_OK;
}

static enum status walk_failed(const struct search *search, int errnum, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    return error_set_errno(error, errnum == ENOMEM ? STATUS_FAILED : STATUS_INPUT, errnum,
                           "%s: the folder cannot be read", printable(shown, sizeof shown, search->folder));
}

static enum status walk(struct search *search, struct error *error)
{
    enum status status = STATUS_OK;
    DIR *directory = restart_opendir(search->folder);
    if (!directory) /* a folder that is not there, or may not be listed, has no sidecars */
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? STATUS_OK
                                                                      : walk_failed(search, errno, error);
    while (status == STATUS_OK) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (!entry && errno != 0)
            status = walk_failed(search, errno, error);
        if (!entry)
            break;
        if (entry->d_type != DT_DIR)
            status = take_name(search, entry->d_name, error);
    }
    closedir(directory);
    return status;
}

/* The file's bytes, malloc'ed; NULL, with `reason` set, when there are none to be had. */
static char *read_text(const char *path, size_t *n_bytes, struct error *reason)
{
    struct input_file file;
    char shown[PRINTABLE_BYTES];
    char *data = NULL;
    if (input_file_open(&file, path, reason) != STATUS_OK)
        return NULL;
    *n_bytes = (size_t)file.n_bytes;
    if (file.n_bytes > SIDECAR_BYTES_MAX)
        error_set(reason, STATUS_INPUT, "%s: is larger than 1 MiB", printable(shown, sizeof shown, path));
    else if ((data = malloc(*n_bytes + 1)) == NULL)
        error_no_memory(reason, file.n_bytes, "a text file");
    else if (input_file_read(&file, data, *n_bytes, 0, reason) != STATUS_OK) {
        free(data);
        data = NULL;
    }
    input_file_close(&file);
    return data;
}

/* Reads and parses `name`; *known tells whether it is of the format. What cannot be read is a note. */
static enum status look_into(const struct search *search, const struct sidecar_format *format,
                             const char *name, struct sidecar *sidecar, bool *known, struct error *error)
{
    struct error reason = {0};
    size_t n_bytes;
    char *path = path_join(search->folder, name);
    *known = false;
    if (!path)
        return error_no_memory(error, strlen(search->folder) + strlen(name) + 2, "a file name");
    char *data = read_text(path, &n_bytes, &reason);
    free(path);
    if (!data && reason.status == STATUS_FAILED)
        return error_set(error, reason.status, "%s", reason.message);
    if (!data)
        return note_list_add(search->notes, error, "%.600s; it is not looked into for the voxel size",
                             reason.message);
    *known = format->parse(data, n_bytes, sidecar);
    free(data);
    return STATUS_OK;
}

static enum status disagreement(const struct search *search, const char *name, const struct sidecar *sidecar,
                                const char *other_name, const struct sidecar *other, struct error *error)
{
    char folder[256], shown[100], other_shown[100], text[SPACING_SHOWN_BYTES],
        other_text[SPACING_SHOWN_BYTES];
    return note_list_add(
        search->notes, error,
        "%s: %s says that voxels are %s, and %s %s; neither is used, leave there only the one of the "
        "slices, or give --voxel-size",
        printable(folder, sizeof folder, search->folder), printable(shown, sizeof shown, name),
        spacing_show(text, sidecar->spacing), printable(other_shown, sizeof other_shown, other_name),
        spacing_show(other_text, other->spacing));
}

/* Looks into all rivals of one format, and keeps the one that counts: the first that tells a voxel size, or
 * else the first that tells anything. */
static enum status settle(const struct search *search, const struct sidecar_format *format,
                          const struct rivals *rivals, struct error *error)
{
    struct sidecar_file *kept = &search->files->files[search->files->nfiles];
    const char *kept_name = NULL;
    for (size_t i = 0; i < rivals->count; i++) {
        struct sidecar sidecar;
        bool known;
        if (look_into(search, format, rivals->names[i], &sidecar, &known, error) != STATUS_OK)
            return error->status;
        if (!known)
            continue;
        bool tells = spacing_known(sidecar.spacing),
             kept_tells = kept_name && spacing_known(kept->sidecar.spacing);
        if (tells && kept_tells && spacing_disagree(sidecar.spacing, kept->sidecar.spacing))
            return disagreement(search, kept_name, &kept->sidecar, rivals->names[i], &sidecar, error);
        if (!kept_name || (tells && !kept_tells)) {
            kept_name = rivals->names[i];
            kept->sidecar = sidecar;
        }
    }
    if (!kept_name)
        return STATUS_OK;
    kept->name = strdup(kept_name);
    if (!kept->name)
        return error_no_memory(error, strlen(kept_name) + 1, "the names of a folder");
    search->files->nfiles++;
    return STATUS_OK;
}

/* Of more files than are looked into none is used; that is told when one of the first is of the format at
 * all. */
static enum status warn_of_crowd(const struct search *search, const struct sidecar_format *format,
                                 const struct rivals *rivals, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    bool known = false;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < rivals->count && !known && status == STATUS_OK; i++) {
        struct sidecar sidecar;
        status = look_into(search, format, rivals->names[i], &sidecar, &known, error);
    }
    if (!known)
        return status;
    return note_list_add(
        search->notes, error,
        "%s: holds more than %d .%s files that may be the slices'; none is used, give --voxel-size",
        printable(shown, sizeof shown, search->folder), SIDECAR_RIVALS_MAX, format->extension);
}

static enum status settle_all(const struct search *search, struct error *error)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < SIDECAR_FORMATS && status == STATUS_OK; i++) {
        const struct rivals *rivals = &search->rivals[i];
        status = rivals->too_many ? warn_of_crowd(search, &sidecar_formats[i], rivals, error)
                                  : settle(search, &sidecar_formats[i], rivals, error);
    }
    return status;
}

static enum status note_unused(const struct sidecar_files *files, struct note_list *notes,
                               struct error *error)
{
    char shown[PRINTABLE_BYTES];
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < files->nfiles && status == STATUS_OK; i++) {
        const struct sidecar *sidecar = &files->files[i].sidecar;
        if (sidecar->note[0])
            status = note_list_add(notes, error, "%s: %s; give --voxel-size where that matters",
                                   printable(shown, sizeof shown, files->files[i].name), sidecar->note);
    }
    return status;
}

enum status sidecar_files_find(struct sidecar_files *files, const char *folder, const char *prefix,
                               bool by_name_only, struct note_list *notes, struct error *error)
{
    struct search search = {
        .folder = folder, .prefix = prefix, .by_name_only = by_name_only, .files = files, .notes = notes};
    *files = (struct sidecar_files){0};
    enum status status = walk(&search, error);
    if (status == STATUS_OK)
        status = settle_all(&search, error);
    if (status == STATUS_OK)
        status = note_unused(files, notes, error);
    for (int i = 0; i < SIDECAR_FORMATS; i++)
        forget_rivals(&search.rivals[i]);
    if (status != STATUS_OK)
        sidecar_files_end(files);
    return status;
}

void sidecar_files_end(struct sidecar_files *files)
{
    for (unsigned i = 0; i < files->nfiles; i++)
        free(files->files[i].name);
    *files = (struct sidecar_files){0};
}
