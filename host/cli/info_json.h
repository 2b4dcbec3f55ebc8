/* SPDX-License-Identifier: MIT
 * All that `info` tells, as one JSON object for programs. Keys may be added; none changes its meaning without
 * another format_version. What is not known is null; counts of bytes that do not fit 63 bits are null, too.
 *
 *   format_version  1
 *   program         {name: "stackthumb", version}
 *   input           as it was given
 *   stack
 *     kind          what INPUT is: "folder", "file", "pattern" or "list"
 *     folder        of the slices
 *     file          that they all are in, or that describes them, as it was given; or null
 *     pattern       of their names
 *     holds         what a file with several slices is: "multi-page TIFF, 8 pages", or null
 *     slices        how many there are
 *     first, last   their names
 *     missing       {count, ranges: "0120-0123, 0977"}
 *     unreadable    [why, for each of those that are missing although there is a file]
 *     patterns      [{pattern, count, projections, byproducts}] of a folder with several, the slices' first;
 *                   byproducts: set aside, projections among them
 *     set_aside     [by-products of scanners and systems in the folder]
 *     ignored       [all other names in the folder]
 *     extent        {nx, ny, nz}
 *     type          "u8" ... "f32"
 *     layouts       [{layout, slices}], in the order in which they occur, eight at most
 *     surplus       a line on what lies behind the voxels of a raw volume, or null
 *     unused        what the header of a volume tells and nothing here uses, or null
 *     spacing       {x, y, z, unit, source}, or null
 *     candidates    [{source, spacing, taken, doubtful, disagrees}]: all who tell a spacing, the most trusted
 *                   first. doubtful: a resolution that programs write who know none; disagrees: by more than
 *                   0.1 % with the one that is taken
 *     sidecars      [{name, facts: {name: text}, extent, note}]: text files of scanners
 *     warnings      [one line each]
 *   levels          [{level, extent, spacing, bytes}], level 0 is the stack
 *   plan            what a build would do
 *     reads_bytes, writes_bytes, writes_slices; compression, with which writes_bytes is the most it can be
 *     device, batch_slices, band_rows, buffers, buffer_bytes, device_bytes
 *     host_bytes    that it would hold, of host_allowed_bytes: the sum of host_held_bytes,
 *                   host_driver_bytes, host_batches_bytes and host_pipeline_bytes */
#ifndef STACKTHUMB_CLI_INFO_JSON_H
#define STACKTHUMB_CLI_INFO_JSON_H

#include "cli/backend.h"
#include "cli/job.h"
#include "cli/run_memory.h"
#include "downsample/plan.h"

/* Prints it on standard output. STATUS_FAILED when memory is refused; that the output was taken is checked by
 * message_flush. */
enum status info_json_print(const struct options *options, const struct job *job,
                            const struct backend *backend, const struct run_memory *memory,
                            const struct downsample_plan *plan, struct error *error);

#endif
