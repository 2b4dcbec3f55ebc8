/* SPDX-License-Identifier: MIT
 * The command line as one struct. All options stand in one table: see options_table.h. */
#ifndef STACKTHUMB_CLI_OPTIONS_H
#define STACKTHUMB_CLI_OPTIONS_H

#include "base/error.h"
#include "base/watchdog.h"
#include "cli/command.h"
#include "cli/signals.h"
#include "codec/encoding.h"
#include "output/output.h"
#include "stack/stack.h"
#include "volume/extent.h"
#include "volume/spacing.h"
#include "volume/voxel_type.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum progress_style { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_LINES, PROGRESS_JSON, PROGRESS_NONE };

/* Strings point into argv. Written by options_parse, then read only. */
struct options {
    const struct command *command; /* NULL only with help or version */
    const struct signals *signals; /* set by main; NULL: none are caught */
    struct watchdog *watchdog;     /* likewise; over drivers; NULL: none */
    const char *operands[2];
    unsigned noperands;
    bool help, version;

    const char *device;                         /* as given; NULL: the command's default */
    uint64_t memory_bytes, device_memory_bytes; /* 0: not given */
    uint32_t device_timeout_seconds;            /* 0: none */
    unsigned nlevels;                           /* 0: by until_pixels */
    uint32_t until_pixels;
    bool until_given;
    unsigned nthreads; /* 0: not given */
    enum encoding encoding;
    enum missing_policy missing;
    const char *pattern; /* NULL: not given */
    struct slice_range range;
    bool gray, widen;
    bool check, no_sync;
    bool verify;     /* while building */
    bool seed_given; /* for that; else one is drawn */
    uint64_t verify_seed;
    const char *raw;                  /* as given; NULL: not given */
    struct spacing spacing;           /* all 0: not given */
    uint32_t channel, time;           /* 0: not given */
    uint32_t batch_slices, band_rows; /* 0: not given */
    enum progress_style progress;
    unsigned nruns; /* of each backend, for bench */
    bool phantom_given;
    struct extent phantom_extent;
    enum voxel_type phantom_type;
    const char *output_folder, *json_file, *plot_file; /* NULL: not given */
    bool as_json;                                      /* info */
    bool force, dry_run, stats, quiet, verbose;
};

/* Reads the command line; options may stand before, between and behind the command and its operands. Anything
 * wrong is STATUS_USAGE. */
enum status options_parse(struct options *options, int argc, char **argv, struct error *error);

/* Writes the help lines of the options that the commands of `bits` take. */
void options_print_help(FILE *to, unsigned bits);

/* Processors that the process may run on. */
unsigned options_processors(void);

/* Threads to work with: as given, or one for each of these. */
unsigned options_threads(const struct options *options);

/* Half of them, to compute with: a thread computes faster than one thread can read, and reading, decoding and
 * writing go on beside it. With all of them a run on two cores took 10 to 30 % longer. */
unsigned options_computing_threads(const struct options *options);

/* The form of the slices that are written. */
struct output_form options_form(const struct options *options);

#endif
