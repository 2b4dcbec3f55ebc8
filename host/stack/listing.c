/* SPDX-License-Identifier: MIT */
#include "stack/listing.h"

#include "base/printable.h"
#include "base/restart.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool entry_is_folder(DIR *directory, const struct dirent *entry)
{
    struct stat about;
    if (entry->d_type == DT_DIR)
        return true;
    if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
        return false;
    /* A link that leads nowhere is an entry like others. */
    return fstatat(dirfd(directory), entry->d_name, &about, 0) == 0 && S_ISDIR(about.st_mode);
}

static enum status append(struct listing *listing, const char *name, bool is_folder, struct error *error)
{
    if (listing->count == listing->capacity) {
        size_t capacity = listing->capacity ? 2 * listing->capacity : 256;
        struct listing_entry *entries = reallocarray(listing->entries, capacity, sizeof *entries);
        if (!entries)
            return error_no_memory(error, capacity * sizeof *entries, "the names of a folder");
        listing->entries = entries;
        listing->capacity = capacity;
    }
    char *copy = strdup(name);
    if (!copy)
        return error_no_memory(error, strlen(name) + 1, "the names of a folder");
    listing->entries[listing->count++] = (struct listing_entry){copy, is_folder};
    return STATUS_OK;
}

static int compare_entries(const void *left, const void *right)
{
    const struct listing_entry *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static enum status open_failed(const char *folder, int errnum, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    printable(shown, sizeof shown, folder);
    if (errnum == ENOENT)
        return error_set(error, STATUS_INPUT, "%s: there is no such folder; name the folder of the slices",
                         shown);
    if (errnum == ENOTDIR)
        return error_set(error, STATUS_INPUT, "%s: is not a folder; name the folder of the slices", shown);
    return error_set_errno(error, STATUS_INPUT, errnum, "%s: the folder cannot be opened", shown);
}

enum status listing_read(struct listing *listing, const char *folder, struct error *error)
{
    char shown[PRINTABLE_BYTES];
    *listing = (struct listing){0};
    DIR *directory = restart_opendir(folder); /* close-on-exec; does not wait on a FIFO */
    if (!directory)
        return open_failed(folder, errno, error);
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (!entry && errno != 0)
            status = error_set_errno(error, STATUS_INPUT, errno, "%s: the folder cannot be read",
                                     printable(shown, sizeof shown, folder));
        if (!entry)
            break;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = append(listing, entry->d_name, entry_is_folder(directory, entry), error);
    }
    closedir(directory);
    if (status != STATUS_OK)
        listing_end(listing);
    else if (listing->count > 0)
        qsort(listing->entries, listing->count, sizeof *listing->entries, compare_entries);
    return status;
}

void listing_end(struct listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->entries[i].name);
    free(listing->entries);
    *listing = (struct listing){0};
}
