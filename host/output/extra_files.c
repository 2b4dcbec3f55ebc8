/* SPDX-License-Identifier: MIT */
#include "output/extra_files.h"

#include "base/path.h"
#include "base/printable.h"
#include "base/restart.h"
#include "codec/codec.h"
#include "output/folder_entries.h"
#include "output/level_names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Context of a visit. */
struct visit {
    const char *folder;
    const struct pyramid *pyramid;
    extra_teller tell;
    void *context;  /* of tell */
    unsigned level; /* whose folder is visited */
};

static void tell(const struct visit *visit, unsigned level, const char *name, const char *what)
{
    char line[768], shown[384], shown_name[200];
    snprintf(line, sizeof line, "%s/%u%s%s: %s", printable(shown, sizeof shown, visit->folder), level,
             *name ? "/" : "", printable(shown_name, sizeof shown_name, name), what);
    visit->tell(visit->context, level, name, line);
}

/* Any image but the expected slices is one too many. */
static enum status visit_level_entry(void *context, const char *name, enum entry_kind kind,
                                     struct error *error)
{
    const struct visit *visit = context;
    uint32_t z;
    (void)kind, (void)error;
    if (name[0] == '.' || !codec_for_file(name))
        return STATUS_OK;
    if (!slice_name_parse(name, &z) || z >= extent_at_level(visit->pyramid->extent, visit->level).nz)
        tell(visit, visit->level, name, "does not belong to the pyramid; move it elsewhere");
    return STATUS_OK;
}

static enum status visit_folder_entry(void *context, const char *name, enum entry_kind kind,
                                      struct error *error)
{
    const struct visit *visit = context;
    unsigned level;
    (void)kind, (void)error;
    if (level_name_parse(name, &level) && level > visit->pyramid->nlevels)
        tell(visit, level, "", "the pyramid has no such level; move it elsewhere");
    return STATUS_OK;
}

/* Visits the folder at `path`; one that is not there has been told by its slices, which are missing. */
static enum status visit_path(const char *path, folder_visitor visitor, struct visit *visit,
                              struct error *error)
{
    char shown[PRINTABLE_BYTES];
    int fd = restart_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return STATUS_OK;
    if (fd < 0)
        return error_set_errno(error, STATUS_INPUT, errno, "%s: cannot be opened",
                               printable(shown, sizeof shown, path));
    enum status status = folder_visit(fd, path, visitor, visit, error);
    close(fd);
    return status;
}

enum status extra_files_find(const char *folder, const struct pyramid *pyramid, extra_teller teller,
                             void *context, struct error *error)
{
    struct visit visit = {.folder = folder, .pyramid = pyramid, .tell = teller, .context = context};
    enum status status = visit_path(folder, visit_folder_entry, &visit, error);
    for (visit.level = 1; visit.level <= pyramid->nlevels && status == STATUS_OK; visit.level++) {
        char name[LEVEL_NAME_BYTES];
        char *path = path_join(folder, level_name(name, visit.level));
        if (!path)
            return error_no_memory(error, strlen(folder), "a file name");
        status = visit_path(path, visit_level_entry, &visit, error);
        free(path);
    }
    return status;
}
