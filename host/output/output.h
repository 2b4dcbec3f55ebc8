/* SPDX-License-Identifier: MIT
 * The seam to what is written: one const table of functions per kind of output.
 *
 *   open -> write for every run of rows of every slice of every level -> flush -> finish -> close
 *
 * A crash, an error or an interrupt at any point leaves under final names only complete files, and no
 * manifest that says "complete". */
#ifndef STACKTHUMB_OUTPUT_OUTPUT_H
#define STACKTHUMB_OUTPUT_OUTPUT_H

#include "base/error.h"
#include "base/file.h"
#include "codec/encoding.h"
#include "volume/level_rows.h"
#include "volume/pyramid.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One source slice as the manifest records it. */
struct source_slice {
    const char *name; /* NULL: missing */
    const char *part; /* "page" or "plane" of a file with several slices, else NULL; and which, from 0 */
    uint32_t part_number;
    uint64_t n_bytes;
    int64_t mtime_ns;
    struct file_identity identity;
    bool unreadable;      /* it has a file, but counts as missing, for that cannot be read */
    uint64_t layout_hash; /* of where and how its voxels lie, when another file says so; 0: its own does */
};

/* What goes in, besides voxels; everything is borrowed until output_close. */
struct output_source {
    const char *folder;
    const struct source_slice *slices; /* extent.nz of them; `unreadable` may be set until output->finish */
    uint32_t nslices;
    const char *program_version;
    const char *options;        /* that say how slices are read; "" or NULL: none */
    const char *spacing_source; /* who told the spacing: "scan.log"; "" or NULL when it is not known */
};

/* The form that slices are written in. */
struct output_form {
    enum encoding encoding;
    unsigned nthreads; /* to encode with, unless that is ENCODING_NONE; at least 1 */
    bool unsynced;     /* leave it to the system when files reach the disk: for measuring */
};

/* What is to be built, and where; everything is borrowed. */
struct output_request {
    const char *folder;
    const struct pyramid *pyramid;
    const struct output_source *source;
    struct output_form form;
    bool force; /* build anew, whatever is there; beside files of others, too */
    bool go_on; /* with force: what is there was begun by this very build, and is gone on with */
    bool check; /* of what is there, look at the contents too */
    const atomic_bool *cancel; /* NULL, or: STATUS_INTERRUPTED when it becomes true while that is done */
    /* NULL, or of each slice of the source: level_folders_check sets it to true where the pyramid that is
     * there has it as unreadable, and the file is still the same. Where it cannot be read now either, the
     * caller is to say so in source->slices; otherwise what was made without it is made again. */
    bool *doubtful;
};

/* Why a pyramid that is there is not left as it is. */
enum output_change {
    OUTPUT_UNFINISHED,         /* an earlier run ended before it was complete */
    OUTPUT_SLICE_CHANGED,      /* a slice of the source was changed */
    OUTPUT_SLICE_OTHER,        /* one is there now where none was, or one of another name; or the reverse */
    OUTPUT_SLICE_READABLE,     /* it could not be read then, and can be now */
    OUTPUT_SLICES_ADDED,       /* the source has more slices at its end */
    OUTPUT_SLICES_NOT_WRITTEN, /* slices of the pyramid are not there any more, or not as they were written */
};

/* How far the pyramid in a folder is. */
struct output_state {
    uint32_t first_slice;      /* of the source, that is still to be read: a multiple of 2^nlevels, or nz */
    bool complete;             /* nothing is to be done */
    enum output_change change; /* why it is not, when there is one */
    uint32_t changed_slice;    /* of the source: which one, or the first of those added */
};

/* What the encoders of an output did. */
struct output_encoders {
    unsigned nthreads;
    double busy_seconds;   /* in which they worked, all added up */
    uint64_t n_bytes;      /* of the voxels that they encoded */
    double waited_seconds; /* in which write and flush waited for them */
};

struct output;

struct output_ops {
    const char *name; /* "tiff" */
    /* Takes the next rows of a slice, from its row 0 on; with its last rows, or when what holds these has
     * been encoded, the slice appears under its final name. The rows are not needed any more when this
     * returns. One thread. The slices of a level begin with z rising, but several may be unfinished at a
     * time: those that one slab of the downsampler finishes. Adds to *n_bytes what went into files.
     * STATUS_OUTPUT on failure, which may be that of earlier rows; then only close may follow. */
    enum status (*write)(struct output *output, const struct level_rows *rows, uint64_t *n_bytes,
                         struct error *error);
    /* Writes what is still being encoded, and adds to *n_bytes; on the thread of write, which is over. NULL
     * when nothing is encoded. */
    enum status (*flush)(struct output *output, uint64_t *n_bytes, struct error *error);
    /* What the encoders did until now; any thread, while none is in write or flush. NULL when there are none.
     */
    void (*encoders)(const struct output *output, struct output_encoders *encoders);
    /* Waits until what was written so far has gone from memory to the disk. Any thread, while another writes.
     * NULL when nothing is written. STATUS_OUTPUT when anything could not be written to that file system,
     * whoever wrote it: this is no place to go on. */
    enum status (*settle)(struct output *output, struct error *error);
    /* Slice z of the source is taken as missing from now on, for it cannot be read: to be called before rows
     * that it belongs to are written, and besides to be told in source->slices. Any thread. NULL when that
     * makes no difference. */
    enum status (*lose)(struct output *output, uint32_t z, struct error *error);
    /* What was written is not to be trusted: the next run goes on with nothing of it. What has no final name
     * yet gets none. When no more is written; only close may follow. NULL when nothing is written. */
    enum status (*distrust)(struct output *output, struct error *error);
    /* All slices are written (STATUS_FAILED if not): makes the output complete (the manifest, last). */
    enum status (*finish)(struct output *output, struct error *error);
    /* Frees everything; without a finish before it, removes what is temporary and leaves finished files. */
    void (*close)(struct output *output);
};

/* What every kind of output begins with. */
struct output {
    const struct output_ops *ops;
};

/* Level folders of TIFF slices: <folder>/<level>/%06d.tif and <folder>/stackthumb.json. Their bytes depend on
 * their voxels and the form's encoding alone, not on its threads, nor on how rows come, nor on where a run
 * went on. Slices get their names, and finish returns, when they are on the disk, unless the form says
 * `unsynced`.
 *
 * A pyramid that an earlier run left, complete or not, is gone on with where its slices of the source are the
 * same (by name, bytes and time) and it was asked for in the same words; rows then come from the source's
 * slice first_slice on, and count from there. With `force` it is built anew: opening removes what the new
 * pyramid will not have, then each slice is replaced when its successor is complete.
 *
 * Opening creates what folders are missing, removes the partial files of a run that died, and leaves a
 * manifest that says "not complete" with a journal; finish writes the one that says "complete". first_slice
 * is what level_folders_check found. STATUS_OUTPUT, with nothing changed:
 *
 *   `folder` is, or lies above, source->folder (by device and inode, whatever the path says), or a level
 *     folder is source->folder or no folder (a symbolic link is none);
 *   a slice in one of its level folders is a slice of the source, by whatever name or link;
 *   it cannot be written, or another run holds it (see run_lock.h);
 *   it holds a pyramid that was made otherwise or from other slices, or from some that are gone now, unless
 *     `force`;
 *   it holds a manifest that cannot be read now;
 *   it holds no manifest of this program that can be used, but anything else, unless `force`;
 *   under a name that is to be written it holds anything but a file, or, beside a manifest, a slice that this
 *     does not tell of.
 *
 * Only files of our own names are replaced and removed: the manifest, the journal, the lock, and of the
 * slices %06d.tif in level folders those that the manifest tells of; where, with `force`, none can be used,
 * all in level folders that begin with 1 and have no gap. All else is left alone. */
enum status level_folders_open(struct output **output, const struct output_request *request,
                               uint32_t first_slice, struct error *error);

/* The most bytes of memory that they hold while of nstarted slices at a time some rows have come and others
 * not. */
uint64_t level_folders_memory_bytes(const struct pyramid *pyramid, const struct output_form *form,
                                    uint64_t nstarted);

/* Checks without touching anything that level_folders_open would accept the folder (for --dry-run and before
 * any work), and finds how far the pyramid in it is. One that is complete may be where nothing can be
 * written. */
enum status level_folders_check(const struct output_request *request, struct output_state *state,
                                struct error *error);

#endif
