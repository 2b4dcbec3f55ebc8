/* SPDX-License-Identifier: MIT
 * level folders -> the disks that they are on -> needed and free of each -> the one that lacks most. A level
 * folder that is not there yet will be on the disk of the folder above it. */
#include "output/output_space.h"

#include "base/bytes.h"
#include "base/checked.h"
#include "base/path.h"
#include "base/restart.h"
#include "codec/codec.h"
#include "output/folder_entries.h"
#include "output/level_names.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

struct disk {
    dev_t device;
    uint64_t needed_bytes, needed_files;
    uint64_t reclaimed_bytes, reclaimed_files;
    struct statvfs about;
    bool compresses; /* by itself, perhaps */
};

struct disks {
    unsigned n;
    struct disk disks[LEVELS_MAX];
};

/* One level folder, and what of it will be replaced. */
struct level_visit {
    int fd;         /* -1: it is not there */
    uint64_t first; /* slices from this z on are */
    uint64_t end;   /* and before this one */
    struct disk *disk;
};

/* The folder at `path`, or the first above it that is there; -1 when none can be opened. */
static int open_nearest(const char *path, bool *is_there)
{
    char *above = strdup(path);
    int fd = above ? restart_open(above, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    *is_there = fd >= 0;
    while (above && fd < 0 && errno == ENOENT && strcmp(above, ".") != 0) {
        const char *name;
        char *trimmed = path_trim(above), *parent = trimmed ? path_folder(trimmed, &name) : NULL;
        free(above);
        free(trimmed);
        above = parent;
        fd = above ? restart_open(above, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    }
    free(above);
    return fd;
}

/* The numbers are those of the kernel's and OpenZFS's sources, where linux/magic.h lacks them. */
static bool may_compress(int fd)
{
    enum { ZFS = 0x2fc12fc1 };
    static const unsigned long bcachefs = 0xca451a4e;
    struct statfs about;
    if (fstatfs(fd, &about) != 0)
        return true;
    unsigned long type = (unsigned long)about.f_type & 0xffffffff;
    return type == BTRFS_SUPER_MAGIC || type == F2FS_SUPER_MAGIC || type == ZFS || type == bcachefs;
}

/* The disk that the folder open as fd is on; NULL when it cannot be asked. */
static struct disk *disk_of(struct disks *disks, int fd)
{
    struct stat about;
    struct disk *disk = &disks->disks[disks->n];
    if (fd < 0 || fstat(fd, &about) != 0)
        return NULL;
    for (unsigned i = 0; i < disks->n; i++)
        if (disks->disks[i].device == about.st_dev)
            return &disks->disks[i];
    *disk = (struct disk){.device = about.st_dev, .compresses = may_compress(fd)};
    if (fstatvfs(fd, &disk->about) != 0)
        return NULL;
    disks->n++;
    return disk;
}

static enum status visit_slice(void *context, const char *name, enum entry_kind kind, struct error *error)
{
    const struct level_visit *visit = context;
    struct stat about;
    uint32_t z;
    (void)error;
    bool goes =
        slice_name_is_partial(name) || (slice_name_parse(name, &z) && z >= visit->first && z < visit->end);
    if (!goes || kind != ENTRY_FILE || fstatat(visit->fd, name, &about, AT_SYMLINK_NOFOLLOW) != 0 ||
        about.st_nlink != 1)
        return STATUS_OK;
    visit->disk->reclaimed_bytes += (uint64_t)about.st_blocks * 512; /* its unit: stat(2) */
    visit->disk->reclaimed_files++;
    return STATUS_OK;
}

/* Bytes of one slice's file on the disk, at its full length. */
static enum status file_bytes(const struct pyramid *pyramid, unsigned level, const struct disk *disk,
                              uint64_t *n_bytes, struct error *error)
{
    enum { BLOCK_BYTES_MAX = 4096 }; /* network file systems tell how much they like to transfer at a time */
    const struct extent extent = extent_at_level(pyramid->extent, level);
    struct bytes head = {0};
    uint64_t block_bytes = disk->about.f_frsize < BLOCK_BYTES_MAX ? disk->about.f_frsize : BLOCK_BYTES_MAX;
    enum status status = codec_tiff.encode_head(extent.nx, extent.ny, pyramid->type,
                                                spacing_at_level(pyramid->spacing, level), &head, error);
    if (status == STATUS_OK) {
        *n_bytes = saturated_add(extent_slice_bytes(extent, pyramid->type), head.n_bytes + block_bytes - 1);
        *n_bytes -= block_bytes > 0 ? *n_bytes % block_bytes : 0;
    }
    bytes_end(&head);
    return status;
}

/* Adds what a level needs to the disk of its folder, or of the one above it, and what it gives back. */
static enum status add_level(struct disks *disks, const struct output_request *request, int above_fd,
                             struct level_visit *visit, unsigned level, struct error *error)
{
    uint64_t n_bytes;
    visit->disk = disk_of(disks, visit->fd >= 0 ? visit->fd : above_fd);
    if (!visit->disk)
        return STATUS_OK;
    if (file_bytes(request->pyramid, level, visit->disk, &n_bytes, error) != STATUS_OK)
        return error->status;
    const uint64_t nfiles = visit->end - visit->first;
    visit->disk->needed_bytes = saturated_add(visit->disk->needed_bytes, saturated_mul3(n_bytes, nfiles, 1));
    visit->disk->needed_files += nfiles;
    return visit->fd >= 0 ? folder_visit(visit->fd, request->folder, visit_slice, visit, error) : STATUS_OK;
}

static void judge(const struct disk *disk, const struct output_request *request, struct output_space *space)
{
    const struct statvfs *about = &disk->about;
    const bool is_root = geteuid() == 0; /* for whom some blocks are kept */
    uint64_t free_bytes =
        saturated_add(saturated_mul3(is_root ? about->f_bfree : about->f_bavail, about->f_frsize, 1),
                      disk->reclaimed_bytes);
    uint64_t free_files = saturated_add(is_root ? about->f_ffree : about->f_favail, disk->reclaimed_files);
    /* None in all: a file system that does not count them. */
    bool short_of_bytes = about->f_blocks > 0 && disk->needed_bytes > free_bytes;
    bool short_of_files = about->f_files > 0 && disk->needed_files > free_files;
    if (short_of_bytes && disk->needed_bytes - free_bytes > space->needed_bytes - space->free_bytes) {
        space->needed_bytes = disk->needed_bytes;
        space->free_bytes = free_bytes;
        space->certain = request->form.encoding == ENCODING_NONE && !disk->compresses;
    }
    if (short_of_files) {
        space->needed_files = disk->needed_files;
        space->free_files = free_files;
    }
}

enum status output_space_check(const struct output_request *request, uint32_t first_slice,
                               struct output_space *space, struct error *error)
{
    struct disks disks = {0};
    bool is_there;
    char name[LEVEL_NAME_BYTES];
    enum status status = STATUS_OK;
    *space = (struct output_space){0};
    int fd = open_nearest(request->folder, &is_there);
    for (unsigned level = 1; level <= request->pyramid->nlevels && fd >= 0 && status == STATUS_OK; level++) {
        const uint32_t nz = extent_at_level(request->pyramid->extent, level).nz;
        const uint32_t first = extent_reduce(first_slice, level);
        struct level_visit visit = {.fd = -1, .first = first < nz ? first : nz, .end = nz};
        if (is_there)
            visit.fd = restart_openat(fd, level_name(name, level),
                                      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        status = add_level(&disks, request, fd, &visit, level, error);
        if (visit.fd >= 0)
            close(visit.fd);
    }
    for (unsigned i = 0; i < disks.n; i++)
        judge(&disks.disks[i], request, space);
    if (fd >= 0)
        close(fd);
    return status;
}
