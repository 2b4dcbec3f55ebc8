/* SPDX-License-Identifier: MIT
 * The table of all options: name, argument, help text, who takes it and what it does. In options.c; read by
 * options_parse.c. */
#ifndef STACKTHUMB_CLI_OPTIONS_TABLE_H
#define STACKTHUMB_CLI_OPTIONS_TABLE_H

#include "cli/options.h"

#include <stdbool.h>

/* Stores the value (NULL for a flag); false when it is not one. */
typedef bool (*option_parse)(struct options *options, const char *value);

struct option_row {
    char letter; /* the short form, or 0 */
    const char *name;
    const char *argument; /* what help calls the value; NULL for a flag */
    unsigned commands;    /* FOR_ bits */
    option_parse parse;
    const char *wanted; /* what a right value is, for messages; NULL for a flag */
    const char *help;   /* lines; the first stands behind the name */
};

/* Several commands. */
enum {
    FOR_RUNS = FOR_BUILD | FOR_VERIFY,
    FOR_STACKS = FOR_BUILD | FOR_INFO | FOR_VERIFY,
    FOR_ALL = FOR_STACKS | FOR_DEVICES | FOR_BENCH | FOR_HELP,
};

enum { OPTION_ROWS_MAX = 64, THREADS_MAX = 1024 };

extern const struct option_row option_rows[];
extern const int option_nrows; /* at most OPTION_ROWS_MAX */

/* What holds where an option is not given. */
void options_set_defaults(struct options *options);

#endif
