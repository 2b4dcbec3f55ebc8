/* SPDX-License-Identifier: MIT
 * stackthumb.json: what an output folder holds and what it was made from. Written as a whole, under a
 * temporary name that is renamed; "complete": true only in the last one. JSON by jansson; names that are not
 * UTF-8 appear as printable() shows them.
 *
 *   format_version  1
 *   program         {name: "stackthumb", version}
 *   source          {folder, options: those that say how slices are read (absent for none),
 *                   unreadable: how many slices count as missing because their files could not be read
 *                   (absent for none),
 *                   slices: for every z {name, bytes, mtime_ns}, or null where it is missing;
 *                   of one that could not be read also {unreadable: true};
 *                   of a file with several slices also {page}, or {plane} where one directory stands
 *                   for all, and of a raw volume {layout_hash}: another where its header says otherwise
 *                   where and how voxels lie}
 *   extent          {nx, ny, nz} of level 0, in voxels
 *   type            "u8" ... "f32", of every level
 *   spacing         {x, y, z, unit} of level 0, null for what is not known, and {source}: who told it,
 *                   such as "--voxel-size", "scan.log" or "TIFF resolution"
 *   levels          for every level built {level, folder, extent, spacing}; in a complete manifest
 *                   also, for every z, bytes: the length of the file, and xxh3_128: its XXH3-128
 *   compression     "none", "deflate" or "zstd", of every slice
 *   complete        false until every slice of every level is there */
#ifndef STACKTHUMB_OUTPUT_MANIFEST_H
#define STACKTHUMB_OUTPUT_MANIFEST_H

#include "base/error.h"
#include "output/output.h"
#include "output/slice_records.h"
#include "volume/pyramid.h"

#include <stdbool.h>

#define MANIFEST_NAME "stackthumb.json"

/* Writes the manifest into the folder open as `folder_fd`; `folder` is for messages. With
 * `records`, which tell of every slice, it says that the pyramid is complete; NULL: that it is not. With
 * `durable` it has reached the disk when this returns, so that no power failure can leave an earlier one
 * beside newer slices. STATUS_OUTPUT on failure. */
enum status manifest_write(int folder_fd, const char *folder, const struct pyramid *pyramid,
                           const struct output_source *source, enum encoding encoding,
                           const struct slice_records *records, bool durable, struct error *error);

/* The hash that the file has which manifest_write writes without records. */
enum status manifest_hash(const struct pyramid *pyramid, const struct output_source *source,
                          enum encoding encoding, struct file_hash *hash, struct error *error);

/* What a program needs back from a manifest. */
struct manifest {
    struct pyramid pyramid;
    bool complete;
    struct slice_records records; /* of every slice when it is complete */
    struct file_hash hash;        /* of its file */
    struct json_t *json;          /* all of it */
    bool was_read;                /* its contents: when it cannot be used, it is they that are wrong */
};

/* Reads the manifest of `folder`; absent, not to be read, damaged or of another format version: STATUS_INPUT.
 * The caller calls manifest_end after STATUS_OK. */
enum status manifest_read(const char *folder, struct manifest *manifest, struct error *error);

/* Writes it into its folder again, as that of a pyramid that is not complete (any more). STATUS_OUTPUT on
 * failure. */
enum status manifest_retract(const struct manifest *manifest, int folder_fd, const char *folder, bool durable,
                             struct error *error);

/* Slice z of the source counts as missing, for its file could not be read. */
bool manifest_is_unreadable(const struct manifest *manifest, uint32_t z);

/* Slice z of the source was there and was read; its name as it is shown, "" where the manifest has none. */
bool manifest_has_read(const struct manifest *manifest, uint32_t z);
const char *manifest_name(const struct manifest *manifest, uint32_t z);

/* Makes slice z unreadable, unless it is missing. STATUS_FAILED when memory is refused. */
enum status manifest_set_unreadable(struct manifest *manifest, uint32_t z, struct error *error);
void manifest_end(struct manifest *manifest);

#endif
