/* SPDX-License-Identifier: MIT
 * Which files are the slices of a stack, in which order, and what their headers say. */
#ifndef STACKTHUMB_STACK_STACK_H
#define STACKTHUMB_STACK_STACK_H

#include "base/error.h"
#include "codec/codec.h"
#include "stack/byproduct.h"
#include "stack/slice_range.h"
#include "stack/stack_spacing.h"
#include "volume/extent.h"
#include "volume/spacing.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One position along z. */
struct slice {
    const struct codec *codec;
    char *path; /* folder/name, to open; NULL where the slice is missing */
    const char
        *name;       /* the part of path behind the folder; NULL where the slice is missing and has no file */
    char *lost_path; /* instead of path, where the slice is missing because its file cannot be read */
    uint64_t number; /* as the file name tells, or would tell; in a file with several slices from 0 */
    uint64_t n_bytes;
    int64_t mtime_ns;
    struct file_identity identity;
    const char *part;     /* what it is of a file with several: "page" or "plane"; NULL: all of its file */
    uint32_t part_number; /* which one, from 0 */
    bool has_header;      /* false while stack_open has not read it */
    struct slice_header header; /* as checked by stack_open */
};

/* Names that differ in one number only. */
struct stack_pattern {
    char *text; /* for people: "slice_####.tif" */
    size_t count;
    enum byproduct_kind byproduct; /* what they are, if not slices */
};

struct stack {
    char *folder;                         /* of the slices; of the first one where they are in several */
    struct file_identity folder_identity; /* which folder that was when it was listed, if it was noted */
    bool folder_noted;
    char *file;           /* of a stack that is one file: its path as given; else NULL */
    struct extent extent; /* nz counts missing slices too */
    enum voxel_type type;
    struct spacing spacing;       /* as taken of all that `sources` has */
    struct stack_spacing sources; /* of the spacing */
    char *pattern;                /* for people: "slice_####.tif" */
    char *kind;                   /* for people: "multi-page TIFF, 128 pages"; NULL: each slice has a file */
    struct slice *slices;         /* extent.nz of them, z = 0 first */
    unsigned number_width;        /* digits that numbers are padded to */
    uint32_t nmissing;            /* slices without a file that can be read */
    char *missing; /* their numbers as ranges, "0120-0123, 0977", zero-padded as the names are; "" for none */
    char **unreadable; /* why, one message for each missing slice that has a file */
    size_t nunreadable;
    struct stack_pattern *patterns; /* of the folder's names, the slices' first; none when it is alone */
    size_t npatterns;
    char **aside; /* by-products of scanners and systems in the folder (byproduct.h), sorted */
    size_t naside;
    char **ignored; /* all other names in the folder, sorted; folders are not listed */
    size_t nignored;
    char *surplus; /* a line for people: what lies behind the voxels of a raw volume; NULL for nothing */
    char *unused;  /* what the header of a volume tells and nothing here uses; NULL for nothing */
};

enum missing_policy { MISSING_FAIL, MISSING_IGNORE };

/* What is asked for; everything is borrowed. Zero is a folder's default but for `input`. */
struct stack_request {
    const char *input;   /* what the user names: see stack_input.h */
    const char *pattern; /* of the slices' names in a folder: see name_pattern.h; NULL: the most common one */
    enum missing_policy missing;
    struct slice_range range;
    uint32_t channel, time;    /* of a file with several, from 1; 0: not chosen */
    bool gray;                 /* colour becomes its luma */
    bool widen;                /* u8 slices among u16 ones are scaled to 16 bits */
    struct spacing voxel_size; /* as the user gives it; all 0: as the files tell */
    const char *raw;           /* how INPUT, a raw volume, is to be read (codec/raw_text.h); else NULL */
    const atomic_bool *cancel; /* set by anyone (a signal handler) to stop; NULL: never */
};

/* Finds the slices of request->input, takes those of the range, and reads every header, once, in order. Of a
 * folder the names of one pattern are taken, in the order of their numbers: of request->pattern, or else of
 * the most common one (see name_groups.h and byproduct.h); the files of a list are taken in its order.
 * STATUS_INPUT, with one line that names files: no such folder, no slices, a number that occurs twice, a gap,
 * an unreadable or unsupported file, a slice of another extent or type than the first, slices of 8 and of 16
 * bits unless they are to be widened.
 *
 * With MISSING_IGNORE a gap keeps its place without a file, and so does a slice whose header cannot be read,
 * unless no slice at all can be; more than SEQUENCE_POSITIONS_MAX places (sequence.h), and another extent
 * or type, are refused nevertheless.
 *
 * STATUS_INTERRUPTED when `cancel` is set before the next header is read. */
enum status stack_open(struct stack **stack, const struct stack_request *request, struct error *error);
void stack_close(struct stack *stack); /* NULL is allowed */

/* Notes why the slice cannot be read, and then, when nobody reads the slices any more, lets slice z count as
 * missing: in `unreadable` and by its paths; nmissing and `missing` stay as they are. STATUS_INPUT when the
 * slice's folder is gone (slice_folder.h): then it is no slice that is missing. STATUS_FAILED when memory is
 * refused. */
enum status stack_note_unreadable(struct stack *stack, const struct slice *slice, const char *reason,
                                  struct error *error);
void stack_lose(struct stack *stack, uint32_t z);

/* What a run reads of a slice's file: the voxels of a plain slice, the parts of others, its share of a
 * stream. Fills `parts` and returns how many there are. The slice is not missing. */
unsigned slice_parts(const struct slice *slice, struct file_part parts[FILE_PARTS_MAX]);

enum { SLICE_LABEL_BYTES = 4096 + 32 };

/* The slice as messages name it, before printable(): its path, with ": page 17" behind that of a file with
 * several. Returns `text`, SLICE_LABEL_BYTES large, or the path itself. The slice is not missing. */
const char *slice_label(const struct slice *slice, char *text);

/* Bytes that a run reads from the slice files: the voxels of plain slices, all encoded bytes of others;
 * about, where it does not read a stream to its end. */
uint64_t stack_file_bytes(const struct stack *stack);

#endif
